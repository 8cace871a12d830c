"""The reminder plan of an event: chosen by its organizer, changed at any time, and nobody is reminded twice or late."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, postman, registrations, reminders, waitlist
from scheduler.core import clock
from scheduler.core.errors import Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.forms.reminders import DAYS
from scheduler.models import message as kinds
from scheduler.models import offer as offers
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import Message
from scheduler.models.reminder import CHOICES, Reminder, audiences

from ..ground.mail import Sink

ZONE = "America/Chicago"
TODAY = "2026-11-17 10:00"


class Evening:
    """A workshop on Saturday 5 December at 18:00, and who comes."""

    def __init__(self, world: ModuleType, at: Any) -> None:
        self.world, self.at = world, at
        at(TODAY)
        with transaction():
            self.posted: Posted = world.workshop(sensitive=True, starts_local=datetime(2026, 12, 5, 18, 0))

    def attends(self, **changes: object) -> uuid.UUID:
        changes = {"contact": f"{uuid.uuid4().hex}@post.example", "language": "en"} | changes
        with transaction():
            found: uuid.UUID = self.world.attends(self.posted, **changes)
            return found

    def plan(self, *days: int) -> None:
        with transaction():
            events.plan_reminders(self.posted.event_id, days)

    def pass_until(self, moment: str) -> int:
        """The worker wakes at this wall time; how many reminders it writes."""
        self.at(moment)
        with transaction():
            return reminders.write_due()

    def deliver(self) -> None:
        while postman.deliver_due():
            pass

    def rows(self) -> dict[int, str]:
        """When each is due, on the wall; a dead one says so."""
        db.session.rollback()
        found = db.session.scalars(sa.select(Reminder).order_by(Reminder.due_at)).all()
        return {one.days_before: "never" if one.is_dead else wall(one.due_at) for one in found}

    def written(self) -> list[tuple[str, str]]:
        db.session.rollback()
        query = sa.select(Message).where(Message.letter == kinds.REMINDER).order_by(Message.due_at, Message.id)
        return [(wall(letter.due_at), letter.state) for letter in db.session.scalars(query)]


def wall(instant: datetime) -> str:
    return clock.local(instant, ZONE).strftime("%m-%d %H:%M")


@pytest.fixture
def evening(app: Flask, world: ModuleType, at: Any) -> Evening:
    return Evening(world, at)


def test_three_days_and_one_day_unless_somebody_says_otherwise(evening: Evening) -> None:
    assert evening.rows() == {3: "12-02 18:00", 1: "12-04 18:00"}


def test_another_plan_takes_the_place_of_the_first(evening: Evening) -> None:
    evening.attends()
    evening.plan(7, 1)
    assert evening.rows() == {7: "11-28 18:00", 1: "12-04 18:00"}
    assert evening.pass_until("2026-11-28 18:00") == 1
    assert evening.pass_until("2026-12-02 18:00") == 0
    assert evening.pass_until("2026-12-04 18:00") == 1


def test_the_same_morning_is_nine_o_clock(evening: Evening) -> None:
    evening.attends()
    evening.plan(0)
    assert evening.rows() == {0: "12-05 09:00"}
    assert evening.pass_until("2026-12-05 08:59") == 0
    assert evening.pass_until("2026-12-05 09:00") == 1


def test_a_morning_that_starts_early_has_no_reminder_of_the_same_morning(
    app: Flask, world: ModuleType, at: Any
) -> None:
    at(TODAY)
    with transaction():
        posted = world.clinic(starts_local=datetime(2026, 12, 5, 9, 30))
        world.attends(posted)
        events.plan_reminders(posted.event_id, (1, 0))
    at("2026-12-05 09:00")
    with transaction():
        assert reminders.write_due() == 1, "the one of the day before still stands"
    assert {letter.reminder.days_before for letter in db.session.scalars(sa.select(Message)) if letter.reminder} == {1}


def test_nobody_needs_to_be_reminded(evening: Evening) -> None:
    evening.attends()
    evening.plan()
    assert evening.rows() == {}
    assert evening.pass_until("2026-12-05 09:00") == 0


@pytest.mark.parametrize("days", [(4,), (-1,), (14, 7, 5, 3, 2), (365,)])
def test_only_days_of_the_list_and_up_to_four(evening: Evening, days: tuple[int, ...]) -> None:
    with pytest.raises(Refusal) as found:
        evening.plan(*days)
    assert found.value.field == "days"
    assert evening.rows().keys() == {3, 1}


def test_the_form_offers_what_can_be_chosen() -> None:
    assert tuple(int(days) for days, _words in DAYS) == CHOICES


def test_a_day_that_has_passed_when_it_is_chosen_is_not_sent_late(evening: Evening) -> None:
    evening.attends()
    evening.pass_until("2026-12-02 18:00")
    evening.at("2026-12-03 12:00")
    evening.plan(7, 5, 3, 1)
    assert evening.rows() == {7: "never", 5: "never", 3: "12-02 18:00", 1: "12-04 18:00"}
    assert evening.pass_until("2026-12-03 12:01") == 0
    evening.plan(7, 1)
    evening.plan(7, 3, 1)
    assert evening.pass_until("2026-12-03 12:02") == 0


def test_what_was_sent_stays_sent_and_is_not_sent_again(evening: Evening, letters_sent: Sink) -> None:
    evening.attends()
    assert evening.pass_until("2026-12-02 18:00") == 1
    evening.deliver()
    evening.plan(1)
    assert evening.written() == [("12-02 18:00", "sent")]
    assert evening.rows() == {3: "never", 1: "12-04 18:00"}, "its row stays as the record"
    evening.plan(3, 1)
    assert evening.pass_until("2026-12-02 19:00") == 0
    evening.deliver()
    assert sum("Reminder" in letter["Subject"] for letter in letters_sent.letters) == 1


def test_what_was_not_used_goes(evening: Evening) -> None:
    evening.attends()
    evening.plan(1)
    assert evening.rows() == {1: "12-04 18:00"}
    assert evening.pass_until("2026-12-02 18:00") == 0


def test_a_letter_that_still_waits_is_not_sent_once_it_is_out_of_the_plan(evening: Evening, letters_sent: Sink) -> None:
    evening.attends()
    evening.pass_until("2026-12-02 18:00")
    evening.plan(1)
    evening.deliver()
    assert evening.written() == [("12-02 18:00", "void")]
    assert evening.pass_until("2026-12-04 18:00") == 1


def test_who_signs_up_after_a_new_reminder_was_due_does_not_get_it(evening: Evening) -> None:
    evening.plan(7)
    evening.at("2026-11-28 18:05")
    evening.attends()
    assert evening.pass_until("2026-11-28 18:06") == 0


def test_who_gets_a_place_from_the_line_after_it_was_due_does_not_get_it(evening: Evening) -> None:
    with transaction():
        slot = db.session.get_one(Occurrence, evening.posted.occurrence_id).slots[0]
        slot.seats_limit = 1
    evening.attends()
    waiting = evening.attends()
    evening.pass_until("2026-12-02 18:00")
    evening.at("2026-12-03 10:00")
    with transaction():
        events.change_times(evening.posted.occurrence_id, {evening.posted.slot_id: 2})
        offer_id = offers.open_for(waiting).id  # type: ignore[union-attr]
        waitlist.accept(offer_id)
    assert evening.pass_until("2026-12-03 10:01") == 0, "the confirmation has just told them all of it"
    assert evening.pass_until("2026-12-04 18:00") == 2


def test_the_plan_holds_for_every_date_to_come_and_for_those_that_follow(evening: Evening) -> None:
    evening.plan(2)
    timetable = events.Timetable(
        datetime(2026, 12, 12, 18, 0), datetime(2026, 12, 12, 19, 30), evening.posted.venue_id, places=4
    )
    with transaction():
        events.add_date(evening.posted.event_id, timetable)
    db.session.rollback()
    assert sorted(map(wall, db.session.scalars(sa.select(Reminder.due_at)))) == ["12-03 18:00", "12-10 18:00"]
    evening.plan(14, 1)
    due = [wall(one.due_at) for one in db.session.scalars(sa.select(Reminder)) if not one.is_dead]
    assert sorted(due) == ["11-21 18:00", "11-28 18:00", "12-04 18:00", "12-11 18:00"]


@pytest.mark.parametrize(
    ("starts", "days", "due"),
    [
        ("2027-03-14 10:00", 0, "2027-03-14 09:00"),
        ("2027-03-14 18:00", 7, "2027-03-07 18:00"),
        ("2027-03-21 10:00", 14, "2027-03-07 10:00"),
        ("2027-03-16 20:00", 2, "2027-03-14 19:00"),
        ("2026-11-08 10:00", 7, "2026-11-01 10:00"),
        ("2026-11-03 07:00", 2, "2026-11-01 09:00"),
        ("2027-11-07 18:00", 0, "2027-11-07 09:00"),
        ("2027-11-14 10:00", 7, "2027-11-07 10:00"),
        ("2027-11-12 18:00", 5, "2027-11-07 18:00"),
    ],
)
def test_days_are_days_across_the_changes_of_the_clocks(
    app: Flask, world: ModuleType, at: Any, starts: str, days: int, due: str
) -> None:
    at(datetime.fromisoformat(starts).replace(tzinfo=clock.UTC) - timedelta(days=30))
    with transaction():
        posted = world.workshop(starts_local=datetime.fromisoformat(starts))
        events.plan_reminders(posted.event_id, [days])
        world.attends(posted)
    instant = db.session.scalars(sa.select(Reminder.due_at)).one()
    assert clock.local(instant, ZONE).strftime("%Y-%m-%d %H:%M") == due
    for moment, count in ((instant - timedelta(minutes=1), 0), (instant, 1), (instant, 0)):
        at(moment)
        with transaction():
            assert reminders.write_due() == count


def test_new_rules_of_a_zone_do_not_lose_a_reminder(evening: Evening) -> None:
    """The rules say an hour earlier, and that hour has just passed: it still goes."""
    evening.attends()
    evening.at("2026-12-04 18:30")
    with transaction():
        reminder = db.session.scalars(sa.select(Reminder).where(Reminder.days_before == 1)).one()
        reminder.due_at = reminder.due_at + timedelta(hours=1)
        reminders.plan(db.session.get_one(Occurrence, evening.posted.occurrence_id))
    assert evening.pass_until("2026-12-04 18:30") == 1


def test_whom_it_would_reach_in_numbers_only(evening: Evening) -> None:
    evening.attends()
    evening.attends(wording="full")
    evening.attends(wording="full", contact_kind="helper_email")
    evening.attends(language="es")
    evening.attends(contact_kind="phone", contact="312-555-0123")
    evening.attends(contact_kind="none", contact="")
    stopped, cancelled = evening.attends(), evening.attends()
    with transaction():
        registrations.stop_reminders(stopped)
        registrations.cancel(cancelled)
    found = audiences([evening.posted.occurrence_id])[evening.posted.occurrence_id]
    assert found.letters == {("en", True): 2, ("en", False): 1, ("es", True): 1}
    assert (found.written_to, found.calls, found.by_code) == (4, 1, 1), "nobody can call who left no number"
    assert evening.pass_until("2026-12-02 18:00") == found.written_to + found.calls + found.by_code


def test_only_an_event_that_still_lives(evening: Evening) -> None:
    with pytest.raises(Missing), transaction():
        events.plan_reminders(uuid.uuid4(), [1])
    with transaction():
        db.session.get_one(Event, evening.posted.event_id).state = "cancelled"
    with pytest.raises(Conflict):
        evening.plan(1)
