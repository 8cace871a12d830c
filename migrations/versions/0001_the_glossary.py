"""The glossary: every noun of the house as a table. Audit entries can only be added."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


AUDIT_SQLITE = """
CREATE TRIGGER audit_entry_keep_{act} BEFORE {act} ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit entries are only ever added'); END
"""

AUDIT_POSTGRESQL = """
CREATE FUNCTION audit_entry_keep() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit entries are only ever added'; END $$;
CREATE TRIGGER audit_entry_keep BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_entry_keep();
"""


def upgrade() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("languages", sa.String(200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("website", sa.String(length=300), nullable=False),
        sa.Column("discreet_sender", sa.String(length=80), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("badge", sa.JSON(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("audit_number", sa.Integer(), nullable=False),
        sa.CheckConstraint("retention_days BETWEEN 7 AND 60", name=op.f("ck_organization_retention_days")),
        sa.PrimaryKeyConstraint("id", name="pk_organization"),
        sa.UniqueConstraint("slug", name="uq_organization_slug"),
    )
    op.create_table(
        "staff_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_user"),
        sa.UniqueConstraint("email_index", name="uq_staff_user_email_index"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_audit_entry_organization_id_organization"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
        sa.UniqueConstraint("organization_id", "number", name="uq_audit_entry_organization_id_number"),
    )
    op.create_table(
        "checklist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("review_every_days", sa.Integer(), nullable=False),
        sa.Column("reviewed_by_role", sa.String(length=120), nullable=False),
        sa.Column("source_label", sa.String(length=200), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_checklist_organization_id_organization",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_checklist"),
        sa.UniqueConstraint("series", "version", name="uq_checklist_series_version"),
    )
    op.create_index("ix_checklist_organization_id", "checklist", ["organization_id"])
    op.create_index("ix_checklist_series", "checklist", ["series"])
    op.create_table(
        "membership",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint("role IN ('lead', 'coordinator', 'checkin_lead')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_membership_organization_id_organization",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name="fk_membership_user_id_staff_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "organization_id", name="pk_membership"),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name="fk_sign_in_user_id_staff_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.UniqueConstraint("token_hash", name="uq_sign_in_token_hash"),
    )
    op.create_index("ix_sign_in_user_id", "sign_in", ["user_id"])
    op.create_table(
        "venue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("zip_code", sa.String(length=10), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=120), nullable=False),
        sa.Column("transit", sa.JSON(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("access", sa.String(200), nullable=False),
        sa.Column("parking", sa.String(length=200), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.CheckConstraint("visibility IN ('public', 'after_registration')", name=op.f("ck_venue_visibility")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_venue_organization_id_organization", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_venue"),
    )
    op.create_index("ix_venue_area", "venue", ["area"])
    op.create_index("ix_venue_organization_id", "venue", ["organization_id"])
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("admission", sa.String(length=20), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("languages", sa.String(200), nullable=False),
        sa.Column("interpretation", sa.String(200), nullable=False),
        sa.Column("amenities", sa.String(300), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("flow_minutes", sa.Integer(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("party_max", sa.Integer(), nullable=False),
        sa.Column("join_link", sa.String(length=300), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=True),
        sa.Column("cancel_reason", sa.JSON(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'published', 'cancelled', 'completed')", name=op.f("ck_event_state")
        ),
        sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private')", name=op.f("ck_event_visibility")),
        sa.CheckConstraint("party_max BETWEEN 1 AND 50", name=op.f("ck_event_party_max")),
        sa.ForeignKeyConstraint(["checklist_id"], ["checklist.id"], name="fk_event_checklist_id_checklist"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name="fk_event_organization_id_organization"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("slug", name="uq_event_slug"),
    )
    op.create_index("ix_event_organization_id", "event", ["organization_id"])
    op.create_table(
        "cohost",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name="fk_cohost_event_id_event", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_cohost_organization_id_organization", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "organization_id", name="pk_cohost"),
    )
    op.create_table(
        "occurrence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("starts_local", sa.DateTime(), nullable=False),
        sa.Column("ends_local", sa.DateTime(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("moved_from_local", sa.DateTime(), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("key_week", sa.String(length=8), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('scheduled', 'cancelled')", name=op.f("ck_occurrence_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_occurrence_ends_after_start")),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_occurrence_waiting")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name="fk_occurrence_event_id_event", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_occurrence_venue_id_venue"),
        sa.PrimaryKeyConstraint("id", name="pk_occurrence"),
    )
    op.create_index("ix_occurrence_ends_at", "occurrence", ["ends_at"])
    op.create_index("ix_occurrence_event_id", "occurrence", ["event_id"])
    op.create_index("ix_occurrence_starts_at", "occurrence", ["starts_at"])
    op.create_index("ix_occurrence_venue_id", "occurrence", ["venue_id"])
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_reminder_occurrence_id_occurrence", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint("occurrence_id", "days_before", name="uq_reminder_occurrence_id_days_before"),
    )
    op.create_index("ix_reminder_due_at", "reminder", ["due_at"])
    op.create_table(
        "slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("starts_local", sa.DateTime(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seats_limit", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats_taken >= 0 AND seats_taken <= seats_limit", name=op.f("ck_slot_seats")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_slot_occurrence_id_occurrence", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_slot"),
    )
    op.create_index("ix_slot_occurrence_id", "slot", ["occurrence_id"])
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("children", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("spoken", sa.String(length=10), nullable=False),
        sa.Column("contact_kind", sa.String(length=20), nullable=False),
        sa.Column("wording", sa.String(length=10), nullable=False),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("needs_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("contact_index", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("nonce_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answers_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("link_generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconfirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erase_asked", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(slot_id IS NOT NULL) OR state IN ('waitlisted', 'cancelled')",
            name=op.f("ck_registration_seated_on_a_slot"),
        ),
        sa.CheckConstraint(
            "state IN ('held', 'confirmed', 'waitlisted', 'cancelled', 'checked_in')",
            name=op.f("ck_registration_state"),
        ),
        sa.CheckConstraint("party >= 1 AND children >= 0", name=op.f("ck_registration_party")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_registration_occurrence_id_occurrence", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name="fk_registration_slot_id_slot"),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
        sa.UniqueConstraint("code_index", name="uq_registration_code_index"),
        sa.UniqueConstraint("occurrence_id", "nonce_index", name="uq_registration_occurrence_id_nonce_index"),
        sa.UniqueConstraint("occurrence_id", "number", name="uq_registration_occurrence_id_number"),
    )
    op.create_index("ix_registration_erase_at", "registration", ["erase_at"])
    op.create_index("ix_registration_occurrence_id_contact_index", "registration", ["occurrence_id", "contact_index"])
    op.create_index("ix_registration_occurrence_id_state", "registration", ["occurrence_id", "state", "number"])
    op.create_index("ix_registration_slot_id", "registration", ["slot_id"])
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.String(length=30), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("occurrence_id", sa.Uuid(), nullable=True),
        sa.Column("reminder_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("dedupe_key", sa.String(length=120), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'call')", name=op.f("ck_message_channel")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'void')", name=op.f("ck_message_state")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name="fk_message_occurrence_id_occurrence", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name="fk_message_registration_id_registration", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name="fk_message_reminder_id_reminder", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name="fk_message_user_id_staff_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("dedupe_key", name="uq_message_dedupe_key"),
    )
    op.create_index("ix_message_next_try_at", "message", ["state", "channel", "next_try_at"])
    op.create_index("ix_message_occurrence_id", "message", ["occurrence_id"])
    op.create_index("ix_message_registration_id", "message", ["registration_id"])
    op.create_index("ix_message_reminder_id", "message", ["reminder_id"])
    op.create_index("ix_message_user_id", "message", ["user_id"])
    keep_audit()


def keep_audit() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(AUDIT_POSTGRESQL)
    else:
        for act in ("UPDATE", "DELETE"):
            op.execute(AUDIT_SQLITE.format(act=act))


def downgrade() -> None:
    op.drop_index("ix_message_user_id", table_name="message")
    op.drop_index("ix_message_reminder_id", table_name="message")
    op.drop_index("ix_message_registration_id", table_name="message")
    op.drop_index("ix_message_occurrence_id", table_name="message")
    op.drop_index("ix_message_next_try_at", table_name="message")
    op.drop_table("message")
    op.drop_index("ix_registration_slot_id", table_name="registration")
    op.drop_index("ix_registration_occurrence_id_state", table_name="registration")
    op.drop_index("ix_registration_occurrence_id_contact_index", table_name="registration")
    op.drop_index("ix_registration_erase_at", table_name="registration")
    op.drop_table("registration")
    op.drop_index("ix_slot_occurrence_id", table_name="slot")
    op.drop_table("slot")
    op.drop_index("ix_reminder_due_at", table_name="reminder")
    op.drop_table("reminder")
    op.drop_index("ix_occurrence_venue_id", table_name="occurrence")
    op.drop_index("ix_occurrence_starts_at", table_name="occurrence")
    op.drop_index("ix_occurrence_event_id", table_name="occurrence")
    op.drop_index("ix_occurrence_ends_at", table_name="occurrence")
    op.drop_table("occurrence")
    op.drop_table("cohost")
    op.drop_index("ix_event_organization_id", table_name="event")
    op.drop_table("event")
    op.drop_index("ix_venue_organization_id", table_name="venue")
    op.drop_index("ix_venue_area", table_name="venue")
    op.drop_table("venue")
    op.drop_index("ix_sign_in_user_id", table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_table("membership")
    op.drop_index("ix_checklist_series", table_name="checklist")
    op.drop_index("ix_checklist_organization_id", table_name="checklist")
    op.drop_table("checklist")
    op.drop_table("audit_entry")
    op.drop_table("staff_user")
    op.drop_table("organization")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entry_keep()")
