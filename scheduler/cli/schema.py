"""Whether the database has the tables that this version needs."""

from __future__ import annotations

import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from ..core.errors import Misconfigured
from ..core.extensions import db

NEWER = "This database is from a newer version of Porchlight. Start that version."


def is_current() -> bool:
    """True when every migration has been applied."""
    return _applied() == set(_scripts().get_heads())


def is_newer() -> bool:
    """True when something was applied that this version does not know."""
    return not _applied() <= {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(current_app.extensions["migrate"].directory)


def _applied() -> set[str]:
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


def upgrade() -> None:
    """Apply the migrations that are missing. Raises Misconfigured for a database from a newer version."""
    if is_newer():
        raise Misconfigured(NEWER)
    flask_migrate.upgrade()


def require_current() -> None:
    """Raises Misconfigured where migrations are missing, or are from a newer version."""
    if not is_current():
        if is_newer():
            raise Misconfigured(NEWER)
        raise Misconfigured("The database has not the tables of this version. Run: flask --app wsgi db upgrade")
