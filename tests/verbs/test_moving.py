"""The host moves a date while people have a place: times move along, each is asked, and who stays silent is called."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import events, registrations, reminders, rosters
from scheduler.calendars import components
from scheduler.core import clock
from scheduler.core.errors import Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import message as kinds
from scheduler.models import moved
from scheduler.models import registration as states
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.reminder import Reminder
from scheduler.registrations import Wishes

WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def today(at: Any) -> None:
    at("2026-11-20 10:00")


@pytest.fixture
def clinic(world: ModuleType) -> Posted:
    """Two times with three places each, on 2026-12-05 at 09:30 and 10:00."""
    with transaction():
        posted: Posted = world.clinic(slots=2, seats=3, starts_local=datetime(2026, 12, 5, 9, 30))
    return posted


def the(occurrence_id: uuid.UUID) -> Occurrence:
    db.session.rollback()
    return db.session.get_one(Occurrence, occurrence_id)


def move(posted: Posted, by: timedelta = WEEK, venue_id: uuid.UUID | None = None) -> None:
    date = the(posted.occurrence_id)
    starts, ends = date.starts_local + by, date.ends_local + by
    with transaction():
        events.move_date(posted.occurrence_id, starts, ends, venue_id or posted.venue_id)


def letters(state: str = kinds.WAITING) -> Counter[tuple[str, str]]:
    db.session.rollback()
    query = sa.select(Message.letter, Message.channel).where(Message.state == state)
    return Counter((row[0], row[1]) for row in db.session.execute(query))


def times(posted: Posted) -> list[tuple[datetime, int]]:
    db.session.rollback()
    query = sa.select(Slot).where(Slot.occurrence_id == posted.occurrence_id).order_by(Slot.starts_at)
    return [(slot.starts_local, slot.seats_taken) for slot in db.session.scalars(query)]


def test_every_time_moves_along_and_people_keep_theirs(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        person = world.attends(clinic, slot=1, party=2)
    move(clinic, WEEK + timedelta(hours=2))
    assert times(clinic) == [(datetime(2026, 12, 12, 11, 30), 0), (datetime(2026, 12, 12, 12, 0), 2)]
    assert world.registration(person).slot_id == clinic.slot_ids[1]
    assert world.registration(person).starts_local == datetime(2026, 12, 12, 12, 0)


def test_the_date_remembers_and_calendars_can_tell(clinic: Posted, at: Any) -> None:
    sequence = components.sequence(the(clinic.occurrence_id))
    at.later(hours=1)
    move(clinic)
    date = the(clinic.occurrence_id)
    assert date.moved_from_local == datetime(2026, 12, 5, 9, 30)
    assert date.moved_at == date.revised_at == clock.now()
    assert components.sequence(date) == sequence + 1
    assert date.starts_at == clock.to_utc(datetime(2026, 12, 12, 9, 30), "America/Chicago")


def test_across_the_change_of_clocks_the_wall_time_counts(world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slots=2, starts_local=datetime(2027, 3, 13, 9, 30))
    move(clinic)
    starts = [slot.starts_at for slot in db.session.scalars(sa.select(Slot).order_by(Slot.starts_at))]
    assert [start.hour for start in starts] == [14, 15], "09:30 and 10:00 in summer time"


def test_everybody_is_asked_in_the_way_they_chose(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        sure = world.attends(clinic)
        registrations.reconfirm(sure)
        world.attends(clinic, contact_kind="phone", contact="312-555-0143", party=2)
        full = world.attends(clinic, slot=1, party=3, contact="third@post.example")
        line = world.attends(clinic, contact="line@post.example")
    move(clinic)
    person = world.registration(sure)
    assert (person.keep_asked_at, person.is_reconfirmed) == (clock.now(), False), "they said yes to another day"
    assert world.registration(full).keep_asked_at and world.registration(line).keep_asked_at is None
    assert letters()[kinds.MOVE, kinds.EMAIL] == 3 and letters()[kinds.MOVE, kinds.CALL] == 1
    assert world.registration(line).state == states.WAITLISTED


def test_who_was_not_reached_yet_is_called_once(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        world.attends(clinic, contact_kind="phone", contact="312-555-0143")
        world.attends(clinic)
    move(clinic)
    assert letters() == {
        (kinds.MOVE, kinds.CALL): 1,
        (kinds.MOVE, kinds.EMAIL): 1,
        (kinds.CONFIRMATION, kinds.EMAIL): 1,
    }


def test_reminders_are_planned_anew_and_old_ones_are_not_sent(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        world.attends(clinic)
    at("2026-12-02 09:30")
    with transaction():
        assert reminders.write_due() == 1
    move(clinic)
    assert letters()[kinds.REMINDER, kinds.EMAIL] == 0
    due = {found.days_before: found.due_at for found in db.session.scalars(sa.select(Reminder))}
    assert due[3] == clock.to_utc(datetime(2026, 12, 9, 9, 30), "America/Chicago")
    with transaction():
        assert reminders.write_due() == 0
    at("2026-12-09 09:30")
    with transaction():
        assert reminders.write_due() == 1, "one more, for the new date"


def test_a_reminder_that_would_be_late_does_not_follow_the_news(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        world.attends(clinic)
    at("2026-12-02 08:00")
    move(clinic, timedelta(days=-1))
    with transaction():
        assert reminders.write_due() == 0, "three days before the new date is already past"
    at("2026-12-03 09:30")
    with transaction():
        assert reminders.write_due() == 1


def test_nothing_is_kept_longer_than_promised(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        world.attends(clinic)
    name = "Marisol Ortega"
    move(clinic)
    date = the(clinic.occurrence_id)
    assert date.keep_until == datetime(2027, 1, 11).date(), "30 days after the new day"
    assert db.session.scalars(sa.select(states.Registration)).one().name == name, "the key went to its new week"


def test_keeping_and_giving_back(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        stays, goes = world.attends(clinic), world.attends(clinic, contact="goes@post.example")
    move(clinic)
    with transaction():
        registrations.reconfirm(stays)
        registrations.cancel(goes)
    kept = world.registration(stays)
    assert (kept.state, kept.keep_asked_at, kept.reconfirmed_at) == (states.CONFIRMED, None, clock.now())
    assert world.registration(goes).state == states.CANCELLED
    assert times(clinic)[0][1] == 1


def test_who_stays_silent_goes_on_the_call_list_once(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        world.attends(clinic)
        answers = world.attends(clinic, contact="answers@post.example")
        world.attends(clinic, slot=1, contact_kind="phone", contact="312-555-0143")
        leaves = world.attends(clinic, slot=1, contact="leaves@post.example")
    move(clinic)
    with transaction():
        registrations.reconfirm(answers)
        registrations.cancel(leaves)
    at("2026-12-10 09:29")
    with transaction():
        assert events.ask_by_phone() == 0, "more than 48 hours before"
    at("2026-12-10 09:30")
    for expected in (1, 0):
        with transaction():
            assert events.ask_by_phone() == expected
    assert letters()[kinds.MOVE, kinds.CALL] == 2, "the one with a phone was on it from the beginning"


def test_who_was_written_to_and_has_only_a_phone_now_is_called(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        person = world.attends(clinic)
    move(clinic)
    with transaction():
        db.session.execute(sa.update(Message).values(state=kinds.SENT, sent_at=clock.now()))
    at.later(hours=1)
    wishes = replace(Wishes.of(world.registration(person)), contact_kind="phone", contact="312-555-0143")
    with transaction():
        registrations.change(person, wishes)
    assert not letters()[kinds.MOVE, kinds.CALL]
    at("2026-12-10 09:30")
    for expected in (1, 0):
        with transaction():
            assert events.ask_by_phone() == expected


def test_a_number_that_was_put_right_is_called(world: ModuleType, clinic: Posted, at: Any) -> None:
    """Only the wrong one was called; and while it is all that is known, it is not called again."""
    with transaction():
        lead = world.organizer()
        right, _wrong = (world.attends(clinic, contact_kind="phone", contact=f"312-555-014{last}") for last in range(2))
    move(clinic)
    for call in db.session.scalars(sa.select(Message.id).where(Message.letter == kinds.MOVE)).all():
        with transaction():
            rosters.record_call(call, kinds.WRONG_NUMBER, lead.user_id)
    wishes = replace(Wishes.of(world.registration(right)), contact="312-555-0149")
    with transaction():
        registrations.change(right, wishes)
    at("2026-12-10 09:30")
    with transaction():
        assert events.ask_by_phone() == 1
    silent = sa.select(Message.registration_id).where(Message.letter == kinds.MOVE, Message.state == kinds.WAITING)
    assert db.session.scalars(silent).all() == [right]


def test_moved_at_short_notice_there_are_three_hours_to_answer(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        person = world.attends(clinic)
    at("2026-12-04 12:00")
    move(clinic, timedelta(hours=24))
    found = moved.of(world.registration(person))
    assert found and found.answer_by == clock.to_utc(datetime(2026, 12, 4, 15, 0), "America/Chicago")
    for hour, expected in (("14:59", 0), ("15:00", 1)):
        at(f"2026-12-04 {hour}")
        with transaction():
            assert events.ask_by_phone() == expected


def test_a_call_is_no_longer_due_when_the_person_answered(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        person = world.attends(clinic, contact_kind="phone", contact="312-555-0143")
    move(clinic)
    query = sa.select(Message).where(Message.letter == kinds.MOVE)
    assert db.session.scalars(query).one().is_still_due(clock.now())
    with transaction():
        registrations.reconfirm(person)
    assert not db.session.scalars(query).one().is_still_due(clock.now())


def test_a_second_move_before_the_answers(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        person, quick = world.attends(clinic), world.attends(clinic, contact="quick@post.example")
    move(clinic)
    with transaction():
        registrations.reconfirm(quick)
    at.later(hours=5)
    move(clinic)
    assert letters(kinds.VOID)[kinds.MOVE, kinds.EMAIL] == 2, "nobody hears of the date in between any more"
    assert letters()[kinds.MOVE, kinds.EMAIL] == 2
    for registration_id in (person, quick):
        assert world.registration(registration_id).keep_asked_at == clock.now()
    date = the(clinic.occurrence_id)
    assert (date.sequence, date.moved_from_local) == (2, datetime(2026, 12, 12, 9, 30))


@pytest.mark.parametrize("heard", ["nothing", "letter", "answered"])
def test_two_moves_are_one_to_who_heard_of_none(world: ModuleType, clinic: Posted, at: Any, heard: str) -> None:
    """First another day, then another place: who did not hear of the day in between reads of both at once."""
    with transaction():
        person = world.attends(clinic, slot=1)
        world.attends(clinic, party=3, contact="full@post.example")
        line = world.attends(clinic, party=3, contact="line@post.example")
        elsewhere = world.venue(clinic.organization_id)
    move(clinic)
    with transaction():
        late = world.attends(clinic, contact="late@post.example")
        if heard == "letter":
            db.session.execute(sa.update(Message).where(Message.letter == kinds.MOVE).values(state=kinds.SENT))
        elif heard == "answered":
            registrations.reconfirm(person)
    for _ in range(2):
        at.later(hours=1)
        move(clinic, timedelta(), elsewhere)
        elsewhere = clinic.venue_id
    was = {who: moved.of(world.registration(who)) for who in (person, line, late)}
    seen = {who: (found.was_local, found.same_time) for who, found in was.items() if found}
    first, between = (datetime(2026, 12, 5, 10), False), (datetime(2026, 12, 12, 10), True)
    assert seen[person] == (first if heard == "nothing" else between)
    early, new = (datetime(2026, 12, 5, 9, 30), False), (datetime(2026, 12, 12, 9, 30), True)
    assert seen[line] == (new if heard == "letter" else early)
    assert seen[late] == new, "they only know the day in between"


def test_a_date_that_is_back_where_it_was_has_no_new_address(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        person = world.attends(clinic)
    move(clinic)
    move(clinic, -WEEK)
    found = moved.of(world.registration(person))
    assert found and (found.was_local, found.same_time) == (datetime(2026, 12, 12, 9, 30), False)


def test_shortly_before_the_date_nobody_waits_for_answers(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        person = world.attends(clinic)
        elsewhere = world.venue(clinic.organization_id)
    at("2026-12-05 08:00")
    move(clinic, timedelta(), elsewhere)
    found = moved.of(world.registration(person))
    assert found and found.answer_by == the(clinic.occurrence_id).starts_at, "not after it began"
    with transaction():
        assert events.ask_by_phone() == 1


def test_another_party_is_no_yes_to_the_new_day(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        person = world.attends(clinic, party=2)
        registrations.reconfirm(person)
    move(clinic)
    with transaction():
        registrations.change(person, replace(registrations.Wishes.of(world.registration(person)), party=1))
    assert not world.registration(person).is_reconfirmed


def test_an_open_offer_goes_back_to_the_line(world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slots=1, seats=1)
        first, second = world.attends(clinic), world.attends(clinic, contact="second@post.example")
    with transaction():
        registrations.cancel(first)
    assert world.registration(second).state == states.OFFERED
    move(clinic)
    assert (world.registration(second).state, times(clinic)[0][1]) == (states.WAITLISTED, 0)
    assert letters()[kinds.MOVE, kinds.EMAIL] == 1


def test_another_place_alone_is_a_move_too(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        person = world.attends(clinic)
        elsewhere = world.venue(clinic.organization_id)
    move(clinic, timedelta(), elsewhere)
    assert world.registration(person).keep_asked_at
    assert the(clinic.occurrence_id).venue_id == elsewhere


def test_what_cannot_be(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        draft = world.clinic(state="draft")
        theirs = world.venue(world.organization("far-shore"))
        world.attends(clinic)
    day = datetime(2026, 12, 12)
    tried = {
        "day": (datetime(2026, 12, 5, 9, 30), datetime(2026, 12, 5, 11, 30), clinic.venue_id),
        "ends": (day.replace(hour=9), day.replace(hour=9, minute=15), clinic.venue_id),
        "venue": (day.replace(hour=9), day.replace(hour=12), theirs),
        "starts": (datetime(2027, 3, 14, 2, 30), datetime(2027, 3, 14, 12), clinic.venue_id),
    }
    for field, wished in tried.items():
        with pytest.raises(Refusal) as refused, transaction():
            events.move_date(clinic.occurrence_id, *wished)
        assert refused.value.field == field
    with pytest.raises(events.NotReady), transaction():
        events.move_date(clinic.occurrence_id, day.replace(hour=9), day.replace(hour=10), clinic.venue_id)
    assert times(clinic)[0] == (datetime(2026, 12, 5, 9, 30), 1) and not letters()[kinds.MOVE, kinds.EMAIL]
    with pytest.raises(Conflict), transaction():
        events.move_date(draft.occurrence_id, day.replace(hour=9), day.replace(hour=12), clinic.venue_id)
    with pytest.raises(Missing), transaction():
        events.move_date(uuid.uuid4(), day.replace(hour=9), day.replace(hour=12), clinic.venue_id)
    at(the(clinic.occurrence_id).starts_at)
    with pytest.raises(Conflict), transaction():
        events.move_date(clinic.occurrence_id, day.replace(hour=9), day.replace(hour=12), clinic.venue_id)


def test_a_date_is_not_moved_onto_its_twin(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        date = db.session.get_one(Occurrence, clinic.occurrence_id)
        week = timedelta(weeks=1)
        hours = date.starts_local + week, date.ends_local + week
        events.add_date(clinic.event_id, events.Timetable(*hours, date.venue_id, 5))
    with pytest.raises(Refusal) as refused:
        move(clinic)
    assert refused.value.field == "day"


def test_a_house_that_it_came_back_to_is_told_with_the_one_between(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        person, elsewhere = world.attends(clinic), world.venue(clinic.organization_id)
    for venue_id in (elsewhere, clinic.venue_id):
        move(clinic, timedelta(), venue_id)
    found = moved.of(world.registration(person))
    assert found and found.only_the_place and not found.only_the_end
