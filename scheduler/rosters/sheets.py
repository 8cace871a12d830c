"""What is printed for the door: the sign-in sheet of a date, and one person's number."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from .. import audits
from ..core import clock
from ..core.errors import Missing
from ..core.extensions import db
from ..models.line import place_in_line
from ..models.offer import standing_for
from ..models.registration import CHECKED_IN, SEATED, WAITLISTED, Registration
from . import names
from .people import ON_THE_LIST, Person
from .viewing import people_of, readable, wall

OFF, OVER = "off", "over"
"""The host called the date off; it is over."""


@dataclass(frozen=True)
class Sheet:
    """Everybody with a place, by time and name, each as first names, last initial and code; never a contact."""

    people: list[Person]


@dataclass(frozen=True)
class NumberCard:
    """One person's number and code. `spoken` and `language`: what they speak, and read.

    `standing`: the state of their place, or OFF, or OVER. `in_line`: 1 for who is first there, 0 for who has a place.
    """

    registration_id: uuid.UUID
    occurrence_id: uuid.UUID
    number: int | None
    code_shown: str
    starts_local: datetime
    party: int
    here: bool
    standing: str
    offer_until_local: datetime | None
    in_line: int
    spoken: str
    language: str

    @property
    def has_place(self) -> bool:
        """True of who may come in, and so may know where."""
        return self.standing in SEATED


def sign_in_sheet(occurrence_id: uuid.UUID, user_id: uuid.UUID, *, timed: bool) -> Sheet:
    """The sheet of a date, `timed` by the hours at which people come. Raises Missing."""
    occurrence = readable(occurrence_id)
    audits.append(occurrence.event.organization_id, user_id, audits.SHEET_VIEWED, occurrence.id)
    people = [person for person in people_of(occurrence) if person.state in SEATED]
    people.sort(key=lambda person: (person.starts_local if timed else occurrence.starts_local, names.fold(person.name)))
    return Sheet(people)


def number_card(registration_id: uuid.UUID, user_id: uuid.UUID) -> NumberCard:
    """The number of somebody on the list. Raises Missing, also for who gave the place back.

    Everybody who walks in gets one, so it is written down once for the date that this person looked at numbers.
    """
    row = db.session.get(Registration, registration_id)
    if row is None or row.is_gone() or row.state not in ON_THE_LIST:
        raise Missing()
    occurrence, offer = readable(row.occurrence_id), standing_for(row)
    audits.append_once(occurrence.event.organization_id, user_id, audits.NUMBER_VIEWED, occurrence.id)
    return NumberCard(
        registration_id=row.id,
        occurrence_id=row.occurrence_id,
        number=row.door_number,
        code_shown=row.code_shown,
        starts_local=row.starts_local,
        party=row.party,
        here=row.state == CHECKED_IN,
        standing=_standing(row),
        offer_until_local=wall(offer.held_until, occurrence) if offer else None,
        in_line=place_in_line(row) if row.state == WAITLISTED else 0,
        spoken=row.spoken,
        language=row.language,
    )


def _standing(row: Registration) -> str:
    """What the card is about. Who is here has their number until the end, and after it."""
    if row.occurrence.is_cancelled:
        return OFF
    return OVER if row.state != CHECKED_IN and row.occurrence.ends_at <= clock.now() else row.state
