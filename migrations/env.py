"""Runs the migrations over the app's own engine; column types are written plainly, without the house's classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from scheduler.core.extensions import WRITING, db
from scheduler.models.base import Instant, WallTime, WordSet


def plain_types(kind: str, item: Any, _autogen: Any) -> str | bool:
    """A revision must still run when the model's classes have moved on."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, WallTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, WordSet):
        return f"sa.String({item.impl.length})"
    return False


def same_type(_context: Any, _inspected: Any, column: Any, inspected_type: Any, metadata_type: Any) -> bool | None:
    """Instants and word sets are compared by what they are made of."""
    if isinstance(metadata_type, (Instant, WallTime)):
        return not isinstance(inspected_type, sa.DateTime)
    return None


def run() -> None:
    """Bring the database to the wished revision, inside one writing transaction."""
    with db.engine.connect() as connection, without_foreign_keys(connection):
        connection = connection.execution_options(**{WRITING: True})
        options = {
            **current_app.extensions["migrate"].configure_args,
            "render_item": plain_types,
            "compare_type": same_type,
            "render_as_batch": False,
        }
        context.configure(connection=connection, target_metadata=db.metadata, **options)
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def without_foreign_keys(connection: sa.Connection) -> Iterator[None]:
    """SQLite copies a changed table and drops the old one: with foreign keys on, its children would go too."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    yield
    assert not driver.execute("PRAGMA foreign_key_check").fetchall(), "rows have lost their parents"
    driver.execute("PRAGMA foreign_keys=ON")


run()
