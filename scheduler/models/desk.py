"""Desk: what an organizer has in hand, an event or one date of it, whole."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from ..core import clock
from ..core.extensions import db
from .event import Event, Occurrence
from .message import CALL, EMAIL, FAILED, SENT, VOID, WAITING, Message
from .registration import LIVE, NONE, Registration
from .reminder import Reminder


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


def has_registrations(event_id: uuid.UUID) -> bool:
    """True while anybody's data stands on a date of this event, also of those who gave their place back."""
    query = sa.select(Registration.id).join(Registration.occurrence).where(Occurrence.event_id == event_id)
    return db.session.scalar(query.limit(1)) is not None


@dataclass(frozen=True)
class Reminded:
    """What became of one reminder of a date: who was reached, who is still to be written to or called, and who was not.

    Whoever left no contact is in none of these numbers, nor is a call that came too late to be made.
    """

    reached: int
    to_write: int
    to_call: int
    failed: int


def reminded(occurrence_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, int], Reminded]:
    """What each reminder of these dates led to, by the date and the days before it."""
    one = Reminder.occurrence_id, Reminder.days_before
    query = (
        sa.select(*one, Message.state, Message.channel, sa.func.count())
        .join(Message, Message.reminder_id == Reminder.id)
        .join(Message.registration)
        .where(Reminder.occurrence_id.in_(occurrence_ids), Message.state != VOID, Registration.contact_kind != NONE)
        .where(sa.or_(Message.state != WAITING, Reminder.stale_at > clock.now()))
        .group_by(*one, Message.state, Message.channel)
    )
    found: dict[tuple[uuid.UUID, int], Counter[tuple[str, str]]] = {}
    for occurrence_id, days, state, channel, count in db.session.execute(query):
        found.setdefault((occurrence_id, days), Counter())[state, channel] += count
    return {
        key: Reminded(
            reached=counts[SENT, EMAIL] + counts[SENT, CALL],
            to_write=counts[WAITING, EMAIL],
            to_call=counts[WAITING, CALL],
            failed=counts[FAILED, EMAIL] + counts[FAILED, CALL],
        )
        for key, counts in found.items()
    }


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


def registration(registration_id: uuid.UUID) -> Registration | None:
    """One place with its time and date."""
    query = sa.select(Registration).options(
        joinedload(Registration.slot), joinedload(Registration.occurrence).joinedload(Occurrence.event)
    )
    return db.session.scalar(query.where(Registration.id == registration_id))


def place_told(message_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The organization and the date that a letter or a call is about, while the person has not been erased."""
    found = db.session.scalar(sa.select(Message.registration_id).where(Message.id == message_id))
    return place_of(found) if found else None


def dates_of(event_id: uuid.UUID) -> list[uuid.UUID]:
    """All dates of an event, the first one first."""
    query = sa.select(Occurrence.id).where(Occurrence.event_id == event_id)
    return list(db.session.scalars(query.order_by(Occurrence.starts_at, Occurrence.id)))
