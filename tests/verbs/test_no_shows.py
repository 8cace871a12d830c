"""No-shows: marked an hour after the last visit, once, and only who was expected."""

from __future__ import annotations

import uuid
from types import ModuleType
from typing import Any

import pytest

from scheduler import checkin, worker
from scheduler.core.extensions import db, transaction
from scheduler.models import registration as states
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.registration import Registration


@pytest.fixture
def evening(world: ModuleType, at: Any) -> Any:
    """A workshop from 18:00 to 19:30 with two places, both kept, and somebody in line."""
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=2)
        people = [world.attends(posted, contact=f"p{number}@post.example") for number in range(3)]
    return posted, people


def mark() -> int:
    with transaction():
        return checkin.mark_no_shows()


def found(people: list[uuid.UUID]) -> list[str]:
    db.session.rollback()
    return [db.session.get_one(Registration, one).state for one in people]


def test_who_did_not_come_is_marked_an_hour_after_the_end(evening: Any, at: Any) -> None:
    posted, people = evening
    at("2026-12-12 18:10")
    with transaction():
        checkin.check_in(people[0])
    at("2026-12-12 20:29")
    assert mark() == 0
    at("2026-12-12 20:30")
    assert mark() == 1
    assert found(people) == [states.CHECKED_IN, states.NO_SHOW, states.WAITLISTED]
    assert mark() == 0
    assert db.session.get_one(Slot, posted.slot_id).seats_taken == 2


@pytest.mark.parametrize(
    ("flow_minutes", "before", "then"),
    [(60, "12:29", "12:30"), (0, "13:59", "14:00"), (400, "13:59", "14:00")],
    ids=["the last visit", "nobody said how long one takes", "no longer than the date"],
)
def test_where_people_chose_a_time_the_last_visit_counts(
    world: ModuleType, at: Any, flow_minutes: int, before: str, then: str
) -> None:
    """From 9:30 to 13:00; the last ones come at 10:30."""
    at("2026-11-28 09:00")
    with transaction():
        posted = world.clinic(slots=3, flow_minutes=flow_minutes)
        date = db.session.get_one(Occurrence, posted.occurrence_id)
        date.schedule(date.starts_local, date.starts_local.replace(hour=13, minute=0), 30)
        people = [world.attends(posted, 0), world.attends(posted, 2, contact="p@post.example")]
    at(f"2026-12-12 {before}")
    assert mark() == 0
    at(f"2026-12-12 {then}")
    assert mark() == 2 and found(people) == [states.NO_SHOW] * 2


def test_a_held_place_is_one_too(evening: Any, at: Any) -> None:
    _posted, people = evening
    with transaction():
        held = db.session.get_one(Registration, people[0])
        held.state, held.held_until = states.HELD, at("2026-12-13 09:00")
    assert mark() == 2
    assert db.session.get_one(Registration, people[0]).held_until is None


@pytest.mark.parametrize("what", ["event", "date"])
def test_nobody_stayed_away_from_a_cancelled_date(evening: Any, at: Any, what: str) -> None:
    posted, people = evening
    with transaction():
        if what == "event":
            db.session.get_one(Event, posted.event_id).state = "cancelled"
        else:
            db.session.get_one(Occurrence, posted.occurrence_id).state = "cancelled"
    at("2026-12-13 09:00")
    assert mark() == 0
    assert found(people)[0] == states.CONFIRMED


def test_somebody_can_still_be_checked_in_by_hand(evening: Any, at: Any) -> None:
    _posted, people = evening
    at("2026-12-12 21:00")
    mark()
    with transaction():
        checkin.check_in(people[0])
    assert mark() == 0
    assert found(people)[:2] == [states.CHECKED_IN, states.NO_SHOW]


def test_walk_ins_came(evening: Any, world: ModuleType, at: Any) -> None:
    with transaction():
        posted = world.workshop()
    at("2026-12-12 18:10")
    with transaction():
        here = checkin.walk_in(posted.occurrence_id, "Luz", "es", 1, "nonce").id
    at("2026-12-12 21:00")
    mark()
    assert found([here]) == [states.CHECKED_IN]


def test_the_worker_does_it(evening: Any, at: Any) -> None:
    at("2026-12-12 21:00")
    worker.do("no-shows", worker.CHORES["no-shows"])
    assert found(evening[1])[0] == states.NO_SHOW


@pytest.mark.parametrize("came", [False, True])
@pytest.mark.parametrize("by_venue", [False, True])
def test_nobody_stays_away_from_a_date_without_a_door(world: ModuleType, at: Any, came: bool, by_venue: bool) -> None:
    """Unless somebody was checked in there all the same."""
    at("2026-11-28 09:00")
    with transaction():
        where = {"venue_id": world.venue(world.organization(), online=True)} if by_venue else {"format": "online"}
        posted = world.workshop(starts_local=world.a_day_ahead(0, "18:00"), **where)
        one, other = world.attends(posted), world.attends(posted, contact="other@post.example")
    at("2026-11-28 18:05")
    if came:
        with transaction():
            checkin.check_in(one)
    at("2026-11-28 21:00")
    with transaction():
        assert checkin.mark_no_shows() == came
    assert world.registration(other).state == (states.NO_SHOW if came else states.CONFIRMED)
