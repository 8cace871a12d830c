"""Nouns: what the house knows about."""

from .audit import AuditEntry
from .checklist import Checklist
from .event import Event, Occurrence, Slot
from .heartbeat import Heartbeat
from .letter_day import LetterCount, LetterDay
from .message import Message
from .offer import Offer
from .organization import Cohost, Organization
from .registration import Registration
from .reminder import Reminder
from .revision import Revision
from .tally import Receipt, Tally
from .training import Booking, Training
from .user import Membership, SignIn, User
from .venue import Venue

__all__ = [
    "AuditEntry", "Booking", "Checklist", "Cohost", "Event", "Heartbeat", "LetterCount", "LetterDay", "Membership",
    "Message", "Occurrence", "Offer", "Organization", "Receipt", "Registration", "Reminder", "Revision", "SignIn",
    "Slot", "Tally", "Training", "User", "Venue",
]  # fmt: skip
