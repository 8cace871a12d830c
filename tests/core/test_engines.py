"""Connections to PostgreSQL: those that rested are asked for a sign of life, and pages read without a transaction."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler.core import engines
from scheduler.core.extensions import db, transaction

pytestmark = pytest.mark.parametrize("house", ["postgresql"], indirect=True)


def hang_up() -> None:
    """What a restarted server does to all who are connected."""
    db.session.remove()
    address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as other:
        ended = other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert ended and all(gone for (gone,) in ended), "the server took longer than five seconds"


def rest(client: FlaskClient) -> None:
    """Some connections were in use and lie in the pool."""
    assert client.get("/en/place").status_code == 200 and client.get("/en/").status_code == 200
    db.session.execute(sa.text("SELECT 1"))


def test_who_rested_is_asked_for_a_sign_of_life(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest(client)
    hang_up()
    monkeypatch.setattr(engines, "RESTED_SECONDS", 0)
    assert db.session.scalar(sa.text("SELECT 42")) == 42
    app.extensions["shelf"].clear()
    assert client.get("/en/").status_code == 200


def test_who_was_just_in_use_fails_once(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the question the first one meets the closed line, and the whole pool is made anew."""
    rest(client)
    hang_up()
    monkeypatch.setattr(engines, "RESTED_SECONDS", 3600)
    with pytest.raises(sa.exc.OperationalError):
        db.session.execute(sa.text("SELECT 42"))
    db.session.remove()
    assert db.session.scalar(sa.text("SELECT 42")) == 42


def test_reading_opens_no_transaction(app: Flask) -> None:
    in_one = sa.text("SELECT now() = statement_timestamp()")
    db.session.scalar(in_one)
    assert db.session.scalar(in_one), "each statement is its own"
    db.session.remove()
    with transaction():
        db.session.scalar(in_one)
        assert not db.session.scalar(in_one), "the second statement of a transaction begins after the transaction"
