"""Counters: seats on slots, and the order of coming. Each is decided and written by one statement, built once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningUpdate

from ..core import clock
from ..core.extensions import db
from ..models.base import table_of
from ..models.event import Occurrence, Slot


@dataclass(frozen=True)
class Allotment:
    """A number in the order of coming, and a slot, or None for a place in line."""

    number: int
    slot_id: uuid.UUID | None


def claim(slot_id: uuid.UUID, party: int) -> bool:
    """Count `party` seats onto the slot if they fit: decided and written by one statement."""
    return db.session.scalar(_claiming(), {"time": slot_id, "party": party}) is not None


@cache
def _claiming() -> ReturningUpdate[Any]:
    slot = table_of(Slot)
    taken = slot.c.seats_taken + sa.bindparam("party", type_=sa.Integer)
    fits = slot.c.id == sa.bindparam("time"), taken <= slot.c.seats_limit
    return sa.update(slot).where(*fits).values(seats_taken=taken).returning(slot.c.id)


def claim_of(occurrence: Occurrence, slot_id: uuid.UUID, party: int) -> bool:
    """The same for a time of this date that can still be given: what most people wish, and get."""
    after = clock.now() if occurrence.event.admission == "timed" else clock.EVER
    asked = {"time": slot_id, "party": party, "date": occurrence.id, "after": after}
    return db.session.scalar(_claiming_of(), asked) is not None


@cache
def _claiming_of() -> ReturningUpdate[Any]:
    slot = table_of(Slot)
    return _claiming().where(slot.c.occurrence_id == sa.bindparam("date"), slot.c.starts_at > sa.bindparam("after"))


def number(occurrence: Occurrence, slot_ids: Sequence[uuid.UUID | None]) -> list[Allotment]:
    """The next numbers in the order of coming, for places at these times or (None) in line; written at once.

    The occurrence must be locked.
    """
    if not slot_ids:
        return []
    last, waiting = occurrence.last_number + len(slot_ids), occurrence.waiting + slot_ids.count(None)
    counted = {"last_number": last, "waiting": waiting}
    db.session.execute(_counting(), {"date": occurrence.id, **counted})
    first = occurrence.last_number + 1
    for column, count in counted.items():
        set_committed_value(occurrence, column, count)
    return [Allotment(first + place, slot_id) for place, slot_id in enumerate(slot_ids)]


@cache
def _counting() -> sa.Update:
    date = table_of(Occurrence)
    counted = {name: sa.bindparam(name, type_=sa.Integer) for name in ("last_number", "waiting")}
    return sa.update(date).where(date.c.id == sa.bindparam("date")).values(counted)


def release(slot_id: uuid.UUID, party: int) -> None:
    """Give seats back. The occurrence must be locked."""
    db.session.execute(
        sa.update(Slot)
        .where(Slot.id == slot_id)
        .values(seats_taken=Slot.seats_taken - party)
        .execution_options(synchronize_session=False)
    )


def resize(slot_id: uuid.UUID, limit: int) -> bool:
    """Set how many seats a time has, if they still cover those taken. The occurrence must be locked."""
    resized = db.session.execute(
        sa.update(Slot)
        .where(Slot.id == slot_id, Slot.seats_taken <= limit)
        .values(seats_limit=limit)
        .returning(Slot.id)
        .execution_options(synchronize_session=False)
    )
    return resized.scalar() is not None


def vacate(occurrence: Occurrence) -> None:
    """Nobody is left on this date: all its counters begin at nothing. The occurrence must be locked."""
    occurrence.waiting = occurrence.last_number = occurrence.last_door_number = 0
    db.session.execute(
        sa.update(Slot)
        .where(Slot.occurrence_id == occurrence.id)
        .values(seats_taken=0)
        .execution_options(synchronize_session=False)
    )
