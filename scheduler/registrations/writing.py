"""The row of a place: what a person told us, sealed, beside what they were given."""

from __future__ import annotations

import uuid
from datetime import timedelta

from .. import seats
from ..core import clock
from ..models import registration as states
from ..models.event import Occurrence
from ..models.registration import Registration
from .asking import Attendee, SentForm
from .repeating import answers_index

HOLD = timedelta(hours=24)
CONSENT_VERSION = 1


def drawn_up(occurrence: Occurrence, allotment: seats.Allotment, sent: SentForm, hold: bool) -> Registration:
    """A place or a place in line, as it was allotted, not written yet. With `hold` it is only held for a day."""
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
