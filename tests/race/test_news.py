"""News of the host and the people it concerns, all at once: no place is given twice, and everybody hears of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, registrations
from scheduler.core.errors import Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import message as kinds
from scheduler.models import registration as states
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.registration import Registration
from scheduler.registrations import NoRoom

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]
REASON = {"en": "No heat", "es": "No hay calefacción"}
PEOPLE = 12

Act = Callable[[], object]


def all_at_once(app: Flask, acts: list[Act]) -> Counter[str]:
    """Each in a thread and a transaction of its own; returns how they ended, by the name of the refusal."""

    def do(act: Act) -> str:
        with app.app_context():
            try:
                with transaction():
                    act()
            except Refusal as refusal:
                return type(refusal).__name__
        return "done"

    with ThreadPoolExecutor(len(acts)) as threads:
        return Counter(threads.map(do, acts))


def states_on(occurrence_id: uuid.UUID) -> Counter[str]:
    db.session.rollback()
    return Counter(db.session.scalars(sa.select(Registration.state).where(Registration.occurrence_id == occurrence_id)))


def assert_counted() -> None:
    """The counters of every time and every line equal the rows."""
    db.session.rollback()
    for slot in db.session.scalars(sa.select(Slot)):
        here = Registration.slot_id == slot.id, Registration.state.in_(states.COUNTED)
        rows = db.session.scalar(sa.select(sa.func.coalesce(sa.func.sum(Registration.party), 0)).where(*here))
        assert slot.seats_taken == rows
    for date in db.session.scalars(sa.select(Occurrence)):
        assert date.waiting == states_on(date.id)[states.WAITLISTED]


def crowd_on(world: ModuleType, posted: Posted, people: int = PEOPLE) -> list[uuid.UUID]:
    with transaction():
        return [world.attends(posted, contact=f"p{number}@post.example") for number in range(people)]


def test_the_last_places_elsewhere_are_given_once(app: Flask, world: ModuleType) -> None:
    with transaction():
        off, other = world.workshop(seats=PEOPLE), world.workshop(seats=4)
    people = crowd_on(world, off)
    with transaction():
        events.cancel_date(off.occurrence_id, REASON)
    acts: list[Act] = [
        lambda one=one: registrations.transfer(one, other.occurrence_id, other.slot_id)  # type: ignore[misc]
        for one in people * 2
    ]
    ended = all_at_once(app, acts)
    assert ended == {"done": 8, NoRoom.__name__: 2 * (PEOPLE - 4)}, "a second press answers as the first one"
    assert states_on(other.occurrence_id) == {states.CONFIRMED: 4}
    assert states_on(off.occurrence_id) == {states.CANCELLED: 4, states.CONFIRMED: PEOPLE - 4}
    assert_counted()


def test_people_pass_each_other_between_two_dates(app: Flask, world: ModuleType) -> None:
    """Both dates are locked in one order, whichever way a person goes."""
    with transaction():
        left, right = world.workshop(seats=PEOPLE * 2), world.workshop(seats=PEOPLE * 2)
    acts: list[Act] = [
        lambda one=one, there=there: registrations.transfer(one, there.occurrence_id, there.slot_id)  # type: ignore[misc]
        for here, there in ((left, right), (right, left))
        for one in crowd_on(world, here)
    ]
    assert all_at_once(app, acts) == {"done": PEOPLE * 2}
    for posted in (left, right):
        assert states_on(posted.occurrence_id) == {states.CONFIRMED: PEOPLE, states.CANCELLED: PEOPLE}
    assert_counted()


def test_whoever_signs_up_while_the_date_is_called_off_is_told_or_refused(app: Flask, world: ModuleType) -> None:
    with transaction():
        off = world.workshop(seats=PEOPLE)
        forms = [(world.attendee(contact=f"p{number}@post.example"), f"form {number}") for number in range(PEOPLE)]
    acts: list[Act] = [
        lambda form=form: registrations.register(off.occurrence_id, off.slot_id, *form)  # type: ignore[misc]
        for form in forms
    ]
    acts.insert(PEOPLE // 2, lambda: events.cancel_date(off.occurrence_id, REASON))
    all_at_once(app, acts)
    seated = states_on(off.occurrence_id)[states.CONFIRMED]
    told = sa.select(sa.func.count()).where(Message.letter == kinds.CANCELLATION_HOST, Message.state == kinds.WAITING)
    assert db.session.scalar(told) == seated, "whoever has a place there knows that it is off"
    assert_counted()


def test_a_date_is_moved_while_people_sign_up_and_leave(app: Flask, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop(seats=PEOPLE * 2)
        forms = [(world.attendee(contact=f"n{number}@post.example"), f"form {number}") for number in range(PEOPLE)]
    date = db.session.get_one(Occurrence, posted.occurrence_id)
    week = timedelta(weeks=1)
    wished = (posted.occurrence_id, date.starts_local + week, date.ends_local + week, posted.venue_id)
    acts: list[Act] = [lambda one=one: registrations.cancel(one) for one in crowd_on(world, posted)]  # type: ignore[misc]
    acts += [
        lambda form=form: registrations.register(posted.occurrence_id, posted.slot_id, *form)  # type: ignore[misc]
        for form in forms
    ]
    acts.insert(PEOPLE, lambda: events.move_date(*wished))
    assert all_at_once(app, acts) == {"done": 2 * PEOPLE + 1}
    slot = db.session.get_one(Slot, posted.slot_id)
    assert slot.starts_local == wished[1]
    asked = sa.select(sa.func.count()).where(Registration.keep_asked_at.is_not(None), Registration.state == "confirmed")
    told = sa.select(sa.func.count()).where(Message.letter == kinds.MOVE, Message.state == kinds.WAITING)
    assert db.session.scalar(asked) == db.session.scalar(told), "whoever was there before is asked"
    assert_counted()
