"""The locks one by one: what they must hold off, and what they must let pass."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import registrations, seats
from scheduler.core import clock, keyring
from scheduler.core.errors import Missing
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Occurrence
from scheduler.models.message import REMINDER, Message
from scheduler.models.organization import Organization
from scheduler.models.registration import Registration
from scheduler.registrations import Attendee

from . import crowd
from .crowd import Form

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]
WAITING = 20
# SQLite has one writer at a time, so these cannot come up there.
with_row_locks = pytest.mark.parametrize("house", ["postgresql"], indirect=True)


@contextmanager
def somebody_else() -> Iterator[sa.Connection]:
    """A transaction of another process, still open."""
    with db.engine.connect() as connection:
        yield connection
        connection.commit()


def reminder_for(occurrence_id: uuid.UUID) -> sa.Insert:
    """What the worker writes for everybody of a date, in one long statement."""
    now = clock.now()
    return sa.insert(Message).values(
        letter=REMINDER,
        occurrence_id=occurrence_id,
        dedupe_key=uuid.uuid4().hex,
        due_at=now,
        next_try_at=now,
        created_at=now,
    )


@with_row_locks
def test_places_are_kept_while_letters_are_written(app: Flask, world: ModuleType) -> None:
    """A row that refers to the date locks the date's key; keeping a place must not wait for that."""
    with transaction():
        posted = world.workshop()
    with somebody_else() as worker:
        worker.execute(reminder_for(posted.occurrence_id))
        with transaction():
            world.attends(posted)


@with_row_locks
def test_letters_are_written_while_a_place_is_kept(app: Flask, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop()
    with transaction():
        world.attends(posted)
        with somebody_else() as worker:
            worker.execute(reminder_for(posted.occurrence_id))


@with_row_locks
def test_what_was_read_before_the_lock_is_read_again(app: Flask, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop()
    with transaction():
        stale = db.session.get_one(Occurrence, posted.occurrence_id)
        assert stale.last_number == 0
        with somebody_else() as web:
            web.execute(sa.update(Occurrence).values(last_number=41))
        assert seats.lock(posted.occurrence_id).last_number == 41
        assert registrations.register(posted.occurrence_id, None, world.attendee(), "nonce").number == 42


@with_row_locks
def test_who_waits_is_served_in_the_order_of_coming(app: Flask, world: ModuleType) -> None:
    """The lock of a row alone lets people pass each other, until somebody has waited too long."""
    with transaction():
        posted = world.workshop(seats=WAITING)
        people = [(world.attendee(contact=f"p{number}@post.example"), f"form {number}") for number in range(WAITING)]

    def press(person: tuple[Attendee, str]) -> int:
        with app.app_context(), transaction():
            return registrations.register(posted.occurrence_id, None, *person).number

    with ThreadPoolExecutor(WAITING) as threads:
        with transaction():
            seats.lock(posted.occurrence_id)
            pressed = []
            for person in people:
                pressed.append(threads.submit(press, person))
                until_waiting(len(pressed))
        assert [one.result() for one in pressed] == list(range(1, WAITING + 1))


def until_waiting(people: int) -> None:
    """Until so many stand before the lock: on a busy machine a fixed pause lets two come at once.

    Other tests wait for locks of their own, in other databases of the same server.
    """
    ungranted = sa.text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    give_up = time.monotonic() + 30
    with db.engine.connect() as watcher:
        while watcher.scalar(ungranted) < people:
            assert time.monotonic() < give_up, f"{people} people should wait for the date by now"
            time.sleep(0.01)


@with_row_locks
def test_who_is_being_erased_is_gone(app: Flask, world: ModuleType) -> None:
    """The worker erases a person at the moment in which they press once more: a calm page, not a fault."""
    with transaction():
        registration_id = world.attends(world.workshop())
    with somebody_else() as worker:
        worker.execute(sa.delete(Message))
        worker.execute(sa.delete(Registration))
        done = threading.Timer(0.2, worker.commit)
        done.start()
        with pytest.raises(Missing), transaction():
            registrations.cancel(registration_id)
        done.join()


def test_a_busy_web_process_leaves_the_worker_its_turn(
    app: Flask, environ: Mapping[str, str], world: ModuleType
) -> None:
    """SQLite's own waiting gave it one turn in 150 while 32 threads were writing."""
    people, turns = 600, 0
    with transaction():
        posted = world.workshop()
    with ThreadPoolExecutor(1) as web:
        share = [Form(person, uuid.uuid4().hex) for person in range(people)]
        storm = web.submit(crowd.storm, environ, posted.occurrence_id, [share], crowd.keep)
        while last_number(posted.occurrence_id) < people and not storm.done():
            with transaction():
                db.session.execute(sa.update(Organization).values(area="Pilsen"))
            turns += last_number(posted.occurrence_id) > 0
        assert all(answer.place for answer in storm.result())
    assert turns >= people / 10


def last_number(occurrence_id: uuid.UUID) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(Occurrence.last_number).where(Occurrence.id == occurrence_id)) or 0


def test_a_week_gets_one_key(app: Flask, environ: Mapping[str, str]) -> None:
    """Four processes that need a new week's key at once all get the same one."""
    weeks = [Form(number, f"2031-W{number:02d}") for number in range(1, 53)]
    answers = crowd.storm(environ, uuid.uuid4(), [weeks] * crowd.PROCESSES, key_of_week)
    assert len(answers) == crowd.PROCESSES * len(weeks)
    assert not {answer.fault for answer in answers if answer.fault}
    assert len({(answer.nonce, answer.place) for answer in answers}) == len(weeks)


def key_of_week(_occurrence_id: uuid.UUID, _attendee: Attendee, week: str) -> uuid.UUID:
    """The beginning of the key that this process was given."""
    return uuid.UUID(bytes=keyring.current().ensure_week(week)[:16])
