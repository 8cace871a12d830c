"""Offer: a freed place, held until a time for the first party in line that fits."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship

from ..core import clock, tokens
from ..core.extensions import db
from .base import Id, Instant, Model
from .event import Slot
from .registration import Registration

OPEN, ACCEPTED, DECLINED, LAPSED, WITHDRAWN = "open", "accepted", "declined", "lapsed", "withdrawn"

LONG, SHORT = timedelta(hours=24), timedelta(hours=3)
SOON = timedelta(hours=48)
"""How long an offer stands: long, or short when the time is soon. Only the hours of the day count."""


class Offer(Model):
    """While it is open, its registration is `offered` and counted on the slot."""

    __tablename__ = "offer"

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"), index=True)
    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("slot.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(10), default=OPEN)
    made_at: Mapped[datetime] = mapped_column(Instant)
    held_until: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    registration: Mapped[Registration] = relationship()
    slot: Mapped[Slot] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')", name="state"),
        sa.Index("ix_offer_state_held_until", "state", "held_until"),
        sa.Index(
            "uq_offer_open",
            "registration_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    def is_open(self, now: datetime) -> bool:
        """True while it can be taken."""
        return self.state == OPEN and self.held_until > now

    def token(self, purpose: str = tokens.OFFER) -> str:
        """A link's token: for this one offer, dead with the date's key or a new generation of links."""
        key = self.registration.occurrence.derived_key("links")
        return tokens.derive(key, self.id, purpose, self.registration.link_generation)

    def end(self, state: str, now: datetime) -> None:
        """It can no longer be taken."""
        self.state, self.ended_at = state, clock.to_minute(now)


def stands_until(now: datetime, starts_at: datetime, zone: str) -> datetime | None:
    """Until when an offer made now would stand; None at night, or when it is too soon."""
    return None if clock.is_quiet(now, zone) else _until(now, starts_at, zone)


def too_soon(now: datetime, starts_at: datetime, zone: str) -> bool:
    """True when less than 3 hours of day remain before the start."""
    return _until(now, starts_at, zone) is None


def _until(now: datetime, starts_at: datetime, zone: str) -> datetime | None:
    whole_minute = clock.to_minute(now + timedelta(seconds=59, microseconds=999_999))
    until = clock.after_day_time(whole_minute, SHORT if starts_at - now < SOON else LONG, zone)
    return until if until <= starts_at else None


def other_times(offer: Offer) -> bool:
    """True if the date has another time that this party could wait for."""
    return bool(db.session.scalar(sa.select(has_other_times()).where(Offer.id == offer.id)))


def has_other_times() -> sa.ColumnElement[bool]:
    """The same of each offer in a longer question. A time to which they said no is none to wait for."""
    refused = aliased(Offer)
    theirs = refused.registration_id == Offer.registration_id, refused.slot_id == Slot.id
    said_no = sa.exists().where(*theirs, refused.state == DECLINED).correlate(Offer, Slot)
    return sa.exists().where(
        Slot.occurrence_id == Offer.occurrence_id,
        Slot.id != Offer.slot_id,
        Slot.starts_at > clock.now(),
        sa.not_(said_no),
    )


def open_for(registration_id: uuid.UUID) -> Offer | None:
    """The offer that stands for this party."""
    query = sa.select(Offer).where(Offer.registration_id == registration_id, Offer.state == OPEN)
    return db.session.scalar(query.options(joinedload(Offer.slot)))


def standing_for(registration: Registration) -> Offer | None:
    """The offer that this party can take now; one whose time is over only waits for the worker."""
    offer = open_for(registration.id)
    return offer if offer is not None and offer.is_open(clock.now()) else None


def whose(offer_id: uuid.UUID) -> uuid.UUID | None:
    """The registration to which this offer was made."""
    return db.session.scalar(sa.select(Offer.registration_id).where(Offer.id == offer_id))


def all_for(registration_id: uuid.UUID) -> list[Offer]:
    """All offers that were ever made to this party, in order."""
    return list(db.session.scalars(_all_for(), {"registration": registration_id}))


@cache
def _all_for() -> sa.Select[Offer]:
    query = sa.select(Offer).where(Offer.registration_id == sa.bindparam("registration"))
    return query.options(joinedload(Offer.slot)).order_by(Offer.made_at, Offer.id)


def open_on(occurrence_id: uuid.UUID) -> list[Offer]:
    """The offers that stand for a date, those that end first in front."""
    query = sa.select(Offer).where(Offer.occurrence_id == occurrence_id, Offer.state == OPEN)
    return list(db.session.scalars(query.options(joinedload(Offer.slot)).order_by(Offer.held_until, Offer.id)))


def unwilling(slot_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    """The registrations that said no to this time."""
    return sa.select(Offer.registration_id).where(Offer.slot_id == slot_id, Offer.state == DECLINED)
