"""Check-in at the door: once, undone, and never for who has no place."""

from __future__ import annotations

import threading
import time
import uuid
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from scheduler import checkin, registrations, seats
from scheduler.core.errors import Conflict, Full, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models import registration as states
from scheduler.models.event import Slot
from scheduler.models.registration import Registration
from scheduler.registrations import leaving


@pytest.fixture
def place(world: ModuleType, at: Any) -> uuid.UUID:
    """Marisol's place at a workshop that begins at 18:00; the clock says 17:31."""
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop()
        kept: uuid.UUID = world.attends(posted)
    at("2026-12-12 17:31")
    return kept


def the(registration_id: uuid.UUID) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, registration_id)


def test_somebody_is_here(place: uuid.UUID) -> None:
    with transaction():
        checkin.check_in(place)
    assert the(place).state == states.CHECKED_IN
    assert the(place).checked_in_at is not None


def test_a_second_check_in_says_when_the_first_was(place: uuid.UUID, at: Any) -> None:
    with transaction():
        checkin.check_in(place)
    first = the(place).checked_in_at
    at.later(minutes=10)
    with pytest.raises(Conflict) as refused, transaction():
        checkin.check_in(place)
    assert str(refused.value.words) == "Already in, 5:31 PM."
    assert the(place).checked_in_at == first


def test_undo_keeps_the_place(place: uuid.UUID) -> None:
    with transaction():
        checkin.check_in(place)
    with transaction():
        checkin.undo_check_in(place)
    assert the(place).state == states.CONFIRMED
    assert the(place).checked_in_at is None
    slot_id = the(place).slot_id
    assert db.session.get_one(Slot, slot_id).seats_taken == 1


def test_nothing_to_undo(place: uuid.UUID) -> None:
    with pytest.raises(Conflict, match="Conflict"), transaction():
        checkin.undo_check_in(place)


