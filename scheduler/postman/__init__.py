"""Postman: claims the letters that are due, delivers them over SMTP, and notes those that come back."""

from . import days
from .delivery import deliver_due
from .pausing import (
    beat,
    drop_due,
    due_letters,
    is_paused,
    may_deliver,
    note_copy,
    outlook,
    part_from_copies,
    pause_mail,
    resume_mail,
)
from .queue import lateness
from .returns import take_back

__all__ = [
    "beat", "days", "deliver_due", "drop_due", "due_letters", "is_paused", "lateness", "may_deliver", "note_copy",
    "outlook", "part_from_copies", "pause_mail", "resume_mail", "take_back",
]  # fmt: skip
