"""Killed between the rows and the key, a purge is finished by the next one; and then no octet of a row is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import privacy
from scheduler.core import clock, keyring
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models.event import Occurrence
from scheduler.models.registration import Registration
from scheduler.models.tally import Receipt

from ..cli.test_commands import flask
from ..conftest import Clock
from ..ground.houses import House
from .outbox import wait_until

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 12


@pytest.fixture
def long_ago(app: Flask, world: ModuleType, at: Clock) -> Iterator[Posted]:
    """People came 85 days ago; by the clock of other processes their time has been up for weeks."""
    now = clock.now()
    at.later(days=-90)
    with transaction():
        posted = world.workshop(seats=PEOPLE, starts_local=world.a_day_ahead(5, "18:00"))
        for _ in range(PEOPLE):
            world.attends(posted)
    at(now)
    yield posted


@contextmanager
def nobody_may_write_keys() -> Iterator[None]:
    """The key ring can be read, but a change has to wait."""
    with keyring.current().engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.text("LOCK TABLE week_key IN SHARE MODE"))
        yield
        connection.rollback()


def week_of(posted: Posted) -> str:
    db.session.rollback()
    return db.session.get_one(Occurrence, posted.occurrence_id).key_week


def people_left() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(Registration.id))) or 0


def key_destroyed_at() -> object:
    db.session.rollback()
    return db.session.scalars(sa.select(Receipt.key_destroyed_at)).one()


def test_kill_minus_9_between_rows_and_key(long_ago: Posted, environ: Mapping[str, str]) -> None:
    ring, week = keyring.current(), week_of(long_ago)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}
    with nobody_may_write_keys():
        purge = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "purge"], cwd=ROOT, env=kept | dict(environ),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(lambda: people_left() == 0, "the rows go")
        assert purge.poll() is None, "it waits for the key ring"
        purge.send_signal(signal.SIGKILL)
        purge.wait()
    assert week in ring.weeks() and key_destroyed_at() is None
    finished = flask(environ, "purge")
    assert finished.returncode == 0 and "0 dates are purged" in finished.stdout, finished.stderr
    assert week not in ring.weeks() and key_destroyed_at() is not None
    ring.destroy(week)  # this process would remember it for a minute


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_not_even_sealed_octets_stay(long_ago: Posted, house: House) -> None:
    """Overwritten in the database, and folded out of the write-ahead log; the wrapped key likewise."""
    sealed = [bytes(octets) for octets in db.session.scalars(sa.select(Registration.name_sealed))]
    wrapped = bytes(db.session.get_one(Occurrence, long_ago.occurrence_id).key_wrapped)
    ring, week = keyring.current(), week_of(long_ago)
    with ring.engine.connect() as connection:
        week_key = bytes(connection.scalar(sa.text("SELECT wrapped FROM week_key WHERE week = :week"), {"week": week}))
    octets = [*sealed, wrapped, week_key]
    assert len(sealed) == PEOPLE and len(in_files(house.folder, octets)) == len(octets), (
        "the search finds what is there"
    )
    assert privacy.purge_due() == 1
    assert in_files(house.folder, octets) == []


def test_the_key_of_the_week_stays_in_no_file_of_the_ring(long_ago: Posted, house: House) -> None:
    """On either database, its log included: with it, an old copy of the rest could be read again."""
    ring = keyring.current()
    with ring.engine.connect() as connection:
        key = bytes(
            connection.scalar(sa.text("SELECT wrapped FROM week_key WHERE week = :week"), {"week": week_of(long_ago)})
        )
    assert house.files_with(key), "the search finds what is there"
    assert privacy.purge_due() == 1 and key_destroyed_at()
    assert house.files_with(key) == []


def in_files(folder: Path, wanted: list[bytes]) -> list[bytes]:
    """Those that stand in any of the house's files."""
    files = [path.read_bytes() for path in folder.glob("*.sqlite*") if path.name != "pristine.sqlite"]
    return [octets for octets in wanted if any(octets in content for content in files)]