def test_a_held_place_is_confirmed_by_coming(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(starts_local=world.a_day_ahead(0, "18:00"))
        held = [world.attends(posted) for _number in range(5)][-1]
    assert the(held).state == states.HELD
    with transaction():
        checkin.check_in(held)
    assert the(held).held_until is None
    with transaction():
        checkin.undo_check_in(held)
    assert the(held).state == states.CONFIRMED


def test_nobody_is_checked_in_before_the_day(place: uuid.UUID, at: Any) -> None:
    at("2026-12-11 23:59")
    with pytest.raises(Conflict) as refused, transaction():
        checkin.check_in(place)
    assert str(refused.value.words) == "It is too early. People are checked in on the day itself: Sat, Dec 12."
    assert the(place).state == states.CONFIRMED
    at("2026-12-12 00:00")
    with transaction():
        checkin.check_in(place)
    assert the(place).state == states.CHECKED_IN


def test_nobody_is_let_in_before_the_day(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=1)
        leaves = world.attends(posted)
        waits, asked = (world.attends(posted) for _number in range(2))
    with transaction():
        registrations.cancel(leaves)
    for registration_id, state in ((waits, states.OFFERED), (asked, states.WAITLISTED)):
        with pytest.raises(Conflict) as refused, transaction():
            checkin.let_in(registration_id)
        assert "too early" in str(refused.value.words) and the(registration_id).state == state


def test_who_waits_needs_a_place_first(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=1, starts_local=world.a_day_ahead(0, "18:00"))
        world.attends(posted)
        waiting = world.attends(posted)
    with pytest.raises(Conflict) as refused, transaction():
        checkin.check_in(waiting)
    assert "in line" in str(refused.value.words)


def test_a_place_given_back_is_not_checked_in(place: uuid.UUID) -> None:
    with transaction():
        registrations.cancel(place)
    with pytest.raises(Conflict), transaction():
        checkin.check_in(place)
    assert the(place).state == states.CANCELLED


def test_an_unknown_or_erased_place_is_missing(place: uuid.UUID) -> None:
    with transaction():
        registrations.erase(place)
    for registration_id in (place, uuid.uuid4()):
        with pytest.raises(Missing), transaction():
            checkin.check_in(registration_id)


def test_two_doors_check_the_same_person_in_once(app: Flask, place: uuid.UUID) -> None:
    answers: list[str] = []
    ready = threading.Barrier(4)

    def door() -> None:
        with app.app_context():
            ready.wait()
            try:
                with transaction():
                    checkin.check_in(place)
                answers.append("in")
            except Conflict:
                answers.append("already")

    threads = [threading.Thread(target=door) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["already", "already", "already", "in"]


def test_of_check_in_and_cancelling_at_once_one_wins(
    app: Flask, world: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        posted = world.workshop(seats=20)
        places = [world.attends(posted, contact=f"p{number}@post.example") for number in range(8)]
    give_back = leaving.give_back

    def dawdle(registration: Registration) -> None:
        """Between reading the state and writing it, long enough for the other to come in between."""
        time.sleep(0.05)
        give_back(registration)

    monkeypatch.setattr(leaving, "give_back", dawdle)
    ready = threading.Barrier(2)
    done: list[uuid.UUID] = []

    def each(act: Any, delay: float) -> None:
        with app.app_context():
            for registration_id in places:
                ready.wait()
                time.sleep(delay)
                try:
                    with transaction():
                        act(registration_id)
                    done.append(registration_id)
                except Conflict:
                    pass

    threads = [threading.Thread(target=each, args=(checkin.check_in, 0.02)),
               threading.Thread(target=each, args=(registrations.cancel, 0))]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(places), "each place was either checked in or given back, never both"
    seated = [the(registration_id) for registration_id in places if the(registration_id).state in states.SEATED]
    with transaction():
        occurrence = seats.lock(posted.occurrence_id)
        assert sum(slot.seats_taken for slot in occurrence.slots) == len(seated)


@pytest.fixture
def family(world: ModuleType, at: Any) -> uuid.UUID:
    """A party of four, on the evening itself."""
    at("2026-11-28 09:00")
    with transaction():
        kept: uuid.UUID = world.attends(world.workshop(), party=4)
    at("2026-12-12 17:31")
    return kept


def test_a_party_arrives_in_parts(family: uuid.UUID, at: Any) -> None:
    with transaction():
        checkin.check_in(family, 2)
    assert (the(family).state, the(family).arrived) == (states.CHECKED_IN, 2)
    first = the(family).checked_in_at
    at.later(minutes=10)
    for here in (3, 4):
        with transaction():
            checkin.count_arrivals(family, here)
    assert (the(family).arrived, the(family).checked_in_at) == (4, first)


def test_all_of_a_party_unless_somebody_says_otherwise(family: uuid.UUID) -> None:
    with transaction():
        checkin.check_in(family)
    assert the(family).arrived == 4


@pytest.mark.parametrize("here", [0, 5, -1])
def test_nobody_arrives_in_a_number_that_cannot_be(family: uuid.UUID, here: int) -> None:
    with pytest.raises(Refusal), transaction():
        checkin.check_in(family, here)
    assert the(family).state == states.CONFIRMED


def test_arrivals_only_grow(family: uuid.UUID) -> None:
    with pytest.raises(Conflict), transaction():
        checkin.count_arrivals(family, 2)
    with transaction():
        checkin.check_in(family, 3)
    for here in (2, 3):
        with pytest.raises(Conflict) as refused, transaction():
            checkin.count_arrivals(family, here)
        assert str(refused.value.words) == "Already in: 3 of 4, 5:31 PM."
    assert the(family).arrived == 3


def test_undo_takes_the_whole_party_back(family: uuid.UUID) -> None:
    with transaction():
        checkin.check_in(family, 2)
    with transaction():
        checkin.undo_check_in(family)
    assert (the(family).state, the(family).arrived) == (states.CONFIRMED, 0)


def test_who_waits_is_let_in_where_there_is_room(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=2)
        leaves, stays = world.attends(posted), world.attends(posted)
        waiting = world.attends(posted, contact="w@post.example")
    at("2026-12-12 07:30")
    with pytest.raises(Full), transaction():
        checkin.let_in(waiting)
    with transaction():
        registrations.cancel(leaves)
    with transaction():
        checkin.let_in(waiting)
    assert (the(waiting).state, the(waiting).arrived) == (states.CHECKED_IN, 1)
    assert the(stays).occurrence.waiting == 0
    assert db.session.get_one(Slot, posted.slot_id).seats_taken == 2
    with pytest.raises(Conflict), transaction():
        checkin.let_in(waiting)


def test_who_was_offered_a_place_takes_it_at_the_door(world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=1)
        leaves = world.attends(posted)
        waiting = world.attends(posted, contact="w@post.example")
    at("2026-12-12 10:00")
    with transaction():
        registrations.cancel(leaves)
    assert the(waiting).state == states.OFFERED
    with pytest.raises(Conflict), transaction():
        checkin.check_in(waiting)
    with transaction():
        checkin.let_in(waiting)
    assert the(waiting).state == states.CHECKED_IN
    assert db.session.get_one(Slot, posted.slot_id).seats_taken == 1
