"""What a person tells us on the form."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from ..models import registration as states


@dataclass(frozen=True)
class Attendee:
    """What a person tells us on the form, cleaned."""

    name: str
    contact_kind: str
    contact: str
    language: str
    spoken: str
    party: int = 1
    children: int = 0
    needs: list[str] = field(default_factory=list)
    note: str = ""
    wording: str = states.DISCREET
    employer: str = ""

    def digest(self, slot_id: uuid.UUID | None) -> str:
        """Equal for a form that was sent twice with the same answers."""
        return hashlib.sha256(repr((sorted(vars(self).items()), slot_id)).encode()).hexdigest()


@dataclass(frozen=True)
class SentForm:
    """What one form sends: a wished time (None where there is only one), by whom, and the form's own nonce.

    `seen` is the moment of the host's last change that the person read of, or None where nobody read anything.
    """

    slot_id: uuid.UUID | None
    attendee: Attendee
    nonce: str
    source: str = "web"
    seen: datetime | None = None

    @property
    def is_asked_to_confirm(self) -> bool:
        """True of who gets a letter with a button: a place that is only held would be lost to all others."""
        return self.source == "web" and self.attendee.contact_kind in states.BY_EMAIL
