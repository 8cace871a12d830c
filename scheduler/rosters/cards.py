"""One person of a roster in full, with contact, note and letters: one step deeper, and audited by itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from .. import audits
from ..core.errors import Missing
from ..core.extensions import db
from ..models.often import same_contact
from ..models.registration import HELD, Registration
from .letters import LetterLine, letters_of
from .people import ON_THE_LIST, Person
from .viewing import person_of, reach_of, readable, standing_of, wall


@dataclass(frozen=True)
class PersonCard:
    """One person in full. Times are wall times of the date's zone."""

    person: Person
    contact_kind: str
    contact: str
    note: str
    employer: str
    language: str
    wording: str
    reminders: bool
    created_local: datetime
    reconfirmed_local: datetime | None
    held_until_local: datetime | None
    letters: list[LetterLine]


def view_person(registration_id: uuid.UUID, user_id: uuid.UUID) -> PersonCard:
    """One person of a date. Raises Missing, also for who gave the place back."""
    row = db.session.get(Registration, registration_id)
    if row is None or row.is_gone() or row.state not in ON_THE_LIST:
        raise Missing()
    occurrence = readable(row.occurrence_id)
    audits.append(occurrence.event.organization_id, user_id, audits.PERSON_VIEWED, row.id)
    return PersonCard(
        person=person_of(row, same_contact(row) > 0, reach_of(row), standing_of(row)),
        contact_kind=row.contact_kind,
        contact=row.contact,
        note=row.note,
        employer=row.employer,
        language=row.language,
        wording=row.wording,
        reminders=row.reminders,
        created_local=wall(row.created_at, occurrence),
        reconfirmed_local=wall(row.reconfirmed_at, occurrence) if row.reconfirmed_at and row.is_reconfirmed else None,
        held_until_local=wall(row.held_until, occurrence) if row.state == HELD and row.held_until else None,
        letters=letters_of(row),
    )
