"""Trainings: what employers book, and their requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
STATES = "state IN ('submitted', 'taken_up', 'confirmed', 'declined', 'withdrawn', 'cancelled')"


def upgrade() -> None:
    _create_training()
    _create_booking()
    with op.batch_alter_table("event") as event:
        event.add_column(sa.Column("training_id", sa.Uuid(), nullable=True))
        event.create_foreign_key(
            "fk_event_training_id_training", "training", ["training_id"], ["id"], ondelete="SET NULL"
        )
        event.create_index("ix_event_training_id", ["training_id"])
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("booking_id", sa.Uuid(), nullable=True))
        message.create_foreign_key(
            "fk_message_booking_id_booking", "booking", ["booking_id"], ["id"], ondelete="CASCADE"
        )
        message.create_index("ix_message_booking_id", ["booking_id"])


def _create_training() -> None:
    op.create_table(
        "training",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("people_min", sa.Integer(), nullable=False),
        sa.Column("people_max", sa.Integer(), nullable=False),
        sa.Column("formats", sa.String(length=60), nullable=False),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.Column("audience", sa.String(length=60), nullable=False),
        sa.Column("prerequisite_id", sa.Uuid(), nullable=True),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("revised_at", INSTANT, nullable=False),
        sa.CheckConstraint("minutes BETWEEN 15 AND 600", name=op.f("ck_training_minutes")),
        sa.CheckConstraint("people_min >= 1 AND people_max >= people_min", name=op.f("ck_training_people")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_training_organization_id_organization"
        ),
        sa.ForeignKeyConstraint(
            ["prerequisite_id"], ["training.id"], name="fk_training_prerequisite_id_training", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_training"),
        sa.UniqueConstraint("slug", name="uq_training_slug"),
    )
    op.create_index("ix_training_organization_id", "training", ["organization_id"])


def _create_booking() -> None:
    sealed = [
        sa.Column(f"{name}_sealed", sa.LargeBinary(), nullable=name == "answer")
        for name in ("employer", "name", "email", "phone", "zip", "note", "answer")
    ]
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("days_wished", sa.JSON(), nullable=False),
        sa.Column("head_count", sa.Integer(), nullable=False),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=10), nullable=False),
        sa.Column("audience", sa.String(length=60), nullable=False),
        sa.Column("equipment", sa.String(length=60), nullable=False),
        sa.Column("certificates", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        *sealed,
        sa.Column("days_offered", sa.JSON(), nullable=False),
        sa.Column("dates_offered", sa.JSON(), nullable=False),
        sa.Column("nonce_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answers_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("key_week", sa.String(length=8), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(length=40), nullable=False),
        sa.Column("link_generation", sa.Integer(), nullable=False),
        sa.Column("addressed", sa.Integer(), nullable=False),
        sa.Column("told_sequence", sa.Integer(), nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.Column("revised_at", INSTANT, nullable=False),
        sa.Column("taken_up_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_booking_state")),
        sa.CheckConstraint("place IN ('theirs', 'online', 'ours')", name=op.f("ck_booking_place")),
        sa.CheckConstraint("head_count >= 1", name=op.f("ck_booking_head_count")),
        sa.ForeignKeyConstraint(["training_id"], ["training.id"], name="fk_booking_training_id_training"),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_booking_occurrence_id_occurrence", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
        sa.UniqueConstraint("reference", name="uq_booking_reference"),
        sa.UniqueConstraint("nonce_index", name="uq_booking_nonce_index"),
    )
    for column in ("training_id", "occurrence_id", "keep_until"):
        op.create_index(f"ix_booking_{column}", "booking", [column])


def downgrade() -> None:
    """Back to a house without trainings: requests, and the letters about them, are gone."""
    op.execute("DELETE FROM message WHERE booking_id IS NOT NULL")
    with op.batch_alter_table("message") as message:
        message.drop_index("ix_message_booking_id")
        message.drop_constraint("fk_message_booking_id_booking", type_="foreignkey")
        message.drop_column("booking_id")
    with op.batch_alter_table("event") as event:
        event.drop_index("ix_event_training_id")
        event.drop_constraint("fk_event_training_id_training", type_="foreignkey")
        event.drop_column("training_id")
    op.drop_table("booking")
    op.drop_table("training")
