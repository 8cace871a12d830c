"""The key ring: one key per purge week, in a database of its own, behind an engine of its own.

It is never part of the session: a key is kept for good before the first row that needs it, and destroyed
after the last row is gone. Both steps may be repeated. Destroying a week's key makes every roster of that
week unreadable, in every backup of the main database too.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from flask import Flask, current_app

from . import clock

CACHE_SECONDS = 60
LOCK_MILLISECONDS = 200
"""Longer nobody waits behind a sweep that waits for somebody else."""
FORBIDDEN = "42501"
"""What PostgreSQL answers to who has too few rights."""

_metadata = sa.MetaData()
_weeks = sa.Table(
    "week_key",
    _metadata,
    sa.Column("week", sa.String(8), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)
_heartbeat = sa.Table("heartbeat", _metadata, sa.Column("beats", sa.BigInteger, nullable=False))
_leftover = sa.Table("leftover", _metadata, sa.Column("week", sa.String(8), nullable=False))


class KeyIsGone(Exception):
    """The week's key was destroyed: what it sealed can never be read again."""


class NotSwept(Exception):
    """A destroyed key may still stand in a file: an older reader, or too few rights, are in the way."""


@dataclass(frozen=True)
class _Week:
    """A week's key, remembered until a moment of the monotonic clock, with what was derived from it."""

    until: float
    key: bytes
    derived: dict[Hashable, bytes] = field(default_factory=dict)


class KeyRing:
    """Week keys, each wrapped by the master key (AES key wrap, RFC 3394)."""

    def __init__(self, url: str, master_key: bytes) -> None:
        self._master = master_key
        self.engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
        if url.startswith("sqlite"):
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
        self._cache: dict[str, _Week] = {}
        self._ready = False

    def prepare(self) -> None:
        """Make the tables, once; several machines may do so at the same time."""
        if not self._ready:
            with self.engine.begin() as connection:
                for table in _metadata.sorted_tables:
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            self._ready = True

    def week_key(self, week: str) -> bytes:
        """The 256-bit key of a week. Raises KeyIsGone when there is none."""
        return self._week(week).key

    def _week(self, week: str) -> _Week:
        kept = self._cache.get(week)
        if kept and kept.until > time.monotonic():
            return kept
        self.forget()
        self.prepare()
        with self.engine.connect() as connection:
            wrapped = connection.scalar(sa.select(_weeks.c.wrapped).where(_weeks.c.week == week))
        if wrapped is None:
            raise KeyIsGone(week)
        key = aes_key_unwrap(self._master, bytes(wrapped))
        found = self._cache[week] = _Week(time.monotonic() + CACHE_SECONDS, key)
        return found

    def forget(self) -> None:
        """Let go of keys that were read more than a minute ago: nobody may ask for a week again that was destroyed."""
        now = time.monotonic()
        for week in [week for week, kept in list(self._cache.items()) if kept.until <= now]:
            self._cache.pop(week, None)

    def remembered(self, week: str, name: Hashable, make: Callable[[], bytes]) -> bytes:
        """What `make` derives from a key of this week, derived once as long as the week's key is remembered.

        Raises KeyIsGone, also where it was derived before the week was destroyed.
        """
        derived = self._week(week).derived
        if name not in derived:
            derived[name] = make()
        return derived[name]

    def ensure_week(self, week: str) -> bytes:
        """The week's key, made and kept for good if it is new. Call it before the transaction that needs it."""
        try:
            return self.week_key(week)
        except KeyIsGone:
            if week < clock.week_of(clock.now().date() - timedelta(days=7)):
                raise
        wrapped = aes_key_wrap(self._master, secrets.token_bytes(32))
        with self.engine.begin() as connection:
            there = connection.scalar(sa.select(_weeks.c.week).where(_weeks.c.week == week))
            if there is None:
                try:
                    with connection.begin_nested():
                        connection.execute(_weeks.insert().values(week=week, wrapped=wrapped))
                except sa.exc.IntegrityError:
                    pass
        return self.week_key(week)

    def wrap_new(self, week: str) -> bytes:
        """A fresh 256-bit occurrence key, wrapped by the key of its purge week; 40 octets."""
        return aes_key_wrap(self.ensure_week(week), secrets.token_bytes(32))

    def unwrap(self, week: str, wrapped: bytes) -> bytes:
        """The occurrence key. Raises KeyIsGone after the week was destroyed."""
        try:
            return aes_key_unwrap(self.week_key(week), wrapped)
        except InvalidUnwrap:
            raise KeyIsGone(week) from None

    def rewrap(self, old_week: str, new_week: str, wrapped: bytes) -> bytes:
        """The same occurrence key under another week, for a date that moved."""
        return aes_key_wrap(self.ensure_week(new_week), self.unwrap(old_week, wrapped))

    def weeks(self) -> list[str]:
        """The weeks that have a key, the oldest first."""
        self.prepare()
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.select(_weeks.c.week).order_by(_weeks.c.week)))

    def destroy(self, week: str) -> None:
        """Destroy the key of a week, for ever. Other processes may remember it for another minute.

        SQLite overwrites it at once. PostgreSQL keeps its octets until sweep().
        """
        self.prepare()
        self._cache.pop(week, None)
        with self.engine.begin() as connection:
            gone = connection.execute(_weeks.delete().where(_weeks.c.week == week)).rowcount
            if gone and connection.dialect.name == "postgresql":
                connection.execute(_leftover.insert().values(week=week))

    def sweep(self) -> None:
        """Rid the files of PostgreSQL of destroyed keys, where some are left. May be repeated, on any machine.

        Raises NotSwept, or an error of the database, while somebody is in the way: then it is to be tried again.
        """
        self.prepare()
        with self.engine.connect() as connection:
            weeks = connection.scalars(sa.select(_leftover.c.week)).all()
        if weeks:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.detach()
                _sweep(connection)
                connection.execute(_leftover.delete().where(_leftover.c.week.in_(weeks)))

    def beats(self) -> int:
        """How many beats this ring has heard; see models/heartbeat.py."""
        self.prepare()
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.max(_heartbeat.c.beats))) or 0

    def hear(self, beats: int) -> None:
        """Remember so many beats, if they are more than before."""
        self.prepare()
        with self.engine.begin() as connection:
            if (connection.scalar(sa.select(sa.func.max(_heartbeat.c.beats))) or 0) < beats:
                connection.execute(_heartbeat.delete())
                connection.execute(_heartbeat.insert().values(beats=beats))


