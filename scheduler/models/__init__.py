"""Nouns: what the house knows about."""

from .audit import AuditEntry
from .checklist import Checklist
from .event import Cohost, Event, Occurrence, Slot
from .message import Message
from .offer import Offer
from .organization import Organization
from .registration import Registration
from .reminder import Reminder
from .user import Membership, SignIn, User
from .venue import Venue

__all__ = [
    "AuditEntry", "Checklist", "Cohost", "Event", "Membership", "Message", "Occurrence", "Offer",
    "Organization", "Registration", "Reminder", "SignIn", "Slot", "User", "Venue",
]  # fmt: skip
