"""Registrations: a place is kept, confirmed again, or given back."""

from .finding import by_code, by_token, locked
from .keeping import Attendee, reconfirm, register
from .leaving import cancel, erase, lapse_holds, stop_reminders

__all__ = [
    "Attendee", "by_code", "by_token", "cancel", "erase", "lapse_holds", "locked", "reconfirm", "register",
    "stop_reminders",
]  # fmt: skip
