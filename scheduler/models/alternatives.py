"""Alternatives: other dates that a person could take in exchange for a place on one that is off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, defer, selectinload

from ..core import clock
from ..core.extensions import db
from . import moved
from .base import has_word
from .doors import types_behind
from .event import PUBLIC, PUBLISHED, REGISTERS, Event, Occurrence, Slot
from .registration import Registration
from .venue import Venue

MOST = 3
LOOKED_AT = 40
"""So many of the soonest are compared."""
ANOTHER_KIND, ELSEWHERE = 7.0, 14.0
EARTH = 6371.0


@dataclass(frozen=True)
class Alternative:
    """A date with room, and its times that would fit the party, earliest first."""

    occurrence: Occurrence
    slots: list[Slot]

    @property
    def moved_stamp(self) -> str:
        """What the page says of its last move, for whoever takes it."""
        return moved.stamp(self.occurrence)

    @property
    def asks_time(self) -> bool:
        """True where the person chooses one of several times."""
        return self.occurrence.event.admission == "timed"


def for_place(registration: Registration, most: int = MOST) -> list[Alternative]:
    """Public dates behind the same door, in the person's language, with room for the party.

    Near is what is few days and few kilometers away: one of each counts the same. The nearest come in order of time.
    """
    return that_fit(
        registration.occurrence, registration.spoken, registration.party, bool(registration.employer), most=most
    )


def that_fit(
    here: Occurrence, spoken: str, party: int, by_employer: bool = False, *, most: int = MOST
) -> list[Alternative]:
    """The same for anybody who speaks this language and comes with so many.

    Who counted on a date where theirs is not spoken can do without it: where too few dates have it, those in a language
    of that date follow.
    """
    now = clock.now()
    instead = [] if _speaks(here.event, spoken) else here.event.languages
    query = _soonest(here, sa.case((_in_one_of([spoken]), 0), else_=1)).where(
        _in_one_of([spoken, *instead]),
        Event.party_max >= party,
        sa.true() if by_employer else Event.max_per_employer.is_(None),
        Occurrence.starts_at > now,
        sa.exists().where(
            Slot.occurrence_id == Occurrence.id,
            Slot.seats_limit - Slot.seats_taken >= party,
            sa.or_(Event.admission != "timed", Slot.starts_at > now),
        ),
    )
    found = sorted(db.session.scalars(query), key=lambda there: _rank(here, there, spoken))
    nearest = sorted(found[:most], key=lambda there: (there.starts_at, there.id))
    return [_with_times(there, party) for there in nearest]


def _in_one_of(languages: Iterable[str]) -> sa.ColumnElement[bool]:
    columns = Event.languages, Event.interpretation
    return sa.or_(*(has_word(column, language) for language in languages for column in columns))


def _speaks(event: Event, spoken: str) -> bool:
    return spoken in event.languages or spoken in event.interpretation


def _rank(here: Occurrence, there: Occurrence, spoken: str) -> tuple[object, ...]:
    return not _speaks(there.event, spoken), _distance(here, there), there.starts_at, there.id


def one(registration: Registration, occurrence_id: object) -> Alternative | None:
    """The same for a date that was chosen a moment ago, also when it has filled up since."""
    query = _soonest(registration.occurrence, but_full=False)
    there = db.session.scalar(query.where(Occurrence.id == occurrence_id))
    return _with_times(there, registration.party) if there else None


def _soonest(here: Occurrence, *before_time: sa.ColumnElement[int], but_full: bool = True) -> sa.Select[Occurrence]:
    event = contains_eager(Occurrence.event)
    query = (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .outerjoin(Occurrence.venue)
        .options(
            defer(Occurrence.key_wrapped),
            event.joinedload(Event.organization),
            contains_eager(Occurrence.venue),
            selectinload(Occurrence.slots),
        )
        .where(
            Event.type.in_(types_behind(here.event.door)),
            Event.state == PUBLISHED,
            Event.visibility == PUBLIC,
            Event.admission.in_(REGISTERS),
            Occurrence.id != here.id,
            Occurrence.state == "scheduled",
            Occurrence.closed_at.is_(None),
        )
    )
    if but_full:
        query = query.where(Occurrence.waiting == 0)
    return query.order_by(*before_time, Occurrence.starts_at, Occurrence.id).limit(LOOKED_AT)


def _with_times(there: Occurrence, party: int) -> Alternative:
    now, timed = clock.now(), there.event.admission == "timed"
    slots = [slot for slot in there.slots if slot.free >= party and slot.can_start(timed, now)]
    return Alternative(there, slots)


def _distance(here: Occurrence, there: Occurrence) -> float:
    days = abs((there.starts_local - here.starts_local).total_seconds()) / 86400
    return days + _way(here.venue, there.venue) + (0 if there.event.type == here.event.type else ANOTHER_KIND)


def _way(here: Venue | None, there: Venue | None) -> float:
    """Kilometers from the one place to the other; none to what is online."""
    if there is None or there.online or (here is not None and here.area == there.area):
        return 0
    if here is None or None in (here.latitude, here.longitude, there.latitude, there.longitude):
        return ELSEWHERE
    return min(_kilometers(here, there), ELSEWHERE)


def _kilometers(here: Venue, there: Venue) -> float:
    north, south = radians(here.latitude or 0), radians(there.latitude or 0)
    across = radians((there.longitude or 0) - (here.longitude or 0))
    half = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(across / 2) ** 2
    return 2 * EARTH * asin(sqrt(half))
