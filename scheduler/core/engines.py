"""How the main database is spoken to: options, pragmas, and how transactions begin on either kind."""

from __future__ import annotations

import time
import uuid
from functools import cache, partial
from typing import Any

import sqlalchemy as sa

RESTED_SECONDS = 1
WRITING, ALONE = "writing", "alone"
"""Execution options: in a writing transaction; for statements that need no transaction around them."""

SQLITE: dict[str, Any] = {"connect_args": {"timeout": 10, "check_same_thread": False}, "pool_size": 20}
POSTGRESQL: dict[str, Any] = {
    "pool_size": 20,
    "max_overflow": 20,
    "connect_args": {"options": "-c lock_timeout=3000 -c statement_timeout=30000"},
}
QUIET = {"hide_parameters": True}
"""An error of the database quotes the values of its statement; ours must not."""


def options(url: str) -> dict[str, Any]:
    """What the engine for this address is made with."""
    return (SQLITE if url.startswith("sqlite") else _postgresql()) | QUIET


def _postgresql() -> dict[str, Any]:
    from .cursors import TerseCursor  # the driver takes a while to load, and SQLite does without

    return POSTGRESQL | {"connect_args": POSTGRESQL["connect_args"] | {"cursor_factory": TerseCursor}}


def prepare(engine: sa.Engine) -> None:
    """Listen to a new engine."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        sa.event.listen(engine, "checkin", _rest)
        sa.event.listen(engine, "checkout", partial(_wake, engine.dialect))


@cache
def alone(engine: sa.Engine) -> sa.Engine:
    """The same engine, for single questions that need no transaction around them."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(**{ALONE: True})


@cache
def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine, for pages that only read.

    PostgreSQL shows each statement what is committed by then, also within a transaction, so a page is spared the two
    errands for beginning and ending one. SQLite shows a transaction one moment of the database, and so it does here.
    """
    return alone(engine) if engine.dialect.name == "postgresql" else engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.create_function("gen_random_uuid", 0, lambda: uuid.uuid4().hex)
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "secure_delete=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    asked = connection.get_execution_options()
    if ALONE not in asked:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if asked.get(WRITING) else "BEGIN")


def _rest(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _wake(dialect: sa.Dialect, connection: Any, record: Any, _proxy: object) -> None:
    """Ask a connection that rested for long whether its server is still there.

    SQLAlchemy's own way (pool_pre_ping) asks before each use, which was a tenth of what keeping a place costs.
    """
    if time.monotonic() - record.info.pop("rests_since", time.monotonic()) < RESTED_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise sa.exc.InvalidatePoolError() from error
