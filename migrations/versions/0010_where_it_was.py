"""Where it was: the place that a date had before it moved, and the one that each person on it knew.

And whether a registration is proven: somebody opened the mailbox that it names, or knows whose it is.
"""

from __future__ import annotations

from types import ModuleType

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    triggers = _triggers()
    triggers.unwatch("occurrence")
    op.add_column("occurrence", sa.Column("moved_from_venue_id", sa.Uuid(), nullable=True))
    triggers.watch("occurrence")
    op.add_column("registration", sa.Column("heard_venue_id", sa.Uuid(), nullable=True))
    op.add_column("registration", sa.Column("proven", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Letters that went out before have links that prove nothing, so nobody could keep a held place by them any more.
    op.execute("UPDATE registration SET proven = true WHERE reconfirmed_at IS NOT NULL")
    op.execute("UPDATE registration SET state = 'confirmed', held_until = NULL WHERE state = 'held'")


def downgrade() -> None:
    op.drop_column("registration", "proven")
    op.drop_column("registration", "heard_venue_id")
    triggers = _triggers()
    triggers.unwatch("occurrence")
    op.drop_column("occurrence", "moved_from_venue_id")
    triggers.watch("occurrence")


def _triggers() -> ModuleType:
    """The revision in which dates are watched: a new column is to be heard like the others."""
    environment = op.get_context().environment_context
    assert environment is not None
    found = environment.script.get_revision("0005")
    assert found is not None
    return found.module
