"""The line: a freed place is offered to the first party that fits, and waits for its answer by day only."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import checkin, events, outbox, privacy, registrations, seats, waitlist, worker
from scheduler.core.errors import Conflict, Missing
from scheduler.core.extensions import db, transaction
from scheduler.models import message as letters
from scheduler.models import offer as offers
from scheduler.models import registration as places
from scheduler.models.event import Occurrence, Slot
from scheduler.models.line import place_in_line
from scheduler.models.message import Message
from scheduler.models.offer import Offer
from scheduler.models.registration import CANCELLED, CONFIRMED, OFFERED, WAITLISTED, Registration

from ..conftest import Clock
from ..ground.mail import Sink, all_sent

START = datetime(2026, 9, 19, 14, 0)
DAY, HOURS = timedelta(days=1), timedelta(hours=3)
MORNING = "2026-09-01 10:00"


class Line:
    """A date with one taken place of each size that is asked for (and `more` that stay taken), and a line behind it."""

    def __init__(self, world: ModuleType, seats: int = 1, *, more: int = 0, slots: int = 1, **event: Any) -> None:
        self.world = world
        with transaction():
            self.posted = world.clinic(slots=slots, seats=seats + more, starts_local=START, **event)
            if more:
                world.attends(self.posted, party=more, contact="stays@post.example")
            self.inside = [
                world.attends(self.posted, slot, party=seats, contact=f"in{slot}@post.example") for slot in range(slots)
            ]
        self.count = 0

    def joins(self, party: int = 1, **person: Any) -> uuid.UUID:
        self.count += 1
        with transaction():
            contact = {"contact": f"w{self.count}@post.example"} | person
            found = self.world.attends(self.posted, party=party, **contact)
        assert self.state(found) == WAITLISTED
        return found

    def frees(self, slot: int = 0) -> None:
        with transaction():
            registrations.cancel(self.inside[slot])

    def state(self, registration_id: uuid.UUID) -> str:
        db.session.rollback()
        return str(self.world.registration(registration_id).state)

    def place(self, registration_id: uuid.UUID) -> int:
        return place_in_line(self.world.registration(registration_id))

    def offer(self, registration_id: uuid.UUID) -> uuid.UUID:
        db.session.rollback()
        found = offers.open_for(registration_id)
        assert found is not None, self.state(registration_id)
        return found.id

    def counts(self) -> tuple[int, int]:
        """Seats taken, parties waiting."""
        db.session.rollback()
        taken = db.session.scalar(sa.select(sa.func.sum(Slot.seats_taken)))
        return int(taken or 0), db.session.get_one(Occurrence, self.posted.occurrence_id).waiting

    def letters(self, registration_id: uuid.UUID, *states: str) -> list[str]:
        query = sa.select(Message.letter).where(Message.registration_id == registration_id)
        query = query.where(Message.state.in_(states or (letters.WAITING,)))
        return list(db.session.scalars(query.order_by(Message.created_at, Message.letter)))


def lapse() -> int:
    return each(waitlist.dates_with_lapses, waitlist.lapse_offers)


def offer_due() -> int:
    return each(waitlist.dates_to_offer, waitlist.offer_due)


def each(dates: Callable[[], list[uuid.UUID]], verb: Callable[[uuid.UUID], int]) -> int:
    """As the worker does it."""
    done = 0
    for occurrence_id in dates():
        with transaction():
            done += verb(occurrence_id)
    return done


def tell(registration_id: uuid.UUID) -> None:
    """The letter goes out."""
    with transaction():
        db.session.execute(
            sa.update(Message)
            .where(Message.registration_id == registration_id, Message.letter == letters.OFFER)
            .values(state=letters.SENT)
        )


@pytest.fixture
def line(world: ModuleType, at: Clock) -> Line:
    at(MORNING)
    return Line(world)


def test_a_freed_place_is_offered_to_the_first_in_line(line: Line) -> None:
    first, second = line.joins(), line.joins()
    line.frees()
    assert (line.state(first), line.state(second)) == (OFFERED, WAITLISTED)
    assert line.counts() == (1, 1)
    assert line.place(second) == 2, "the first may still come back"
    assert letters.OFFER in line.letters(first) and letters.OFFER not in line.letters(second)


def test_a_party_that_does_not_fit_is_not_passed_by_one_that_would(world: ModuleType, at: Clock) -> None:
    at(MORNING)
    line = Line(world, seats=2, more=1)
    three, two, one = line.joins(3), line.joins(2), line.joins()
    line.frees()
    assert [line.state(who) for who in (three, two, one)] == [WAITLISTED, OFFERED, WAITLISTED]
    assert line.counts() == (3, 2)


def test_erasing_and_a_hold_that_lapses_free_places_too(world: ModuleType, letters_sent: Sink, at: Clock) -> None:
    at(MORNING)
    line = Line(world, seats=1, slots=2)
    first, second = line.joins(), line.joins()
    with transaction():
        registrations.erase(line.inside[0])
    assert line.state(first) == OFFERED
    worker.deliver()
    with transaction():
        held = line.world.registration(line.inside[1])
        held.state, held.held_until = places.HELD, at("2026-09-02 10:00")
    with transaction():
        registrations.lapse_holds(line.posted.occurrence_id)
    assert line.state(second) == OFFERED


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (MORNING, "2026-09-02 21:00"),
        ("2026-09-01 20:30", "2026-09-03 18:30"),
        ("2026-09-18 09:00", "2026-09-18 12:00"),
        ("2026-09-18 20:00", "2026-09-19 10:00"),
        ("2026-09-19 11:00", "2026-09-19 14:00"),
    ],
)
def test_how_long_an_offer_stands(world: ModuleType, at: Clock, now: str, until: str) -> None:
    at(MORNING)
    line = Line(world)
    first = line.joins()
    at(now)
    line.frees()
    offer = db.session.get_one(Offer, line.offer(first))
    assert offer.held_until == at(until)


@pytest.mark.parametrize("now", ["2026-09-19 11:01", "2026-09-18 22:00", "2026-09-01 05:00"])
def test_nothing_is_offered_at_night_or_too_close_to_the_start(world: ModuleType, at: Clock, now: str) -> None:
    at("2026-09-01 04:00")
    line = Line(world)
    first = line.joins()
    at(now)
    line.frees()
    assert line.state(first) == WAITLISTED and offer_due() == 0
    assert line.counts() == (0, 1)


def test_what_came_free_at_night_is_offered_though_the_date_has_begun(world: ModuleType, at: Clock) -> None:
    """It begins when the night ends, and there are times in the afternoon."""
    at("2026-09-01 10:00")
    with transaction():
        posted = world.clinic(slots=14, seats=1, starts_local=datetime(2026, 9, 5, 8, 0))
        late = [world.attends(posted, slot, contact=f"{slot}@post.example") for slot in range(14)][-1]
        waits = world.attends(posted, contact="waits@post.example")
    at("2026-09-04 22:30")
    with transaction():
        registrations.cancel(late)
    for now in ("2026-09-05 07:59", "2026-09-05 08:00"):
        at(now)
        worker.do_chores()
    assert world.registration(waits).state == OFFERED


def test_what_came_free_at_night_is_offered_in_the_morning(line: Line, at: Clock) -> None:
    first = line.joins()
    at("2026-09-01 23:00")
    line.frees()
    at("2026-09-02 07:59")
    assert offer_due() == 0
    at("2026-09-02 08:00")
    assert offer_due() == 1
    assert line.state(first) == OFFERED and offer_due() == 0


def test_nobody_new_takes_what_somebody_in_line_waits_for(line: Line, at: Clock, world: ModuleType) -> None:
    line.joins()
    at("2026-09-01 23:00")
    line.frees()
    with transaction():
        late = world.attends(line.posted, contact="late@post.example")
    assert line.state(late) == WAITLISTED


def test_who_comes_gets_a_time_where_nobody_in_line_fits(world: ModuleType, at: Clock) -> None:
    """A group of two waits while only single places are free: the single places are not kept empty for them."""
    at(MORNING)
    line = Line(world, seats=2, slots=2)
    group = line.joins(2)
    with transaction():
        full, *_ = db.session.scalars(sa.select(Slot).order_by(Slot.starts_at.desc()))
        full.seats_limit = 3
    with transaction():
        late = world.attends(line.posted, 1, contact="late@post.example")
    assert (line.state(late), line.state(group)) == (CONFIRMED, WAITLISTED)


def test_who_wishes_a_full_time_beside_a_line_is_offered_the_free_one(world: ModuleType, at: Clock) -> None:
    at(MORNING)
    line = Line(world, seats=2, slots=2)
    line.joins(2)
    with transaction():
        last, *_ = db.session.scalars(sa.select(Slot).order_by(Slot.starts_at.desc()))
        last.seats_limit = 3
    single = line.joins()
    assert offer_due() == 1
    assert db.session.get_one(Offer, line.offer(single)).slot_id == line.posted.slot_ids[1]


def test_taking_it(line: Line, at: Clock) -> None:
    first = line.joins()
    line.frees()
    offer_id = line.offer(first)
    at("2026-09-02 20:59")
    with transaction():
        waitlist.accept(offer_id)
    kept = line.world.registration(first)
    assert kept.state == CONFIRMED and kept.reconfirmed_at is not None
    assert (kept.sequence, line.counts()) == (1, (1, 0))
    assert line.letters(first) == [letters.WAITLIST_JOINED, letters.CONFIRMATION]
    with transaction():
        assert waitlist.accept(offer_id).state == CONFIRMED, "pressed on another device too: the same place"
    assert line.letters(first).count(letters.CONFIRMATION) == 1
    with transaction(), pytest.raises(Conflict):
        waitlist.decline(offer_id, stay=False)
    assert line.state(first) == CONFIRMED


def test_taking_it_too_late(line: Line, at: Clock) -> None:
    """Also in the minute before the worker comes by."""
    first = line.joins()
    line.frees()
    offer_id = line.offer(first)
    at("2026-09-02 21:00")
    with transaction(), pytest.raises(Conflict):
        waitlist.accept(offer_id)
    assert lapse() == 1
    with transaction(), pytest.raises(Conflict):
        waitlist.accept(offer_id)
    assert line.state(first) == WAITLISTED


def test_no_thanks_and_off_the_list(line: Line, at: Clock) -> None:
    first, second = line.joins(), line.joins()
    line.frees()
    offer_id = line.offer(first)
    all_sent()
    with transaction():
        waitlist.decline(offer_id, stay=False)
    gone = line.world.registration(first)
    assert gone.state == CANCELLED and gone.erase_at is not None and gone.slot_id is None
    assert line.letters(first) == [letters.CANCELLATION_OWN]
    assert line.state(second) == OFFERED and line.counts() == (1, 0)
    with transaction():
        waitlist.decline(offer_id, stay=False)
    with transaction(), pytest.raises(Conflict):
        waitlist.accept(offer_id)
    at.later(hours=1)
    with transaction():
        privacy.erase_due()
    assert db.session.get(Registration, first) is None and db.session.get(Offer, offer_id) is None


def test_not_this_time_but_still_in_line(world: ModuleType, at: Clock) -> None:
    """The place in line stays; that time is not offered to them again, and they do not stand in its way."""
    at(MORNING)
    line = Line(world, slots=2)
    first = line.joins()
    line.frees(0)
    with transaction():
        waitlist.decline(line.offer(first), stay=True)
    assert line.state(first) == WAITLISTED and line.place(first) == 1 and line.counts() == (1, 1)
    assert offer_due() == 0
    with transaction():
        late = world.attends(line.posted, 0, contact="late@post.example")
    assert line.state(late) == CONFIRMED
    line.frees(1)
    assert db.session.get_one(Offer, line.offer(first)).slot_id == line.posted.slot_ids[1]


def test_who_said_no_to_every_time_has_none_to_wait_for(world: ModuleType, at: Clock) -> None:
    """They would stand in line for ever, in front of others, and nothing could be offered to them."""
    at(MORNING)
    line = Line(world, slots=2)
    first = line.joins()
    all_sent()
    for slot, other in enumerate((True, False)):
        line.frees(slot)
        offer = db.session.get_one(Offer, line.offer(first))
        assert offers.other_times(offer) == other
        if not other:
            with pytest.raises(Conflict), transaction():
                waitlist.decline(offer.id, stay=True)
            assert line.state(first) == OFFERED, "nobody who would stay is taken off the list by mistake"
        with transaction():
            waitlist.decline(offer.id, stay=other)
    assert line.state(first) == CANCELLED and line.counts() == (0, 0)
    assert line.letters(first) == [letters.CANCELLATION_OWN]


def test_what_others_said_no_to_is_still_there_to_wait_for(world: ModuleType, at: Clock) -> None:
    at(MORNING)
    line = Line(world, slots=2)
    first, second = line.joins(), line.joins()
    line.frees(0)
    with transaction():
        waitlist.decline(line.offer(first), stay=True)
    line.frees(1)
    with transaction():
        waitlist.decline(line.offer(first), stay=False)
    assert line.state(second) == OFFERED
    mine = db.session.get_one(Offer, line.offer(second))
    assert offers.other_times(mine), "only the first in line said no"
    with transaction():
        waitlist.decline(mine.id, stay=True)
    assert line.state(second) != CANCELLED


def test_silence_leads_to_the_end_of_the_line_once_and_then_out_of_it(line: Line, at: Clock) -> None:
    first, second = line.joins(), line.joins()
    line.frees()
    tell(first)
    at("2026-09-02 21:00")
    assert lapse() == 1
    assert line.state(first) == WAITLISTED and line.place(first) == 2, "nothing is offered on at night"
    at("2026-09-03 08:00")
    assert offer_due() == 1 and line.state(second) == OFFERED
    with transaction():
        waitlist.decline(line.offer(second), stay=False)
    assert line.state(first) == OFFERED
    tell(first)
    at("2026-09-05 08:00")
    assert lapse() == 1
    assert line.state(first) == CANCELLED and line.world.registration(first).erase_at is not None
    assert line.letters(first) == [], "no letter follows silence"
    assert line.counts() == (0, 0)


def test_who_never_heard_of_it_keeps_the_second_chance(line: Line, at: Clock) -> None:
    """Nobody called, or the letter did not go: that is not the person's silence."""
    by_phone = line.joins(contact_kind="phone", contact="312-555-0143")
    line.frees()
    for morning in ("2026-09-03 09:00", "2026-09-06 09:00", "2026-09-09 09:00"):
        at(morning)
        lapse()
        assert line.state(by_phone) == OFFERED and line.world.registration(by_phone).lapses == 0


