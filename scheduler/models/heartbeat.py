"""Heartbeat: one row that says since when workers live, whether mail is paused, and when the last copy was made.

Workers count their beats, about one a minute, in this row and then in the key ring. A database that knows fewer
beats than its key ring, or many more, is not the one that this key ring went along with: one of them was restored.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core.extensions import db
from .base import Instant, Model

RESTORED, BY_HAND = "restored", "by hand"


class Heartbeat(Model):
    """The only row has the id 1."""

    __tablename__ = "heartbeat"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    beats: Mapped[int] = mapped_column(sa.BigInteger)
    beaten_at: Mapped[datetime | None] = mapped_column(Instant)
    copied_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_because: Mapped[str] = mapped_column(sa.String(20), default="")

    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)


def heartbeat() -> Heartbeat | None:
    """The row; None before the first worker began."""
    return db.session.scalar(sa.select(Heartbeat))
