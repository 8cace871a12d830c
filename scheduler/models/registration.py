"""Registration: a claim on seats of a slot. There is no person above it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core import sealing, tokens
from ..core.extensions import db
from .base import Id, Instant, Model, Sealed, seal_place
from .event import Occurrence, Slot

HELD, CONFIRMED, WAITLISTED, OFFERED = "held", "confirmed", "waitlisted", "offered"
CANCELLED, CHECKED_IN, NO_SHOW = "cancelled", "checked_in", "no_show"
SEATED = (HELD, CONFIRMED, CHECKED_IN)
"""Has a place."""
COUNTED = (*SEATED, OFFERED, NO_SHOW)
"""Its party is counted on a slot: an offer holds the seats, and who did not come had theirs."""
LIVE = (*SEATED, WAITLISTED, OFFERED)

EMAIL, PHONE, HELPER_EMAIL, NONE = "email", "phone", "helper_email", "none"
CONTACT_KINDS = (EMAIL, PHONE, HELPER_EMAIL, NONE)
NEEDS = ("step_free", "quiet_room", "large_print", "reader", "sign_language")
DISCREET, FULL = "discreet", "full"

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRTUVWXYZ"
"""30 characters without look-alikes (no 0 O, 1 I L, S)."""


class Registration(Model):
    """What a person told us is sealed by the occurrence's key before the first write."""

    __tablename__ = "registration"

    id: Mapped[Id]
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"))
    slot_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("slot.id"), index=True)
    number: Mapped[int]
    line: Mapped[int]
    lapses: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(sa.String(20))
    party: Mapped[int] = mapped_column(default=1)
    children: Mapped[int] = mapped_column(default=0)
    arrived: Mapped[int] = mapped_column(default=0)
    door_number: Mapped[int | None]
    language: Mapped[str] = mapped_column(sa.String(10))
    spoken: Mapped[str] = mapped_column(sa.String(10))
    contact_kind: Mapped[str] = mapped_column(sa.String(20))
    wording: Mapped[str] = mapped_column(sa.String(10), default=DISCREET)
    reminders: Mapped[bool] = mapped_column(default=True)
    consent_version: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(sa.String(20), default="web")
    name_sealed: Mapped[Sealed]
    contact_sealed: Mapped[Sealed]
    note_sealed: Mapped[Sealed]
    needs_sealed: Mapped[Sealed]
    code_sealed: Mapped[Sealed]
    employer_sealed: Mapped[Sealed | None]
    employer_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    checklist_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("checklist.id"))
    contact_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    code_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    nonce_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    answers_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    link_generation: Mapped[int] = mapped_column(default=1)
    feed_generation: Mapped[int] = mapped_column(default=1)
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revised_at: Mapped[datetime] = mapped_column(Instant)
    held_until: Mapped[datetime | None] = mapped_column(Instant)
    keep_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    reconfirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_in_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    erase_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    erase_asked: Mapped[bool] = mapped_column(default=False)

    occurrence: Mapped[Occurrence] = relationship()
    slot: Mapped[Slot | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("occurrence_id", "nonce_index"),
        sa.UniqueConstraint("occurrence_id", "number"),
        sa.Index("ix_registration_occurrence_id_state", "occurrence_id", "state", "number"),
        sa.Index("ix_registration_occurrence_id_contact_index", "occurrence_id", "contact_index"),
        sa.UniqueConstraint("occurrence_id", "door_number"),
        sa.CheckConstraint("party >= 1 AND children >= 0", name="party"),
        sa.CheckConstraint("arrived BETWEEN 0 AND party", name="arrived"),
        sa.CheckConstraint(
            "state IN ('held', 'confirmed', 'waitlisted', 'offered', 'cancelled', 'checked_in', 'no_show')",
            name="state",
        ),
        sa.CheckConstraint("(slot_id IS NOT NULL) OR state IN ('waitlisted', 'cancelled')", name="seated_on_a_slot"),
    )

    def _seal(self, column: str, text: str) -> bytes:
        return sealing.seal(self.occurrence.derived_key("field"), seal_place("registration", column, self.id), text)

    def _unseal(self, column: str, sealed: bytes) -> str:
        return sealing.unseal(self.occurrence.derived_key("field"), seal_place("registration", column, self.id), sealed)

    def keep_secret(self, *, name: str, contact: str, note: str, needs: list[str], code: str) -> None:
        """Seal what the person told us. `id` and `occurrence` are set first: the seals are bound to them."""
        self.name_sealed = self._seal("name", name)
        self.contact_sealed = self._seal("contact", contact)
        self.note_sealed = self._seal("note", note)
        self.needs_sealed = self._seal("needs", json.dumps(needs))
        self.code_sealed = self._seal("code", code)
        self.code_index = code_index(code)
        self.contact_index = contact_index(self.occurrence, contact) if contact else None

    @property
    def name(self) -> str:
        return self._unseal("name", self.name_sealed)

    @property
    def contact(self) -> str:
        return self._unseal("contact", self.contact_sealed)

    @property
    def note(self) -> str:
        return self._unseal("note", self.note_sealed)

    @property
    def needs(self) -> list[str]:
        found: list[str] = json.loads(self._unseal("needs", self.needs_sealed))
        return found

    @property
    def code(self) -> str:
        """Eight characters; pages show them in two groups of four."""
        return self._unseal("code", self.code_sealed)

    @property
    def code_shown(self) -> str:
        code = self.code
        return f"{code[:4]}-{code[4:]}"

    @property
    def has_email(self) -> bool:
        return self.contact_kind in (EMAIL, HELPER_EMAIL)

    @property
    def starts_local(self) -> datetime:
        """When this party is expected: wall time of its slot, or of the date while it waits."""
        return self.slot.starts_local if self.slot else self.occurrence.starts_local

    def token(self, purpose: str = tokens.PLACE) -> str:
        """The link's token, derived afresh; dead when the occurrence's key is."""
        return tokens.derive(self.occurrence.derived_key("links"), self.id, purpose, self.link_generation)

    @property
    def is_discreet(self) -> bool:
        """True unless the person chose full words; what a helper reads is always discreet."""
        return self.wording != FULL or self.contact_kind == HELPER_EMAIL

    def is_live(self) -> bool:
        return self.state in LIVE

    def is_gone(self) -> bool:
        """True from the moment the person asked to be erased: pages know nothing of it any more."""
        return self.erase_asked