def test_whom_nobody_called_keeps_their_place_and_holds_nobody_up(line: Line, at: Clock) -> None:
    """What they missed goes on, past others who were not called too, until somebody takes it: then they are next."""
    phones = [line.joins(contact_kind="phone", contact=f"312-555-014{last}") for last in range(2)]
    by_mail, last = line.joins(), line.joins()
    line.frees()
    for day, asked in ((3, phones[1]), (6, by_mail)):
        at(f"2026-09-0{day} 09:00")
        assert lapse() == 1 and line.state(asked) == OFFERED
    assert [line.place(who) for who in (*phones, by_mail, last)] == [1, 2, 3, 4]
    with transaction():
        waitlist.accept(line.offer(by_mail))
    with transaction():
        registrations.cancel(by_mail)
    assert line.state(phones[0]) == OFFERED and line.world.registration(phones[0]).lapses == 0


def test_what_was_missed_comes_back_when_nobody_else_wants_it(line: Line, at: Clock) -> None:
    by_phone, other = line.joins(contact_kind="phone", contact="312-555-0143"), line.joins()
    line.frees()
    at("2026-09-03 09:00")
    assert lapse() == 1 and (line.state(by_phone), line.state(other)) == (WAITLISTED, OFFERED)
    with transaction():
        registrations.cancel(other)
    assert line.state(by_phone) == OFFERED


