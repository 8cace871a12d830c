"""Walk-ins: a free place of the time that is on now or next, the next number, and nothing beyond the limit."""

from __future__ import annotations

import uuid
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import checkin, registrations
from scheduler.core.errors import Closed, Conflict, Full, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models import registration as states
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.registration import Registration


@pytest.fixture
def clinic(world: ModuleType, at: Any) -> Any:
    """9:30, 10:00 and 10:30, two places each; the clock says 10:05 of that day."""
    at("2026-11-28 09:00")
    with transaction():
        posted = world.clinic(slots=3, seats=2)
    at("2026-12-12 10:05")
    return posted


def come_in(posted: Any, name: str = "Luz", party: int = 1, spoken: str = "es", nonce: str = "") -> uuid.UUID:
    with transaction():
        return checkin.walk_in(posted.occurrence_id, name, spoken, party, nonce or uuid.uuid4().hex).id


def the(registration_id: uuid.UUID) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, registration_id)


def taken(posted: Any) -> list[int]:
    db.session.rollback()
    return [db.session.get_one(Slot, slot_id).seats_taken for slot_id in posted.slot_ids]


def test_a_walk_in_is_here_with_a_number_and_no_letter(clinic: Any) -> None:
    luz = the(come_in(clinic, party=2))
    assert (luz.state, luz.arrived, luz.door_number, luz.source) == (states.CHECKED_IN, 2, 1, "walk_in")
    assert (luz.name, luz.spoken, luz.language, luz.contact_kind) == ("Luz", "es", "es", states.NONE)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0
    assert the(come_in(clinic, spoken="pl")).language == "en"


def test_numbers_follow_each_other(clinic: Any) -> None:
    assert [the(come_in(clinic)).door_number for _person in range(3)] == [1, 2, 3]


def test_the_time_that_is_on_comes_first_then_the_next(clinic: Any) -> None:
    """9:30 is over at 10:05: nobody sits there any more, also when it was never full."""
    for _person in range(4):
        come_in(clinic)
    assert taken(clinic) == [0, 2, 2]
    with pytest.raises(Full):
        come_in(clinic)
    assert taken(clinic) == [0, 2, 2]


def test_a_group_goes_where_all_of_it_fits(clinic: Any) -> None:
    come_in(clinic)
    come_in(clinic, party=2)
    assert taken(clinic) == [0, 1, 2]


def test_a_workshop_that_has_begun_takes_people_in(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=1)
    at("2026-12-12 18:40")
    come_in(posted)
    with pytest.raises(Full):
        come_in(posted)


def test_who_stands_at_the_door_goes_before_who_waits_at_home(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=2)
        seated = [world.attends(posted, contact=f"{number}@post.example") for number in range(2)]
        waiting = world.attends(posted, contact="w@post.example")
    at("2026-12-12 18:10")
    with transaction():
        registrations.cancel(seated[0])
    come_in(posted)
    assert the(waiting).state == states.WAITLISTED
    with pytest.raises(Full):
        come_in(posted)


def test_a_place_on_offer_is_not_free(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=1)
        leaves = world.attends(posted)
        world.attends(posted, contact="w@post.example")
    at("2026-12-12 10:00")
    with transaction():
        registrations.cancel(leaves)
    with pytest.raises(Full):
        come_in(posted)


def test_a_button_pressed_twice_gives_one_number(clinic: Any) -> None:
    first, second = (come_in(clinic, nonce="same") for _press in range(2))
    assert first == second
    assert taken(clinic) == [0, 1, 0]
    with pytest.raises(Conflict):
        come_in(clinic, name="Somebody else", nonce="same")


def test_an_undone_walk_in_keeps_number_and_place(clinic: Any) -> None:
    luz = come_in(clinic)
    with transaction():
        checkin.undo_check_in(luz)
    assert the(come_in(clinic)).door_number == 2
    with transaction():
        checkin.check_in(luz)
    assert the(luz).door_number == 1


@pytest.mark.parametrize("moment", ["2026-12-11 23:59", "2026-12-12 12:00"])
def test_only_on_the_day_until_the_end(clinic: Any, at: Any, moment: str) -> None:
    at(moment)
    with pytest.raises(Closed):
        come_in(clinic)


