"""A message with everything that its letter speaks of, in one query for as many as are wanted."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from ..core.extensions import db
from .event import Event, Occurrence
from .message import BOOKING, REGISTRATION, Message, first_sent_of
from .registration import LIVE, Registration


def whole(message_id: uuid.UUID) -> Message | None:
    """The message, or None if it is gone."""
    return whole_of([message_id]).get(message_id)


def whole_of(message_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Message]:
    """Several messages; those that are gone are left out."""
    found = {}
    for message, first_sent, same_contact in db.session.execute(_whole(), {"message_ids": list(message_ids)}):
        message.first_sent, message.same_contact = first_sent, same_contact
        found[message.id] = message
    return found


@cache
def _whole() -> sa.Select[Message, uuid.UUID | None, int]:
    """Built once: putting it together took as long as asking."""
    place = joinedload(Message.registration)
    occurrence = place.joinedload(Registration.occurrence)
    query = sa.select(Message, _first_sent(), _same_contact()).options(
        place.joinedload(Registration.slot),
        occurrence.joinedload(Occurrence.event).joinedload(Event.organization),
        occurrence.joinedload(Occurrence.event).joinedload(Event.checklist),
        occurrence.joinedload(Occurrence.venue),
        joinedload(Message.reminder),
        joinedload(Message.offer),
        joinedload(Message.user),
    )
    return query.where(Message.id.in_(sa.bindparam("message_ids", expanding=True)))


def _first_sent() -> sa.Case[uuid.UUID]:
    """As Message.first_sent. Each kind of letter asks by its own index."""
    of_booking = first_sent_of(BOOKING, Message.booking_id.expression).scalar_subquery()
    of_place = first_sent_of(REGISTRATION, Message.registration_id.expression).scalar_subquery()
    return sa.case((Message.booking_id.is_not(None), of_booking), else_=of_place)


def _same_contact() -> sa.ScalarSelect[int]:
    """As Message.same_contact."""
    own, other = aliased(Registration), aliased(Registration)
    return (
        sa.select(sa.func.count(other.id))
        .select_from(own)
        .join(other, sa.and_(other.occurrence_id == own.occurrence_id, other.contact_index == own.contact_index))
        .where(own.id == Message.registration_id, other.id != own.id, other.state.in_(LIVE))
        .scalar_subquery()
    )
