"""The host gives a place by hand."""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from .. import outbox, seats
from ..core import clock
from ..core.errors import Conflict
from ..core.extensions import db
from ..models import offer as offers
from ..models.event import Slot
from ..models.message import CONFIRMATION
from ..models.registration import CONFIRMED, WAITLISTED, Registration
from .leaving import leave


class OutOfTurn(Conflict):
    """Others came earlier and would fit: the host may do it, but must say so."""

    def __init__(self, passed: int) -> None:
        super().__init__(
            ngettext(
                "%(num)s group came earlier and would fit too. It keeps its place in line.",
                "%(num)s groups came earlier and would fit too. They keep their places in line.",
                passed,
            )
        )


def promote(registration_id: uuid.UUID, *, out_of_turn: bool = False) -> Registration:
    """Give a waiting party the first time that fits, and tell them.

    Raises Conflict when none does, OutOfTurn when it would pass earlier parties that fit and the host did not
    say that they mean it: a host may know what the line does not, but it should never happen by a slip.
    """
    registration = seats.lock_registration(registration_id)
    if registration.state != WAITLISTED:
        raise Conflict(_l("This person is no longer in line."))
    if registration.occurrence.is_cancelled:
        raise Conflict(_l("This date will not take place. Nobody can be given a place there."))
    slot, passed = _best(registration)
    if passed and not out_of_turn:
        raise OutOfTurn(passed)
    seats.claim(slot.id, registration.party)
    leave(registration)
    registration.slot_id, registration.state = slot.id, CONFIRMED
    registration.revise(clock.now())
    db.session.flush()
    outbox.enqueue(CONFIRMATION, registration)
    return registration


def _best(registration: Registration) -> tuple[Slot, int]:
    """The first time that fits, and how many it would pass; rather one that they want, and one that passes nobody."""
    occurrence = registration.occurrence
    found = [
        (_said_no(registration, slot), seats.would_pass(occurrence, slot, registration.line), order, slot)
        for order, slot in enumerate(seats.open_slots(occurrence))
        if slot.free >= registration.party
    ]
    if not found:
        raise Conflict(_l("No time has room for this group yet."))
    _no, passed, _order, slot = min(found, key=lambda one: (one[0], one[1] > 0, one[2]))
    return slot, passed


def _said_no(registration: Registration, slot: Slot) -> bool:
    return registration.id in set(db.session.scalars(offers.unwilling(slot.id)))
