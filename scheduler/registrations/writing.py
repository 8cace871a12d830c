"""The row of a place: what a person told us, sealed, beside what they are given."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from .. import seats
from ..core import clock
from ..models import registration as states
from ..models.base import unwatched
from ..models.event import Occurrence
from ..models.registration import Registration
from .asking import SentForm

HOLD = timedelta(hours=24)
CONSENT_VERSION = 1


@dataclass(frozen=True, eq=False)
class Draft:
    """A form, and the row of the place that it asks for, with what the person told us sealed in it.

    It needs no lock, so those who come together are not kept waiting for it. Nothing is given yet.
    """

    sent: SentForm
    place: Registration


def draft(occurrence: Occurrence, sent: SentForm) -> Draft:
    """Seal what the person told us. Raises keyring.KeyIsGone."""
    attendee = sent.attendee
    place = unwatched(
        Registration,
        (
            ("id", uuid.uuid4()),
            ("occurrence_id", occurrence.id),
            ("occurrence", occurrence),
            ("party", attendee.party),
            ("children", attendee.children),
            ("language", attendee.language),
            ("spoken", attendee.spoken),
            ("contact_kind", attendee.contact_kind),
            ("consent_version", CONSENT_VERSION),
            ("source", sent.source),
            ("nonce_index", states.nonce_index(occurrence, sent.nonce)),
            ("answers_index", answers_index(occurrence, sent)),
        ),
    )
    place.keep_secret(
        name=attendee.name,
        contact=attendee.contact,
        note=attendee.note,
        needs=attendee.needs,
        code=states.new_code(),
    )
    if attendee.employer:
        place.keep_employer(attendee.employer)
    return Draft(sent, place)


def drawn_up(drafted: Draft, occurrence: Occurrence, allotment: seats.Allotment, hold: bool) -> Registration:
    """A place or a place in line, as it was allotted, not written yet. With `hold` it is only held for a day, for who
    can say yes to a letter.

    The occurrence must be locked: what the person was told is what is true now.
    """
    now, place, event = clock.to_minute(clock.now()), drafted.place, occurrence.event
    given = {
        "occurrence": occurrence,
        "wording": drafted.sent.attendee.wording if event.sensitive else states.FULL,
        "checklist_id": event.checklist_id,
        "number": allotment.number,
        "line": allotment.number,
        "slot_id": allotment.slot_id,
        "state": states.CONFIRMED if allotment.slot_id else states.WAITLISTED,
        "held_until": None,
        "created_at": now,
        "revised_at": now,
    }
    if allotment.slot_id and hold and drafted.sent.is_asked_to_confirm:
        given |= {"state": states.HELD, "held_until": now + HOLD}
    vars(place).update(given)
    return place


def answers_index(occurrence: Occurrence, sent: SentForm) -> bytes:
    """By which the answers of a form are known again, and nothing else."""
    return states.nonce_index(occurrence, sent.attendee.digest(sent.slot_id))
