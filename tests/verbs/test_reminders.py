"""Reminders: three days and one day before, by day, once, and only while they are true."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import postman, registrations, reminders, waitlist
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models import message as kinds
from scheduler.models import offer as offers
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import Message
from scheduler.models.reminder import Reminder
from scheduler.registrations import Wishes

from ..ground.mail import Sink

ZONE = "America/Chicago"
TODAY = "2026-11-21 10:00"
THREE_BEFORE, ONE_BEFORE = "2026-12-02 18:00", "2026-12-04 18:00"


class Evening:
    """A workshop on Saturday 5 December at 18:00, and who comes."""

    def __init__(self, world: ModuleType, at: Any) -> None:
        self.world, self.at = world, at
        at(TODAY)
        with transaction():
            self.posted = world.workshop(sensitive=True)

    def attends(self, **changes: object) -> uuid.UUID:
        with transaction():
            found: uuid.UUID = self.world.attends(self.posted, **changes)
            return found

    def pass_until(self, moment: str) -> int:
        """The worker wakes at this wall time; how many reminders it writes."""
        self.at(moment)
        with transaction():
            return reminders.write_due()

    def written(self) -> list[Message]:
        db.session.rollback()
        query = sa.select(Message).where(Message.letter == kinds.REMINDER).order_by(Message.due_at)
        return list(db.session.scalars(query))


@pytest.fixture
def evening(app: Flask, world: ModuleType, at: Any) -> Evening:
    return Evening(world, at)


def subjects(sink: Sink) -> list[str]:
    return [letter["Subject"] for letter in sink.letters if "Reminder" in letter["Subject"]]


def test_three_days_and_one_day_before_at_the_same_wall_time(evening: Evening) -> None:
    evening.attends()
    assert evening.pass_until("2026-12-02 17:59") == 0
    assert evening.pass_until(THREE_BEFORE) == 1
    assert evening.pass_until("2026-12-04 17:59") == 0
    assert evening.pass_until(ONE_BEFORE) == 1
    assert [clock.local(letter.due_at, ZONE).strftime("%m-%d %H:%M") for letter in evening.written()] == [
        "12-02 18:00",
        "12-04 18:00",
    ]


def test_each_arrives_once_however_often_and_by_whomever_it_is_looked_for(
    evening: Evening, letters_sent: Sink, app: Flask
) -> None:
    for number in range(5):
        evening.attends(contact=f"person{number}@post.example", language="en")
    evening.at(THREE_BEFORE)

    def work() -> None:
        with app.app_context():
            for _ in range(3):
                with transaction():
                    reminders.write_due()
                postman.deliver_due()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while postman.deliver_due():
        pass
    assert len(evening.written()) == 5
    assert subjects(letters_sent) == ["Reminder: Saturday 6:00 PM / Recordatorio: sábado 6:00 p.m."] * 5


def test_none_after_a_cancellation_even_when_it_was_already_written(evening: Evening, letters_sent: Sink) -> None:
    early, late = evening.attends(), evening.attends(contact="late@post.example")
    with transaction():
        registrations.cancel(early)
    assert evening.pass_until(THREE_BEFORE) == 1
    with transaction():
        registrations.cancel(late)
    while postman.deliver_due():
        pass
    assert subjects(letters_sent) == []
    assert evening.written()[0].state == kinds.VOID


def test_none_for_an_event_or_a_date_that_is_cancelled(evening: Evening, letters_sent: Sink) -> None:
    evening.attends()
    evening.pass_until(THREE_BEFORE)
    with transaction():
        db.session.get_one(Event, evening.posted.event_id).state = "cancelled"
    while postman.deliver_due():
        pass
    assert subjects(letters_sent) == []
    assert evening.pass_until(ONE_BEFORE) == 0


def test_who_came_late_does_not_get_what_was_due_before(evening: Evening) -> None:
    evening.at("2026-12-03 09:00")
    evening.attends()
    assert evening.pass_until("2026-12-03 09:01") == 0
    assert evening.pass_until(ONE_BEFORE) == 1


def test_who_came_in_the_very_minute_has_just_been_told(evening: Evening) -> None:
    evening.at(clock.to_utc(datetime(2026, 12, 4, 18, 0, 30), ZONE))
    evening.attends()
    evening.at.later(seconds=20)
    with transaction():
        assert reminders.write_due() == 0


def change(registration_id: uuid.UUID, **changes: object) -> None:
    with transaction():
        wishes = Wishes.of(registrations.locked(registration_id))
        registrations.change(registration_id, replace(wishes, **changes))  # type: ignore[arg-type]


def test_who_only_writes_a_note_while_the_worker_is_away_is_still_reminded(evening: Evening) -> None:
    place = evening.attends()
    evening.at("2026-12-04 18:05")
    change(place, note="Ring twice", needs=["step_free"])
    assert evening.pass_until("2026-12-04 18:20") == 1
    assert evening.pass_until("2026-12-04 18:30") == 0


def test_who_was_told_of_a_change_while_the_worker_was_away_is_not_told_twice(evening: Evening) -> None:
    place = evening.attends()
    evening.at("2026-12-04 18:05")
    change(place, party=2)
    change(place, note="Ring twice")
    assert evening.pass_until("2026-12-04 18:20") == 0


def test_who_takes_an_offer_on_the_phone_after_it_was_due_is_not_called_again(evening: Evening) -> None:
    with transaction():
        evening.posted = evening.world.workshop(seats=1)
    first = evening.attends()
    waits = evening.attends(contact_kind="phone", contact="312-555-0143")
    evening.at("2026-12-04 16:00")
    with transaction():
        registrations.cancel(first)
    evening.at("2026-12-04 18:05")
    with transaction():
        offer = offers.open_for(waits)
        assert offer is not None
        waitlist.accept(offer.id)
    assert evening.pass_until("2026-12-04 18:20") == 0


def test_a_reminder_that_a_newer_one_has_overtaken_is_not_sent(evening: Evening, letters_sent: Sink) -> None:
    evening.attends(language="en")
    evening.pass_until(THREE_BEFORE)
    evening.at(ONE_BEFORE)
    while postman.deliver_due():
        pass
    assert subjects(letters_sent) == []
    assert evening.written()[0].state == kinds.VOID


def test_an_outage_of_three_days_sends_one_reminder_and_not_two(evening: Evening, letters_sent: Sink) -> None:
    evening.attends(language="en")
    evening.pass_until("2026-12-05 09:00")
    while postman.deliver_due():
        pass
    assert len(subjects(letters_sent)) == 1


def test_none_after_the_start(evening: Evening) -> None:
    evening.attends()
    assert evening.pass_until("2026-12-05 18:00") == 0


def test_waiting_held_and_stopped_places_are_not_reminded(evening: Evening) -> None:
    stopped = evening.attends()
    with transaction():
        registrations.stop_reminders(stopped)
    for _ in range(5):
        evening.attends(contact="often@post.example")
    for _ in range(3):
        evening.attends(contact_kind="none", contact="", party=2)
    evening.pass_until(THREE_BEFORE)
    kinds_of_people = {letter.registration.state for letter in evening.written() if letter.registration}
    assert kinds_of_people == {"confirmed"}
    assert stopped not in {letter.registration_id for letter in evening.written()}


def test_people_without_e_mail_stand_on_the_call_list(evening: Evening, letters_sent: Sink) -> None:
    evening.attends(contact_kind="phone", contact="312-555-0123")
    evening.attends(contact_kind="none", contact="")
    evening.attends(contact_kind="helper_email", contact="nephew@post.example")
    assert evening.pass_until(THREE_BEFORE) == 3
    assert sorted(letter.channel for letter in evening.written()) == ["call", "call", "email"]
    while postman.deliver_due():
        pass
    assert {delivery.recipients[0] for delivery in letters_sent.deliveries} == {"nephew@post.example"}


@pytest.mark.parametrize("night", ["2026-12-02 21:00", "2026-12-02 23:59", "2026-12-03 00:00", "2026-12-03 07:59"])
def test_nobody_is_written_to_at_night(evening: Evening, letters_sent: Sink, night: str) -> None:
    evening.attends(language="en")
    postman.deliver_due()
    evening.pass_until(night)
    postman.deliver_due()
    assert subjects(letters_sent) == []
    (letter,) = evening.written()
    assert clock.local(letter.next_try_at, ZONE).strftime("%m-%d %H:%M") == "12-03 08:00"
    evening.at("2026-12-03 08:00")
    postman.deliver_due()
    assert len(subjects(letters_sent)) == 1


@pytest.mark.parametrize(
    ("starts", "days", "due"),
    [
        ("2027-03-15 10:00", 3, "2027-03-12 10:00"),
        ("2027-03-14 10:00", 1, "2027-03-13 10:00"),
        ("2027-11-08 10:00", 3, "2027-11-05 10:00"),
        ("2027-11-07 10:00", 1, "2027-11-06 10:00"),
        ("2026-12-05 07:15", 1, "2026-12-04 09:00"),
        ("2026-12-05 20:30", 1, "2026-12-04 19:00"),
    ],
)
def test_a_day_before_is_the_same_wall_time_and_a_sensible_hour(
    app: Flask, world: ModuleType, at: Any, starts: str, days: int, due: str
) -> None:
    at(datetime.fromisoformat(starts).replace(tzinfo=clock.UTC) - timedelta(days=14))
    with transaction():
        posted = world.workshop(sensitive=True, starts_local=datetime.fromisoformat(starts))
    query = sa.select(Reminder).where(Reminder.occurrence_id == posted.occurrence_id, Reminder.days_before == days)
    assert clock.local(db.session.scalars(query).one().due_at, ZONE).strftime("%Y-%m-%d %H:%M") == due


def test_a_date_that_moves_reminds_anew(evening: Evening, letters_sent: Sink) -> None:
    evening.attends(language="en")
    assert evening.pass_until(THREE_BEFORE) == 1
    postman.deliver_due()
    with transaction():
        occurrence = db.session.get_one(Occurrence, evening.posted.occurrence_id)
        occurrence.schedule(datetime(2026, 12, 12, 18, 0), datetime(2026, 12, 12, 19, 30), 30)
        occurrence.sequence += 1
        for slot in occurrence.slots:
            slot.starts_local, slot.starts_at = occurrence.starts_local, occurrence.starts_at
        reminders.plan(occurrence)
    assert evening.pass_until(ONE_BEFORE) == 0
    assert evening.pass_until("2026-12-09 18:00") == 1
    postman.deliver_due()
    assert len(subjects(letters_sent)) == 2
