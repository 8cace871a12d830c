"""What employers were promised: for how many days after the training, or the answer, their request is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking", sa.Column("days_promised", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE booking SET days_promised = (SELECT organization.retention_days FROM training "
        "JOIN organization ON organization.id = training.organization_id WHERE training.id = booking.training_id)"
    )


def downgrade() -> None:
    op.drop_column("booking", "days_promised")
