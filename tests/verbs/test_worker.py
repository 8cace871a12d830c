"""The worker: everything in one round; a part that fails stops no other; and it stops when asked."""

from __future__ import annotations

import threading
import time
import uuid
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from scheduler import registrations, seats, worker
from scheduler.core.extensions import db, transaction
from scheduler.models import registration as states
from scheduler.models.registration import Registration

from ..ground.mail import Sink


def test_one_round_does_everything_that_is_due(app: Flask, world: ModuleType, at: Any, letters_sent: Sink) -> None:
    at("2026-11-21 10:00")
    with transaction():
        posted = world.workshop(sensitive=True)
        for _ in range(5):
            last = world.attends(posted, language="en")
    worker.tick(app)
    assert len(letters_sent.deliveries) == 5
    at("2026-12-02 18:00")
    worker.tick(app)
    assert len([letter for letter in letters_sent.letters if letter["Subject"].startswith("Reminder")]) == 4
    db.session.rollback()
    assert db.session.get(Registration, last) is None or world.registration(last).state == states.CANCELLED


@pytest.mark.parametrize("forever", [False, True], ids=["tick", "forever"])
def test_a_last_letter_goes_out_however_long_the_worker_was_away(
    app: Flask, world: ModuleType, at: Any, letters_sent: Sink, monkeypatch: pytest.MonkeyPatch, forever: bool
) -> None:
    at("2026-11-21 10:00")
    with transaction():
        place = world.attends(world.workshop())
    worker.tick(app)
    with transaction():
        registrations.cancel(place)
    at.later(hours=2)
    if forever:
        stop = threading.Event()
        monkeypatch.setattr(worker, "erase", lambda erase=worker.erase: (erase(), stop.set()))
        worker.forever(app, stop)
    else:
        worker.tick(app)
    assert [letter["Subject"].partition(":")[0] for letter in letters_sent.letters] == [
        "Tiene un lugar",
        "Usted canceló",
    ]
    db.session.rollback()
    assert db.session.get(Registration, place) is None


def test_a_chore_that_fails_stops_no_other(
    app: Flask, world: ModuleType, letters_sent: Sink, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> int:
        raise RuntimeError("marisol@post.example")

    monkeypatch.setitem(worker.CHORES, "reminders", broken)
    with transaction():
        world.attends(world.workshop())
    worker.tick(app)
    assert len(letters_sent.deliveries) == 1
    assert "reminders failed: RuntimeError" in caplog.text and "marisol" not in caplog.text


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, []), (1, ["erasures: fewer than 5"]), (4, ["erasures: fewer than 5"]), (17, ["erasures: about 15"])],
)
def test_the_log_keeps_no_number_that_could_point_to_somebody(
    app: Flask, caplog: pytest.LogCaptureFixture, count: int, told: list[str]
) -> None:
    worker.do("erasures", lambda: count)
    assert caplog.messages == told


def test_who_is_erased_alone_is_no_number_in_the_log(
    app: Flask, world: ModuleType, letters_sent: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction():
        place = world.attends(world.workshop())
    with transaction():
        registrations.erase(place)
    worker.tick(app)
    assert "erasures: fewer than 5" in caplog.messages
    assert not [line for line in caplog.messages if line.endswith(": 1")]


def test_a_date_that_somebody_holds_is_left_for_the_next_round(
    app: Flask, world: ModuleType, at: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Offers lapse, and are made, on the other dates all the same."""
    at("2026-11-21 10:00")
    with transaction():
        posted = [world.workshop(seats=1) for _ in range(3)]
        inside = [world.attends(one, contact="in@post.example") for one in posted]
        waiting = [world.attends(one, contact_kind="none", contact="") for one in posted]
    for place in inside:
        with transaction():
            registrations.cancel(place)
    db.session.rollback()
    held = sorted(one.occurrence_id for one in posted)[1]
    at("2026-11-24 10:00")

    def lock(occurrence_id: uuid.UUID, lock: Any = seats.lock) -> Any:
        if occurrence_id == held:
            raise OperationalError("lock", {}, Exception("marisol@post.example"))
        return lock(occurrence_id)

    monkeypatch.setattr(seats, "lock", lock)
    worker.do_chores()
    db.session.rollback()
    lapses = {row.occurrence_id: row.lapses for row in map(world.registration, waiting)}
    assert lapses == {one.occurrence_id: int(one.occurrence_id != held) for one in posted}
    assert "lapses failed: OperationalError" in caplog.text and "marisol" not in caplog.text


def test_it_works_until_it_is_asked_to_stop(app: Flask, world: ModuleType, letters_sent: Sink) -> None:
    stop = threading.Event()
    running = threading.Thread(target=worker.forever, args=(app, stop))
    running.start()
    with transaction():
        world.attends(world.workshop())
    deadline = time.monotonic() + 10
    while not letters_sent.deliveries and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    running.join(5)
    assert not running.is_alive() and len(letters_sent.deliveries) == 1
