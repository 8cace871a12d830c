"""Purge: the counts that stay, the receipts, and the heartbeat that tells a restored database from a living one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    unpurged = sa.text("purged_at IS NULL")
    op.create_index(
        "ix_occurrence_keep_until", "occurrence", ["keep_until"], sqlite_where=unpurged, postgresql_where=unpurged
    )
    _create_tally()
    _create_receipt()
    _create_heartbeat()


def _create_tally() -> None:
    op.create_table(
        "tally",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.CheckConstraint("count >= 5", name=op.f("ck_tally_count")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_tally_occurrence_id_occurrence", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tally"),
        sa.UniqueConstraint("occurrence_id", "dimension", "value", name="uq_tally_occurrence_id_dimension_value"),
    )


def _create_receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=False),
        sa.Column("purged_at", INSTANT, nullable=False),
        sa.Column("registrations", sa.Integer(), nullable=True),
        sa.Column("messages", sa.Integer(), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=True),
        sa.Column("key_week", sa.String(length=8), nullable=False),
        sa.Column("key_destroyed_at", INSTANT, nullable=True),
        *(
            sa.CheckConstraint(f"{name} = 0 OR {name} >= 5", name=op.f(f"ck_receipt_{name}"))
            for name in ("registrations", "messages", "offers")
        ),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_receipt_occurrence_id_occurrence", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_receipt_organization_id_organization"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint("occurrence_id", name="uq_receipt_occurrence_id"),
    )
    op.create_index("ix_receipt_organization_id", "receipt", ["organization_id"])


def _create_heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.Column("beaten_at", INSTANT, nullable=True),
        sa.Column("copied_at", INSTANT, nullable=True),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("paused_because", sa.String(length=20), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_heartbeat_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeat"),
    )


def downgrade() -> None:
    """What was purged stays purged; only the counts and the proof of it go."""
    for table in ("heartbeat", "receipt", "tally"):
        op.drop_table(table)
    op.drop_index("ix_occurrence_keep_until", "occurrence")
