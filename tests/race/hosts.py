"""What hosts, the door, the post and the worker do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from hypothesis import strategies as st

from scheduler import checkin, events, registrations, seats, waitlist
from scheduler.core.errors import Conflict, Full, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models.message import CHANGE, CONFIRMATION, EMAIL, OFFER, SENT, WAITING, Message
from scheduler.models.registration import CHECKED_IN, CONFIRMED, HELD, OFFERED, WAITLISTED
from scheduler.registrations import Attendee

from .acting import ANYBODY, PARTIES, PARTY_MOST, PLACES, Acting, Draw, refused
from .model import TIMES, ZONE, Person

PLACES_LATER = st.integers(2, PLACES + 2)
HOURS = st.sampled_from([1, 12, 25, 40, 40])
OFTEN = st.sampled_from([True, True, True, False])
LONG = timedelta(minutes=30 * (TIMES - 1) + 90)


class HostsAct(Acting):
    """Each act is done in the house, and on the model where it is granted."""

    def check_in(self, draw: Draw) -> None:
        """They are at the door."""
        person = self.somebody(draw(ANYBODY), HELD, CONFIRMED)
        if not person.gone:
            with refused(Conflict):
                checkin.check_in(person.id)
        with self.on_the_day():
            if self.act(person, checkin.check_in, HELD, CONFIRMED):
                person.state = CHECKED_IN

    @contextmanager
    def on_the_day(self) -> Iterator[datetime]:
        """The door opens on the day of the date only; for what is done there the clock goes ahead, and back again."""
        yield self.at(datetime.combine(self.model.starts_local, time(8), ZONE))
        self.at(self.model.now)

    def undo_check_in(self, draw: Draw) -> None:
        """It was somebody else."""
        person = self.somebody(draw(ANYBODY), CHECKED_IN)
        if self.act(person, checkin.undo_check_in, CHECKED_IN):
            person.state = CONFIRMED

    def walk_in(self, draw: Draw) -> None:
        """Somebody at the door goes before people who wait at home, but takes nothing that is offered to one."""
        party, nonce = draw(PARTIES), uuid.uuid4().hex
        attendee = Attendee("Walks in", "none", "", language="en", spoken="en", party=party)
        fitting = self.model.fits(party)
        if party > PARTY_MOST or not fitting:
            with refused(Refusal if party > PARTY_MOST else Full):
                registrations.walk_in(seats.lock(self.posted.occurrence_id), attendee, nonce)
            return
        with transaction():
            found = registrations.walk_in(seats.lock(self.posted.occurrence_id), attendee, nonce)
            person = Person(found.id, found.number, attendee, nonce, None, party, found.number)
        self.model.last_number += 1
        self.model.seat(person, fitting[0])
        person.told_of_place = False
        self.model.people.append(person)
        self.seen["walk_in"] += 1

    def let_in(self, draw: Draw) -> None:
        """Who waits or was asked stands at the door: their own offer, or what is free now."""
        with self.on_the_day() as now:
            self.let_in_now(self.somebody(draw(ANYBODY), WAITLISTED, OFFERED), now)

    def let_in_now(self, person: Person, now: datetime) -> None:
        fitting = self.model.fits(person.party)
        offered = person.state == OFFERED and person.offer is not None and person.offer.until > now
        reason: type[Refusal] | None = Conflict
        if person.gone:
            reason = Missing
        elif person.state == WAITLISTED:
            reason = None if fitting else Full
        elif offered:
            reason = None
        if reason:
            with refused(reason):
                checkin.let_in(person.id)
            return
        with transaction():
            checkin.let_in(person.id)
        if offered and person.offer:
            self.model.taken(person.offer)
        else:
            person.slot = fitting[0]
        person.state, person.told_of_place = CHECKED_IN, False
        self.seen["let_in"] += 1

    def withdraw(self, draw: Draw) -> None:
        """The host needs the places that are offered."""
        ended = self.model.offers_end()
        with transaction():
            assert waitlist.withdraw(seats.lock(self.posted.occurrence_id)) == ended
        self.seen["withdraw"] += ended

    def promote(self, draw: Draw) -> None:
        """The host gives somebody in line the best time that fits: rather one that they want and that passes nobody."""
        person, sure = self.somebody(draw(ANYBODY), WAITLISTED), draw(st.booleans())
        fitting = self.model.fits(person.party) if person.state == WAITLISTED else []
        if not fitting:
            # The line does not tell the erased from the cancelled: both have left it.
            with refused(Conflict):
                waitlist.promote(person.id, out_of_turn=sure)
            return
        passing = {slot: self.model.passed(slot, person.line) for slot in fitting}
        slot = min(fitting, key=lambda slot: (not person.wants(slot), passing[slot] > 0))
        if passing[slot] and not sure:
            self.seen["out of turn"] += 1
            with refused(waitlist.OutOfTurn):
                waitlist.promote(person.id)
            return
        with transaction():
            waitlist.promote(person.id, out_of_turn=sure)
        person.state, person.slot, person.told_of_place = CONFIRMED, slot, True
        self.seen["promote"] += 1

    def resize(self, draw: Draw) -> None:
        """The host changes how many places each time has; never below what is taken."""
        places, model = draw(PLACES_LATER), self.model
        start = model.starts_local
        last = start + timedelta(minutes=30 * (TIMES - 1))
        planned = events.Timetable(start, start + LONG, self.posted.venue_id, places, 30, last)
        if any(model.limit - model.free(slot) > places for slot in range(TIMES)):
            with refused(Refusal):
                events.change_date(self.posted.occurrence_id, planned)
            return
        with transaction():
            events.change_date(self.posted.occurrence_id, planned)
        self.seen["resize"] += 1
        more, model.limit = places > model.limit, places
        if more:
            model.places_came_free()

    def move(self, draw: Draw) -> None:
        """The host moves the date by a day: everybody keeps what they have, and open offers end."""
        self.model.starts_local = start = self.model.starts_local + timedelta(days=1)
        with transaction():
            events.move_date(self.posted.occurrence_id, start, start + LONG, self.posted.venue_id)
        self.model.offers_end()
        self.seen["move"] += 1

    def close(self, draw: Draw) -> None:
        """The host takes no more names."""
        with transaction():
            events.close(self.posted.occurrence_id)
        self.model.closed = True
        self.seen["close"] += 1

    def reopen(self, draw: Draw) -> None:
        """The host takes names (again), and the line follows."""
        with transaction():
            events.reopen(self.posted.occurrence_id)
        self.seen["reopen"] += self.model.closed
        self.model.closed = False
        self.model.places_came_free()

    def wait(self, draw: Draw) -> None:
        """Time passes; mostly the post goes out before, and the worker comes by after."""
        if draw(OFTEN):
            self.post_goes_out()
        self.model.now = self.at.later(hours=draw(HOURS))
        if draw(OFTEN):
            self.worker_comes_by()

    def silence(self, draw: Draw) -> None:
        """Nobody answers for a week."""
        for _ in range(4):
            self.post_goes_out()
            self.model.now = self.at.later(hours=40)
            self.worker_comes_by()

    def worker_comes_by(self) -> None:
        """One who was there all the time: letters that ask for a confirmation went at once."""
        with transaction():
            self._go_out(Message.letter.in_((CHANGE, CONFIRMATION)))
        holds, lapsed = self.model.holds_lapse(), self.model.offers_lapse()
        self.model.places_came_free()
        with transaction():
            assert sum(map(registrations.lapse_holds, registrations.dates_with_held())) >= holds
        with transaction():
            assert waitlist.lapse_offers(self.posted.occurrence_id) == lapsed
        with transaction():
            waitlist.offer_due(self.posted.occurrence_id)
        self.seen["hold lapsed"] += holds
        self.seen["offer lapsed"] += lapsed
        self.seen["left the line"] += sum(who.lapses == 2 for who in self.model.people)

    def post_goes_out(self) -> None:
        with transaction():
            self._go_out(Message.occurrence_id == self.posted.occurrence_id, Message.letter == OFFER)
        for who in self.model.people:
            if who.state == OFFERED and who.offer:
                who.offer.told = True

    def _go_out(self, *which: sa.ColumnElement[bool]) -> None:
        waiting = sa.update(Message).where(*which, Message.channel == EMAIL, Message.state == WAITING)
        db.session.execute(waiting.values(state=SENT))
