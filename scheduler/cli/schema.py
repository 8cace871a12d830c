"""Whether the database has the tables that this version needs."""

from __future__ import annotations

import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from ..core.errors import Misconfigured
from ..core.extensions import db


def is_current() -> bool:
    """True when every migration has been applied."""
    scripts = ScriptDirectory(current_app.extensions["migrate"].directory)
    with db.engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    return set(applied) == set(scripts.get_heads())


def upgrade() -> None:
    """Apply the migrations that are missing."""
    flask_migrate.upgrade()


def require_current() -> None:
    """Raises Misconfigured where migrations are missing."""
    if not is_current():
        raise Misconfigured("The database has not the tables of this version. Run: flask --app wsgi db upgrade")
