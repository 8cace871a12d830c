"""Migrations lead to exactly the tables that the models describe, up and down, on both databases."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import alembic.command
import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask, current_app

from scheduler import create_app
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models.audit import AuditEntry

NewDatabase = Callable[[], Flask]


@pytest.fixture
def new_database(
    app: Flask, environ: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NewDatabase]:
    """Each call gives an app on an empty database of the kind at hand."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    made = []

    def make() -> Flask:
        name = f"empty_{secrets.token_hex(4)}"
        url = _create(name) if db.engine.dialect.name == "postgresql" else f"sqlite:///{tmp_path / name}.sqlite"
        made.append(create_app({"TESTING": True, "SQLALCHEMY_DATABASE_URI": url}))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.session.remove()
            db.engine.dispose()


def _create(name: str) -> str:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return db.engine.url.set(database=name).render_as_string(hide_password=False)


def shape() -> set[str]:
    """Tables with all that is in them, a line for each thing."""
    inspector = sa.inspect(db.engine)
    asked: dict[str, Callable[[str], Any]] = {
        "column": inspector.get_columns,
        "primary key": inspector.get_pk_constraint,
        "foreign key": inspector.get_foreign_keys,
        "unique": inspector.get_unique_constraints,
        "check": inspector.get_check_constraints,
        "index": inspector.get_indexes,
    }
    return {
        f"{table}: {what} {thing}"
        for table in inspector.get_table_names()
        if table != "alembic_version"
        for what, ask in asked.items()
        for thing in _things(ask(table))
    }


def _things(found: Any) -> list[str]:
    rows = found if isinstance(found, list) else [found]
    return [str({name: _plain(value) for name, value in sorted(row.items())}) for row in rows]


def _plain(value: Any) -> str:
    """A condition of an index comes as an object of its own: compared by its words."""
    return str({name: str(part) for name, part in value.items()} if isinstance(value, dict) else value)


def test_there_is_one_way_up(app: Flask) -> None:
    heads = ScriptDirectory(app.extensions["migrate"].directory).get_heads()
    assert len(heads) == 1, f"{heads}: two people added a revision; let one of them follow the other"


def test_models_equal_migrations(app: Flask, new_database: NewDatabase) -> None:
    alembic.command.check(current_app.extensions["migrate"].migrate.get_config())
    migrated = shape()
    with new_database().app_context():
        db.create_all()
        described = shape()
    assert sorted(described - migrated) == [], "only in the models: write a revision that says the same"
    assert sorted(migrated - described) == [], "only in the migrations"


def test_down_and_up_again(app: Flask, new_database: NewDatabase) -> None:
    migrated = shape()
    with new_database().app_context():
        flask_migrate.upgrade()
        flask_migrate.downgrade(revision="base")
        assert shape() == set() and leftovers() == []
        flask_migrate.upgrade()
        assert shape() == migrated


def test_nobody_is_lost_on_the_way_up(app: Flask, new_database: NewDatabase) -> None:
    """SQLite copies a table to change it: what hangs on its rows must stay, and so must what is guarded."""
    with new_database().app_context():
        flask_migrate.upgrade(revision="0001")
        put_in(ROWS)
        flask_migrate.upgrade()
        with db.engine.connect() as new:
            assert new.execute(sa.text("SELECT number, line, arrived FROM registration")).all() == [(7, 7, 2)]
            assert new.execute(sa.text("SELECT letter FROM message")).all() == [("confirmation",)]
            assert new.execute(sa.text("SELECT reminder_days FROM event")).scalar() in ("[3, 1]", [3, 1])


def test_a_place_that_waits_for_an_older_letter_is_kept(app: Flask, new_database: NewDatabase) -> None:
    """The link in that letter proves no mailbox any more, so the place would go, with thanks."""
    with new_database().app_context():
        flask_migrate.upgrade(revision="0001")
        put_in(ROWS | {"registration": ROWS["registration"] | {"state": "held", "held_until": THEN}})
        flask_migrate.upgrade()
        with db.engine.connect() as new:
            found = new.execute(sa.text("SELECT state, held_until, proven FROM registration")).one()
            assert (found[0], found[1], bool(found[2])) == ("confirmed", None, False)


