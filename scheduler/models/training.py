"""Training: what employers book. Booking: one employer's request for it, and what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core import clock, keyring, sealing, tokens
from .base import Id, Instant, Model, Sealed, Texts, WordSet, derived_key, seal_place
from .event import Occurrence
from .organization import Organization

SUBMITTED, TAKEN_UP, CONFIRMED = "submitted", "taken_up", "confirmed"
DECLINED, WITHDRAWN, CANCELLED = "declined", "withdrawn", "cancelled"
OPEN = (SUBMITTED, TAKEN_UP)
"""Nobody has answered yet."""

ONSITE, VIRTUAL = "onsite", "virtual"
"""At a workplace or the provider's place, or online. The third is `open_session`: a date for several employers."""

THEIRS, ONLINE, OURS = "theirs", "online", "ours"
"""Where a session is wished: at the employer's, online, or at the provider's."""

PARTS: dict[str, tuple[time, time]] = {
    "morning": (time(8), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(21)),
}
"""From when until when a part of the day lasts, on the clocks of the place."""

FARTHEST = timedelta(days=365)
KEEP_DAYS = 60
"""The most that a request is kept: after its last day or its answer, and while nobody answers it."""
SEALED = ("employer", "name", "email", "phone", "zip", "note")


class Training(Model):
    """One entry of a provider's catalogue. `audience`: whom it is for; `prerequisite`: what to take before."""

    __tablename__ = "training"

    id: Mapped[Id]
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    slug: Mapped[str] = mapped_column(sa.String(120), unique=True)
    title: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    summary: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    minutes: Mapped[int]
    people_min: Mapped[int] = mapped_column(default=1)
    people_max: Mapped[int]
    formats: Mapped[list[str]] = mapped_column(WordSet(60), default=list)
    languages: Mapped[list[str]] = mapped_column(WordSet(200), default=list)
    audience: Mapped[list[str]] = mapped_column(WordSet(60), default=list)
    prerequisite_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("training.id", ondelete="SET NULL"))
    offered: Mapped[bool] = mapped_column(default=True)
    revised_at: Mapped[datetime] = mapped_column(Instant)

    organization: Mapped[Organization] = relationship()
    prerequisite: Mapped[Training | None] = relationship(remote_side="Training.id")

    __table_args__ = (
        sa.CheckConstraint("minutes BETWEEN 15 AND 600", name="minutes"),
        sa.CheckConstraint("people_min >= 1 AND people_max >= people_min", name="people"),
    )

    @property
    def can_be_booked(self) -> bool:
        """False for one that is given on open dates only."""
        return bool({ONSITE, VIRTUAL} & set(self.formats))

    @property
    def keep_days(self) -> int:
        """So many days after its session or its answer a request is erased."""
        return min(KEEP_DAYS, self.organization.retention_days)

    def places(self) -> list[str]:
        """Where it may be wished, the employer's own place first."""
        found = [THEIRS, OURS] if ONSITE in self.formats else []
        return [*found, ONLINE] if VIRTUAL in self.formats else found


@dataclass(frozen=True)
class Wish:
    """A day that would suit, with a part of it."""

    day: date
    part: str

    @property
    def starts(self) -> datetime:
        """The wall time at which the part begins."""
        return datetime.combine(self.day, PARTS[self.part][0])

    @property
    def ends(self) -> datetime:
        """The wall time at which the part is over."""
        return datetime.combine(self.day, PARTS[self.part][1])


