"""Postman: claims the letters that are due, and delivers them over SMTP."""

from . import days
from .delivery import deliver_due
from .pausing import beat, drop_due, due_letters, is_paused, outlook, part_from_copies, pause_mail, resume_mail
from .queue import lateness

__all__ = [
    "beat", "days", "deliver_due", "drop_due", "due_letters", "is_paused", "lateness", "outlook",
    "part_from_copies", "pause_mail", "resume_mail",
]  # fmt: skip
