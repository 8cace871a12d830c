"""Letter days: how often an address was written to today, counted by all machines together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key_week", sa.String(length=8), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(length=40), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_letter_day"),
    )
    op.create_table(
        "letter_count",
        sa.Column("mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["day"], ["letter_day.day"], name="fk_letter_count_day_letter_day", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mark", name="pk_letter_count"),
    )
    op.create_index("ix_letter_count_day", "letter_count", ["day"])


def downgrade() -> None:
    op.drop_table("letter_count")
    op.drop_table("letter_day")