MAY_TIDY = (
    "SELECT rolsuper OR pg_get_userbyid(datdba) = rolname FROM pg_roles, pg_database "
    "WHERE rolname = current_user AND datname = current_database()"
)
"""Whose VACUUM reaches the statistics, too."""


def _sweep(connection: sa.Connection) -> None:
    """The table of keys anew, without what was deleted; then the statistics about it; then the write-ahead log.

    A full VACUUM copies rows that somebody's older snapshot still sees, and keeps quiet where it may not do anything.
    A plain one says whether there are such rows, but leaves octets behind.
    """
    say = connection.exec_driver_sql
    say(f"SET lock_timeout = {LOCK_MILLISECONDS}")
    # To PostgreSQL it is another type, so it forgets which keys it has met there.
    say("ALTER TABLE week_key ALTER wrapped SET STATISTICS 0, ALTER wrapped TYPE bytea")
    say("VACUUM week_key, pg_statistic")
    # Statistics were forgotten after the key, so a snapshot may be too young to hold the one, and hold the other.
    for table in ("week_key", "pg_statistic") if say(MAY_TIDY).scalar() else ("week_key",):
        if say(f"SELECT pg_stat_get_dead_tuples('{table}'::regclass)").scalar():
            raise NotSwept
    file = say("SELECT pg_relation_filenode('week_key')").scalar()
    say("VACUUM (FULL) week_key, pg_statistic")
    if say("SELECT pg_relation_filenode('week_key')").scalar() == file:
        raise NotSwept
    for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
        try:
            say(statement)
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", "") != FORBIDDEN:
                raise


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=TRUNCATE", "secure_delete=ON", "synchronous=FULL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def bind(app: Flask) -> None:
    """Give the app its key ring."""
    app.extensions["keyring"] = KeyRing(app.config["KEYRING_URL"], app.config["MASTER_KEY"])


def current() -> KeyRing:
    """The key ring of the app in whose context we are."""
    ring: KeyRing = current_app.extensions["keyring"]
    return ring
