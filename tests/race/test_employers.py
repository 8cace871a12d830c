"""One company's people press at the same moment: together they never get more than its share."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from scheduler import registrations, trainings
from scheduler.core.errors import Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models.event import Slot
from scheduler.models.registration import LIVE, SEATED, Registration
from scheduler.registrations import Attendee
from scheduler.trainings import Terms

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]

SHARE, PEOPLE, PLACES, AT_ONCE = 5, 40, 7, 16
SPELLINGS = ("Fictional Foods Co.", "fictional foods", "FICTIONAL  FOODS, Inc.", "The Fictional Foods LLC")


def at_once(app: Flask, count: int, act: Callable[[int], None], look: Callable[[], None] = lambda: None) -> list[str]:
    """Everybody in a thread and a session of their own; `kept`, or the name of the refusal."""

    def one(number: int) -> str:
        with app.app_context():
            try:
                look()
                with transaction():
                    act(number)
            except Refusal as refused:
                return type(refused).__name__
            finally:
                db.session.remove()
            return "kept"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(count)))


def person(number: int, employer: str = "", party: int = 1) -> Attendee:
    nobody = Attendee(name=f"Person {number}", contact_kind="none", contact="", language="en", spoken="en")
    return replace(nobody, party=party, employer=employer)


def test_a_company_never_gets_more_than_its_share(app: Flask, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop(seats=100, type="employer_training", admission="seats", max_per_employer=SHARE)

    def keep(number: int) -> None:
        party = 1 + number % 2
        attendee = person(number, SPELLINGS[number % len(SPELLINGS)], party)
        registrations.register(posted.occurrence_id, posted.slot_id, attendee, f"race-{number}")

    answers = at_once(current_app._get_current_object(), PEOPLE, keep)  # type: ignore[attr-defined]
    live = sa.select(sa.func.sum(Registration.party)).where(Registration.state.in_(LIVE))
    assert db.session.scalar(live) == SHARE
    assert set(answers) == {"kept", "Refusal"}
    assert db.session.scalars(sa.select(Slot.seats_taken)).one() == SHARE
    assert len(set(db.session.scalars(sa.select(Registration.employer_index)))) == 1, "all spellings are one company"


def test_who_counts_before_the_lock_is_caught(app: Flask, world: ModuleType) -> None:
    """Negative control: the same crowd, each looking first and keeping then, takes more than the share."""
    with transaction():
        posted = world.workshop(seats=100, type="employer_training", admission="seats")

    def look() -> None:
        live = sa.select(sa.func.count(Registration.id)).where(Registration.state.in_(LIVE))
        if (db.session.scalar(live) or 0) >= SHARE:
            raise Refusal("too many")
        everybody_has_looked.wait(20)

    def keep(number: int) -> None:
        registrations.register(posted.occurrence_id, posted.slot_id, person(number, SPELLINGS[0]), f"race-{number}")

    everybody_has_looked = threading.Barrier(AT_ONCE)
    at_once(current_app._get_current_object(), AT_ONCE, keep, look)  # type: ignore[attr-defined]
    assert db.session.scalar(sa.select(sa.func.count(Registration.id))) == AT_ONCE > SHARE


def test_an_invitation_never_gives_more_than_there_is(app: Flask, world: ModuleType) -> None:
    with transaction():
        booking_id = _session(world)

    def come(number: int) -> None:
        trainings.join(booking_id, f"Person {number}", "en", f"race-{number}")

    answers = at_once(current_app._get_current_object(), PEOPLE, come)  # type: ignore[attr-defined]
    assert answers.count("kept") == PLACES and set(answers) == {"kept", "Conflict"}
    seated = sa.select(sa.func.count(Registration.id)).where(Registration.state.in_(SEATED))
    assert db.session.scalar(seated) == PLACES == db.session.scalar(sa.select(sa.func.count(Registration.id)))


def _session(world: ModuleType) -> uuid.UUID:
    training_id = employers.offer(world.organization())
    wish = employers.a_wish(14)
    booking_id = trainings.submit(training_id, employers.said(wishes=[wish]), "race").id
    trainings.take_up(booking_id)
    trainings.accept(booking_id, Terms(0, time(9), None, PLACES))
    return booking_id
