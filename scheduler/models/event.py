"""Event: what is announced. Occurrence: one dated sitting of it. Slot: a time within, with its own seats."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core import clock, keyring
from .base import Id, Instant, Model, Texts, WallTime, WordSet, derived_key
from .checklist import Checklist
from .doors import DOORS
from .organization import Organization
from .venue import Venue

DRAFT, PUBLISHED, CANCELLED, COMPLETED = "draft", "published", "cancelled", "completed"
PUBLIC, UNLISTED, PRIVATE = "public", "unlisted", "private"
IN_PERSON, ONLINE, HYBRID = "in_person", "online", "hybrid"

# How people get in: these take registrations; `numbers` and `invite_code` show how to come.
REGISTERS = ("single_session", "timed", "open_door", "seats")

UNPURGED = sa.text("purged_at IS NULL")


class Event(Model):
    """What is announced. `steps`: [{"label": Texts, "minutes": int}], what will happen in order."""

    __tablename__ = "event"

    id: Mapped[Id]
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    slug: Mapped[str] = mapped_column(sa.String(120), unique=True)
    type: Mapped[str] = mapped_column(sa.String(30))
    state: Mapped[str] = mapped_column(sa.String(20), default=DRAFT)
    visibility: Mapped[str] = mapped_column(sa.String(20), default=PUBLIC)
    format: Mapped[str] = mapped_column(sa.String(20), default=IN_PERSON)
    admission: Mapped[str] = mapped_column(sa.String(20), default="single_session")
    title: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    summary: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    languages: Mapped[list[str]] = mapped_column(WordSet(200), default=list)
    interpretation: Mapped[list[str]] = mapped_column(WordSet(200), default=list)
    amenities: Mapped[list[str]] = mapped_column(WordSet(300), default=list)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    flow_minutes: Mapped[int] = mapped_column(default=0)
    sensitive: Mapped[bool] = mapped_column(default=True)
    party_max: Mapped[int] = mapped_column(default=6)
    max_per_employer: Mapped[int | None]
    walk_ins: Mapped[bool] = mapped_column(default=True)
    reminder_days: Mapped[list[int]] = mapped_column(sa.JSON, default=lambda: [3, 1])
    retention_days: Mapped[int | None]
    join_link: Mapped[str] = mapped_column(sa.String(300), default="")
    checklist_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("checklist.id"))
    training_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("training.id", ondelete="SET NULL"), index=True)
    cancel_reason: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    search_text: Mapped[str] = mapped_column(sa.Text, default="")
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revised_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)

    organization: Mapped[Organization] = relationship()
    checklist: Mapped[Checklist | None] = relationship()
    cohosts: Mapped[list[Organization]] = relationship(secondary="cohost", order_by="Organization.name")
    occurrences: Mapped[list[Occurrence]] = relationship(back_populates="event", order_by="Occurrence.starts_at")

    __table_args__ = (
        sa.CheckConstraint("state IN ('draft', 'in_review', 'published', 'cancelled', 'completed')", name="state"),
        sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private')", name="visibility"),
        sa.CheckConstraint("party_max BETWEEN 1 AND 50", name="party_max"),
        sa.CheckConstraint("max_per_employer >= 1", name="max_per_employer"),
        sa.CheckConstraint("retention_days BETWEEN 7 AND 60", name="retention_days"),
    )

    @property
    def door(self) -> str:
        """The door class: legal, daca, rights, citizen, work, wellness or learning."""
        return DOORS[self.type]

    @property
    def takes_registrations(self) -> bool:
        return self.admission in REGISTERS

    @property
    def about_minutes(self) -> int:
        """How long a visit takes, rounded up to tens: what people plan with. 0 if nobody said."""
        return -(-self.flow_minutes // 10) * 10

    @property
    def is_public(self) -> bool:
        """Shown to everyone who has the address."""
        return self.state in (PUBLISHED, CANCELLED, COMPLETED) and self.visibility != PRIVATE


class Occurrence(Model):
    """One dated sitting. Wall time and zone are the truth; starts_at and ends_at are derived and indexed."""

    __tablename__ = "occurrence"

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"), index=True)
    venue_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("venue.id"), index=True)
    zone: Mapped[str] = mapped_column(sa.String(60), default="America/Chicago")
    starts_local: Mapped[datetime] = mapped_column(WallTime)
    ends_local: Mapped[datetime] = mapped_column(WallTime)
    starts_at: Mapped[datetime] = mapped_column(Instant, index=True)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
    state: Mapped[str] = mapped_column(sa.String(20), default="scheduled")
    cancel_reason: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    moved_from_local: Mapped[datetime | None] = mapped_column(WallTime)
    moved_from_venue_id: Mapped[uuid.UUID | None]
    moved_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    purged_at: Mapped[datetime | None] = mapped_column(Instant)
    last_number: Mapped[int] = mapped_column(default=0)
    last_door_number: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    keep_until: Mapped[date]
    key_week: Mapped[str] = mapped_column(sa.String(8))
    key_wrapped: Mapped[bytes] = mapped_column(sa.LargeBinary(40))
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revised_at: Mapped[datetime] = mapped_column(Instant)

    event: Mapped[Event] = relationship(back_populates="occurrences")
    venue: Mapped[Venue | None] = relationship()
    slots: Mapped[list[Slot]] = relationship(back_populates="occurrence", order_by="Slot.starts_at, Slot.id")

    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint("state IN ('scheduled', 'cancelled')", name="state"),
        sa.CheckConstraint("waiting >= 0", name="waiting"),
        sa.Index("ix_occurrence_keep_until", "keep_until", sqlite_where=UNPURGED, postgresql_where=UNPURGED),
    )

    def schedule(self, starts_local: datetime, ends_local: datetime, retention_days: int) -> None:
        """Set the wall times and derive the rest; makes the key, or moves it to its new purge week."""
        self.starts_local, self.ends_local = starts_local, ends_local
        self.retime()
        self.keep_until = ends_local.date() + timedelta(days=retention_days)
        week = clock.week_of(self.keep_until)
        if self.key_wrapped is None:
            self.key_wrapped = keyring.current().wrap_new(week)
        elif week != self.key_week:
            self.key_wrapped = keyring.current().rewrap(self.key_week, week, self.key_wrapped)
        self.key_week = week

    def retime(self) -> None:
        """Derive the instants again, after a change of wall time or of the zone's rules."""
        self.starts_at = clock.to_utc(self.starts_local, self.zone)
        self.ends_at = clock.to_utc(self.ends_local, self.zone)

    @property
    def is_online(self) -> bool:
        """True if one can take part from home: there is no other way in, or one may choose."""
        return self.is_only_online or self.event.format == HYBRID

    @property
    def is_only_online(self) -> bool:
        """True where nobody needs to come to any place."""
        return self.event.format == ONLINE or bool(self.venue and self.venue.online)

    @property
    def join_link(self) -> str:
        """The link for who takes part from home; empty where nobody does. Only for people with a place."""
        return self.event.join_link if self.is_online else ""

    @property
    def days_kept(self) -> int:
        """So many days after the date what people told us is erased."""
        return (self.keep_until - self.ends_local.date()).days

    def derived_key(self, purpose: str) -> bytes:
        """A key for one purpose (`field`, `index`, `links`). Raises keyring.KeyIsGone after its week was destroyed."""
        return derived_key(self.key_week, self.key_wrapped, purpose)

    @property
    def whole_sequence(self) -> int:
        """Rises with time, place and cancellation, and never falls: both of its parts only rise."""
        return self.event.sequence + self.sequence

    @property
    def is_cancelled(self) -> bool:
        return self.state == "cancelled" or self.event.state == CANCELLED

    @property
    def reason_off(self) -> Texts:
        """Why it does not take place, in the host's words; empty where nobody said."""
        return self.cancel_reason or self.event.cancel_reason

    @property
    def largest_party(self) -> int:
        """So many people can come as one group: a larger one would wait for a time that has no room for it, ever."""
        return min(self.event.party_max, max(slot.seats_limit for slot in self.slots))

    def accepts(self, now: datetime) -> bool:
        """True while places, or the waitlist, can be taken. `closed_at` is set while the host takes no more names."""
        return (
            self.closed_at is None
            and self.event.state == PUBLISHED
            and self.event.takes_registrations
            and self.state == "scheduled"
            and self.ends_at > now
        )


def band(limit: int, free: int, waiting: int) -> str:
    """`full` if nobody could take a place now; `few` at a quarter or less."""
    if free <= 0 or waiting > 0:
        return "full"
    return "few" if free * 4 <= limit else "open"


class Slot(Model):
    """A time within an occurrence. Seats are counted here and nowhere else."""

    __tablename__ = "slot"

    id: Mapped[Id]
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"), index=True)
    starts_local: Mapped[datetime] = mapped_column(WallTime)
    starts_at: Mapped[datetime] = mapped_column(Instant, index=True)
    seats_limit: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)

    occurrence: Mapped[Occurrence] = relationship(back_populates="slots")

    __table_args__ = (sa.CheckConstraint("seats_taken >= 0 AND seats_taken <= seats_limit", name="seats"),)

    @property
    def free(self) -> int:
        return self.seats_limit - self.seats_taken

    def can_start(self, timed: bool, now: datetime) -> bool:
        """True while it can be taken: a time of a clinic that has begun is over, a workshop may still be joined."""
        return not timed or self.starts_at > now
