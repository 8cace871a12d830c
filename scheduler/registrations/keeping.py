"""A place is kept, and confirmed again."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cache

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import outbox, seats
from ..core import clock
from ..core.errors import Closed, Conflict, Refusal
from ..core.extensions import db
from ..models import registration as states
from ..models.base import table_of, write_new
from ..models.event import Occurrence
from ..models.message import CONFIRMATION, WAITLIST_JOINED
from ..models.registration import Registration
from .employers import check_share
from .finding import locked

SAME_CONTACT_LIMIT = 4
HOLD = timedelta(hours=24)
CONSENT_VERSION = 1


@dataclass(frozen=True)
class Attendee:
    """What a person tells us on the form, cleaned."""

    name: str
    contact_kind: str
    contact: str
    language: str
    spoken: str
    party: int = 1
    children: int = 0
    needs: list[str] = field(default_factory=list)
    note: str = ""
    wording: str = states.DISCREET
    employer: str = ""

    def digest(self, slot_id: uuid.UUID | None) -> str:
        """Equal for a form that was sent twice with the same answers."""
        return hashlib.sha256(repr((sorted(asdict(self).items()), slot_id)).encode()).hexdigest()


def register(
    occurrence_id: uuid.UUID, slot_id: uuid.UUID | None, attendee: Attendee, nonce: str, source: str = "web"
) -> Registration:
    """Keep a place, or a place in line when the date is full, and write the letter.

    The same nonce with the same answers gives the same registration. Raises Closed, TimeTaken, Refusal.
    """
    occurrence = seats.lock(occurrence_id)
    known = kept_before(occurrence, nonce, attendee.contact)
    if known.same_form:
        return _replayed(occurrence, nonce, attendee, slot_id)
    if not occurrence.accepts(clock.now()):
        raise Closed()
    check_size(occurrence, attendee.party)
    check_share(occurrence, attendee.employer, attendee.party)
    allotment = seats.allot(occurrence, slot_id, attendee.party)
    hold = known.same_contact >= SAME_CONTACT_LIMIT
    registration = _write(occurrence, allotment, attendee, nonce, slot_id, source, hold)
    outbox.enqueue(CONFIRMATION if registration.slot_id else WAITLIST_JOINED, registration)
    return registration


def check_size(occurrence: Occurrence, party: int) -> None:
    """Raise Refusal for more people than one group may have."""
    most = occurrence.event.party_max
    if party > most:
        words = _l("One group can have up to %(most)s people. Call us for a larger group.", most=most)
        raise Refusal(words, field="party")


@dataclass(frozen=True)
class KeptBefore:
    """How many places of a date this very form kept (one, or none), and how many live ones have the same contact."""

    same_form: int
    same_contact: int


def kept_before(occurrence: Occurrence, nonce: str, contact: str) -> KeptBefore:
    """What is there already of the person who sent this form. One question, since each place kept asks it."""
    asked = {
        "date": occurrence.id,
        "nonce": states.nonce_index(occurrence, nonce),
        "contact": states.contact_index(occurrence, contact) if contact else None,
    }
    return KeptBefore(*db.session.execute(_counted(), asked).one())


@cache
def _counted() -> sa.Select[int, int]:
    place = table_of(Registration).c
    form, contact = place.nonce_index == sa.bindparam("nonce"), place.contact_index == sa.bindparam("contact")
    counts = (
        sa.func.coalesce(sa.func.sum(sa.case((which, 1), else_=0)), 0)
        for which in (form, contact & place.state.in_(states.LIVE))
    )
    return sa.select(*counts).where(place.occurrence_id == sa.bindparam("date"), form | contact)


def sent_before(occurrence: Occurrence, nonce: str) -> Registration | None:
    """What this form was answered with, if it came before."""
    same_form = Registration.nonce_index == states.nonce_index(occurrence, nonce)
    return db.session.scalar(sa.select(Registration).where(Registration.occurrence_id == occurrence.id, same_form))


def _replayed(occurrence: Occurrence, nonce: str, attendee: Attendee, slot_id: uuid.UUID | None) -> Registration:
    earlier = sent_before(occurrence, nonce)
    assert earlier is not None
    if earlier.answers_index != _answers_index(occurrence, attendee, slot_id) or earlier.is_gone():
        raise Conflict(_l("This form was already sent, and that place is kept. To book again, open the page anew."))
    return earlier


def _answers_index(occurrence: Occurrence, attendee: Attendee, slot_id: uuid.UUID | None) -> bytes:
    return states.nonce_index(occurrence, attendee.digest(slot_id))


def _write(
    occurrence: Occurrence,
    allotment: seats.Allotment,
    attendee: Attendee,
    nonce: str,
    wished: uuid.UUID | None,
    source: str,
    hold: bool,
) -> Registration:
    now = clock.to_minute(clock.now())
    registration = _asked_for(occurrence, attendee)
    registration.number = registration.line = allotment.number
    registration.slot_id = allotment.slot_id
    registration.state = states.CONFIRMED if allotment.slot_id else states.WAITLISTED
    registration.source = source
    registration.nonce_index = states.nonce_index(occurrence, nonce)
    registration.answers_index = _answers_index(occurrence, attendee, wished)
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
