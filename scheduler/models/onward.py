"""Onward: the next dates to which somebody can be sent when there is no room here."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from ..core import clock
from ..core.extensions import db
from .base import has_word
from .doors import types_behind
from .event import PUBLIC, PUBLISHED, REGISTERS, Event, Occurrence, Slot
from .room import Date, with_room

FOR_SOME = frozenset({"employer_training", "volunteer_training"})
"""Kinds of events that help nobody who came for something else."""


def next_that_fit(here: Occurrence, spoken: str, party: int, most: int = 3, *, fill: bool = False) -> list[Date]:
    """The soonest dates behind the same door, in a language that they speak, with room for all of them.

    `fill`: where these are too few, the soonest behind the same door in any language, and then those behind another
    door in theirs, so that nobody leaves with empty hands. Trainings, and what an employer's staff comes to, are only
    for who was at such a door already.
    """
    now = clock.now()
    room = sa.exists().where(
        Slot.occurrence_id == Occurrence.id, Slot.starts_at > now, Slot.seats_limit - Slot.seats_taken >= party
    )
    by_sign_up = sa.and_(Event.admission.in_(REGISTERS), Occurrence.closed_at.is_(None), Occurrence.waiting == 0, room)
    same_door = Event.type.in_(types_behind(here.event.door))
    understood = sa.or_(*(has_word(column, spoken) for column in (Event.languages, Event.interpretation)))
    query = (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .options(joinedload(Occurrence.event).joinedload(Event.organization), joinedload(Occurrence.venue))
        .where(
            Occurrence.id != here.id,
            Occurrence.state == "scheduled",
            Occurrence.starts_at > now,
            Event.state == PUBLISHED,
            Event.visibility == PUBLIC,
            Event.party_max >= party,
            Event.type.not_in(FOR_SOME - {here.event.type}),
            sa.true() if here.event.max_per_employer else Event.max_per_employer.is_(None),
            sa.or_(same_door, understood) if fill else sa.and_(same_door, understood),
            sa.or_(by_sign_up, Event.admission == "numbers"),
        )
        .order_by(_step(same_door, understood), Occurrence.starts_at, Occurrence.id)
        .limit(most)
    )
    return with_room(db.session.scalars(query).all())


def _step(same_door: sa.ColumnElement[bool], understood: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """What they came for, in words that they understand; with an interpreter; and then what else there is."""
    return sa.case((sa.and_(same_door, understood), 0), (same_door, 1), else_=2)
