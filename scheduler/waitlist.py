"""Waitlist: the line for a full date, in the order of coming."""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l

from . import outbox, seats
from .core.errors import Conflict
from .core.extensions import db
from .models.event import Occurrence
from .models.message import CONFIRMATION
from .models.registration import CONFIRMED, WAITLISTED, Registration


def leave(occurrence: Occurrence) -> None:
    """One party less in line. The occurrence must be locked."""
    occurrence.waiting -= 1


def promote(registration_id: uuid.UUID) -> Registration:
    """Give a waiting party the first time that fits, and tell them. Raises Conflict when none does."""
    registration = seats.lock_registration(registration_id)
    occurrence = registration.occurrence
    if registration.state != WAITLISTED:
        raise Conflict(_l("This person is no longer in line."))
    slot_id = _first_that_fits(occurrence, registration.party)
    registration.slot_id, registration.state = slot_id, CONFIRMED
    leave(occurrence)
    db.session.flush()
    outbox.enqueue(CONFIRMATION, registration)
    return registration


def _first_that_fits(occurrence: Occurrence, party: int) -> uuid.UUID:
    for slot in seats.open_slots(occurrence):
        if seats.claim(slot.id, party):
            return slot.id
    raise Conflict(_l("No time has room for this group yet."))
