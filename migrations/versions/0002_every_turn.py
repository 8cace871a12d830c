"""Every turn: offers, changes by the person and by the host, the door, and how calls ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OLD_STATES = "state IN ('held', 'confirmed', 'waitlisted', 'cancelled', 'checked_in')"
NEW_STATES = "state IN ('held', 'confirmed', 'waitlisted', 'offered', 'cancelled', 'checked_in', 'no_show')"
OUTCOMES = "outcome IN ('reached', 'no_answer', 'wrong_number', 'will_not_come')"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _widen_event()
    _widen_occurrence()
    _widen_registration()
    _create_offer()
    _widen_message()


def _widen_event() -> None:
    with op.batch_alter_table("event") as event:
        event.add_column(sa.Column("max_per_employer", sa.Integer(), nullable=True))
        event.add_column(sa.Column("walk_ins", sa.Boolean(), nullable=False, server_default=sa.true()))
        event.add_column(sa.Column("reminder_days", sa.JSON(), nullable=False, server_default="[3, 1]"))
        event.add_column(sa.Column("retention_days", sa.Integer(), nullable=True))
        event.create_check_constraint(op.f("ck_event_max_per_employer"), "max_per_employer >= 1")
        event.create_check_constraint(op.f("ck_event_retention_days"), "retention_days BETWEEN 7 AND 60")
    with op.batch_alter_table("event") as event:
        event.alter_column("walk_ins", server_default=None)
        event.alter_column("reminder_days", server_default=None)


def _widen_occurrence() -> None:
    with op.batch_alter_table("occurrence") as occurrence:
        occurrence.add_column(sa.Column("cancel_reason", sa.JSON(), nullable=False, server_default="{}"))
        occurrence.add_column(sa.Column("moved_at", INSTANT, nullable=True))
        occurrence.add_column(sa.Column("closed_at", INSTANT, nullable=True))
        occurrence.add_column(sa.Column("purged_at", INSTANT, nullable=True))
        occurrence.add_column(sa.Column("last_door_number", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("occurrence") as occurrence:
        occurrence.alter_column("cancel_reason", server_default=None)
        occurrence.alter_column("last_door_number", server_default=None)


def _widen_registration() -> None:
    with op.batch_alter_table("registration") as registration:
        registration.add_column(sa.Column("line", sa.Integer(), nullable=True))
        registration.add_column(sa.Column("revised_at", INSTANT, nullable=True))
        for name, default in (("lapses", "0"), ("arrived", "0"), ("feed_generation", "1"), ("sequence", "0")):
            registration.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default=default))
        registration.add_column(sa.Column("door_number", sa.Integer(), nullable=True))
        registration.add_column(sa.Column("employer_sealed", sa.LargeBinary(), nullable=True))
        registration.add_column(sa.Column("employer_index", sa.LargeBinary(length=32), nullable=True))
        registration.add_column(sa.Column("checklist_id", sa.Uuid(), nullable=True))
        registration.add_column(sa.Column("keep_asked_at", INSTANT, nullable=True))
        registration.create_foreign_key(
            "fk_registration_checklist_id_checklist", "checklist", ["checklist_id"], ["id"]
        )
        registration.create_unique_constraint(
            "uq_registration_occurrence_id_door_number", ["occurrence_id", "door_number"]
        )
        registration.create_check_constraint(op.f("ck_registration_arrived"), "arrived BETWEEN 0 AND party")
        registration.drop_constraint(op.f("ck_registration_state"), type_="check")
        registration.create_check_constraint(op.f("ck_registration_state"), NEW_STATES)
    op.execute("UPDATE registration SET line = number, revised_at = created_at")
    op.execute("UPDATE registration SET arrived = party WHERE state = 'checked_in'")
    with op.batch_alter_table("registration") as registration:
        registration.alter_column("line", nullable=False)
        registration.alter_column("revised_at", nullable=False)
        for name in ("lapses", "arrived", "feed_generation", "sequence"):
            registration.alter_column(name, server_default=None)


def _create_offer() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("held_until", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')", name=op.f("ck_offer_state")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name="fk_offer_registration_id_registration", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_offer_occurrence_id_occurrence", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name="fk_offer_slot_id_slot"),
        sa.PrimaryKeyConstraint("id", name="pk_offer"),
    )
    for column in ("registration_id", "occurrence_id", "slot_id"):
        op.create_index(f"ix_offer_{column}", "offer", [column])
    op.create_index("ix_offer_state_held_until", "offer", ["state", "held_until"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_offer_open", "offer", ["registration_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )


def _widen_message() -> None:
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("offer_id", sa.Uuid(), nullable=True))
        message.add_column(sa.Column("outcome", sa.String(length=20), nullable=True))
        message.add_column(sa.Column("outcome_at", INSTANT, nullable=True))
        message.create_foreign_key("fk_message_offer_id_offer", "offer", ["offer_id"], ["id"], ondelete="CASCADE")
        message.create_check_constraint(op.f("ck_message_outcome"), OUTCOMES)
        message.create_index("ix_message_offer_id", ["offer_id"])


def downgrade() -> None:
    """Back to a house without these turns: who was offered a place, or did not come, had it."""
    with op.batch_alter_table("message") as message:
        message.drop_index("ix_message_offer_id")
        message.drop_constraint(op.f("ck_message_outcome"), type_="check")
        message.drop_constraint("fk_message_offer_id_offer", type_="foreignkey")
        for name in ("offer_id", "outcome", "outcome_at"):
            message.drop_column(name)
    op.drop_table("offer")
    op.execute("UPDATE registration SET state = 'confirmed' WHERE state IN ('no_show', 'offered')")
    with op.batch_alter_table("registration") as registration:
        registration.drop_constraint(op.f("ck_registration_state"), type_="check")
        registration.create_check_constraint(op.f("ck_registration_state"), OLD_STATES)
        registration.drop_constraint(op.f("ck_registration_arrived"), type_="check")
        registration.drop_constraint("uq_registration_occurrence_id_door_number", type_="unique")
        registration.drop_constraint("fk_registration_checklist_id_checklist", type_="foreignkey")
        for name in (
            "line", "revised_at", "lapses", "arrived", "feed_generation", "sequence", "door_number",
            "employer_sealed", "employer_index", "checklist_id", "keep_asked_at",
        ):  # fmt: skip
            registration.drop_column(name)
    with op.batch_alter_table("occurrence") as occurrence:
        for name in ("cancel_reason", "moved_at", "closed_at", "purged_at", "last_door_number"):
            occurrence.drop_column(name)
    with op.batch_alter_table("event") as event:
        event.drop_constraint(op.f("ck_event_max_per_employer"), type_="check")
        event.drop_constraint(op.f("ck_event_retention_days"), type_="check")
        for name in ("max_per_employer", "walk_ins", "reminder_days", "retention_days"):
            event.drop_column(name)
