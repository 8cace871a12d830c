"""A date, and beside it the simplest model of it that could be right: who came, and what each of them holds."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scheduler import checkin, events, registrations, waitlist
from scheduler.core.errors import Conflict, Missing, Refusal, TimeTaken
from scheduler.core.extensions import db, transaction
from scheduler.models.registration import CANCELLED, CHECKED_IN, CONFIRMED, HELD, LIVE, SEATED, WAITLISTED
from scheduler.registrations import HOLD, SAME_CONTACT_LIMIT, Attendee

from ..conftest import Clock
from .ledger import contradictions

TIMES, PLACES, PARTY_MOST = 2, 3, 3
START = datetime(2027, 6, 5, 9, 30)
LAST = START + timedelta(minutes=30 * (TIMES - 1))
NOT_IN_YET = (HELD, CONFIRMED, WAITLISTED, CANCELLED)

FIRST_COMERS = (0, 0, 0, 1)
# One rule with weighted acts: Hypothesis leaves out some of several rules in each life, and most of these need others.
ACTS = st.sampled_from(
    ["register"] * 6 + ["cancel"] * 2 + ["promote"] * 2
    + ["erase", "send_again", "reconfirm", "check_in", "undo_check_in", "resize", "wait"]
)  # fmt: skip
WISHES = st.sampled_from([0, 1, 1, None])
PARTIES = st.sampled_from([1, 1, 1, 2, 3, PARTY_MOST + 1])
CONTACTS = st.sampled_from(["ana@post.example", "ana@post.example", "bo@post.example", ""])
ANYBODY = st.integers(0, 999)
PLACES_LATER = st.integers(2, PLACES + 2)
HOURS = st.sampled_from([1, 12, 25])


Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class Person:
    """What the model knows of one registration."""

    id: uuid.UUID
    number: int
    attendee: Attendee
    nonce: str
    wished: int | None
    state: str = WAITLISTED
    slot: int | None = None
    held_until: datetime | None = None
    gone: bool = False


@contextmanager
def refused(kind: type[Refusal]) -> Iterator[None]:
    """The act is refused in exactly this way."""
    with pytest.raises(kind) as found, transaction():
        yield
    assert type(found.value) is kind


class OneDate(RuleBasedStateMachine):
    """A clinic with two times. Each rule does one act on the house and on the model."""

    world: ModuleType
    at: Clock
    seen: Counter[str]

    @initialize()
    def post(self) -> None:
        self.now = self.at("2026-09-01 10:00")
        with transaction():
            self.posted = self.world.clinic(slots=TIMES, seats=PLACES, starts_local=START, party_max=PARTY_MOST)
        self.limit = PLACES
        self.people: list[Person] = []
        for wished in FIRST_COMERS:
            self.ask(1, wished, "ana@post.example")

    @rule(act=ACTS, data=st.data())
    def next(self, act: str, data: st.DataObject) -> None:
        """Something happens."""
        getattr(self, act)(data.draw)

    def free(self, slot: int) -> int:
        """How many places this time still has."""
        return self.limit - sum(who.attendee.party for who in self.people if who.state in SEATED and who.slot == slot)

    def fits(self, party: int) -> list[int]:
        return [slot for slot in range(TIMES) if self.free(slot) >= party]

    def in_line(self) -> list[Person]:
        return [who for who in self.people if who.state == WAITLISTED]

    def somebody(self, number: int, *states: str) -> Person:
        """Mostly somebody in one of these states; now and then just anybody."""
        fitting = [who for who in self.people if who.state in states and not who.gone]
        choice = fitting if fitting and number % 5 else self.people
        return choice[number % len(choice)]

    def register(self, draw: Draw) -> None:
        self.ask(draw(PARTIES), draw(WISHES), draw(CONTACTS))

    def ask(self, party: int, wished: int | None, contact: str) -> None:
        """Somebody asks for a time; without a wish they ask for the waitlist."""
        kind = "email" if contact else "none"
        attendee = Attendee("Somebody", kind, contact, language="en", spoken="en", party=party)
        nonce, slot_id = uuid.uuid4().hex, None if wished is None else self.posted.slot_ids[wished]
        seated = party <= PARTY_MOST and wished in self.fits(party) and not self.would_pass(wished)
        reason = None if seated else self.why_not(party)
        if reason:
            self.seen[reason.__name__] += 1
            with refused(reason):
                registrations.register(self.posted.occurrence_id, slot_id, attendee, nonce)
            return
        with transaction():
            found = registrations.register(self.posted.occurrence_id, slot_id, attendee, nonce)
            person = Person(found.id, found.number, attendee, nonce, wished)
        if seated:
            self.seat(person, wished)
        self.seen[person.state] += 1
        self.people.append(person)

    def would_pass(self, slot: int) -> bool:
        """True if somebody in line would fit there."""
        return any(who.attendee.party <= self.free(slot) for who in self.in_line())

    def why_not(self, party: int) -> type[Refusal] | None:
        if party > PARTY_MOST:
            return Refusal
        return TimeTaken if self.fits(party) and not self.in_line() else None

    def seat(self, person: Person, slot: int) -> None:
        contact = person.attendee.contact
        same = sum(who.state in LIVE and who.attendee.contact == contact for who in self.people)
        person.state, person.slot = CONFIRMED, slot
        if contact and same >= SAME_CONTACT_LIMIT:
            person.state, person.held_until = HELD, self.now + HOLD

    def send_again(self, draw: Draw) -> None:
        self.ask_again(self.somebody(draw(ANYBODY)), other_words=draw(st.booleans()))

    def ask_again(self, person: Person, *, other_words: bool) -> None:
        """The same form once more gives the same place; with other answers, or once erased, it is refused."""
        slot_id = None if person.wished is None else self.posted.slot_ids[person.wished]
        attendee = self.world.attendee() if other_words else person.attendee
        if other_words or person.gone:
            with refused(Conflict):
                registrations.register(self.posted.occurrence_id, slot_id, attendee, person.nonce)
            return
        with transaction():
            found = registrations.register(self.posted.occurrence_id, slot_id, attendee, person.nonce)
            assert (found.id, found.number) == (person.id, person.number)

    def act(self, person: Person, verb: Callable[[uuid.UUID], object], *states: str) -> bool:
        """Do it; False if it was refused, as it must be where their state does not fit."""
        if person.gone or person.state not in states:
            # The line does not tell the erased from the cancelled: both have left it.
            with refused(Missing if person.gone and verb is not waitlist.promote else Conflict):
                verb(person.id)
            return False
        with transaction():
            verb(person.id)
        self.seen[verb.__name__] += 1
        return True

    def cancel(self, draw: Draw) -> None:
        """I can't come."""
        person = self.somebody(draw(ANYBODY), HELD, CONFIRMED, WAITLISTED)
        if self.act(person, registrations.cancel, *NOT_IN_YET):
            person.state = CANCELLED

    def erase(self, draw: Draw) -> None:
        """Forget me."""
        person = self.somebody(draw(ANYBODY), *NOT_IN_YET)
        if self.act(person, registrations.erase, *NOT_IN_YET):
            person.state, person.gone = CANCELLED, True
            self.ask_again(person, other_words=False)

    def reconfirm(self, draw: Draw) -> None:
        """I'm coming."""
        person = self.somebody(draw(ANYBODY), HELD)
        if self.act(person, registrations.reconfirm, HELD, CONFIRMED):
            person.state = CONFIRMED

    def check_in(self, draw: Draw) -> None:
        """They are at the door."""
        person = self.somebody(draw(ANYBODY), HELD, CONFIRMED)
        if self.act(person, checkin.check_in, HELD, CONFIRMED):
            person.state = CHECKED_IN

    def undo_check_in(self, draw: Draw) -> None:
        """It was somebody else."""
        person = self.somebody(draw(ANYBODY), CHECKED_IN)
        if self.act(person, checkin.undo_check_in, CHECKED_IN):
            person.state = CONFIRMED

    def promote(self, draw: Draw) -> None:
        """The host gives somebody in line the first time that fits; or none does."""
        person = self.somebody(draw(ANYBODY), WAITLISTED)
        fitting = self.fits(person.attendee.party)
        if self.act(person, waitlist.promote, *([WAITLISTED] if fitting else [])):
            person.state, person.slot = CONFIRMED, fitting[0]

    def resize(self, draw: Draw) -> None:
        """The host changes how many places each time has; never below what is taken."""
        places = draw(PLACES_LATER)
        planned = events.Timetable(START, LAST + timedelta(minutes=90), self.posted.venue_id, places, 30, LAST)
        if any(self.limit - self.free(slot) > places for slot in range(TIMES)):
            with refused(Refusal):
                events.change_date(self.posted.occurrence_id, planned)
            return
        with transaction():
            events.change_date(self.posted.occurrence_id, planned)
        self.seen["resize"] += 1
        self.limit = places

    def wait(self, draw: Draw) -> None:
        """Time passes, and the worker looks for holds that nobody confirmed (also on the dates of earlier lives)."""
        self.now = self.at.later(hours=draw(HOURS))
        lapsed = [who for who in self.people if who.state == HELD and who.held_until and who.held_until <= self.now]
        for who in lapsed:
            who.state = CANCELLED
        with transaction():
            assert registrations.lapse_holds() >= len(lapsed)
        self.seen["lapse"] += len(lapsed)

    @invariant()
    def agrees_with_the_house(self) -> None:
        db.session.rollback()
        self.seen["steps"] += 1
        taken = [self.limit - self.free(slot) for slot in range(TIMES)]
        people = [(who.id, who.number, who.state, who.slot if who.state in SEATED else None) for who in self.people]
        assert contradictions(self.posted, people, taken, self.limit) == []
