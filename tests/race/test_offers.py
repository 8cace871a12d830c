"""Offers under pressure: many places come free at once, and one offer is answered from everywhere at once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import registrations, waitlist
from scheduler.core.errors import Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models import offer as offers
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import CANCELLATION_OWN, CONFIRMATION, OFFER, Message
from scheduler.models.offer import Offer
from scheduler.models.registration import CANCELLED, CONFIRMED, OFFERED, WAITLISTED, Registration

from ..conftest import Clock
from ..ground.mail import all_sent

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]
PLACES, IN_LINE, LEAVE = 12, 20, 8
ENDINGS = 12


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Each in a thread and a transaction of its own; what came of it: `done`, or the name of the refusal."""

    def press(act: Callable[[], object]) -> str:
        with app.app_context():
            try:
                with transaction():
                    act()
            except Refusal as refused:
                return type(refused).__name__
            return "done"

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(press, acts))


def rows(occurrence_id: uuid.UUID, state: str) -> list[int]:
    """Their places in line, the first one first."""
    query = sa.select(Registration.line).where(Registration.occurrence_id == occurrence_id, Registration.state == state)
    return list(db.session.scalars(query.order_by(Registration.line)))


def test_as_many_as_leave_are_asked_and_they_are_the_first_in_line(app: Flask, world: ModuleType, at: Clock) -> None:
    at("2026-09-01 10:00")
    with transaction():
        posted = world.workshop(seats=PLACES)
        people = [world.attends(posted, contact=f"p{number}@post.example") for number in range(PLACES + IN_LINE)]
    leaving = [lambda person=person: registrations.cancel(person) for person in people[:LEAVE]]
    offering = partial(waitlist.offer_due, posted.occurrence_id)
    assert set(at_once(app, *leaving, offering, offering)) == {"done"}
    db.session.rollback()
    assert rows(posted.occurrence_id, OFFERED) == list(range(PLACES + 1, PLACES + LEAVE + 1))
    assert db.session.get_one(Slot, posted.slot_id).seats_taken == PLACES
    assert db.session.get_one(Occurrence, posted.occurrence_id).waiting == IN_LINE - LEAVE
    letters = sa.select(sa.func.count()).select_from(Message).where(Message.letter == OFFER)
    assert db.session.scalar(letters) == LEAVE


@pytest.mark.parametrize("minutes", [0, 60 * 24 * 3])
def test_an_offer_ends_in_one_way(app: Flask, world: ModuleType, at: Clock, minutes: int) -> None:
    """Taken on two devices, declined on a third, cancelled on a fourth, while the worker looks for what is late."""
    for number in range(ENDINGS):
        at("2026-09-01 10:00")
        with transaction():
            posted = world.workshop(seats=1)
            inside, person = (world.attends(posted, contact=f"{who}{number}@post.example") for who in ("in", "w"))
        all_sent()
        with transaction():
            registrations.cancel(inside)
        offer = offers.open_for(person)
        assert offer is not None
        offer_id = offer.id
        at.later(minutes=minutes)
        db.session.rollback()
        at_once(
            app,
            lambda offer_id=offer_id: waitlist.accept(offer_id),
            lambda offer_id=offer_id: waitlist.accept(offer_id),
            lambda offer_id=offer_id: waitlist.decline(offer_id, stay=False),
            lambda person=person: registrations.cancel(person),
            partial(waitlist.lapse_offers, posted.occurrence_id),
            partial(waitlist.offer_due, posted.occurrence_id),
        )
        agree(posted.occurrence_id, person)


def agree(occurrence_id: uuid.UUID, person: uuid.UUID) -> None:
    """State, seats, line, offers and letters tell one story."""
    db.session.rollback()
    state = db.session.get_one(Registration, person).state
    slot = db.session.scalars(sa.select(Slot).where(Slot.occurrence_id == occurrence_id)).one()
    occurrence = db.session.get_one(Occurrence, occurrence_id)
    assert slot.seats_taken == (state in (CONFIRMED, OFFERED))
    assert occurrence.waiting == (state == WAITLISTED)
    query = sa.select(Offer.state).where(Offer.registration_id == person)
    ended = Counter(db.session.scalars(query))
    assert ended[offers.OPEN] == (state == OFFERED) and ended[offers.ACCEPTED] <= 1
    told = sa.select(Message.letter).where(Message.registration_id == person, Message.state == "waiting")
    letters = set(db.session.scalars(told))
    assert (CONFIRMATION in letters) == (state == CONFIRMED)
    assert (CANCELLATION_OWN in letters) == (state == CANCELLED)
