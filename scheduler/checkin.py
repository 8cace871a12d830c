"""Check-in: somebody is at the door, or was checked in by mistake."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from . import registrations
from .core import clock, wording
from .core.errors import Conflict
from .core.extensions import db
from .models.registration import CHECKED_IN, CONFIRMED, HELD, WAITLISTED, Registration


def check_in(registration_id: uuid.UUID) -> Registration:
    """They are here. Raises Conflict, with the time, for who is in already, and for who has no place."""
    registration = registrations.locked(registration_id)
    now = clock.to_minute(clock.now())
    if not _turn(registration_id, (HELD, CONFIRMED), state=CHECKED_IN, checked_in_at=now, held_until=None):
        raise _refusal(registration)
    db.session.refresh(registration)
    return registration


def undo_check_in(registration_id: uuid.UUID) -> Registration:
    """They are not here after all: the place stays kept. Raises Conflict for who was not checked in."""
    registration = registrations.locked(registration_id)
    if not _turn(registration_id, (CHECKED_IN,), state=CONFIRMED, checked_in_at=None):
        raise Conflict(_l("Not checked in."))
    db.session.refresh(registration)
    return registration


def _turn(registration_id: uuid.UUID, expected: tuple[str, ...], **values: object) -> bool:
    """Compare and set, in one statement."""
    turned = db.session.execute(
        sa.update(Registration)
        .where(Registration.id == registration_id, Registration.state.in_(expected))
        .values(**values)
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    )
    return turned.scalar() is not None


def _refusal(registration: Registration) -> Conflict:
    if registration.state == CHECKED_IN and registration.checked_in_at is not None:
        zone = registration.occurrence.zone
        at = wording.clock_time(clock.local(registration.checked_in_at, zone).replace(tzinfo=None))
        return Conflict(_("Already in, %(time)s.", time=at))
    if registration.state == WAITLISTED:
        return Conflict(_l("Still in line. Give them a place first."))
    return Conflict(_l("This place was given back."))
