"""What they heard: the time that a person knew before the moves their next letter tells of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("heard_local", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("registration", "heard_local")
