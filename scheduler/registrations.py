"""Registrations: a place is kept, confirmed again, or given back."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import asdict, dataclass, field
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from . import outbox, seats, waitlist
from .core import clock, keyring, tokens
from .core.errors import Closed, Conflict, Missing, Refusal
from .core.extensions import db
from .models import registration as states
from .models.event import Event, Occurrence
from .models.message import CANCELLATION_OWN, CONFIRMATION, WAITLIST_JOINED
from .models.registration import Registration, same_contact

SAME_CONTACT_LIMIT = 4
HOLD = timedelta(hours=24)
ERASE_AFTER = timedelta(minutes=55)
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
    earlier = _sent_before(occurrence, nonce)
    if earlier is not None:
        return _replayed(earlier, attendee, slot_id)
    if not occurrence.accepts(clock.now()):
        raise Closed()
    most = occurrence.event.party_max
    if attendee.party > most:
        words = _l("One group can have up to %(most)s people. Call us for a larger group.", most=most)
        raise Refusal(words, field="party")
    allotment = seats.allot(occurrence, slot_id, attendee.party)
    registration = _write(occurrence, allotment, attendee, nonce, slot_id, source)
    outbox.enqueue(CONFIRMATION if registration.slot_id else WAITLIST_JOINED, registration)
    return registration


def _sent_before(occurrence: Occurrence, nonce: str) -> Registration | None:
    return db.session.scalar(
        sa.select(Registration).where(
            Registration.occurrence_id == occurrence.id,
            Registration.nonce_index == states.nonce_index(occurrence, nonce),
        )
    )


def _replayed(earlier: Registration, attendee: Attendee, slot_id: uuid.UUID | None) -> Registration:
    if earlier.answers_index != _answers_index(earlier.occurrence, attendee, slot_id) or earlier.is_gone():
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
) -> Registration:
    now = clock.to_minute(clock.now())
    registration = Registration(
        id=uuid.uuid4(),
        occurrence=occurrence,
        slot_id=allotment.slot_id,
        number=allotment.number,
        state=states.CONFIRMED if allotment.slot_id else states.WAITLISTED,
        party=attendee.party,
        children=attendee.children,
        language=attendee.language,
        spoken=attendee.spoken,
        contact_kind=attendee.contact_kind,
        wording=attendee.wording if occurrence.event.sensitive else states.FULL,
        consent_version=CONSENT_VERSION,
        source=source,
        nonce_index=states.nonce_index(occurrence, nonce),
        answers_index=_answers_index(occurrence, attendee, wished),
        created_at=now,
    )
    registration.keep_secret(
        name=attendee.name,
        contact=attendee.contact,
        note=attendee.note,
        needs=attendee.needs,
        code="".join(secrets.choice(states.CODE_LETTERS) for _ in range(8)),
    )
    if registration.slot_id and same_contact(registration) >= SAME_CONTACT_LIMIT:
        registration.state, registration.held_until = states.HELD, now + HOLD
    db.session.add(registration)
    db.session.flush()
    return registration


def by_token(token: str, purpose: str = tokens.PLACE) -> Registration:
    """The registration behind a mailed link. Raises Missing alike for unknown, forged, expired and erased ones."""
    row = tokens.row_of(token)
    registration = row and db.session.scalar(_whole().where(Registration.id == row))
    if not registration or registration.is_gone():
        raise Missing()
    try:
        key = registration.occurrence.derived_key("links")
    except keyring.KeyIsGone:
        raise Missing() from None
    if not tokens.fits(token, key, registration.id, purpose, registration.link_generation):
        raise Missing()
    return registration


def by_code(typed: str) -> Registration:
    """The registration behind a typed code. Raises Missing."""
    code = states.normal_code(typed)
    registration = None
    if len(code) == 8:
        registration = db.session.scalar(_whole().where(Registration.code_index == states.code_index(code)))
    if registration is None or registration.is_gone():
        raise Missing(_l("We can't find that code. Please check each letter and number."))
    return registration


def _whole() -> sa.Select[Registration]:
    occurrence = joinedload(Registration.occurrence)
    return sa.select(Registration).options(
        occurrence.joinedload(Occurrence.event).joinedload(Event.organization),
        occurrence.joinedload(Occurrence.event).joinedload(Event.checklist),
        occurrence.joinedload(Occurrence.venue),
        joinedload(Registration.slot),
    )


def locked(registration_id: uuid.UUID) -> Registration:
    """The registration, fresh, behind its occurrence's lock. Raises Missing, also once it was erased."""
    registration = seats.lock_registration(registration_id)
    if registration.is_gone():
        raise Missing()
    return registration


def reconfirm(registration_id: uuid.UUID) -> Registration:
    """I am coming: a held place becomes a kept one. Raises Conflict when there is no place to confirm."""
    registration = locked(registration_id)
    if registration.state not in (states.HELD, states.CONFIRMED):
        raise Conflict(_l("There is no kept place to confirm here."))
    registration.state, registration.held_until = states.CONFIRMED, None
    registration.reconfirmed_at = clock.to_minute(clock.now())
    return registration


def cancel(registration_id: uuid.UUID) -> Registration:
    """I cannot come: the place is free at once; the data goes within the hour. A second call changes nothing."""
    registration = locked(registration_id)
    if registration.state == states.CANCELLED:
        return registration
    _give_back(registration)
    if registration.has_email:
        outbox.enqueue(CANCELLATION_OWN, registration)
    return registration


def _give_back(registration: Registration) -> None:
    if registration.state == states.CHECKED_IN:
        raise Conflict(_l("You are already checked in. Please tell the people at the door."))
    if registration.state == states.WAITLISTED:
        waitlist.leave(registration.occurrence)
    elif registration.slot_id is not None:
        seats.release(registration.slot_id, registration.party)
    now = clock.now()
    registration.state, registration.cancelled_at = states.CANCELLED, clock.to_minute(now)
    registration.held_until = None
    registration.erase_at = now + ERASE_AFTER
    outbox.void_waiting(registration.id)


def erase(registration_id: uuid.UUID) -> None:
    """Give the place back and forget the person: the last letter goes first, the data within the hour."""
    registration = cancel(registration_id)
    registration.erase_asked = True
    registration.link_generation += 1


def stop_reminders(registration_id: uuid.UUID) -> None:
    """No more reminders; the place stays."""
    registration = locked(registration_id)
    registration.reminders = False


def lapse_holds() -> int:
    """Free the places that were held for a confirmation that did not come; returns how many."""
    overdue = (Registration.state == states.HELD, Registration.held_until <= clock.now())
    dates = sa.select(Registration.occurrence_id).where(*overdue).distinct().order_by(Registration.occurrence_id)
    freed = 0
    for occurrence_id in db.session.scalars(dates).all():
        seats.lock(occurrence_id)
        held = sa.select(Registration).where(Registration.occurrence_id == occurrence_id, *overdue)
        for registration in db.session.scalars(held.execution_options(populate_existing=True)).all():
            _give_back(registration)
            freed += 1
    return freed
