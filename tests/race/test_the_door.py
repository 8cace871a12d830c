"""The door with several volunteers: nobody is counted twice, no number is given twice, nobody is beyond the limit."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import checkin, registrations, rosters
from scheduler.core.errors import Conflict, Full
from scheduler.core.extensions import db, transaction
from scheduler.models import registration as states
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.registration import PHONE, Registration

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]

VOLUNTEERS = 8


@pytest.fixture
def day(at: Any) -> Callable[..., Any]:
    """What `post` announces and fills two weeks ahead; afterwards it is the evening itself."""

    def come(post: Callable[[], Any]) -> Any:
        at("2026-11-28 09:00")
        with transaction():
            found = post()
        at("2026-12-12 18:10")
        return found

    return come


def all_at_once(app: Flask, acts: list[Callable[[], object]]) -> list[str]:
    """Each act by a volunteer of its own, at the same moment; `done`, or the name of what stood in the way."""
    gate, answers = threading.Barrier(len(acts)), []

    def volunteer(act: Callable[[], object]) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    act()
                answers.append("done")
            except (Conflict, Full) as refused:
                answers.append(type(refused).__name__)

    threads = [threading.Thread(target=volunteer, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def seats_taken(posted: Any) -> int:
    db.session.rollback()
    return db.session.get_one(Slot, posted.slot_id).seats_taken


def walk_in(posted: Any, person: int, party: int = 1, nonce: str = "") -> Callable[[], object]:
    return lambda: checkin.walk_in(posted.occurrence_id, f"Person {person}", "en", party, nonce or f"form {person}")


def test_the_last_place_goes_to_one_walk_in(app: Flask, world: ModuleType, day: Any) -> None:
    posted = day(lambda: world.workshop(seats=3))
    answers = all_at_once(app, [walk_in(posted, person) for person in range(VOLUNTEERS)])
    assert answers == ["Full"] * (VOLUNTEERS - 3) + ["done"] * 3
    assert seats_taken(posted) == 3
    numbers = db.session.scalars(sa.select(Registration.door_number).order_by(Registration.door_number)).all()
    assert numbers == [1, 2, 3]


def test_the_same_form_from_eight_thumbs_is_one_person(app: Flask, world: ModuleType, day: Any) -> None:
    posted = day(lambda: world.workshop(seats=5))
    assert all_at_once(app, [walk_in(posted, 1, nonce="same")] * VOLUNTEERS) == ["done"] * VOLUNTEERS
    assert seats_taken(posted) == 1
    assert db.session.get_one(Occurrence, posted.occurrence_id).last_door_number == 1


def test_a_party_is_checked_in_once(app: Flask, world: ModuleType, day: Any) -> None:
    place = day(lambda: world.attends(world.workshop(), party=4))
    acts = [lambda here=here: checkin.check_in(place, here) for here in (1, 2, 3, 4) * 2]
    assert all_at_once(app, acts) == ["Conflict"] * 7 + ["done"]


def test_arrivals_in_parts_end_with_the_most_that_anybody_counted(app: Flask, world: ModuleType, day: Any) -> None:
    place = day(lambda: world.attends(world.workshop(), party=4))
    with transaction():
        checkin.check_in(place, 1)
    all_at_once(app, [lambda here=here: checkin.count_arrivals(place, here) for here in (2, 3, 4, 3, 2)])
    db.session.rollback()
    assert db.session.get_one(Registration, place).arrived == 4


def test_walk_in_line_and_booking_share_the_last_place(app: Flask, world: ModuleType, day: Any) -> None:
    """One place is free: somebody from the street, somebody from the line, and a web form all want it."""

    def post() -> Any:
        posted = world.workshop(seats=2)
        leaves, waits = (world.attends(posted, party=2), world.attends(posted, contact="w@post.example"))
        return posted, leaves, waits

    posted, leaves, waits = day(post)
    with transaction():
        registrations.cancel(leaves)
    with transaction():
        checkin.walk_in(posted.occurrence_id, "First", "en", 1, "first")
    acts = [walk_in(posted, 1), walk_in(posted, 2), lambda: checkin.let_in(waits), lambda: checkin.let_in(waits)]
    answers = all_at_once(app, acts)
    assert answers.count("done") == 1
    assert seats_taken(posted) == 2
    seated = db.session.scalar(
        sa.select(sa.func.count()).where(Registration.state.in_(states.COUNTED), Registration.slot_id == posted.slot_id)
    )
    assert seated == 2
    assert db.session.get_one(Occurrence, posted.occurrence_id).waiting == (
        db.session.get_one(Registration, waits).state == states.WAITLISTED
    )


def test_late_people_and_the_worker_agree(app: Flask, world: ModuleType, day: Any, at: Any) -> None:
    """While no-shows are marked, some are checked in by hand: nobody is lost, and nobody is both."""
    places = day(lambda: [world.attends(posted) for posted in [world.workshop(seats=9)] for _person in range(4)])
    at("2026-12-12 21:00")
    acts: list[Callable[[], object]] = [lambda place=place: checkin.check_in(place) for place in places]
    assert all_at_once(app, [*acts, checkin.mark_no_shows]) == ["done"] * 5
    db.session.rollback()
    assert {db.session.get_one(Registration, place).state for place in places} == {states.CHECKED_IN}


def test_two_callers_write_one_outcome(app: Flask, world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        staff = world.organizer()
        world.attends(world.workshop(), contact_kind=PHONE, contact="312-555-0144")
    call: uuid.UUID = db.session.scalars(sa.select(Message.id)).one()
    outcomes = ["reached", "no_answer", "wrong_number", "will_not_come"] * 2
    acts = [lambda said=said: rosters.record_call(call, said, staff.user_id, 0) for said in outcomes]
    assert all_at_once(app, acts) == ["Conflict"] * 7 + ["done"]
    db.session.rollback()
    assert db.session.get_one(Message, call).attempts == 1
