"""Inbox: trainings as everybody sees them, and requests for them as their provider does."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload

from ..core import clock
from ..core.extensions import db
from . import training as states
from .event import PUBLIC, PUBLISHED, Event, Occurrence
from .message import FAILED, Message
from .organization import Organization
from .room import Date, with_room
from .training import Booking, Training, Wish

NEW, TAKEN, ANSWERED = "new", "taken_up", "answered"
TABS: dict[str, tuple[str, ...]] = {
    NEW: (states.SUBMITTED,),
    TAKEN: (states.TAKEN_UP,),
    ANSWERED: (states.CONFIRMED, states.DECLINED, states.WITHDRAWN, states.CANCELLED),
}
MOST = 200
"""So many of the newest stand on a tab."""


@dataclass(frozen=True)
class Busy:
    """What a provider has in one part of a day: its own dates, and how many other open requests name it too."""

    wish: Wish
    dates: list[Occurrence]
    others: int
    is_over: bool

    @property
    def is_free(self) -> bool:
        return not self.dates


def offered() -> list[Training]:
    """The catalogue, by provider and title."""
    query = sa.select(Training).join(Training.organization).options(joinedload(Training.organization))
    rows = db.session.scalars(query.where(Training.offered).order_by(Organization.name, Training.slug))
    return list(rows)


def shown(slug: str) -> Training | None:
    """The training at a public address, or None."""
    whole = joinedload(Training.organization), joinedload(Training.prerequisite)
    return db.session.scalar(sa.select(Training).where(Training.slug == slug, Training.offered).options(*whole))


def open_dates(training_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Date]]:
    """Dates to come, open to several employers, by training."""
    query = (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .options(joinedload(Occurrence.event), joinedload(Occurrence.venue))
        .where(Event.training_id.in_(training_ids), Event.state == PUBLISHED, Event.visibility == PUBLIC)
        .where(Occurrence.ends_at > clock.now(), Occurrence.state == "scheduled")
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    found: dict[uuid.UUID, list[Date]] = {}
    for date in with_room(db.session.scalars(query).all()):
        assert date.occurrence.event.training_id is not None
        found.setdefault(date.occurrence.event.training_id, []).append(date)
    return found


def offered_by(organization_id: uuid.UUID) -> list[Training]:
    """What one provider offers."""
    query = sa.select(Training).where(Training.organization_id == organization_id, Training.offered)
    return list(db.session.scalars(query.order_by(Training.slug)))


def catalogue_of(hosts: Collection[uuid.UUID]) -> list[Training]:
    """All trainings of these providers, also those that are not offered now."""
    query = sa.select(Training).where(Training.organization_id.in_(hosts)).options(joinedload(Training.organization))
    return list(db.session.scalars(query.order_by(Training.offered.desc(), Training.slug)))


def counts(hosts: Collection[uuid.UUID]) -> dict[str, int]:
    """How many requests stand on each tab."""
    query = sa.select(Booking.state, sa.func.count().label("number")).join(Booking.training)
    query = query.where(Training.organization_id.in_(hosts)).group_by(Booking.state)
    by_state = {row.state: row.number for row in db.session.execute(query)}
    return {tab: sum(by_state.get(state, 0) for state in among) for tab, among in TABS.items()}


def requests(hosts: Collection[uuid.UUID], tab: str) -> list[Booking]:
    """The requests of a tab: what must be answered soonest first, what was answered last on top."""
    query = (
        sa.select(Booking)
        .join(Booking.training)
        .options(joinedload(Booking.training).joinedload(Training.organization))
        .options(joinedload(Booking.occurrence).joinedload(Occurrence.event))
        .where(Training.organization_id.in_(hosts), Booking.state.in_(TABS[tab]))
    )
    order = (Booking.answered_at.desc(),) if tab == ANSWERED else (Booking.answer_by, Booking.submitted_at)
    return list(db.session.scalars(query.order_by(*order, Booking.id).limit(MOST)))


def provider_of(booking_id: uuid.UUID) -> uuid.UUID | None:
    """Which organization a request was made to."""
    query = sa.select(Training.organization_id).join(Booking, Booking.training_id == Training.id)
    return db.session.scalar(query.where(Booking.id == booking_id))


def is_booked(event_id: uuid.UUID) -> bool:
    """True while a request points at a date of this event."""
    query = sa.select(Booking.id).join(Booking.occurrence).where(Occurrence.event_id == event_id)
    return db.session.scalar(query.limit(1)) is not None


def booked_session(occurrence_id: uuid.UUID) -> Booking | None:
    """The request that this date answers."""
    query = sa.select(Booking).where(Booking.occurrence_id == occurrence_id, Booking.state == states.CONFIRMED)
    return db.session.scalar(query.limit(1))


def busy(organization_id: uuid.UUID, wishes: Sequence[Wish], booking_id: uuid.UUID) -> list[Busy]:
    """What stands in the provider's calendar in each of these parts of days."""
    dates = _dates(organization_id, wishes)
    others = _others(organization_id, booking_id)
    today = min((clock.today(found.zone) for found in dates), default=clock.today(current_app.config["TIMEZONE"]))
    return [
        Busy(
            wish,
            [found for found in dates if found.starts_local < wish.ends and found.ends_local > wish.starts],
            sum(wish in other for other in others),
            wish.day <= today,
        )
        for wish in wishes
    ]


def _dates(organization_id: uuid.UUID, wishes: Sequence[Wish]) -> list[Occurrence]:
    if not wishes:
        return []
    touches = [sa.and_(Occurrence.starts_local < wish.ends, Occurrence.ends_local > wish.starts) for wish in wishes]
    query = (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .options(joinedload(Occurrence.event), joinedload(Occurrence.venue))
        .where(Event.organization_id == organization_id, Occurrence.state == "scheduled", sa.or_(*touches))
        .where(Event.state.not_in(("cancelled", "completed")))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(db.session.scalars(query))


def _others(organization_id: uuid.UUID, booking_id: uuid.UUID) -> list[list[Wish]]:
    query = sa.select(Booking.days_wished).join(Booking.training)
    query = query.where(Training.organization_id == organization_id, Booking.state.in_(states.OPEN))
    return [states.wishes_of(days) for days in db.session.scalars(query.where(Booking.id != booking_id))]


def letter_failed(booking_id: uuid.UUID) -> bool:
    """True if a letter to this employer could not be delivered."""
    query = sa.select(Message.id).where(Message.booking_id == booking_id, Message.state == FAILED)
    return db.session.scalar(query.limit(1)) is not None
