"""A restored database tells nobody anything before a person has looked; no other fault looks like a restored one."""

from __future__ import annotations

from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import postman, worker
from scheduler.core import keyring
from scheduler.core.extensions import db, transaction
from scheduler.models.heartbeat import Heartbeat, heartbeat
from scheduler.models.message import VOID, WAITING, Message

from ..conftest import Clock
from ..ground.mail import Sink


def beats() -> tuple[int, int]:
    """As the database counts them, and the key ring."""
    db.session.rollback()
    row = heartbeat()
    return (row.beats if row else 0), keyring.current().beats()


def minutes_pass(at: Clock, count: int) -> None:
    for _ in range(count):
        at.later(minutes=1)
        postman.beat()


@pytest.fixture
def alive(app: Flask, world: ModuleType, at: Clock, letters_sent: Sink) -> Sink:
    """A house that lives since some minutes, with one letter to send."""
    at("2026-11-21 10:00")
    minutes_pass(at, 3)
    with transaction():
        world.attends(world.workshop())
    return letters_sent


def set_back(count: int) -> None:
    """The database as it was so many beats ago."""
    with transaction():
        db.session.execute(sa.update(Heartbeat).values(beats=Heartbeat.beats - count))


def test_a_living_house_sends(alive: Sink, at: Clock) -> None:
    known, heard = beats()
    minutes_pass(at, 2)
    assert beats() == (known + 2, heard + 2)
    postman.beat()
    assert beats() == (known + 2, heard + 2), "of all workers one beats in a minute"
    assert postman.deliver_due() == 1 and not postman.is_paused()


@pytest.mark.parametrize("count", [1, 100])
def test_an_older_database_waits(alive: Sink, app: Flask, at: Clock, client: FlaskClient, count: int) -> None:
    set_back(count)
    worker.tick(app)
    minutes_pass(at, 3)
    worker.tick(app)
    assert alive.deliveries == [] and postman.is_paused()
    assert client.get("/health").json["mail"] == "paused"
    postman.resume_mail()
    minutes_pass(at, 2)
    worker.tick(app)
    assert len(alive.deliveries) == 1 and not postman.is_paused()


def test_an_older_key_ring_makes_it_wait_too(alive: Sink, app: Flask) -> None:
    set_back(-2)
    worker.tick(app)
    assert alive.deliveries == [] and postman.is_paused()


def test_dying_between_the_two_looks_like_nothing_else(alive: Sink, at: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database counts first. Whoever dies before the key ring hears of it leaves it one behind: it catches up."""
    ring = keyring.current()
    hear = ring.hear

    def killed(_beats: int) -> None:
        raise SystemExit(9)

    for _ in range(3):
        at.later(minutes=1)
        monkeypatch.setattr(ring, "hear", killed)
        with pytest.raises(SystemExit):
            postman.beat()
        assert beats()[0] == beats()[1] + 1
    monkeypatch.setattr(ring, "hear", hear)
    minutes_pass(at, 1)
    assert beats()[0] == beats()[1] and not postman.is_paused()
    assert postman.deliver_due() == 1


def test_a_beat_between_two_looks_is_no_copy(alive: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker has read the database, another beats, and the first reads a key ring ahead of what it knows."""
    ring = keyring.current()
    genuine, looks = ring.beats, []

    def beats_once_meanwhile() -> int:
        looks.append(genuine())
        return looks[-1] + (len(looks) == 1)

    monkeypatch.setattr(ring, "beats", beats_once_meanwhile)
    assert postman.deliver_due() == 1 and len(looks) == 2 and not postman.is_paused()


def test_a_copy_right_after_a_death_between_the_two(alive: Sink, at: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        db.session.execute(sa.update(Heartbeat).values(beats=Heartbeat.beats + 1))
    ring = keyring.current()
    hear, heard = ring.hear, []
    monkeypatch.setattr(ring, "hear", lambda beats: heard.append(beats) or hear(beats))
    postman.part_from_copies()
    assert heard == [beats()[0] - 1, beats()[0]], "it catches up first, so nobody sees them two apart"


def test_a_new_database_goes_on_with_an_old_key_ring(alive: Sink, at: Clock) -> None:
    with transaction():
        db.session.execute(sa.delete(Heartbeat))
    assert postman.deliver_due() == 1, "before its first beat nothing is known, and nothing was restored"
    minutes_pass(at, 2)
    assert beats()[0] == beats()[1] and not postman.is_paused()


def test_a_copy_is_behind_from_its_first_moment(alive: Sink, app: Flask) -> None:
    copied = beats()[0]
    postman.part_from_copies()
    with transaction():
        db.session.execute(sa.update(Heartbeat).values(beats=copied))
    worker.tick(app)
    assert postman.is_paused()


def test_without_a_key_ring_nothing_leaves(alive: Sink, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> int:
        raise sa.exc.OperationalError("", None, Exception())

    monkeypatch.setattr(keyring.current(), "beats", away)
    worker.tick(app)
    assert alive.deliveries == [] and not postman.is_paused()


def test_by_hand(alive: Sink, app: Flask) -> None:
    with transaction():
        postman.pause_mail()
    worker.tick(app)
    assert alive.deliveries == [] and postman.due_letters() == {"confirmation": 1}
    with transaction():
        assert postman.drop_due() == 1
    postman.resume_mail()
    worker.tick(app)
    assert alive.deliveries == []
    assert list(db.session.scalars(sa.select(Message.state).where(Message.state.in_((VOID, WAITING))))) == [VOID]
