"""A place is kept, and confirmed again."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask_babel import lazy_gettext as _l

from .. import outbox, seats
from ..core import clock
from ..core.errors import Closed, Conflict, Refusal
from ..core.extensions import db
from ..models import registration as states
from ..models.base import write_new
from ..models.event import Occurrence
from ..models.message import CONFIRMATION, WAITLIST_JOINED
from ..models.registration import Registration
from .asking import Attendee, SentForm
from .employers import check_share
from .finding import locked
from .repeating import answers_index, kept_before, replayed

HOLD = timedelta(hours=24)
CONSENT_VERSION = 1


def register(
    occurrence_id: uuid.UUID, slot_id: uuid.UUID | None, attendee: Attendee, nonce: str, source: str = "web"
) -> Registration:
    """Keep a place, or a place in line when the date is full, and write the letter.

    The same nonce with the same answers gives the same registration. Raises Closed, TimeTaken, Refusal.
    """
    return _register(seats.lock(occurrence_id), SentForm(slot_id, attendee, nonce, source))


def register_each(occurrence_id: uuid.UUID, forms: list[SentForm]) -> list[Registration | Refusal]:
    """The same for several people behind one lock, in turn: each gets what they would have got alone."""
    occurrence = seats.lock(occurrence_id)
    return [_register_or_refuse(occurrence, sent) for sent in forms]


def _register_or_refuse(occurrence: Occurrence, sent: SentForm) -> Registration | Refusal:
    """A refusal is told before anything of this form is written."""
    try:
        return _register(occurrence, sent)
    except Refusal as refusal:
        return refusal


def _register(occurrence: Occurrence, sent: SentForm) -> Registration:
    attendee = sent.attendee
    known = kept_before(occurrence, sent.nonce, attendee.contact)
    if known.same_form:
        return replayed(occurrence, sent)
    if not occurrence.accepts(clock.now()):
        raise Closed()
    if sent.seen is not None and sent.seen != occurrence.event.revised_at:
        raise Conflict(_l("The host changed this page just now. Please look at it again, then press the button."))
    check_size(occurrence, attendee.party)
    check_share(occurrence, attendee.employer, attendee.party)
    allotment = seats.allot(occurrence, sent.slot_id, attendee.party)
    registration = write(occurrence, allotment, sent, hold=known.is_often)
    outbox.enqueue(CONFIRMATION if registration.slot_id else WAITLIST_JOINED, registration)
    return registration


def check_size(occurrence: Occurrence, party: int) -> None:
    """Raise Refusal for more people than one group may have."""
    most = occurrence.event.party_max
    if party > most:
        words = _l("One group can have up to %(most)s people. Call us for a larger group.", most=most)
        raise Refusal(words, field="party")


def write(occurrence: Occurrence, allotment: seats.Allotment, sent: SentForm, hold: bool) -> Registration:
    """The row of a place or a place in line, as it was allotted. With `hold` it is only held for a day."""
    now = clock.to_minute(clock.now())
    registration = _asked_for(occurrence, sent.attendee)
    registration.number = registration.line = allotment.number
    registration.slot_id = allotment.slot_id
    registration.state = states.CONFIRMED if allotment.slot_id else states.WAITLISTED
    registration.source = sent.source
    registration.nonce_index = states.nonce_index(occurrence, sent.nonce)
    registration.answers_index = answers_index(occurrence, sent)
    registration.created_at = registration.revised_at = now
    if registration.slot_id and hold:
        registration.state, registration.held_until = states.HELD, now + HOLD
    write_new(registration)
    return registration


def _asked_for(occurrence: Occurrence, attendee: Attendee) -> Registration:
    """What the person told us, sealed; and what they were told."""
    registration = Registration(
        id=uuid.uuid4(),
        occurrence_id=occurrence.id,
        occurrence=occurrence,
        party=attendee.party,
        children=attendee.children,
        language=attendee.language,
        spoken=attendee.spoken,
        contact_kind=attendee.contact_kind,
        wording=attendee.wording if occurrence.event.sensitive else states.FULL,
        consent_version=CONSENT_VERSION,
        checklist_id=occurrence.event.checklist_id,
    )
    registration.keep_secret(
        name=attendee.name,
        contact=attendee.contact,
        note=attendee.note,
        needs=attendee.needs,
        code=states.new_code(),
    )
    if attendee.employer:
        registration.keep_employer(attendee.employer)
    return registration


def reconfirm(registration_id: uuid.UUID) -> Registration:
    """I am coming, also to a date that moved: a held place becomes a kept one, and its letter invites.

    Raises Conflict when there is none.
    """
    registration = locked(registration_id)
    if registration.state not in (states.HELD, states.CONFIRMED):
        raise Conflict(_l("There is no kept place to confirm here."))
    now, was_held = clock.now(), registration.state == states.HELD
    registration.state, registration.held_until = states.CONFIRMED, None
    registration.reconfirmed_at, registration.keep_asked_at = clock.to_minute(now), None
    if was_held:
        registration.revise(now)
        db.session.flush()
        outbox.tell_instead(CONFIRMATION, registration)
    return registration
