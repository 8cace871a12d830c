"""Shy tallies: numbers go that gave away others, which were hidden beside them."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CAME_IS_TOLD = "SELECT occurrence_id FROM tally WHERE dimension = 'outcome' AND value = 'came' AND count IS NOT NULL"
WALKED_IN = "SELECT occurrence_id FROM tally WHERE dimension = 'source' AND value = 'walk_in'"


def upgrade() -> None:
    """Groups are no longer counted by size; people who came and walk-ins not where it is hidden how many places came."""
    untold = f"occurrence_id NOT IN ({CAME_IS_TOLD})"
    op.execute("DELETE FROM tally WHERE dimension = 'party'")
    op.execute(f"UPDATE tally SET count = NULL WHERE value = 'people_came' AND {untold}")  # noqa: S608
    op.execute(f"DELETE FROM tally WHERE dimension = 'source' AND {untold} AND occurrence_id IN ({WALKED_IN})")  # noqa: S608


def downgrade() -> None:
    """What is gone is gone."""