def test_early_in_the_morning_is_early_enough(clinic: Any, at: Any) -> None:
    at("2026-12-12 00:01")
    come_in(clinic)
    assert taken(clinic) == [1, 0, 0]


def test_a_list_closed_beforehand_does_not_shut_the_door(clinic: Any, at: Any) -> None:
    with transaction():
        occurrence = db.session.get_one(Occurrence, clinic.occurrence_id)
        occurrence.closed_at = occurrence.created_at
    come_in(clinic)


def test_a_cancelled_date_takes_nobody(clinic: Any) -> None:
    with transaction():
        db.session.get_one(Occurrence, clinic.occurrence_id).state = "cancelled"
    with pytest.raises(Closed):
        come_in(clinic)


def test_walk_ins_can_be_turned_off(clinic: Any) -> None:
    with transaction():
        checkin.set_walk_ins(clinic.event_id, False)
    with pytest.raises(Full) as refused:
        come_in(clinic)
    assert "no walk-ins" in str(refused.value.words)
    with transaction():
        checkin.set_walk_ins(clinic.event_id, True)
    come_in(clinic)
    with pytest.raises(Missing), transaction():
        checkin.set_walk_ins(uuid.uuid4(), True)


def test_a_group_larger_than_the_event_takes_is_refused(clinic: Any) -> None:
    with pytest.raises(Refusal) as refused:
        come_in(clinic, party=7)
    assert refused.value.field == "party"


def test_a_date_that_is_not_there_is_missing(clinic: Any) -> None:
    with pytest.raises(Missing), transaction():
        checkin.walk_in(uuid.uuid4(), "Luz", "es", 1, "nonce")


@pytest.mark.parametrize(("admission", "numbered"), [("open_door", True), ("single_session", False)])
def test_people_with_a_booking_get_numbers_where_numbers_are_called(
    world: ModuleType, at: Any, admission: str, numbered: bool
) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(admission=admission)
        booked = world.attends(posted)
    at("2026-12-12 18:05")
    come_in(posted)
    with transaction():
        checkin.check_in(booked)
    assert the(booked).door_number == (2 if numbered else None)
    with transaction():
        checkin.undo_check_in(booked)
    with transaction():
        checkin.check_in(booked)
    assert the(booked).door_number == (2 if numbered else None)


def test_doors_without_sign_up_work_by_number_alone(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(admission="numbers", seats=2)
    at("2026-12-12 18:05")
    assert [the(come_in(posted)).door_number for _person in range(2)] == [1, 2]
    with pytest.raises(Full):
        come_in(posted)


class TestHowLongTheyWait:
    def minutes(self, registration_id: uuid.UUID) -> int | None:
        return checkin.minutes_to_wait(the(registration_id))

    def test_until_the_time_of_their_place(self, clinic: Any) -> None:
        on_now = [come_in(clinic) for _person in range(2)]
        next_time = come_in(clinic)
        assert [self.minutes(one) for one in (*on_now, next_time)] == [None, None, 25]

    def test_by_the_plan_of_an_open_door(self, world: ModuleType, at: Any) -> None:
        """20 people in 100 minutes of arrivals: one each five minutes."""
        at("2026-11-28 09:00")
        with transaction():
            posted = world.workshop(admission="open_door", seats=20, minutes=140, flow_minutes=40)
        at("2026-12-12 18:00")
        people = [come_in(posted, party=party) for party in (1, 2, 1, 1)]
        assert [self.minutes(one) for one in people] == [None, 5, 15, 20]
        at("2026-12-12 18:13")
        assert [self.minutes(one) for one in people] == [None, None, 5, 10]

    def test_nothing_is_said_where_nobody_planned(self, world: ModuleType, at: Any) -> None:
        at("2026-11-28 09:00")
        with transaction():
            posted = [world.workshop(admission="open_door", flow_minutes=0), world.workshop(flow_minutes=30)]
        at("2026-12-12 17:00")
        assert [self.minutes(come_in(one)) for one in posted] == [None, None]
