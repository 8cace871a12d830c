"""A place on one date is given in exchange for a place on another."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import seats
from ..core.errors import Conflict, Missing
from ..core.extensions import db
from ..models import moved
from ..models import registration as states
from ..models.event import PUBLIC, Occurrence
from ..models.registration import Registration
from .asking import Attendee
from .finding import locked
from .keeping import register
from .leaving import leave
from .repeating import sent_before

MOVED_SINCE = _l("This date has moved since you opened the page. Please look at it again, then choose.")
FIRST = 1
"""The generation of links that a new place begins with: once they were renewed, the old place leads there no more."""


class NoRoom(Conflict):
    """The other date filled up in the meantime. `occurrence_id`: where one could wait in line."""

    def __init__(self, occurrence_id: uuid.UUID) -> None:
        super().__init__(_l("That date just filled. Choose another one, or wait in line there."))
        self.occurrence_id = occurrence_id


def transfer(
    registration_id: uuid.UUID,
    occurrence_id: uuid.UUID,
    slot_id: uuid.UUID | None = None,
    *,
    seen: str = "",
    or_wait: bool = False,
) -> Registration:
    """Keep a place on the other date with the same answers, sealed anew under its key, and give this one back.

    The new place has a code, a link and a letter of its own. A second call gives the same place. `seen`: what the page
    said of the last move there (moved.stamp). Raises NoRoom, unless the person would rather wait in line; Conflict for
    a date that moved since; TimeTaken, Closed, Refusal; and then nothing has changed.
    """
    here = _lock_both(registration_id, occurrence_id)
    there = db.session.get_one(Occurrence, occurrence_id)
    nonce = f"transfer|{registration_id.hex}"
    earlier = sent_before(there, nonce)
    old = locked(registration_id)
    if earlier is not None and not earlier.is_gone() and earlier.link_generation == FIRST:
        return earlier
    _check(old, here, there)
    if seen != moved.stamp(there):
        raise Conflict(MOVED_SINCE)
    new = register(occurrence_id, slot_id, _same_answers(old), nonce, old.source)
    if new.slot_id is None and not or_wait:
        raise NoRoom(occurrence_id)
    new.proven = old.proven
    if old.proven and old.state == states.CONFIRMED and new.state == states.HELD:
        new.state, new.held_until = states.CONFIRMED, None
    new.reminders = old.reminders
    if old.wording == states.DISCREET:
        new.wording = states.DISCREET
    leave(old)
    return new


def _lock_both(registration_id: uuid.UUID, occurrence_id: uuid.UUID) -> Occurrence:
    """Both dates, in the order of their ids as everybody does; returns the one that the place is on."""
    query = sa.select(Registration.occurrence_id).where(Registration.id == registration_id)
    here = db.session.scalar(query)
    if here is None or here == occurrence_id:
        raise Missing()
    found = {wanted: seats.lock(wanted) for wanted in sorted((here, occurrence_id))}
    return found[here]


def _check(old: Registration, here: Occurrence, there: Occurrence) -> None:
    if there.event.visibility != PUBLIC and there.event_id != here.event_id:
        raise Missing()
    if old.state == states.CHECKED_IN:
        raise Conflict(_l("You are already checked in. Please tell the people at the door."))
    if not old.is_live():
        raise Conflict(_l("This place was given back. There is nothing to change here."))


def _same_answers(old: Registration) -> Attendee:
    """What they told us. Full words are for who chose them: nobody was asked where nothing was sensitive."""
    return Attendee(
        name=old.name,
        contact_kind=old.contact_kind,
        contact=old.contact,
        language=old.language,
        spoken=old.spoken,
        party=old.party,
        children=old.children,
        needs=old.needs,
        note=old.note,
        employer=old.employer,
        wording=old.wording if old.occurrence.event.sensitive else states.DISCREET,
    )