def test_without_email_it_stands_on_the_call_list(line: Line) -> None:
    by_phone = line.joins(contact_kind="phone", contact="312-555-0143")
    line.frees()
    message = db.session.scalars(sa.select(Message).where(Message.letter == letters.OFFER)).one()
    assert (message.registration_id, message.channel) == (by_phone, letters.CALL)
    with transaction():
        waitlist.accept(line.offer(by_phone))
    db.session.refresh(message)
    assert message.state == letters.VOID and line.letters(by_phone) == [letters.WAITLIST_JOINED]


def test_who_leaves_gives_the_offer_on(line: Line) -> None:
    first, second = line.joins(), line.joins()
    line.frees()
    with transaction():
        registrations.erase(first)
    assert line.state(first) == CANCELLED and line.state(second) == OFFERED
    assert line.counts() == (1, 0)
    assert db.session.scalars(sa.select(Offer.state).where(Offer.registration_id == first)).all() == [offers.DECLINED]


def test_offers_are_taken_back_when_the_host_needs_the_places(line: Line) -> None:
    first = line.joins()
    line.frees()
    offer_id = line.offer(first)
    with transaction():
        assert waitlist.withdraw(seats.lock(line.posted.occurrence_id)) == 1
    assert line.state(first) == WAITLISTED and line.place(first) == 1 and line.counts() == (0, 1)
    with transaction(), pytest.raises(Conflict):
        waitlist.accept(offer_id)
    assert letters.OFFER not in line.letters(first)


