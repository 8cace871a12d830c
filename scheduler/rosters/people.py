"""The roster of a date, and one person of it: decrypted for this answer only, and the look is audited."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from .. import audits
from ..core import clock, keyring
from ..core.errors import Missing
from ..core.extensions import db
from ..models import registration as states
from ..models.event import Occurrence, Slot
from ..models.registration import Registration
from . import names

COMING, HERE, WAITING, ALL = "coming", "here", "waiting", "all"
SHOWN = {
    COMING: (states.HELD, states.CONFIRMED),
    HERE: (states.CHECKED_IN,),
    WAITING: (states.WAITLISTED,),
    ALL: states.LIVE,
}


@dataclass(frozen=True)
class Person:
    """One line: what the door needs to know, and no contact. Times are wall times of the date's zone."""

    id: uuid.UUID
    number: int
    name: str
    code: str
    state: str
    party: int
    children: int
    spoken: str
    needs: tuple[str, ...]
    starts_local: datetime
    same_contact: bool
    reconfirmed: bool
    checked_in_local: datetime | None

    @property
    def short_name(self) -> str:
        """First names and the last initial."""
        return names.shortened(self.name)

    @property
    def initial(self) -> str:
        """The letter under which the name stands."""
        return names.heading(self.name)

    @property
    def code_shown(self) -> str:
        return f"{self.code[:4]}-{self.code[4:]}"

    @property
    def here(self) -> bool:
        return self.state == states.CHECKED_IN

    @property
    def waits(self) -> bool:
        return self.state == states.WAITLISTED

    @property
    def held(self) -> bool:
        return self.state == states.HELD


@dataclass(frozen=True)
class Time:
    """A time of the date, with how many of its places are taken."""

    starts_local: datetime
    taken: int
    limit: int


@dataclass(frozen=True)
class Roster:
    """All who live on the list of one date, in the order of coming."""

    people: list[Person]
    times: list[Time]

    def count(self, show: str) -> int:
        """How many registrations a tab holds."""
        return len([person for person in self.people if person.state in SHOWN[show]])

    @property
    def heads(self) -> int:
        """How many people have a place, groups counted in full."""
        return sum(person.party for person in self.people if not person.waits)

    @property
    def room(self) -> int:
        """How many places are free."""
        return sum(time.limit - time.taken for time in self.times)

    def shown(self, show: str, typed: str = "") -> list[Person]:
        """The people of one tab, or those of them that were looked for, by name; those in line by their place in it."""
        kept = [person for person in self.people if person.state in SHOWN[show]]
        if typed:
            kept = [person for person in kept if names.found_by(typed, person.name, person.code)]
        return sorted(kept, key=lambda person: (person.waits, "" if person.waits else names.fold(person.name)))

    def place_in_line(self, waiting: Person) -> int:
        """1 for who is next."""
        return len([person for person in self.people if person.waits and person.number <= waiting.number])

    def person(self, registration_id: uuid.UUID | None) -> Person | None:
        """One line, if it is still there."""
        return next((person for person in self.people if person.id == registration_id), None)


def view(occurrence_id: uuid.UUID, user_id: uuid.UUID) -> Roster:
    """The roster of a date: three statements however many people. Raises Missing, also once it was erased."""
    occurrence = readable(occurrence_id)
    audits.append(occurrence.event.organization_id, user_id, audits.ROSTER_VIEWED, occurrence.id)
    slots = _slots(occurrence)
    found = _people(occurrence)
    contacts = Counter(row.contact_index for row in found if row.contact_index)
    people = [person_of(row, row.contact_index is not None and contacts[row.contact_index] > 1) for row in found]
    return Roster(people, [Time(slot.starts_local, slot.seats_taken, slot.seats_limit) for slot in slots])


def readable(occurrence_id: uuid.UUID) -> Occurrence:
    """The date with its event, while its key lives. Raises Missing."""
    query = sa.select(Occurrence).options(joinedload(Occurrence.event)).where(Occurrence.id == occurrence_id)
    occurrence = db.session.scalar(query)
    if occurrence is None:
        raise Missing()
    try:
        occurrence.derived_key("field")
    except keyring.KeyIsGone:
        raise Missing(_l("This list was erased on time, as we promised.")) from None
    return occurrence


def _slots(occurrence: Occurrence) -> list[Slot]:
    query = sa.select(Slot).where(Slot.occurrence_id == occurrence.id).order_by(Slot.starts_at, Slot.id)
    return list(db.session.scalars(query))


def _people(occurrence: Occurrence) -> list[Registration]:
    query = sa.select(Registration).where(
        Registration.occurrence_id == occurrence.id,
        Registration.state.in_(states.LIVE),
        Registration.erase_asked.is_(False),
    )
    return list(db.session.scalars(query.order_by(Registration.number)))


def person_of(row: Registration, same_contact: bool) -> Person:
    """The line of a registration, decrypted."""
    return Person(
        id=row.id,
        number=row.number,
        name=row.name,
        code=row.code,
        state=row.state,
        party=row.party,
        children=row.children,
        spoken=row.spoken,
        needs=tuple(row.needs),
        starts_local=row.starts_local,
        same_contact=same_contact,
        reconfirmed=row.reconfirmed_at is not None,
        checked_in_local=wall(row.checked_in_at, row.occurrence) if row.checked_in_at else None,
    )


def wall(instant: datetime, occurrence: Occurrence) -> datetime:
    """An instant as the clock on the wall of the date's place showed it."""
    return clock.local(instant, occurrence.zone).replace(tzinfo=None)
