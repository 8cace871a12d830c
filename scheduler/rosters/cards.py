"""One person of a roster in full, with contact, note and letters: looking and changing are audited by themselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .. import audits, registrations
from ..core import clock
from ..core.errors import Conflict, Missing
from ..core.extensions import db
from ..models.often import same_contact
from ..models.registration import AWAITED, BY_EMAIL, HELD, Registration
from ..registrations import Wishes
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
    may_change: bool
    may_stop_reminders: bool
    letters: list[LetterLine]


def view_person(registration_id: uuid.UUID, user_id: uuid.UUID) -> PersonCard:
    """One person of a date. Raises Missing, also for who gave the place back."""
    row = db.session.get(Registration, registration_id)
    if row is None or row.is_gone() or row.state not in ON_THE_LIST:
        raise Missing()
    occurrence = readable(row.occurrence_id)
    audits.append(occurrence.event.organization_id, user_id, audits.PERSON_VIEWED, row.audited_as)
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
        may_change=_may_change(row),
        may_stop_reminders=_may_stop_reminders(row),
        letters=letters_of(row),
    )


def _may_change(row: Registration) -> bool:
    try:
        registrations.check_changeable(row)
    except Conflict:
        return False
    return True


def _may_stop_reminders(row: Registration) -> bool:
    """True while any may still go to them by e-mail."""
    to_come = row.state in AWAITED and not row.occurrence.is_cancelled and row.occurrence.starts_at > clock.now()
    return row.reminders and row.contact_kind in BY_EMAIL and to_come


def change_person(
    registration_id: uuid.UUID, wishes: Wishes, user_id: uuid.UUID, *, nonce: str, seen_at: datetime
) -> Registration:
    """Change a place for somebody who calls, as they would themselves; it is written down if anything was changed.

    Raises what registrations.change raises.
    """
    before = registrations.locked(registration_id).revised_at
    changed = registrations.change(registration_id, wishes, nonce=nonce, seen_at=seen_at)
    if changed.revised_at != before:
        audits.append(changed.occurrence.event.organization_id, user_id, audits.PERSON_CHANGED, changed.audited_as)
    return changed


def on_behalf(registration_id: uuid.UUID, user_id: uuid.UUID, verb: Callable[[uuid.UUID], object]) -> None:
    """Do for a person what they could do themselves; who did it is written down if anything was changed.

    Raises what the verb raises.
    """
    registration = registrations.locked(registration_id)
    organization_id = registration.occurrence.event.organization_id
    before = registration.state, registration.slot_id, registration.reminders
    verb(registration_id)
    if (registration.state, registration.slot_id, registration.reminders) != before:
        audits.append(organization_id, user_id, audits.PERSON_CHANGED, registration.audited_as)
