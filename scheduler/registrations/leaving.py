"""A place is given back: by the person, or because nobody confirmed it."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import outbox, seats, waitlist
from ..core import clock
from ..core.errors import Conflict
from ..core.extensions import db
from ..models import registration as states
from ..models.event import Occurrence
from ..models.message import CANCELLATION_OWN
from ..models.registration import Registration
from .finding import locked
from .writing import HOLD


def cancel(registration_id: uuid.UUID) -> Registration:
    """I cannot come: the place is free at once; the data goes within the hour. A second call changes nothing.

    Raises Conflict once the date is over, and for who was marked as one who did not come: the count of those stays
    right. Who only stands in line may leave it.
    """
    registration = locked(registration_id)
    if registration.state == states.CANCELLED:
        return registration
    is_over = registration.occurrence.ends_at <= clock.now() and registration.state != states.WAITLISTED
    if registration.state == states.NO_SHOW or is_over:
        raise Conflict(_l("It is too late to give this place back. You can still erase your information."))
    leave(registration)
    return registration


def leave(registration: Registration) -> None:
    """Give back, and say so in a letter; but whom nobody awaits, as on a date that is over, needs none, nor does
    somebody to whom no letter has gone: whoever fills our form with another's address must not fill their mailbox.

    Nor on a date that is off, unless the letter that says so is still to come: it would take the calendar's entry back.
    """
    was_written_to = registration.has_email and outbox.was_written_to(registration.id)
    is_told = was_written_to and (registration.is_awaited(clock.now()) or outbox.owes_cancellation(registration.id))
    give_back(registration)
    if is_told:
        outbox.enqueue(CANCELLATION_OWN, registration)
    waitlist.offer_freed(registration.occurrence)


def give_back(registration: Registration) -> None:
    """The place is free, or the line shorter; nothing that still waits to be told is told. It must be locked."""
    if registration.state == states.CHECKED_IN:
        raise Conflict(_l("You are already checked in. Please tell the people at the door."))
    if registration.state in (states.WAITLISTED, states.OFFERED):
        waitlist.leave(registration)
    elif registration.slot_id is not None:
        seats.release(registration.slot_id, registration.party)
    registration.give_up(clock.now())
    db.session.flush()
    outbox.void_waiting(registration.id)


def erase(registration_id: uuid.UUID) -> None:
    """Give the place back and forget the person: the last letter goes first, the data within the hour.

    Who came, or was marked as one who did not, has nothing to give back any more, and gets no letter about it.
    """
    registration = locked(registration_id)
    if registration.state in (states.CHECKED_IN, states.NO_SHOW):
        _forget_after_the_door(registration)
    elif registration.state != states.CANCELLED:
        leave(registration)
    registration.erase_asked = True
    registration.link_generation += 1


def _forget_after_the_door(registration: Registration) -> None:
    """The seats of those who are there stay counted: they sit on them, and the tally knows them by these alone."""
    assert registration.slot_id is not None
    here = registration.arrived or registration.party if registration.state == states.CHECKED_IN else 0
    seats.release(registration.slot_id, registration.party - here)
    registration.erase_at = clock.now() + states.ERASE_AFTER
    db.session.flush()
    outbox.void_waiting(registration.id)
    waitlist.offer_freed(registration.occurrence)


def stop_reminders(registration_id: uuid.UUID) -> None:
    """No more reminders; the place stays."""
    registration = locked(registration_id)
    registration.reminders = False


def dates_with_held() -> list[uuid.UUID]:
    """Dates on which a place was held for a confirmation that did not come in time.

    On a date that is off nobody is asked for one: a place there can still be exchanged.
    """
    dates = sa.select(Registration.occurrence_id).join(Registration.occurrence).distinct()
    dates = dates.where(*_overdue(), Occurrence.state == "scheduled").order_by(Registration.occurrence_id)
    return list(db.session.scalars(dates))


def lapse_holds(occurrence_id: uuid.UUID) -> int:
    """Free the places of one date that were held for a confirmation in vain; returns how many.

    Who could not be asked, because mail does not go, has a day more.
    """
    occurrence, freed = seats.lock(occurrence_id), 0
    if occurrence.is_cancelled:
        return 0
    held = sa.select(Registration).where(Registration.occurrence_id == occurrence_id, *_overdue())
    for registration in db.session.scalars(held.execution_options(populate_existing=True)).all():
        if outbox.could_not_ask(registration.id):
            registration.held_until = clock.to_minute(clock.now()) + HOLD
            continue
        give_back(registration)
        freed += 1
    waitlist.offer_freed(occurrence)
    return freed


def _overdue() -> tuple[sa.ColumnElement[bool], ...]:
    return Registration.state == states.HELD, Registration.held_until <= clock.now()
