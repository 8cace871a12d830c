"""A destroyed key stands in no file any more, whoever was in the way at first."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import privacy
from scheduler.core import keyring
from scheduler.core.keyring import KeyRing, NotSwept

from ..cli.test_commands import call
from ..conftest import Clock
from ..ground.houses import House, PostgresHouse

on_postgresql = pytest.mark.parametrize("house", ["postgresql"], indirect=True)
GONE, ALIVE = "2099-W10", "2099-W11"


@pytest.fixture
def ring(app: Flask) -> Iterator[KeyRing]:
    """The key ring, with two weeks that no other test knows."""
    found = keyring.current()
    for week in (GONE, ALIVE):
        found.ensure_week(week)
    yield found
    for week in (GONE, ALIVE):
        found.destroy(week)
    found.sweep()


def wrapped(ring: KeyRing, week: str) -> bytes:
    with ring.engine.connect() as connection:
        return bytes(connection.scalar(sa.text("SELECT wrapped FROM week_key WHERE week = :week"), {"week": week}))


@contextmanager
def somebody(ring: KeyRing, *statements: str) -> Iterator[None]:
    """Who began a transaction in the key ring and is not through."""
    address = ring.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as other:
        for statement in statements:
            other.execute(statement)
        yield
        other.rollback()


LOOKS = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT 1")
"""As a copy that is being taken: at the ring as it was, but not at the table of keys yet."""
READS = ("SELECT 1 FROM week_key",)


def test_a_destroyed_key_stands_in_no_file(ring: KeyRing, house: House) -> None:
    """Not in the table, not in what the planner knows of it, not in the write-ahead log."""
    gone, alive = wrapped(ring, GONE), wrapped(ring, ALIVE)
    with ring.engine.begin() as connection:
        connection.execute(sa.text("ANALYZE week_key" if connection.dialect.name == "postgresql" else "ANALYZE"))
    assert house.files_with(gone) and house.files_with(alive), "the search finds what is there"
    ring.destroy(GONE)
    sweep(ring)
    assert house.files_with(gone) == [] and wrapped(ring, ALIVE) == alive
    with ring.engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))
    ring.destroy(ALIVE)
    sweep(ring)
    assert house.files_with(alive) == []


def sweep(ring: KeyRing) -> None:
    """As round after round does, while the server looks after its statistics by itself."""
    for _ in range(20):
        try:
            ring.sweep()
            return
        except NotSwept:
            time.sleep(0.25)
    raise NotSwept


@on_postgresql
def test_who_looks_since_the_key_is_gone_keeps_no_statistics_of_it(ring: KeyRing, house: House) -> None:
    """The planner forgets the key a moment later than the table does."""
    gone = wrapped(ring, GONE)
    with ring.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE week_key ALTER wrapped SET STATISTICS 100"))  # as before any sweep
        connection.execute(sa.text("ANALYZE week_key"))
    ring.destroy(GONE)
    with somebody(ring, *LOOKS), pytest.raises(NotSwept):
        ring.sweep()
    sweep(ring)
    assert house.files_with(gone) == []


@on_postgresql
@pytest.mark.parametrize("way", [LOOKS, READS], ids=["looks at it as it was", "reads the table"])
def test_who_is_in_the_way_is_waited_for(
    ring: KeyRing, house: House, at: Clock, caplog: pytest.LogCaptureFixture, way: tuple[str, ...]
) -> None:
    """The key is destroyed and said to be so; nobody waits long; the next round does the rest."""
    at("2098-01-06 10:00")
    gone = wrapped(ring, GONE)
    with somebody(ring, *way):
        at("2099-06-01 10:00")
        began = time.monotonic()
        assert set(privacy.destroy_keys()) >= {GONE, ALIVE}
        assert time.monotonic() - began < 2
        assert GONE not in ring.weeks() and house.files_with(gone)
        with pytest.raises((NotSwept, sa.exc.OperationalError)):
            ring.sweep()
        assert "destroyed keys may still stand in files" in call(house.app, "doctor").output
    assert "may still stand in files of the key ring: " in caplog.text and GONE not in caplog.text.split("still")[-1]
    privacy.destroy_keys()
    assert house.files_with(gone) == []


@on_postgresql
def test_nobody_waits_long_behind_a_sweep_that_waits(ring: KeyRing) -> None:
    ring.destroy(GONE)
    other = KeyRing(ring.engine.url.render_as_string(hide_password=False), ring._master)
    other.prepare()
    with somebody(ring, *READS), ThreadPoolExecutor(1) as outside:
        sweeping, began = outside.submit(ring.sweep), time.monotonic()
        while not sweeping.done():
            other._cache.clear()
            assert other.week_key(ALIVE)
        assert time.monotonic() - began < 1
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            sweeping.result()
    with ring.engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW lock_timeout")) == "0", "others of this process wait as before"
    other.engine.dispose()


@on_postgresql
def test_an_owner_without_more_rights_sweeps_too(ring: KeyRing, house: PostgresHouse) -> None:
    """They may not end a log file; the rest is done. Who does not own the tables is told."""
    keeper, stranger = (f"{name}_{secrets.token_hex(4)}" for name in ("keeper", "stranger"))
    with psycopg.connect(house.server.get_uri(), autocommit=True) as server:
        for role in (keeper, stranger):
            server.execute(f"CREATE ROLE {role} LOGIN")
        server.execute(f"CREATE DATABASE {keeper} OWNER {keeper}")
    own, foreign = (
        KeyRing(str(ring.engine.url.set(username=role, database=keeper)), bytes(32)) for role in (keeper, stranger)
    )
    own.ensure_week(GONE)
    gone = wrapped(own, GONE)
    with own.engine.begin() as connection:
        connection.execute(sa.text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {stranger}"))
        file = connection.scalar(sa.text("SELECT pg_relation_filepath('week_key')"))
    own.destroy(GONE)
    foreign._ready = True
    with pytest.raises(sa.exc.ProgrammingError, match="must be owner"):
        foreign.sweep()
    own.sweep()
    folder = (house.server.pgdata / file).parent
    with psycopg.connect(house.server.get_uri(), autocommit=True) as server:
        server.execute("CHECKPOINT")
    assert not [path for path in folder.iterdir() if path.is_file() and gone in path.read_bytes()]
    for done in (own, foreign):
        done.engine.dispose()


def test_nobody_remembers_a_key_for_longer_than_a_minute(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week that was destroyed is never asked for again, so it must not be what makes us forget it."""
    monkeypatch.setattr(keyring, "CACHE_SECONDS", 0.05)
    ring._cache.clear()
    ring.remembered(GONE, "a trace", lambda: b"derived")
    assert GONE in ring._cache
    other = KeyRing(ring.engine.url.render_as_string(hide_password=False), ring._master)
    other.destroy(GONE)
    other.engine.dispose()
    time.sleep(0.06)
    ring.week_key(ALIVE)
    assert GONE not in ring._cache
    time.sleep(0.06)
    ring.forget()
    assert not ring._cache