def normal_code(typed: str) -> str:
    """What was typed, in the letters of a code: capitals, without spaces or dashes."""
    return "".join(letter for letter in typed.upper() if letter in CODE_LETTERS)


def code_index(code: str) -> bytes:
    """The blind index under which a code is found, over all dates."""
    key = sealing.derive(current_app.config["MASTER_KEY"], "code index")
    return sealing.blind_index(key, code)


def contact_index(occurrence: Occurrence, contact: str) -> bytes:
    """Equal for equal contacts within one occurrence only: across dates it links nothing."""
    return sealing.blind_index(occurrence.derived_key("index"), f"contact|{contact.casefold()}")


def nonce_index(occurrence: Occurrence, nonce: str) -> bytes:
    """The form's nonce, blinded: the row alone does not tell which page made it."""
    return sealing.blind_index(occurrence.derived_key("index"), f"nonce|{nonce}")


def same_contact(registration: Registration) -> int:
    """How many other live registrations of this date were made with the same contact."""
    if registration.contact_index is None:
        return 0
    query = sa.select(sa.func.count()).where(
        Registration.occurrence_id == registration.occurrence.id,
        Registration.contact_index == registration.contact_index,
        Registration.state.in_(LIVE),
        Registration.id != registration.id,
    )
    with db.session.no_autoflush:
        return db.session.scalar(query) or 0


def place_in_line(registration: Registration) -> int:
    """1 for the first in line."""
    query = sa.select(sa.func.count()).where(
        Registration.occurrence_id == registration.occurrence_id,
        Registration.state == WAITLISTED,
        Registration.line <= registration.line,
    )
    return db.session.scalar(query) or 0
