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
    return [str({name: str(value) for name, value in sorted(row.items())}) for row in rows]


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
