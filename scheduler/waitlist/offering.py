"""A freed place is offered to the first party in line that fits."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa

from .. import outbox, seats
from ..core import clock
from ..core.extensions import db
from ..models import lapse
from ..models import offer as offers
from ..models.event import PUBLISHED, Event, Occurrence, Slot
from ..models.offer import Offer
from ..models.registration import OFFERED, WAITLISTED, Registration

Waiting = tuple[uuid.UUID, int]
"""Who waits, and how many they are."""


def offer_freed(occurrence: Occurrence, now: datetime | None = None) -> int:
    """Offer what is free to the first parties in line that fit; returns how many offers were made.

    Who was not told of an offer keeps their place in line, but what they missed goes to others first: a host who calls
    nobody does not hold up the line.
    The occurrence must be locked. Nothing happens at night, after a cancellation, while no names are taken, or
    when less than three hours of day remain before a time starts. Call it wherever places get free.
    """
    now = now or clock.now()
    if occurrence.waiting == 0 or not occurrence.accepts(now):
        return 0
    free = {slot: slot.free for slot in seats.open_slots(occurrence) if slot.free > 0 and _until(now, slot)}
    line = _in_line(occurrence, max(free.values(), default=0))
    refused = {slot: set(db.session.scalars(offers.unwilling(slot.id))) for slot in free}
    missed = {slot: set(db.session.scalars(lapse.missed(slot.id))) for slot in free}
    asked = _offer_along(line, free, {slot: refused[slot] | missed[slot] for slot in free}, now)
    rest = [party for party in line if party[0] not in asked]
    return len(asked | _offer_along(rest, free, refused, now))


def _offer_along(
    line: list[Waiting], free: dict[Slot, int], not_to: dict[Slot, set[uuid.UUID]], now: datetime
) -> set[uuid.UUID]:
    """Down the line, each is offered the first time that fits; returns to whom. `free` is less afterwards."""
    asked = set()
    for registration_id, party in line:
        fitting = (slot for slot, room in free.items() if room >= party and registration_id not in not_to[slot])
        slot = next(fitting, None)
        if slot is not None and seats.claim(slot.id, party):
            _offer(registration_id, slot, now)
            free[slot] -= party
            asked.add(registration_id)
    return asked


def offer_due(occurrence_id: uuid.UUID) -> int:
    """Offer what stands free beside the line of a date; returns how many offers were made."""
    return offer_freed(seats.lock(occurrence_id))


def dates_to_offer() -> list[uuid.UUID]:
    """The dates on which something stands free beside a line, such as what came free at night, and it is day.

    A date may have begun: what matters is whether the time that is free is still to come.
    """
    now = clock.now()
    fits = sa.exists().where(
        Registration.occurrence_id == Occurrence.id,
        Registration.state == WAITLISTED,
        Slot.occurrence_id == Occurrence.id,
        Slot.starts_at > now,
        Slot.seats_limit - Slot.seats_taken >= Registration.party,
    )
    query = sa.select(Occurrence.id, Occurrence.zone).join(Event, Event.id == Occurrence.event_id)
    query = query.where(
        Occurrence.waiting > 0,
        Occurrence.ends_at > now,
        Occurrence.state == "scheduled",
        Occurrence.closed_at.is_(None),
        Event.state == PUBLISHED,
        fits,
    )
    dates = db.session.execute(query.order_by(Occurrence.id)).all()
    return [date.id for date in dates if not clock.is_quiet(now, date.zone)]


def _until(now: datetime, slot: Slot) -> datetime | None:
    return offers.stands_until(now, slot.starts_at, slot.occurrence.zone)


def _in_line(occurrence: Occurrence, room: int) -> list[Waiting]:
    """Who could sit in so much room, the first in line first."""
    if room == 0:
        return []
    query = sa.select(Registration.id, Registration.party).where(
        Registration.occurrence_id == occurrence.id, Registration.state == WAITLISTED, Registration.party <= room
    )
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Registration.line))]


def _offer(registration_id: uuid.UUID, slot: Slot, now: datetime) -> None:
    """Hold the seats, which are claimed already, and write the letter."""
    registration = seats.lock_registration(registration_id)
    until = _until(now, slot)
    assert registration.state == WAITLISTED and until is not None
    registration.state, registration.slot_id = OFFERED, slot.id
    registration.occurrence.waiting -= 1
    offer = Offer(
        id=uuid.uuid4(),
        registration_id=registration.id,
        occurrence_id=registration.occurrence_id,
        slot_id=slot.id,
        state=offers.OPEN,
        made_at=clock.to_minute(now),
        held_until=until,
    )
    db.session.add(offer)
    db.session.flush()
    outbox.enqueue_offer(offer, registration)
