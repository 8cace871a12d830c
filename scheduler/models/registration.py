"""Registration: a claim on seats of a slot. There is no person above it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core import clock, sealing, tokens
from .base import Id, Instant, Model, Sealed, WallTime, seal_place
from .blind import CODE_LETTERS as CODE_LETTERS
from .blind import code_index as code_index
from .blind import contact_index as contact_index
from .blind import employer_index as employer_index
from .blind import new_code as new_code
from .blind import nonce_index as nonce_index
from .blind import normal_code as normal_code
from .event import Occurrence, Slot

HELD, CONFIRMED, WAITLISTED, OFFERED = "held", "confirmed", "waitlisted", "offered"
CANCELLED, CHECKED_IN, NO_SHOW = "cancelled", "checked_in", "no_show"
SEATED = (HELD, CONFIRMED, CHECKED_IN)
"""Has a place."""
COUNTED = (*SEATED, OFFERED, NO_SHOW)
"""Its party is counted on a slot: an offer holds the seats, and who did not come had theirs."""
AWAITED = (HELD, CONFIRMED, WAITLISTED, OFFERED)
"""Might still come, or get a place: who is there already needs nobody to write that they should not travel."""
LIVE = (*AWAITED, CHECKED_IN)
ON_WAITLIST = (WAITLISTED, OFFERED)
"""In line, or asked whether they take the place that is held for them."""

EMAIL, PHONE, HELPER_EMAIL, NONE = "email", "phone", "helper_email", "none"
CONTACT_KINDS = (EMAIL, PHONE, HELPER_EMAIL, NONE)
BY_EMAIL = (EMAIL, HELPER_EMAIL)
NEEDS = ("step_free", "quiet_room", "large_print", "reader", "sign_language")
DISCREET, FULL = "discreet", "full"
INVITED = "invitation"
"""The source of whoever came by an employer's invitation: they left a name, and nothing else."""

ERASE_AFTER = timedelta(minutes=55)
"""Who gave a place back is erased within the hour."""


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
    heard_local: Mapped[datetime | None] = mapped_column(WallTime)
    heard_venue_id: Mapped[uuid.UUID | None]
    """When and where the date began as this person last heard it, before the moves that their next letter tells of."""
    proven: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Somebody said yes from a letter to this contact, or to somebody who called: it is theirs."""
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
        self.contact_index = contact_index(self.occurrence, contact) if contact else None
        self._keep_code(code)

    def forget_note(self) -> None:
        self.note_sealed = self._seal("note", "")

    def keep_employer(self, employer: str) -> None:
        """Seal for which company this party comes."""
        self.employer_sealed = self._seal("employer", employer)
        self.employer_index = employer_index(self.occurrence, employer)

    def _keep_code(self, code: str) -> None:
        self.code_sealed = self._seal("code", code)
        self.code_index = code_index(code)

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
    def employer(self) -> str:
        """The company that this party comes for; empty where nobody asked."""
        return self._unseal("employer", self.employer_sealed) if self.employer_sealed else ""

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
        return self.contact_kind in BY_EMAIL

    @property
    def starts_local(self) -> datetime:
        """When this party is expected: wall time of its slot, or of the date while it waits."""
        return self.slot.starts_local if self.slot else self.occurrence.starts_local

    def token(self, purpose: str = tokens.PLACE) -> str:
        """The link's token, derived afresh; dead when the occurrence's key is."""
        return tokens.derive(self.occurrence.derived_key("links"), self.id, purpose, self.generation(purpose))

    @property
    def audited_as(self) -> uuid.UUID:
        """Under this name entries of the audit speak of it; with its date's key, what it means is gone."""
        return tokens.pseudonym(self.occurrence.derived_key("audit"), self.id)

    def generation(self, purpose: str) -> int:
        """Raising it ends all links of that purpose; a feed's live longer than those in letters."""
        return self.feed_generation if purpose == tokens.FEED else self.link_generation

    @property
    def is_discreet(self) -> bool:
        """True unless the person chose full words; what a helper reads is always discreet."""
        return self.wording != FULL or self.contact_kind == HELPER_EMAIL

    def give_up(self, now: datetime) -> None:
        """The place, in the house or in line, is no longer theirs; what they told us goes within the hour.

        Of one that was only held, `held_until` stays: no invitation went out for it, so none is taken back.
        """
        self.state, self.cancelled_at = CANCELLED, clock.to_minute(now)
        self.erase_at = now + ERASE_AFTER

    def revise(self, now: datetime) -> None:
        """Something about this one place has changed, for calendars and for letters."""
        self.sequence += 1
        self.touch(now)

    def touch(self, now: datetime) -> None:
        """Something was changed. At least a second later than what any calendar was told before."""
        told = max(self.created_at, self.revised_at, self.occurrence.revised_at, self.occurrence.event.revised_at)
        self.revised_at = max(clock.to_minute(now), told.replace(microsecond=0) + timedelta(seconds=1))

    def renew_links(self) -> None:
        """A mailbox that is no longer theirs must not act or look: its links, its feed and its code are dead."""
        self.link_generation += 1
        self.feed_generation += 1
        self._keep_code(new_code())

    def is_awaited(self, now: datetime) -> bool:
        """True while they may still come, or get a place: there is something to give back."""
        ahead = not self.occurrence.is_cancelled and self.occurrence.ends_at > now
        return ahead and self.state in AWAITED

    @property
    def is_reconfirmed(self) -> bool:
        """True once they said that they come, unless the date has moved since and asks them anew."""
        return self.reconfirmed_at is not None and self.keep_asked_at is None

    def is_live(self) -> bool:
        return self.state in LIVE

    def is_gone(self) -> bool:
        """True from the moment the person asked to be erased: pages know nothing of it any more."""
        return self.erase_asked
