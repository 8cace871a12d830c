"""What the doctor finds in settings, in a database of another version, and where nobody was at work yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import postman
from scheduler.core.extensions import db, transaction

from .test_commands import call, flask


def test_counters_that_are_away_let_nobody_sign_in(environ: Mapping[str, str]) -> None:
    counted = {"SCHEDULER_LIMITER_OFF": "", "SCHEDULER_LIMITER_STORAGE_URL": "redis://u:geheim@127.0.0.1:1"}
    found = flask({**environ, **counted}, "doctor")
    assert found.returncode == 1 and "fix  counters: what SCHEDULER_LIMITER_STORAGE_URL names" in found.stdout
    assert "geheim" not in found.stdout + found.stderr
    assert "ok   counters" in flask({**environ, "SCHEDULER_LIMITER_OFF": ""}, "doctor").stdout


@pytest.mark.parametrize("url", ["redsi://u:geheim@limits.example", "redis://u:geheim@limits.example:port", "geheim"])
def test_counters_that_cannot_be_are_refused_without_their_password(environ: Mapping[str, str], url: str) -> None:
    refused = flask({**environ, "SCHEDULER_LIMITER_OFF": "", "SCHEDULER_LIMITER_STORAGE_URL": url}, "doctor")
    assert refused.returncode == 1 and "SCHEDULER_LIMITER_STORAGE_URL must be like redis://host:6379" in refused.stderr
    said = refused.stdout + refused.stderr
    assert "Traceback" not in said and "geheim" not in said and "limits.example" not in said


def test_no_limits_are_for_this_machine_only(app: Flask) -> None:
    assert "ok   counters" in call(app, "doctor").output
    app.config["BASE_URL"] = "https://porchlight.example"
    found = call(app, "doctor")
    assert found.exit_code == 1 and "fix  counters: SCHEDULER_LIMITER_OFF is set" in found.output


def test_where_nobody_was_at_work_yet(app: Flask) -> None:
    assert "note worker: none was at work yet." in call(app, "doctor").output
    postman.beat()
    assert "ok   worker" in call(app, "doctor").output


@pytest.fixture
def newer(app: Flask) -> Iterator[None]:
    """A migration was applied that nobody here knows."""
    (before,) = db.session.scalars(sa.text("SELECT version_num FROM alembic_version"))
    _say_version("ffff_of_tomorrow")
    yield
    _say_version(before)


def _say_version(name: str) -> None:
    with transaction():
        db.session.execute(sa.text("UPDATE alembic_version SET version_num = :name"), {"name": name})


def test_a_database_from_a_newer_version(app: Flask, newer: None) -> None:
    words = "This database is from a newer version of Porchlight. Start that version."
    found = call(app, "doctor")
    assert found.exit_code == 1 and f"fix  database: {words}" in found.output
    refused = call(app, "purge")
    assert refused.exit_code == 1 and words in refused.output and "db upgrade" not in refused.output


def test_a_demo_from_a_newer_version(environ: Mapping[str, str], newer: None) -> None:
    refused = flask({**environ, "SCHEDULER_DEMO": "1", "PORT": "8996"}, "serve")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "from a newer version of Porchlight" in refused.stderr


def test_a_database_from_an_older_version(app: Flask, newer: None) -> None:
    _say_version("0001")
    assert "fix  database: tables of this version are missing. Run:" in call(app, "doctor").output
