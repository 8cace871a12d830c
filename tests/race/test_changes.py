"""Many people change their places in the same moment: no seat is lost, none is sold twice, and thumbs count once."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import registrations
from scheduler.core.errors import Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Slot
from scheduler.models.message import CHANGE, WAITING, Message
from scheduler.models.registration import COUNTED, WAITLISTED, Registration
from scheduler.registrations import Wishes

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]
PEOPLE, THREADS = 24, 12


def seats(posted: Any) -> dict[uuid.UUID, tuple[int, int]]:
    """What is counted on each time, and what its rows add up to."""
    db.session.rollback()
    rows: Counter[uuid.UUID] = Counter()
    for slot_id, party in db.session.execute(
        sa.select(Registration.slot_id, Registration.party).where(Registration.state.in_(COUNTED))
    ):
        rows[slot_id] += party
    counted = db.session.execute(sa.select(Slot.id, Slot.seats_taken).where(Slot.occurrence_id == posted.occurrence_id))
    return {slot_id: (taken, rows[slot_id]) for slot_id, taken in counted}


def all_at_once(app: Flask, acts: list[Callable[[], object]]) -> list[bool]:
    """Each in a thread with a session of its own; True where it was granted."""
    together = threading.Barrier(THREADS)

    def run(act: Callable[[], object]) -> bool:
        with app.app_context():
            together.wait(30)
            try:
                with transaction():
                    act()
            except Refusal:
                return False
            return True

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, acts))


def changed(registration_id: uuid.UUID, wishes: Wishes, nonce: str = "", **changes: Any) -> Callable[[], object]:
    return lambda: registrations.change(registration_id, replace(wishes, **changes), nonce=nonce)


def test_the_last_seats_of_another_time(app: Flask, world: ModuleType) -> None:
    """Twelve want to go where three seats are free."""
    with transaction():
        clinic = world.clinic(slots=2, seats=15)
        crowd = [world.attends(clinic, contact=f"{number}@post.example") for number in range(12)]
        for number in range(12):
            world.attends(clinic, 1, contact=f"other{number}@post.example")
    wishes = [Wishes.of(world.registration(one)) for one in crowd]
    granted = all_at_once(app, [changed(*pair, slot_id=clinic.slot_ids[1]) for pair in zip(crowd, wishes, strict=True)])
    assert sum(granted) == 3
    assert seats(clinic) == {clinic.slot_ids[0]: (9, 9), clinic.slot_ids[1]: (15, 15)}


def test_everybody_changes_everything(app: Flask, world: ModuleType) -> None:
    chance = random.Random(3)
    with transaction():
        clinic = world.clinic(slots=3, seats=10, party_max=4)
        people = [
            world.attends(clinic, number % 3, contact=f"{number}@post.example", party=1 + number % 2)
            for number in range(PEOPLE)
        ]
    wishes = {one: Wishes.of(world.registration(one)) for one in people}
    acts = []
    for _ in range(THREADS * 8):
        one = chance.choice(people)
        if wishes[one].slot_id is None:
            acts.append(changed(one, wishes[one], party=chance.randint(1, 4)))
        elif chance.random() < 0.15:
            acts.append(lambda one=one: registrations.cancel(one))  # type: ignore[misc]
        else:
            acts.append(changed(one, wishes[one], slot_id=chance.choice(clinic.slot_ids), party=chance.randint(1, 4)))
    assert any(all_at_once(app, acts))
    for counted, added in seats(clinic).values():
        assert counted == added <= 10
    waiting = db.session.scalar(
        sa.select(sa.func.count()).where(Registration.state == WAITLISTED, Registration.slot_id.is_(None))
    )
    assert world.registration(people[0]).occurrence.waiting == waiting


def test_an_impatient_thumb(app: Flask, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(seats=9)
        marisol = world.attends(clinic)
    wishes = Wishes.of(world.registration(marisol))
    act = changed(marisol, wishes, "one form", slot_id=clinic.slot_ids[1], party=3, contact="new@post.example")
    assert all(all_at_once(app, [act] * THREADS))
    db.session.rollback()
    found = world.registration(marisol)
    assert (found.sequence, found.link_generation, found.party) == (1, 2, 3)
    assert seats(clinic)[clinic.slot_ids[1]] == (3, 3) and seats(clinic)[clinic.slot_ids[0]] == (0, 0)
    letters = sa.select(sa.func.count()).where(Message.letter == CHANGE, Message.state == WAITING)
    assert db.session.scalar(letters) == 1
