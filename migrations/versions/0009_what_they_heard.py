"""What they heard: the time that a person knew before the moves their next letter tells of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


EMPLOYERS_KNOW = (
    "UPDATE booking SET told_sequence = told_sequence {sign} (SELECT event.sequence FROM occurrence JOIN event "
    "ON event.id = occurrence.event_id WHERE occurrence.id = booking.occurrence_id) WHERE occurrence_id IS NOT NULL"
)
"""Changes of the event are told to employers too, from now on: its sequence counts."""


def upgrade() -> None:
    op.add_column("registration", sa.Column("heard_local", sa.DateTime(), nullable=True))
    op.execute(
        "UPDATE registration SET heard_local = (SELECT moved_from_local FROM occurrence "
        "WHERE occurrence.id = registration.occurrence_id) WHERE keep_asked_at IS NOT NULL"
    )
    op.execute(EMPLOYERS_KNOW.format(sign="+"))


def downgrade() -> None:
    op.execute(EMPLOYERS_KNOW.format(sign="-"))
    op.execute("UPDATE registration SET reconfirmed_at = NULL WHERE keep_asked_at IS NOT NULL")
    op.drop_column("registration", "heard_local")