def test_no_number_in_line_gets_worse(line: Line) -> None:
    """Not even when the offer to whoever stands in front is taken back."""
    first, second = line.joins(), line.joins()
    numbers = [line.place(second)]
    line.frees()
    numbers.append(line.place(second))
    with transaction():
        waitlist.withdraw(seats.lock(line.posted.occurrence_id))
    numbers.append(line.place(second))
    with transaction():
        registrations.cancel(first)
    assert [*numbers, line.place(second)] == [2, 2, 2, 1]


def test_a_date_that_moved_asks_again_who_said_no(world: ModuleType, at: Clock) -> None:
    at(MORNING)
    line = Line(world, slots=2)
    first = line.joins()
    line.frees(0)
    with transaction():
        waitlist.decline(line.offer(first), stay=True)
    with transaction():
        events.move_date(line.posted.occurrence_id, START + DAY, START + DAY + HOURS, line.posted.venue_id)
    assert offer_due() == 1 and line.state(first) == OFFERED


def test_a_cancelled_date_offers_nothing_and_keeps_nobody_waiting_for_an_answer(line: Line) -> None:
    first = line.joins()
    line.frees()
    offer_id = line.offer(first)
    with transaction():
        events.cancel_date(line.posted.occurrence_id, {"en": "No heat.", "es": "Sin calefacción."})
    assert line.state(first) == WAITLISTED and offer_due() == 0
    with transaction(), pytest.raises(Conflict):
        waitlist.accept(offer_id)


