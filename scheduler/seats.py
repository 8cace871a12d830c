"""Seats: the one place where they are given and taken back.

Every act here first locks the occurrence's row, then the slot's (PostgreSQL; on SQLite the writing
transaction is the lock), so what is decided is still true when it is written.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import contains_eager
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningUpdate

from .core import clock
from .core.errors import Missing, Refusal, TimeTaken
from .core.extensions import db
from .models import offer as offers
from .models.base import table_of
from .models.event import Occurrence, Slot
from .models.registration import WAITLISTED, Registration

_TURN = sa.select(sa.func.pg_advisory_xact_lock(sa.bindparam("date", type_=sa.BigInteger)))


@dataclass(frozen=True)
class Allotment:
    """A number in the order of coming, and a slot, or None for a place in line."""

    number: int
    slot_id: uuid.UUID | None


def lock(occurrence_id: uuid.UUID) -> Occurrence:
    """The occurrence with its event, locked until the transaction ends. Raises Missing.

    FOR NO KEY UPDATE: rows that merely refer to the date (letters, reminders) may be written meanwhile.
    """
    _wait_in_turn(occurrence_id)
    found = db.session.scalar(_locking(), {"date": occurrence_id})
    if found is None:
        raise Missing()
    return found


@cache
def _locking() -> sa.Select[Occurrence]:
    """Built once, like each statement here that runs for every place kept: building one took longer than asking it."""
    return (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .options(contains_eager(Occurrence.event))
        .where(Occurrence.id == sa.bindparam("date"))
        .with_for_update(of=Occurrence, key_share=True)
        .execution_options(populate_existing=True)
    )


def _wait_in_turn(occurrence_id: uuid.UUID) -> None:
    """PostgreSQL wakes those who wait for a row in no fair order, but those who wait for a number one by one.

    Measured with 64 waiting: the unluckiest waited 0.8 s instead of 3 s, which is where waiting ends.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(_TURN, {"date": occurrence_id.int >> 65})


def lock_registration(registration_id: uuid.UUID) -> Registration:
    """The registration, fresh and locked, behind its occurrence's lock. Raises Missing."""
    occurrence_id = db.session.scalar(sa.select(Registration.occurrence_id).where(Registration.id == registration_id))
    if occurrence_id is None:
        raise Missing()
    occurrence = lock(occurrence_id)
    registration = db.session.get(
        Registration, registration_id, populate_existing=True, with_for_update={"key_share": True}
    )
    if registration is None:
        raise Missing()
    assert registration.occurrence is occurrence
    return registration


def allot(occurrence: Occurrence, wished: uuid.UUID | None, party: int) -> Allotment:
    """Decide who gets seats: the wished slot, or a place in line when nothing fits.

    The occurrence must be locked. Nobody passes a party in line that would fit; what none of them fits in is not
    kept empty for them. Raises TimeTaken when the wished slot is full and another time would do (beside a line it
    is offered instead), Refusal when the slot is not of this date.
    """
    if wished is not None and occurrence.waiting == 0 and _claim_of(occurrence, wished, party):
        return number(occurrence, wished)
    slots = _slots(occurrence.id)
    slot = _wished(occurrence, slots, wished)
    if slot is None or slot.free < party or would_pass(occurrence, slot) or not claim(slot.id, party):
        if occurrence.waiting == 0 and any(other.free >= party for other in slots if _can_start(occurrence, other)):
            raise TimeTaken()
        slot = None
    return number(occurrence, slot.id if slot else None)


def number(occurrence: Occurrence, slot_id: uuid.UUID | None) -> Allotment:
    """The next number in the order of coming, for a place at a time or in line; written at once.

    The occurrence must be locked.
    """
    counted = {"last_number": occurrence.last_number + 1, "waiting": occurrence.waiting + (slot_id is None)}
    db.session.execute(_counting(), {"date": occurrence.id, **counted})
    for column, count in counted.items():
        set_committed_value(occurrence, column, count)
    return Allotment(occurrence.last_number, slot_id)


@cache
def _counting() -> sa.Update:
    date = table_of(Occurrence)
    counted = {name: sa.bindparam(name, type_=sa.Integer) for name in ("last_number", "waiting")}
    return sa.update(date).where(date.c.id == sa.bindparam("date")).values(counted)


def open_slots(occurrence: Occurrence) -> list[Slot]:
    """The times that can still be given, in order, as they are now. The occurrence must be locked."""
    return [slot for slot in _slots(occurrence.id) if _can_start(occurrence, slot)]


