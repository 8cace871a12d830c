"""Somebody comes in from the street: a place that is free right now, and no letter."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from .. import seats
from ..core.errors import Full, Refusal
from ..models.base import introduce, write_new
from ..models.event import Occurrence
from ..models.registration import Registration
from .asking import Attendee, SentForm
from .repeating import kept_before, replayed
from .writing import draft, drawn_up

WALK_IN = "walk_in"


def walk_in(occurrence: Occurrence, attendee: Attendee, nonce: str) -> Registration:
    """Keep a place of the time that is on now or next. The occurrence must be locked.

    The same nonce with the same answers gives the same registration. Raises Full, Refusal, Conflict.
    """
    sent = SentForm(None, attendee, nonce, WALK_IN)
    drafted = draft(occurrence, sent)
    [known] = kept_before(occurrence, [drafted])
    if known.same_form:
        return replayed(occurrence, sent)
    most = occurrence.event.party_max
    if attendee.party > most:
        words = _l("One group can have up to %(most)s people. Take in a larger group in parts.", most=most)
        raise Refusal(words, field="party")
    slot_id = seats.claim_now(occurrence, attendee.party)
    if slot_id is None:
        raise Full()
    [allotment] = seats.number(occurrence, [slot_id])
    place = drawn_up(drafted, occurrence, allotment, hold=known.is_often)
    write_new([place])
    introduce(place)
    return place