@pytest.mark.parametrize("change", [{"closed_at": datetime(2026, 9, 1).astimezone()}, {"state": "cancelled"}])
def test_nothing_is_offered_while_no_names_are_taken(line: Line, change: dict[str, Any]) -> None:
    first = line.joins()
    with transaction():
        db.session.execute(sa.update(Occurrence).values(**change))
    line.frees()
    assert line.state(first) == WAITLISTED and offer_due() == 0


def test_giving_a_place_by_hand(world: ModuleType, at: Clock) -> None:
    """Out of turn only for who says so."""
    at("2026-09-01 22:00")
    line = Line(world, seats=2, more=1)
    too_many, first, second = line.joins(3), line.joins(), line.joins()
    line.frees()
    with transaction(), pytest.raises(waitlist.OutOfTurn) as refused:
        waitlist.promote(second)
    assert "1 group" in str(refused.value.words)
    with transaction():
        waitlist.promote(second, out_of_turn=True)
    with transaction():
        waitlist.promote(first)
    assert [line.state(who) for who in (too_many, first, second)] == [WAITLISTED, CONFIRMED, CONFIRMED]
    with transaction(), pytest.raises(Conflict):
        waitlist.promote(too_many)


def test_each_offer_has_its_own_letter(line: Line, at: Clock) -> None:
    first = line.joins()
    line.frees()
    tell(first)
    at("2026-09-03 09:00")
    lapse()
    assert line.state(first) == OFFERED
    assert line.letters(first, letters.SENT, letters.WAITING).count(letters.OFFER) == 2


