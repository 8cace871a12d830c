"""They are here: a whole party, a part of it, or somebody from the line; or they were checked in by mistake."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import outbox, registrations, seats, waitlist
from ..core import clock, wording
from ..core.errors import Conflict, Full, Refusal
from ..core.extensions import db
from ..models import offer as offers
from ..models.registration import CHECKED_IN, CONFIRMED, HELD, NO_SHOW, OFFERED, WAITLISTED, Registration
from . import numbers
from .walking_in import day_has_come


def check_in(registration_id: uuid.UUID, here: int | None = None) -> Registration:
    """They are here: all of them, or so many of a party, also after the date was over without them.

    Raises Conflict, with the time, for who is in already, for who has no place, and before the day of the date;
    Refusal for a wrong number.
    """
    registration = registrations.locked(registration_id)
    _check_day(registration)
    arrived = _counted(registration, here)
    now = clock.to_minute(clock.now())
    values = {"state": CHECKED_IN, "checked_in_at": now, "held_until": None, "arrived": arrived}
    if not _turn(registration_id, Registration.state.in_((HELD, CONFIRMED, NO_SHOW)), values):
        raise _refusal(registration)
    db.session.refresh(registration)
    numbers.give_where_used(registration)
    db.session.flush()
    return registration


def _check_day(registration: Registration) -> None:
    """Who is checked in is reminded of nothing any more, and cannot give the place back: not by a slip weeks before."""
    occurrence = registration.occurrence
    if not day_has_come(occurrence, clock.now()):
        day = wording.short_date(occurrence.starts_local.date())
        raise Conflict(_("It is too early. People are checked in on the day itself: %(day)s.", day=day))


def _counted(registration: Registration, here: int | None) -> int:
    if here is None:
        return registration.party
    if not 1 <= here <= registration.party:
        raise Refusal(_l("Choose how many of them are here."), field="here")
    return here


def count_arrivals(registration_id: uuid.UUID, here: int) -> Registration:
    """More of a party came: so many are here now, altogether. Raises Conflict when no more than before are."""
    registration = registrations.locked(registration_id)
    arrived = _counted(registration, here)
    more_than_before = sa.and_(Registration.state == CHECKED_IN, Registration.arrived < arrived)
    if not _turn(registration_id, more_than_before, {"arrived": arrived}):
        raise _refusal(registration) if registration.state == CHECKED_IN else Conflict(_l("Not checked in."))
    db.session.refresh(registration)
    return registration


def let_in(registration_id: uuid.UUID) -> Registration:
    """Who is in line and stands at the door: takes the place that is offered to them, or one that is free now.

    Raises Full when there is none, Conflict for who is not in line any more, and before the day of the date.
    """
    registration = registrations.locked(registration_id)
    _check_day(registration)
    if registration.state == OFFERED:
        _take_the_offer(registration)
    elif registration.state == WAITLISTED:
        _take_what_is_free(registration)
    else:
        raise _refusal(registration) if registration.state == CHECKED_IN else Conflict(_l("Not in line any more."))
    outbox.void_waiting(registration_id)
    return check_in(registration_id)


def _take_the_offer(registration: Registration) -> None:
    offer = offers.open_for(registration.id)
    assert offer is not None
    waitlist.accept(offer.id)


def _take_what_is_free(registration: Registration) -> None:
    slot_id = seats.claim_now(registration.occurrence, registration.party)
    if slot_id is None:
        raise Full()
    waitlist.leave(registration)
    registration.slot_id, registration.state = slot_id, CONFIRMED
    registration.revise(clock.now())
    db.session.flush()


def undo_check_in(registration_id: uuid.UUID) -> Registration:
    """They are not here after all: the place stays kept. Raises Conflict for who was not checked in."""
    registration = registrations.locked(registration_id)
    back = {"state": CONFIRMED, "checked_in_at": None, "arrived": 0}
    if not _turn(registration_id, Registration.state == CHECKED_IN, back):
        raise Conflict(_l("Not checked in."))
    db.session.refresh(registration)
    return registration


def _turn(registration_id: uuid.UUID, expected: sa.ColumnElement[bool], values: Mapping[str, object]) -> bool:
    """Compare and set, in one statement."""
    turned = db.session.execute(
        sa.update(Registration)
        .where(Registration.id == registration_id, expected)
        .values(**values)
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    )
    return turned.scalar() is not None


def _refusal(registration: Registration) -> Conflict:
    if registration.state == CHECKED_IN and registration.checked_in_at is not None:
        zone = registration.occurrence.zone
        at = wording.clock_time(clock.local(registration.checked_in_at, zone).replace(tzinfo=None))
        if registration.arrived < registration.party:
            counted = {"here": registration.arrived, "party": registration.party, "time": at}
            return Conflict(_("Already in: %(here)s of %(party)s, %(time)s.", **counted))
        return Conflict(_("Already in, %(time)s.", time=at))
    if registration.state == WAITLISTED:
        return Conflict(_l("Still in line. Give them a place first."))
    if registration.state == OFFERED:
        return Conflict(_l("A place is offered to them. Take it for them."))
    return Conflict(_l("This place was given back."))
