"""One look: it is found again by what was looked at, so that looks at single numbers are not written down one by one."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entry_subject_id", "audit_entry", ["subject_id"])


def downgrade() -> None:
    op.drop_index("ix_audit_entry_subject_id", "audit_entry")
