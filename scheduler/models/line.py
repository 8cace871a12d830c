"""Line: those who wait for a place on a date, by their place in it. The order of coming, until an offer lapses."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from ..core.extensions import db
from .event import Occurrence
from .registration import ON_WAITLIST, WAITLISTED, Registration


def place_in_line(registration: Registration) -> int:
    """1 for the first in line. Who was offered a place keeps theirs until they answer: no number ever gets worse."""
    query = sa.select(sa.func.count()).where(
        Registration.occurrence_id == registration.occurrence_id,
        Registration.state.in_(ON_WAITLIST),
        Registration.line <= registration.line,
    )
    return db.session.scalar(query) or 0


def first_in_line(occurrence_id: uuid.UUID) -> Registration | None:
    """Who is next."""
    waits = Registration.occurrence_id == occurrence_id, Registration.state == WAITLISTED
    return db.session.scalar(sa.select(Registration).where(*waits).order_by(Registration.line).limit(1))


def smallest_in_line(occurrence_id: uuid.UUID) -> int:
    """How many people the smallest party is that waits; 0 when nobody does."""
    waits = Registration.occurrence_id == occurrence_id, Registration.state == WAITLISTED
    return db.session.scalar(sa.select(sa.func.min(Registration.party)).where(*waits)) or 0


def on_waitlist() -> sa.ScalarSelect[int]:
    """A column: how many parties the waitlist of a date holds, counted as its roster counts them."""
    listed = Registration.state.in_(ON_WAITLIST), Registration.erase_asked.is_(False)
    query = sa.select(sa.func.count()).where(Registration.occurrence_id == Occurrence.id, *listed)
    return query.correlate(Occurrence).scalar_subquery()


def waitlist_of(occurrence_id: uuid.UUID) -> int:
    """The same of one date."""
    return db.session.scalar(sa.select(on_waitlist()).where(Occurrence.id == occurrence_id)) or 0
