"""What people do: ask for a place, change it, take an offer or not, and leave."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st

from scheduler import registrations, waitlist
from scheduler.core.errors import Closed, Conflict, Missing, Refusal, TimeTaken
from scheduler.core.extensions import transaction
from scheduler.models import offer as offers
from scheduler.models.registration import CANCELLED, CHECKED_IN, CONFIRMED, HELD, OFFERED, SEATED, WAITLISTED
from scheduler.registrations import Attendee, GivenBack, OtherAnswers, Wishes

from .acting import ANYBODY, PARTIES, WISHES, Acting, Draw, refused
from .model import TIMES, Person

NOT_IN_YET = (HELD, CONFIRMED, WAITLISTED, OFFERED, CANCELLED)
CONTACTS = st.sampled_from(["ana@post.example", "ana@post.example", "bo@post.example", ""])


class PeopleAct(Acting):
    """Each act is done in the house, and on the model where it is granted."""

    def register(self, draw: Draw) -> None:
        self.ask(draw(PARTIES), draw(WISHES), draw(CONTACTS))

    def ask(self, party: int, wished: int | None, contact: str) -> None:
        """Somebody asks for a time; without a wish they ask for the waitlist."""
        kind = "email" if contact else "none"
        attendee = Attendee("Somebody", kind, contact, language="en", spoken="en", party=party)
        nonce, slot_id = uuid.uuid4().hex, None if wished is None else self.posted.slot_ids[wished]
        free = not self.model.closed and party <= self.largest_party and wished in self.model.fits(party)
        seated = free and not self.model.passed(wished)
        reason = None if seated else self.why_not(party)
        if reason:
            self.seen[reason.__name__] += 1
            with refused(reason):
                registrations.register(self.posted.occurrence_id, slot_id, attendee, nonce)
            return
        with transaction():
            found = registrations.register(self.posted.occurrence_id, slot_id, attendee, nonce)
            person = Person(found.id, found.number, attendee, nonce, wished, party, found.number)
        self.model.last_number += 1
        if seated:
            self.model.seat(person, wished)
        self.seen[person.state] += 1
        self.model.people.append(person)

    def why_not(self, party: int) -> type[Refusal] | None:
        if self.model.closed:
            return Closed
        if party > self.largest_party:
            return Refusal
        return TimeTaken if self.model.fits(party) and not self.model.in_line() else None

    def send_again(self, draw: Draw) -> None:
        self.ask_again(self.somebody(draw(ANYBODY)), other_words=draw(st.booleans()))

    def ask_again(self, person: Person, *, other_words: bool) -> None:
        """The same form once more gives the same place; with other answers, or once given back, it is refused."""
        slot_id = None if person.wished is None else self.posted.slot_ids[person.wished]
        attendee = self.world.attendee() if other_words else person.attendee
        given_back = person.gone or person.state == CANCELLED
        if other_words or given_back:
            with refused(GivenBack if given_back else OtherAnswers):
                registrations.register(self.posted.occurrence_id, slot_id, attendee, person.nonce)
            return
        with transaction():
            found = registrations.register(self.posted.occurrence_id, slot_id, attendee, person.nonce)
            assert (found.id, found.number) == (person.id, person.number)

    def cancel(self, draw: Draw) -> None:
        """I can't come."""
        self.leave(self.somebody(draw(ANYBODY), HELD, CONFIRMED, WAITLISTED, OFFERED), registrations.cancel)

    def erase(self, draw: Draw) -> None:
        """Forget me. Who is there already keeps the seat."""
        person = self.somebody(draw(ANYBODY), *NOT_IN_YET, CHECKED_IN)
        is_in = person.state == CHECKED_IN
        done = self.act(person, registrations.erase, CHECKED_IN) if is_in else self.leave(person, registrations.erase)
        if done:
            person.gone = True
            self.ask_again(person, other_words=False)

    def leave(self, person: Person, verb: Callable[[uuid.UUID], object]) -> bool:
        done = self.act(person, verb, *NOT_IN_YET)
        if done and person.state != CANCELLED:
            self.model.leaves(person)
            self.model.places_came_free()
        return done

    def reconfirm(self, draw: Draw) -> None:
        """I'm coming."""
        person = self.somebody(draw(ANYBODY), HELD)
        if self.act(person, registrations.reconfirm, HELD, CONFIRMED):
            person.state, person.proven = CONFIRMED, True

    def change(self, draw: Draw) -> None:
        """More or fewer of us, at another time perhaps."""
        person = self.somebody(draw(ANYBODY), HELD, CONFIRMED, WAITLISTED)
        party, slot = draw(PARTIES), draw(WISHES)
        slot = person.slot if slot is None or person.slot is None else slot
        reason = self.why_not_changed(person, party, slot)
        if reason:
            with refused(reason):
                self.wish(person, party, slot)
            self.seen["no change"] += 1
            return
        with transaction():
            self.wish(person, party, slot)
        if (party, slot) != (person.party, person.slot):
            person.party, person.slot = party, slot
            self.model.places_came_free()
            self.seen["change"] += 1

    def wish(self, person: Person, party: int, slot: int | None) -> None:
        registration = registrations.locked(person.id)
        slot_id = registration.slot_id if slot == person.slot or slot is None else self.posted.slot_ids[slot]
        registrations.change(person.id, replace(Wishes.of(registration), party=party, slot_id=slot_id))

    def why_not_changed(self, person: Person, party: int, slot: int | None) -> type[Refusal] | None:
        if person.gone:
            return Missing
        if (party, slot) == (person.party, person.slot):
            return None
        if person.state not in (HELD, CONFIRMED, WAITLISTED, OFFERED):
            return Conflict
        if party > person.party and self.model.closed:
            return Closed
        if party > max(person.party, self.largest_party):
            return Refusal
        if person.state == OFFERED:
            return Conflict
        return None if slot is None else self.no_room(person, party, slot)

    def no_room(self, person: Person, party: int, slot: int) -> type[Refusal] | None:
        more = party - person.party if slot == person.slot else party
        passed = self.model.passed(slot)
        if more <= 0 or (more <= self.model.free(slot) and not passed):
            return None
        could = 0 if passed else self.model.free(slot)
        could += person.party if slot == person.slot else 0
        return TimeTaken if could < person.party else Refusal

    def accept(self, draw: Draw) -> None:
        """I take it; again on another device; too late."""
        self.take(self.somebody_asked(draw(ANYBODY)))

    def come_late(self, draw: Draw) -> None:
        """The letter was found again after its time."""
        number, now = draw(ANYBODY), self.model.now
        late = [who for who in self.model.people if who.offer and not who.gone and who.offer.is_over(now)]
        self.take(late[number % len(late)] if late else self.somebody_asked(number))

    def take(self, person: Person | None) -> None:
        offer = person.offer if person else None
        if person is None or offer is None:
            return
        if not person.gone and offer.state == offers.OPEN and offer.until > self.model.now:
            with transaction():
                waitlist.accept(self.offer_id(person))
            self.model.taken(offer)
            person.state, person.proven = CONFIRMED, True
            person.told_of_place = bool(person.attendee.contact)
            self.seen["accept"] += 1
        elif not person.gone and offer.state == offers.ACCEPTED and person.state in SEATED:
            with transaction():
                assert waitlist.accept(self.offer_id(person)).id == person.id
        else:
            self.seen["too late"] += offer.state in (offers.OPEN, offers.LAPSED)
            with refused(Missing if person.gone else Conflict):
                waitlist.accept(self.offer_id(person))

    def stay(self, draw: Draw) -> None:
        """Not this time."""
        self.decline(self.somebody_asked(draw(ANYBODY)), stay=True)

    def go(self, draw: Draw) -> None:
        """No thanks."""
        self.decline(self.somebody_asked(draw(ANYBODY)), stay=False)

    def decline(self, person: Person | None, *, stay: bool) -> None:
        offer = person.offer if person else None
        if person is None or offer is None:
            return
        if person.gone or offer.state not in (offers.OPEN, offers.DECLINED):
            with refused(Missing if person.gone else Conflict):
                waitlist.decline(self.offer_id(person), stay=stay)
            return
        with transaction():
            waitlist.decline(self.offer_id(person), stay=stay)
        if offer.state == offers.OPEN:
            self.model.give_up_offer(person, offers.DECLINED)
            stay = stay and any(person.wants(slot) for slot in range(TIMES))
            if not stay:
                self.model.leaves(person)
            self.model.places_came_free()
            self.seen["stay" if stay else "go"] += 1
