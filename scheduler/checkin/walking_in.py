"""Walk-ins: somebody comes in from the street, gets a number and is here."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from .. import registrations, seats
from ..core import clock, languages
from ..core.errors import Closed, Conflict, Full, Missing
from ..core.extensions import db
from ..models import inbox
from ..models.event import PRIVATE, PUBLISHED, Event, Occurrence
from ..models.registration import CHECKED_IN, NONE, Registration
from ..registrations import Attendee
from . import numbers

NOT_TODAY = _l("Walk-ins are taken in on the day itself, until the end.")
AROUND = timedelta(hours=2)
"""So long before a date and after it the people at its door need its lists."""
BY_INVITATION = _l("This session is for one employer. Its staff come in by the employer’s link.")


def walk_in(
    occurrence_id: uuid.UUID, name: str, spoken: str, party: int, nonce: str, language: str | None = None
) -> Registration:
    """A party without a booking takes a free place, gets the next number and is checked in; no letter is written.

    `language`: of their page, otherwise what they speak, where we write it. The same nonce gives the same number.
    Raises Closed when the date takes nobody now, Conflict for the session of an employer, Full when there is no room
    or walk-ins are off, Refusal.
    """
    occurrence = seats.lock(occurrence_id)
    if not door_is_open(occurrence, clock.now()):
        raise Closed(NOT_TODAY)
    if is_by_invitation(occurrence.event):
        raise Conflict(BY_INVITATION)
    if not occurrence.event.walk_ins:
        raise Full(_l("This event takes no walk-ins."))
    attendee = Attendee(
        name=name,
        contact_kind=NONE,
        contact="",
        language=languages.written(language or spoken),
        spoken=spoken,
        party=party,
    )
    registration = registrations.walk_in(occurrence, attendee, nonce)
    if registration.door_number is None:
        _take_in(registration)
    return registration


def _take_in(registration: Registration) -> None:
    numbers.give(registration)
    registration.state, registration.held_until = CHECKED_IN, None
    registration.checked_in_at = clock.to_minute(clock.now())
    registration.arrived = registration.party
    db.session.flush()


def day_has_come(occurrence: Occurrence, now: datetime) -> bool:
    """On the local day of the date, and ever after."""
    return occurrence.starts_local.date() <= clock.local(now, occurrence.zone).date()


def door_is_open(occurrence: Occurrence, now: datetime) -> bool:
    """On the day itself, until the end. That no more names are taken beforehand does not shut the door."""
    takes_place = occurrence.event.state == PUBLISHED and not occurrence.is_cancelled
    return takes_place and day_has_come(occurrence, now) and now < occurrence.ends_at


def is_around(occurrence: Occurrence, now: datetime) -> bool:
    """True while the people at its door need its lists: two hours before it, and two hours after."""
    return occurrence.starts_at - AROUND <= now <= occurrence.ends_at + AROUND


def takes_walk_ins(occurrence: Occurrence, now: datetime) -> bool:
    """True while somebody without a booking may be taken in, if there is room."""
    event = occurrence.event
    return event.walk_ins and door_is_open(occurrence, now) and not is_by_invitation(event)


def is_by_invitation(event: Event) -> bool:
    """True of an employer's session: whoever does not come by its link would get no certificate."""
    return event.visibility == PRIVATE and inbox.is_booked(event.id)


def is_full(occurrence: Occurrence, party: int, now: datetime) -> bool:
    """True while the door is open and there is no room behind it for so many."""
    return door_is_open(occurrence, now) and not seats.fits_now(occurrence, party)


def set_walk_ins(event_id: uuid.UUID, on: bool) -> Event:
    """Whether people without a booking are taken in while there is room. Raises Missing, Conflict."""
    event = db.session.get(Event, event_id, populate_existing=True, with_for_update={"key_share": True})
    if event is None:
        raise Missing()
    if on and is_by_invitation(event):
        raise Conflict(BY_INVITATION)
    event.walk_ins = on
    db.session.flush()
    return event
