"""Runs the migrations over the app's own engine; column types are written plainly, without the house's classes."""

from __future__ import annotations

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
    with db.engine.connect() as connection:
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


run()
