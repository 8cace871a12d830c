"""The Flask extensions, made here and bound in create_app; and transaction(), where the one commit stands."""

from __future__ import annotations

import fcntl
import itertools
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import Babel
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf import CSRFProtect
from limits.errors import ConfigurationError
from sqlalchemy.orm import DeclarativeBase

from . import counters as counters  # registers shared:// with the limiter
from . import engines
from .engines import WRITING
from .errors import Misconfigured

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of the main database."""

    metadata = sa.MetaData(naming_convention=CONVENTION)


class QuietLogin(LoginManager):  # type: ignore[misc]
    """Flask-Login that leaves the session alone on pages that do: no remember-me, no `Vary: Cookie` everywhere."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


class QuietSessions(SecureCookieSessionInterface):
    """Flask's sessions, without the work of a signature where there is no cookie to read."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of this request; a new, empty one for who brings no cookie."""
        if "HTTP_COOKIE" in request.environ and self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()


class HouseSession(Session):
    """Reads on an engine for reading, until transaction() writes."""

    def get_bind(self, *args: Any, **more: Any) -> sa.Engine | sa.Connection:
        """The engine for what is being done."""
        found = super().get_bind(*args, **more)
        return found if self.info.get(WRITING) or isinstance(found, sa.Connection) else engines.reading(found)


db = SQLAlchemy(model_class=Base, session_options={"class_": HouseSession})
migrate = Migrate()
login = QuietLogin()
mail = Mail()
babel = Babel()
csrf = CSRFProtect()


def _limiter_key() -> str:
    raise RuntimeError("each limit brings its own key: addresses are never kept")


limiter = Limiter(key_func=_limiter_key, default_limits=[])

_writers = threading.Lock()


class LastCommit:
    """`mark` is another one after each commit of this process, and of all that were forked from the same parent.

    What was read before it may be stale. It lies in memory that they share.
    """

    def __init__(self) -> None:
        self._memory, self._own = mmap.mmap(-1, MARK.size), itertools.count()

    @property
    def mark(self) -> tuple[int, int]:
        """Which process committed, and which of its commits it was."""
        process, number = MARK.unpack(self._memory[:])
        return process, number

    def happened(self) -> None:
        """Tell the others."""
        self._memory[:] = MARK.pack(os.getpid(), next(self._own) % 2**32)


MARK = struct.Struct("<II")
last_commit = LastCommit()


@contextmanager
def transaction(*, seen_at_once: bool = True) -> Iterator[None]:
    """One writing transaction: all of it is kept at the end, or nothing.

    Not `seen_at_once`: public pages of this house may show it as late as those on other machines (web/shelf.py).

    A read that is still open is ended first (SQLite would refuse to turn it into a write), so objects loaded
    before are stale: hand ids to verbs. Raises RuntimeError inside another transaction().
    """
    session = db.session()
    if session.info.get(WRITING):
        raise RuntimeError("transaction() inside transaction(): open it once, at the edge, and let verbs flush")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("something was changed outside transaction(): change it inside")
    session.rollback()
    with _turn_to_write(db.engine.url):
        session.info[WRITING] = True
        try:
            session.connection(execution_options={WRITING: True})
            yield
            session.commit()
            if seen_at_once:
                last_commit.happened()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop(WRITING, None)


@contextmanager
def _turn_to_write(url: sa.URL) -> Iterator[None]:
    """SQLite has one writer; a queue in front of it was measured far fairer than its busy timeout.

    A mutex for the threads of this process, a locked file for the other processes: beside a busy web process
    a worker waited 0.05 s for its turn instead of 3 s.
    """
    if url.get_backend_name() != "sqlite":
        yield
        return
    with _writers:
        turn = os.open(f"{url.database}-turn", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield
        finally:
            os.close(turn)


def fold_log() -> None:
    """SQLite: move the write-ahead log into the database and empty it, so that nothing deleted lingers there.

    Readers that stay longer than a second put it off until the next time.
    """
    log = Path(f"{db.engine.url.database}-wal")
    if db.engine.dialect.name != "sqlite" or not (log.exists() and log.stat().st_size):
        return
    db.session.rollback()
    with _turn_to_write(db.engine.url):
        connection = db.engine.raw_connection()
        try:
            for pragma in ("busy_timeout=1000", "wal_checkpoint(TRUNCATE)", "busy_timeout=10000"):
                connection.cursor().execute(f"PRAGMA {pragma}")
        finally:
            connection.close()


def bind_database(app: Flask) -> None:
    """The engine, as engines.py says."""
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", engines.options(app.config["SQLALCHEMY_DATABASE_URI"]))
    db.init_app(app)
    with app.app_context():
        engines.prepare(db.engine)


def bind_limiter(app: Flask) -> None:
    """Where limits are counted. Raises Misconfigured, and keeps to itself what may hold a password."""
    try:
        limiter.init_app(app)
    except (ConfigurationError, ValueError):
        raise Misconfigured(
            "SCHEDULER_LIMITER_STORAGE_URL must be like redis://host:6379, for Redis and Valkey both, or be left out; "
            "nothing can count at what it says now."
        ) from None
