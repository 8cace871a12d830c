"""Desk: what an organizer has in hand, an event or one date of it, whole."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from ..core.extensions import db
from .event import Event, Occurrence
from .registration import LIVE, Registration


def event(event_id: uuid.UUID) -> Event | None:
    """An event in any state with all that its pages show."""
    dates = selectinload(Event.occurrences)
    query = sa.select(Event).options(
        joinedload(Event.organization),
        joinedload(Event.checklist),
        selectinload(Event.cohosts),
        dates.joinedload(Occurrence.venue),
        dates.selectinload(Occurrence.slots),
    )
    return db.session.scalar(query.where(Event.id == event_id))


def date(occurrence_id: uuid.UUID) -> Occurrence | None:
    """One date with its event, place and times."""
    query = sa.select(Occurrence).options(
        joinedload(Occurrence.event).joinedload(Event.organization),
        joinedload(Occurrence.venue),
        selectinload(Occurrence.slots),
    )
    return db.session.scalar(query.where(Occurrence.id == occurrence_id))


def signed_up(event_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """How many registrations live on each date of an event; dates without any are left out."""
    query = (
        sa.select(Registration.occurrence_id, sa.func.count())
        .join(Registration.occurrence)
        .where(Occurrence.event_id == event_id, Registration.state.in_(LIVE))
        .group_by(Registration.occurrence_id)
    )
    return {row.occurrence_id: row[1] for row in db.session.execute(query)}


def place_of(registration_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The organization and the date that a registration belongs to, while the person has not been erased."""
    query = (
        sa.select(Event.organization_id, Registration.occurrence_id)
        .join(Registration.occurrence)
        .join(Occurrence.event)
        .where(Registration.id == registration_id, Registration.erase_asked.is_(False))
    )
    found = db.session.execute(query).one_or_none()
    return (found[0], found[1]) if found else None