def test_the_link_of_an_offer(line: Line, at: Clock) -> None:
    first = line.joins()
    line.frees()
    offer = db.session.get_one(Offer, line.offer(first))
    token = offer.token()
    assert waitlist.by_token(token).id == offer.id
    wrong = [token[:-1] + ("A" if token[-1] != "A" else "B"), "x" * 64, "", line.world.registration(first).token()]
    for other in wrong:
        with pytest.raises(Missing):
            waitlist.by_token(other)
    with pytest.raises(Missing):
        registrations.by_token(token)
    with transaction():
        line.world.registration(first).link_generation += 1
    with pytest.raises(Missing):
        waitlist.by_token(token)


def test_an_offer_of_an_erased_person_is_gone(line: Line) -> None:
    first = line.joins()
    line.frees()
    offer_id = line.offer(first)
    token = db.session.get_one(Offer, offer_id).token()
    with transaction():
        registrations.erase(first)
    with pytest.raises(Missing):
        waitlist.by_token(token)
    for act in (lambda: waitlist.accept(offer_id), lambda: waitlist.decline(offer_id, stay=True)):
        with transaction(), pytest.raises(Missing):
            act()


def test_who_was_offered_a_place_is_not_checked_in_without_taking_it(line: Line) -> None:
    first = line.joins()
    line.frees()
    with transaction(), pytest.raises(Conflict):
        checkin.check_in(first)
    assert line.state(first) == OFFERED


def test_an_offer_is_written_down_once(line: Line) -> None:
    first = line.joins()
    line.frees()
    offer_id = line.offer(first)
    with transaction():
        outbox.enqueue_offer(db.session.get_one(Offer, offer_id), db.session.get_one(Registration, first))
    assert line.letters(first).count(letters.OFFER) == 1


def asked(sent: Sink) -> list[str]:
    """The letters that offer a place, by their subjects."""
    return [letter["Subject"] for letter in sent.letters if letter["Subject"].endswith("A time opened")]


def test_the_worker_moves_the_line_by_itself(line: Line, at: Clock, app: Flask, letters_sent: Sink) -> None:
    """Told, silent, lapsed at night, and the next one is told in the morning."""
    first, second = line.joins(), line.joins()
    line.frees()
    worker.tick(app)
    assert len(asked(letters_sent)) == 1
    at("2026-09-02 22:00")
    worker.tick(app)
    assert (line.state(first), line.state(second)) == (WAITLISTED, WAITLISTED)
    at("2026-09-03 08:00")
    worker.tick(app)
    assert (line.state(first), line.state(second)) == (WAITLISTED, OFFERED)
    assert len(asked(letters_sent)) == 2


def test_a_letter_that_missed_the_day_waits_for_the_next(line: Line, at: Clock, app: Flask, letters_sent: Sink) -> None:
    """The mail server was away: people are not written to at night because of that."""
    line.joins()
    worker.tick(app)
    before = len(letters_sent.letters)
    at("2026-09-01 20:50")
    line.frees()
    at("2026-09-01 21:10")
    worker.tick(app)
    assert len(letters_sent.letters) == before + 1, "what the person who left asked for goes at once"
    at("2026-09-02 08:00")
    worker.tick(app)
    assert len(letters_sent.letters) == before + 2