def claim_now(occurrence: Occurrence, party: int) -> uuid.UUID | None:
    """Count a party that stands at the door onto the time that is on now, or the next one that has room for it.

    People who are here go before people who wait at home: what is free now is lost while somebody is asked for it.
    A place that is held by an open offer is not free. The occurrence must be locked.
    """
    slots, now = _slots(occurrence.id), clock.now()
    begun = [slot for slot in slots if slot.starts_at <= now]
    if occurrence.event.admission == "timed":
        begun = begun[-1:]
    coming = [slot for slot in slots if slot.starts_at > now]
    return next((slot.id for slot in [*begun, *coming] if claim(slot.id, party)), None)


def _slots(occurrence_id: uuid.UUID) -> list[Slot]:
    return list(db.session.scalars(_times(), {"date": occurrence_id}))


@cache
def _times() -> sa.Select[Slot]:
    query = sa.select(Slot).where(Slot.occurrence_id == sa.bindparam("date")).order_by(Slot.starts_at, Slot.id)
    return query.execution_options(populate_existing=True)


def _wished(occurrence: Occurrence, slots: list[Slot], wished: uuid.UUID | None) -> Slot | None:
    if wished is None:
        return slots[0] if len(slots) == 1 else None
    for slot in slots:
        if slot.id == wished and _can_start(occurrence, slot):
            return slot
    raise Refusal(_l("Choose a time from the list."), field="slot")


def _can_start(occurrence: Occurrence, slot: Slot) -> bool:
    """A time of a clinic that has begun is over; a workshop may still be joined."""
    return occurrence.event.admission != "timed" or slot.starts_at > clock.now()


def would_pass(occurrence: Occurrence, slot: Slot, line: int | None = None) -> int:
    """How many parties in line (before this place in it) fit into what is free there, and did not say no to it."""
    if occurrence.waiting == 0:
        return 0
    query = sa.select(sa.func.count()).where(
        Registration.occurrence_id == occurrence.id,
        Registration.state == WAITLISTED,
        Registration.party <= slot.free,
        Registration.id.not_in(offers.unwilling(slot.id)),
    )
    if line is not None:
        query = query.where(Registration.line < line)
    return db.session.scalar(query) or 0


def claim(slot_id: uuid.UUID, party: int) -> bool:
    """Count `party` seats onto the slot if they fit: decided and written by one statement."""
    return db.session.scalar(_claiming(), {"time": slot_id, "party": party}) is not None


@cache
def _claiming() -> ReturningUpdate[Any]:
    slot = table_of(Slot)
    taken = slot.c.seats_taken + sa.bindparam("party", type_=sa.Integer)
    fits = slot.c.id == sa.bindparam("time"), taken <= slot.c.seats_limit
    return sa.update(slot).where(*fits).values(seats_taken=taken).returning(slot.c.id)


def _claim_of(occurrence: Occurrence, slot_id: uuid.UUID, party: int) -> bool:
    """The same for a time of this date that can still be given: what most people wish, and get."""
    after = clock.now() if occurrence.event.admission == "timed" else clock.EVER
    asked = {"time": slot_id, "party": party, "date": occurrence.id, "after": after}
    return db.session.scalar(_claiming_of(), asked) is not None


@cache
def _claiming_of() -> ReturningUpdate[Any]:
    slot = table_of(Slot)
    return _claiming().where(slot.c.occurrence_id == sa.bindparam("date"), slot.c.starts_at > sa.bindparam("after"))


def release(slot_id: uuid.UUID, party: int) -> None:
    """Give seats back. The occurrence must be locked."""
    db.session.execute(
        sa.update(Slot)
        .where(Slot.id == slot_id)
        .values(seats_taken=Slot.seats_taken - party)
        .execution_options(synchronize_session=False)
    )


def shift(occurrence: Occurrence, held: uuid.UUID, party: int, wished: Slot, wished_party: int) -> bool:
    """Seats for so many people at another time, or for more or fewer at the same one; False, and nothing lost, if full.

    The occurrence must be locked. What comes free beside a line is for those in it: a party that has a place already
    does not take what one of them would fit in.
    """
    here = wished.id == held
    more = wished_party - party if here else wished_party
    if more > 0 and (would_pass(occurrence, wished) or not claim(wished.id, more)):
        return False
    if here:
        release(held, max(0, -more))
    else:
        release(held, party)
    return True


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
