"""A place is kept, and confirmed again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from .. import outbox, seats
from ..core import clock
from ..core.errors import Closed, Conflict, Refusal
from ..core.extensions import db
from ..models import registration as states
from ..models.base import introduce, write_new
from ..models.event import Occurrence
from ..models.message import CONFIRMATION, WAITLIST_JOINED
from ..models.registration import Registration
from .asking import Attendee, SentForm
from .employers import check_share
from .finding import locked
from .repeating import KeptBefore, are_apart, kept_before, replayed
from .writing import Draft, draft, drawn_up


def register(
    occurrence_id: uuid.UUID, slot_id: uuid.UUID | None, attendee: Attendee, nonce: str, source: str = "web"
) -> Registration:
    """Keep a place, or a place in line when the date is full, and write the letter.

    The same nonce with the same answers gives the same registration. Raises Closed, TimeTaken, Refusal.
    """
    occurrence = seats.lock(occurrence_id)
    [registration] = _register_all(occurrence, [draft(occurrence, SentForm(slot_id, attendee, nonce, source))])
    if isinstance(registration, Refusal):
        raise registration
    if registration not in db.session:
        introduce(registration)
    return registration


def register_each(occurrence_id: uuid.UUID, drafts: Callable[[], Sequence[Draft]]) -> list[Registration | Refusal]:
    """The same for several people behind one lock: each gets what they would have got alone.

    `drafts` is asked for their forms once the date is locked, so that who comes meanwhile can be among them. No session
    follows what they get.
    """
    occurrence = seats.lock(occurrence_id, in_turn=False)
    forms = drafts()
    if are_apart(forms) and occurrence.event.max_per_employer is None:
        return _register_all(occurrence, forms)
    return [answer for form in forms for answer in _register_all(occurrence, [form])]


@dataclass(eq=False)
class _Asked:
    """A form, and what it is answered with as soon as that is known."""

    drafted: Draft
    known: KeptBefore
    answer: Registration | Refusal | None = None

    @property
    def wish(self) -> tuple[uuid.UUID | None, int]:
        """A time, or None where there is only one, for so many people."""
        return self.drafted.sent.slot_id, self.drafted.sent.attendee.party


def _register_all(occurrence: Occurrence, forms: Sequence[Draft]) -> list[Registration | Refusal]:
    """For people of whom none could be another. A refusal is told before anything of that form is written."""
    known = kept_before(occurrence, forms)
    everybody = [_Asked(drafted, kept) for drafted, kept in zip(forms, known, strict=True)]
    for one in everybody:
        one.answer = _answer(occurrence, one)
    _seat_together(occurrence, [one for one in everybody if one.answer is None])
    return [one.answer or _seat(occurrence, one) for one in everybody]


def _seat_together(occurrence: Occurrence, people: list[_Asked]) -> None:
    """Answer all who get the time they wish; what they cost the database, they cost it together."""
    allotted = seats.allot_wished(occurrence, [one.wish for one in people])
    seated = [
        (one, drawn_up(one.drafted, occurrence, allotment, hold=one.known.is_often))
        for one, allotment in zip(people, allotted, strict=True)
        if allotment
    ]
    _write(CONFIRMATION, [place for _one, place in seated])
    for one, place in seated:
        one.answer = place


def _seat(occurrence: Occurrence, one: _Asked) -> Registration | Refusal:
    """Answer somebody who does not simply get what they wish: perhaps with a place in line."""
    try:
        allotment = seats.allot(occurrence, *one.wish)
    except Refusal as refusal:
        return refusal
    place = drawn_up(one.drafted, occurrence, allotment, hold=one.known.is_often)
    _write(CONFIRMATION if place.slot_id else WAITLIST_JOINED, [place])
    return place


def _write(letter: str, places: list[Registration]) -> None:
    write_new(places)
    outbox.enqueue(letter, *places)


def _answer(occurrence: Occurrence, one: _Asked) -> Registration | Refusal | None:
    """What this form is answered with before any seat is looked at: mostly nothing yet."""
    try:
        if one.known.same_form:
            return replayed(occurrence, one.drafted.sent)
        _check(occurrence, one.drafted.sent)
    except Refusal as refusal:
        return refusal
    return None


def _check(occurrence: Occurrence, sent: SentForm) -> None:
    if not occurrence.accepts(clock.now()):
        raise Closed()
    if sent.seen is not None and sent.seen != occurrence.event.revised_at:
        raise Conflict(_l("The host changed this page just now. Please look at it again, then press the button."))
    check_size(occurrence, sent.attendee.party)
    check_share(occurrence, sent.attendee.employer, sent.attendee.party)


def check_size(occurrence: Occurrence, party: int) -> None:
    """Raise Refusal for more people than one group may have. Everybody may come alone."""
    if party > 1 and party > (most := occurrence.largest_party):
        words = _l("One group can have up to %(most)s people. Call us for a larger group.", most=most)
        raise Refusal(words, field="party")


def reconfirm(registration_id: uuid.UUID, *, proven: bool = True) -> Registration:
    """I am coming, also to a date that moved. A held place becomes a kept one, and its letter invites, if it is
    `proven` whose it is: by a letter, or by somebody who knows them.

    Raises Conflict when there is none.
    """
    registration = locked(registration_id)
    if registration.state not in (states.HELD, states.CONFIRMED):
        raise Conflict(_l("There is no kept place to confirm here."))
    if registration.occurrence.is_cancelled:
        raise Conflict(_l("This date will not take place. You can choose another one."))
    now, was_held = clock.now(), registration.state == states.HELD and proven
    registration.proven = registration.proven or proven
    if was_held:
        registration.state, registration.held_until = states.CONFIRMED, None
    registration.reconfirmed_at, registration.keep_asked_at = clock.to_minute(now), None
    if was_held:
        registration.revise(now)
        db.session.flush()
        outbox.tell_instead(CONFIRMATION, registration)
    return registration
