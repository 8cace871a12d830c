"""The simplest model of a date that could be right: who came, what each of them holds, and whose turn it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.models import offer as offers
from scheduler.models.registration import CANCELLED, CONFIRMED, COUNTED, HELD, LIVE, OFFERED, WAITLISTED
from scheduler.registrations import HOLD, SAME_CONTACT_LIMIT, Attendee

TIMES = 2
ZONE = ZoneInfo("America/Chicago")
HOUR = timedelta(hours=1)
HOURS_TO_ANSWER = 24


@dataclass
class Offered:
    """What the model knows of one offer."""

    slot: int
    made: datetime
    until: datetime
    state: str = offers.OPEN
    told: bool = False

    def is_over(self, now: datetime) -> bool:
        """Nobody answered in time."""
        return self.state == offers.LAPSED or (self.state == offers.OPEN and self.until <= now)


@dataclass
class Person:
    """What the model knows of one registration."""

    id: uuid.UUID
    number: int
    attendee: Attendee
    nonce: str
    wished: int | None
    party: int
    line: int
    state: str = WAITLISTED
    slot: int | None = None
    held_until: datetime | None = None
    gone: bool = False
    lapses: int = 0
    told_of_place: bool = False
    proven: bool = False
    offers: list[Offered] = field(default_factory=list)
    missed: dict[int, datetime] = field(default_factory=dict)

    @property
    def offer(self) -> Offered | None:
        return self.offers[-1] if self.offers else None

    def wants(self, slot: int) -> bool:
        """Who said no to a time is not asked for it again."""
        return not any(made.slot == slot and made.state == offers.DECLINED for made in self.offers)


class Model:
    """A date with two times."""

    def __init__(self, limit: int, now: datetime, starts_local: datetime) -> None:
        self.limit, self.now, self.starts_local = limit, now, starts_local
        self.closed = False
        self.people: list[Person] = []
        self.last_number = 0

    def free(self, slot: int) -> int:
        """How many places this time still has."""
        return self.limit - sum(who.party for who in self.people if who.state in COUNTED and who.slot == slot)

    def fits(self, party: int) -> list[int]:
        return [slot for slot in range(TIMES) if self.free(slot) >= party]

    def in_line(self) -> list[Person]:
        return sorted((who for who in self.people if who.state == WAITLISTED), key=lambda who: who.line)

    def passed(self, slot: int, line: int | None = None) -> int:
        """How many of those in line, or before this place in it, would like to sit there and could."""
        return sum(
            who.party <= self.free(slot) and who.wants(slot) and (line is None or who.line < line)
            for who in self.in_line()
        )

    def seat(self, person: Person, slot: int) -> None:
        contact = person.attendee.contact
        others = [who for who in self.people if who is not person and who.state in LIVE and not who.proven]
        same = sum(who.attendee.contact == contact for who in others)
        person.state, person.slot, person.told_of_place = CONFIRMED, slot, True
        if contact and same >= SAME_CONTACT_LIMIT:
            person.state, person.held_until = HELD, self.now + HOLD

    def leaves(self, person: Person) -> None:
        """Gives back what they have, and what they were offered."""
        if person.state == OFFERED and person.offer:
            person.offer.state = offers.DECLINED
        person.state, person.slot = CANCELLED, None

    def is_day(self) -> bool:
        return 8 <= self.now.astimezone(ZONE).hour < 21

    def places_came_free(self) -> None:
        """By day, the first in line who fits and wants it is asked, and so on down the line.

        Who missed a time, because nobody told them of it, is asked again after all others.
        """
        if not self.is_day() or self.closed:
            return
        for again in (False, True):
            for person in self.in_line():
                wanted = (slot for slot in self.fits(person.party) if person.wants(slot))
                slot = next((slot for slot in wanted if again or slot not in person.missed), None)
                if slot is not None:
                    person.state, person.slot = OFFERED, slot
                    person.offers.append(Offered(slot, self.now, self._answer_by()))

    def taken(self, offer: Offered) -> None:
        """What somebody missed has gone on to somebody who took it: next time it is their turn again."""
        offer.state = offers.ACCEPTED
        for who in self.people:
            if offer.slot in who.missed and who.missed[offer.slot] <= offer.made:
                del who.missed[offer.slot]

    def _answer_by(self) -> datetime:
        """24 hours of day from now, counted one by one. In these lives time passes in whole hours."""
        until, left = self.now, HOURS_TO_ANSWER
        while left:
            left -= 8 <= until.astimezone(ZONE).hour < 21
            until += HOUR
        return until

    def give_up_offer(self, person: Person, ended: str) -> None:
        """Back in line, where they stood."""
        assert person.offer is not None
        person.offer.state = ended
        person.state, person.slot = WAITLISTED, None

    def offers_end(self) -> int:
        """The host takes them back: each stands in line where they stood, and nobody has said no to these times."""
        asked = [who for who in self.people if who.state == OFFERED]
        for who in asked:
            self.give_up_offer(who, offers.WITHDRAWN)
        for made in (made for who in self.people for made in who.offers if made.state == offers.DECLINED):
            made.state = offers.WITHDRAWN
        return len(asked)

    def holds_lapse(self) -> int:
        overdue = [who for who in self.people if who.state == HELD and who.held_until and who.held_until <= self.now]
        for who in overdue:
            self.leaves(who)
        if overdue:
            self.places_came_free()
        return len(overdue)

    def offers_lapse(self) -> int:
        """Silence leads to the end of the line, and the second time out of it; who was not told keeps their place."""
        overdue = [who for who in self.people if who.state == OFFERED and who.offer and who.offer.until <= self.now]
        for who in sorted(overdue, key=lambda who: who.line):
            assert who.offer is not None
            self.give_up_offer(who, offers.LAPSED)
            told = who.offer.told or who.attendee.contact_kind == "none"
            who.lapses += told
            if not told:
                who.missed[who.offer.slot] = self.now
            elif who.lapses == 2:
                self.leaves(who)
            else:
                self.last_number += 1
                who.line = self.last_number
        if overdue:
            self.places_came_free()
        return len(overdue)