def put_in(rows: dict[str, dict[str, Any]]) -> None:
    with db.engine.connect() as connection, connection.begin():
        for table, row in rows.items():
            names = ", ".join(row)
            connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(row)})"), row)


ID, THEN = "0123456789abcdef0123456789abcdef", "2026-11-22 10:00:00"
WHEN = {"starts_local": THEN, "starts_at": THEN}
MADE = {"created_at": THEN, "revised_at": THEN}
ROWS: dict[str, dict[str, Any]] = {
    "organization": {
        "id": ID, "slug": "host", "name": "Host", "about": "{}", "area": "", "languages": "", "email": "",
        "phone": "", "website": "", "discreet_sender": "", "badge": "{}", "retention_days": 30, "audit_number": 0,
    },
    "event": {
        "id": ID, "organization_id": ID, "slug": "clinic", "type": "legal_clinic", "state": "published",
        "visibility": "public", "format": "in_person", "admission": "timed", "title": "{}", "summary": "{}",
        "languages": "", "interpretation": "", "amenities": "", "steps": "[]", "flow_minutes": 0, "sensitive": True,
        "party_max": 6, "join_link": "", "cancel_reason": "{}", "search_text": "", "sequence": 0, **MADE,
    },
    "occurrence": {
        "id": ID, "event_id": ID, "zone": "America/Chicago", "ends_local": "2026-11-22 12:00:00",
        "ends_at": "2026-11-22 12:00:00", "state": "scheduled", "last_number": 7, "waiting": 0,
        "keep_until": "2026-12-22", "key_week": "2026-W52", "key_wrapped": b"key", "sequence": 0, **WHEN, **MADE,
    },
    "slot": {"id": ID, "occurrence_id": ID, "seats_limit": 5, "seats_taken": 2, **WHEN},
    "registration": {
        "id": ID, "occurrence_id": ID, "slot_id": ID, "number": 7, "state": "checked_in", "party": 2, "children": 0,
        "language": "es", "spoken": "es", "contact_kind": "none", "wording": "discreet", "reminders": True,
        "consent_version": 1, "source": "web", "name_sealed": b"n", "contact_sealed": b"c", "note_sealed": b"t",
        "needs_sealed": b"s", "code_sealed": b"o", "code_index": b"i", "nonce_index": b"x", "answers_index": b"a",
        "link_generation": 1, "created_at": THEN, "erase_asked": False,
    },
    "message": {
        "id": ID, "letter": "confirmation", "channel": "call", "state": "waiting", "registration_id": ID,
        "occurrence_id": ID, "dedupe_key": "once", "due_at": THEN, "next_try_at": THEN, "attempts": 0, "fence": 0,
        "failure": "", "created_at": THEN,
    },
}  # fmt: skip
"""One row of each kind, as the first revision knew them."""


def leftovers() -> list[str]:
    """What lies in the database beside tables: functions, triggers, types."""
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            return list(connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')")))
        ours = "IN (SELECT oid FROM pg_namespace WHERE nspname = 'public')"
        names = (
            f"SELECT proname FROM pg_proc WHERE pronamespace {ours} "
            f"UNION SELECT typname FROM pg_type WHERE typnamespace {ours} AND typtype IN ('e', 'd')"
        )
        return list(connection.scalars(sa.text(names)))


@pytest.mark.parametrize("act", [sa.delete(AuditEntry), sa.update(AuditEntry).values(act="nothing")])
def test_audit_entries_are_only_ever_added(app: Flask, world: ModuleType, act: sa.Delete | sa.Update) -> None:
    with transaction():
        staff = world.organizer()
        entry = AuditEntry(
            organization_id=staff.organization_id,
            number=1,
            user_id=staff.user_id,
            act="roster seen",
            subject_id=staff.organization_id,
            happened_at=clock.now(),
            previous=bytes(32),
        )
        entry.digest = entry.sum_up()
        db.session.add(entry)
    with pytest.raises(sa.exc.DBAPIError, match="only ever added"), transaction():
        db.session.execute(act.execution_options(synchronize_session=False))
    assert db.session.scalars(sa.select(AuditEntry.act)).all() == ["roster seen"]
