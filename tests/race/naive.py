"""How seats are sold twice: count, then insert, without a lock. Only here, so that we know what a race looks like."""

from __future__ import annotations

import time
import uuid

import sqlalchemy as sa

from scheduler import outbox
from scheduler.core import clock
from scheduler.core.extensions import db
from scheduler.models import registration as states
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import CONFIRMATION, WAITLIST_JOINED
from scheduler.models.registration import Registration
from scheduler.registrations import Attendee

A_FEW_LINES_LATER = 0.002


def keep(occurrence_id: uuid.UUID, attendee: Attendee, nonce: str) -> uuid.UUID:
    """The same rows as the real one writes, in a transaction that begins by reading (deferred on SQLite)."""
    occurrence = db.session.get_one(Occurrence, occurrence_id)
    slot = db.session.scalars(sa.select(Slot).where(Slot.occurrence_id == occurrence_id)).one()
    earlier = _sent_before(occurrence, nonce)
    if earlier is not None:
        return earlier
    taken = db.session.scalar(_count(occurrence_id)) or 0
    time.sleep(A_FEW_LINES_LATER)
    if taken < slot.seats_limit:
        registration = _write(occurrence, attendee, nonce, slot.id)
        slot.seats_taken = taken + 1
    else:
        registration = _write(occurrence, attendee, nonce, None)
        occurrence.waiting += 1
    db.session.flush()
    outbox.enqueue(CONFIRMATION if registration.slot_id else WAITLIST_JOINED, registration)
    db.session.commit()
    return registration.id


def _sent_before(occurrence: Occurrence, nonce: str) -> uuid.UUID | None:
    index = states.nonce_index(occurrence, nonce)
    return db.session.scalar(sa.select(Registration.id).where(Registration.nonce_index == index))


def _count(occurrence_id: uuid.UUID) -> sa.Select[int]:
    rows = sa.select(sa.func.count()).select_from(Registration)
    return rows.where(Registration.occurrence_id == occurrence_id, Registration.state == states.CONFIRMED)


def _write(occurrence: Occurrence, attendee: Attendee, nonce: str, slot_id: uuid.UUID | None) -> Registration:
    now = clock.now()
    number = sa.update(Occurrence).where(Occurrence.id == occurrence.id).values(last_number=Occurrence.last_number + 1)
    place = db.session.scalar(number.returning(Occurrence.last_number))
    registration = Registration(
        id=uuid.uuid4(),
        occurrence=occurrence,
        slot_id=slot_id,
        number=place,
        line=place,
        state=states.CONFIRMED if slot_id else states.WAITLISTED,
        language=attendee.language,
        spoken=attendee.spoken,
        contact_kind=attendee.contact_kind,
        nonce_index=states.nonce_index(occurrence, nonce),
        answers_index=states.nonce_index(occurrence, nonce),
        created_at=now,
        revised_at=now,
    )
    registration.keep_secret(name=attendee.name, contact=attendee.contact, note="", needs=[], code=uuid.uuid4().hex[:8])
    db.session.add(registration)
    return registration
