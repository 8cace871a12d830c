"""Onward: the next dates to which somebody can be sent when there is no room here."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from ..core import clock
from ..core.extensions import db
from .base import has_word
from .event import DOORS, PUBLIC, PUBLISHED, REGISTERS, Event, Occurrence, Slot
from .room import Date, with_room


def next_that_fit(here: Occurrence, spoken: str, party: int, most: int = 3) -> list[Date]:
    """The soonest dates behind the same door, in a language that they speak, with room for all of them."""
    now = clock.now()
    same_door = [key for key, door in DOORS.items() if door == here.event.door]
    room = sa.exists().where(
        Slot.occurrence_id == Occurrence.id, Slot.starts_at > now, Slot.seats_limit - Slot.seats_taken >= party
    )
    by_sign_up = sa.and_(Event.admission.in_(REGISTERS), Occurrence.closed_at.is_(None), Occurrence.waiting == 0, room)
    query = (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .options(joinedload(Occurrence.event).joinedload(Event.organization), joinedload(Occurrence.venue))
        .where(
            Occurrence.id != here.id,
            Occurrence.state == "scheduled",
            Occurrence.starts_at > now,
            Event.type.in_(same_door),
            Event.state == PUBLISHED,
            Event.visibility == PUBLIC,
            sa.or_(*(has_word(column, spoken) for column in (Event.languages, Event.interpretation))),
            sa.or_(by_sign_up, Event.admission == "numbers"),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(most)
    )
    return with_room(db.session.scalars(query).all())
