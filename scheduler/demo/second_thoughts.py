"""What happens after people have signed up: places change, a list gets one thing more, and a full date more room."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from .. import events, registrations, seats, waitlist
from ..core import clock
from ..core.extensions import db
from ..models import message as letters
from ..models import registration as places
from ..models.checklist import Checklist
from ..models.event import Event, Occurrence
from ..models.registration import Registration
from ..registrations import Wishes
from .crowd import mark_sent

CHANGED, LENGTHENED = "daca-renewal-little-village", "daca-renewal-pilsen"
WIDENED, ROOM = LENGTHENED, 3
"""Room for the first two in line there: one is written to, a group of two is called."""
LAST_BY_DAY = time(20, 59)


def add() -> None:
    """Three people of one date change something; those of another were told a shorter list, and some wait no more."""
    _change_minds()
    _lengthen_the_list()
    _find_room()


def _change_minds() -> None:
    people = list(db.session.scalars(_people(CHANGED).limit(3)))
    occurrence = people[0].occurrence
    free = {slot.id: slot.free for slot in occurrence.slots}
    roomy = max(free, key=lambda slot_id: free[slot_id])
    wishes = [Wishes.of(person) for person in people]
    wished = [
        replace(wishes[0], slot_id=roomy),
        replace(wishes[1], children=2, needs=["quiet_room"]),
        replace(wishes[2], wording=places.FULL, language="es"),
    ]
    for registration_id, wish in zip([person.id for person in people], wished, strict=True):
        registrations.change(registration_id, wish)
    mark_sent(occurrence.id, letters.EMAIL)


def _lengthen_the_list() -> None:
    event = db.session.scalars(sa.select(Event).where(Event.slug == LENGTHENED)).one()
    present = event.checklist
    assert present is not None
    told = Checklist(
        id=uuid.uuid4(),
        series=present.series,
        version=present.version - 1,
        organization_id=present.organization_id,
        title=present.title,
        items=present.items[:2] + present.items[3:],
        reviewed_on=present.reviewed_on - timedelta(days=60),
        replaced=True,
    )
    db.session.add(told)
    db.session.flush()
    for person in db.session.scalars(_people(LENGTHENED)):
        person.checklist_id = told.id


def _find_room() -> None:
    """The host has room for three more, so the first in line are asked. At night they were asked in the evening."""
    event = db.session.scalars(sa.select(Event).where(Event.slug == WIDENED)).one()
    occurrence = event.occurrences[0]
    slot = occurrence.slots[0]
    events.change_times(occurrence.id, {slot.id: slot.seats_limit + ROOM})
    waitlist.offer_freed(seats.lock(occurrence.id), _by_day(clock.now(), occurrence.zone))


def _by_day(now: datetime, zone: str) -> datetime:
    """Now, or at night the last minute in which anybody was asked."""
    if not clock.is_quiet(now, zone):
        return now
    wall = clock.local(now, zone)
    evening = wall.date() - timedelta(days=wall.time() < LAST_BY_DAY)
    return clock.to_utc(datetime.combine(evening, LAST_BY_DAY), zone)


def _people(slug: str) -> sa.Select[Registration]:
    query = sa.select(Registration).join(Registration.occurrence).join(Occurrence.event)
    return query.where(Event.slug == slug, Registration.state.in_(places.LIVE)).order_by(Registration.number)