class Booking(Model):
    """A request, sealed by a key of its own: it is there before any date, and knows nobody who attends.

    `addressed` counts the addresses that were written to, `told_sequence`: its session's, in the last letter.
    """

    __tablename__ = "booking"

    id: Mapped[Id]
    training_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("training.id"), index=True)
    occurrence_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("occurrence.id", ondelete="SET NULL"), index=True
    )
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=SUBMITTED)
    days_wished: Mapped[list[list[str]]] = mapped_column(sa.JSON, default=list)
    head_count: Mapped[int]
    languages: Mapped[list[str]] = mapped_column(WordSet(200), default=list)
    place: Mapped[str] = mapped_column(sa.String(10))
    audience: Mapped[list[str]] = mapped_column(WordSet(60), default=list)
    equipment: Mapped[list[str]] = mapped_column(WordSet(60), default=list)
    certificates: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(sa.String(10))
    employer_sealed: Mapped[Sealed]
    name_sealed: Mapped[Sealed]
    email_sealed: Mapped[Sealed]
    phone_sealed: Mapped[Sealed]
    zip_sealed: Mapped[Sealed]
    note_sealed: Mapped[Sealed]
    answer_sealed: Mapped[Sealed | None]
    days_offered: Mapped[list[list[str]]] = mapped_column(sa.JSON, default=list)
    dates_offered: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    nonce_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    answers_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    answer_by: Mapped[date]
    days_promised: Mapped[int | None]
    keep_until: Mapped[date] = mapped_column(index=True)
    key_week: Mapped[str] = mapped_column(sa.String(8))
    key_wrapped: Mapped[bytes] = mapped_column(sa.LargeBinary(40))
    link_generation: Mapped[int] = mapped_column(default=1)
    addressed: Mapped[int] = mapped_column(default=1)
    told_sequence: Mapped[int] = mapped_column(default=0)
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    revised_at: Mapped[datetime] = mapped_column(Instant)
    taken_up_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)

    training: Mapped[Training] = relationship()
    occurrence: Mapped[Occurrence | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('submitted', 'taken_up', 'confirmed', 'declined', 'withdrawn', 'cancelled')", name="state"
        ),
        sa.CheckConstraint("place IN ('theirs', 'online', 'ours')", name="place"),
        sa.CheckConstraint("head_count >= 1", name="head_count"),
    )

    def keep(self, until: date) -> None:
        """Make the key, or move it to the week in which it is to be destroyed."""
        week = clock.week_of(until)
        if self.key_wrapped is None:
            self.key_wrapped = keyring.current().wrap_new(week)
        elif week != self.key_week:
            self.key_wrapped = keyring.current().rewrap(self.key_week, week, self.key_wrapped)
        self.keep_until, self.key_week = until, week

    @property
    def keep_days(self) -> int:
        """For so long after the training, or the answer: as promised on the form, or less if the host keeps less."""
        return min(self.training.keep_days, self.days_promised or KEEP_DAYS)

    def derived_key(self, purpose: str) -> bytes:
        """A key for one purpose (`field`, `index`, `links`). Raises keyring.KeyIsGone after the week was destroyed."""
        return derived_key(self.key_week, self.key_wrapped, purpose)

    @property
    def audited_as(self) -> uuid.UUID:
        """Under this name entries of the audit speak of it; with its key, what it means is gone."""
        return tokens.pseudonym(self.derived_key("audit"), self.id)

    def keep_secret(self, **texts: str) -> None:
        """Seal what was told under the names of SEALED, or `answer`. `id` and the key come first."""
        for name, text in texts.items():
            place = seal_place("booking", name, self.id)
            setattr(self, f"{name}_sealed", sealing.seal(self.derived_key("field"), place, text))

    def told(self, name: str) -> str:
        """What was told under this name: `employer`, `name`, `email`, `phone`, `zip`, `note` or `answer`."""
        sealed: bytes | None = getattr(self, f"{name}_sealed")
        if sealed is None:
            return ""
        return sealing.unseal(self.derived_key("field"), seal_place("booking", name, self.id), sealed)

    @property
    def email(self) -> str:
        return self.told("email")

    @property
    def wishes(self) -> list[Wish]:
        return wishes_of(self.days_wished)

    @property
    def offered(self) -> list[Wish]:
        """Other days that the provider named when the wished ones could not be."""
        return wishes_of(self.days_offered)

    @property
    def called_off(self) -> bool:
        """True when there was a session, and it will not take place."""
        return self.state == CANCELLED or (self.occurrence is not None and self.occurrence.is_cancelled)

    @property
    def names_until(self) -> date:
        """The last day on which both this and the names of its session are kept."""
        return min(self.keep_until, self.occurrence.keep_until) if self.occurrence else self.keep_until

    def token(self, purpose: str = tokens.BOOKING) -> str:
        """The link's token, derived afresh: the employer's own page, or the invitation for its staff."""
        return tokens.derive(self.derived_key("links"), self.id, purpose, self.link_generation)


def wishes_of(rows: Sequence[Sequence[str]]) -> list[Wish]:
    """As the columns keep them: [["2026-12-05", "morning"], …]."""
    return [Wish(date.fromisoformat(day), part) for day, part in rows]


def nonce_index(nonce: str) -> bytes:
    """The blind index of a form's nonce: it is looked for before any key is known."""
    key = sealing.derive(current_app.config["MASTER_KEY"], "booking nonce index")
    return sealing.blind_index(key, nonce)


def blinded(booking: Booking, text: str) -> bytes:
    """A blind index under the request's own key."""
    return sealing.blind_index(booking.derived_key("index"), text)
