"""A roster, and one person on it, as the door needs them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from ..models import registration as states
from . import names

COMING, HERE, WAITING, ABSENT, ALL = "coming", "here", "waiting", "absent", "all"
ON_THE_LIST = (*states.LIVE, states.NO_SHOW)
EXPECTED = (*states.SEATED, states.NO_SHOW)
SHOWN = {
    COMING: (states.HELD, states.CONFIRMED),
    HERE: (states.CHECKED_IN,),
    WAITING: states.ON_WAITLIST,
    ABSENT: (states.NO_SHOW,),
    ALL: ON_THE_LIST,
}


@dataclass(frozen=True)
class Person:
    """One line: what the door needs to know, and no contact. Times are wall times of the date's zone."""

    id: uuid.UUID
    line: int
    name: str
    code: str
    state: str
    party: int
    arrived: int
    door_number: int | None
    children: int
    spoken: str
    needs: tuple[str, ...]
    starts_local: datetime
    same_contact: bool
    wrong_number: bool
    mail_failed: bool
    reconfirmed: bool
    asked: bool
    checked_in_local: datetime | None
    offer_id: uuid.UUID | None
    offer_until_local: datetime | None
    may_wait: bool

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
    def missing(self) -> int:
        """How many of a party that is here are still to come."""
        return self.party - self.arrived if self.here else 0

    @property
    def absent(self) -> bool:
        return self.state == states.NO_SHOW

    @property
    def waits(self) -> bool:
        return self.state == states.WAITLISTED

    @property
    def offered(self) -> bool:
        """A place is held for them until they answer."""
        return self.state == states.OFFERED

    @property
    def held(self) -> bool:
        return self.state == states.HELD


@dataclass(frozen=True)
class Time:
    """A time of the date, with how many of its places are taken, and whether it is over."""

    starts_local: datetime
    taken: int
    limit: int
    over: bool


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
        return sum(person.party for person in self.people if person.state in EXPECTED)

    @property
    def names(self) -> int:
        """How many registrations have a place."""
        return len([person for person in self.people if person.state in EXPECTED])

    @property
    def arrived(self) -> int:
        """How many people are here."""
        return sum(person.arrived for person in self.people if person.here)

    @property
    def room(self) -> int:
        """How many places are free, at times that are not over."""
        return sum(time.limit - time.taken for time in self.times if not time.over)

    def shown(self, show: str, typed: str = "") -> list[Person]:
        """The people of one tab, or those of them that were looked for, by name; those in line by their place in it."""
        kept = [person for person in self.people if person.state in SHOWN[show]]
        if typed:
            kept = [person for person in kept if _fits(person, typed)]
        return sorted(kept, key=_order)

    def place_in_line(self, waiting: Person) -> int:
        """1 for the first, as the person sees it."""
        line = [person.line for person in self.people if person.waits or person.offered]
        return len([place for place in line if place <= waiting.line])

    def person(self, registration_id: uuid.UUID | None) -> Person | None:
        """One line, if it is still there."""
        return next((person for person in self.people if person.id == registration_id), None)


def _order(person: Person) -> tuple[int, int, str]:
    """By name; then who was offered a place, and who waits, as they stand in line."""
    if person.waits or person.offered:
        return 1 + person.waits, person.line, ""
    return 0, 0, names.fold(person.name)


def _fits(person: Person, typed: str) -> bool:
    """By name, by code, or by the number that they were given at the door."""
    return typed == str(person.door_number) or names.found_by(typed, person.name, person.code)
