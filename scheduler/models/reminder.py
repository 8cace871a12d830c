"""Reminder: a letter at an offset before a date."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Id, Instant, Model
from .event import Occurrence

DAYS_BEFORE = (3, 1)


class Reminder(Model):
    """When the people of one occurrence are reminded; stale when the next one, or the start, has come."""

    __tablename__ = "reminder"

    id: Mapped[Id]
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"))
    days_before: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    stale_at: Mapped[datetime] = mapped_column(Instant)

    occurrence: Mapped[Occurrence] = relationship()

    __table_args__ = (sa.UniqueConstraint("occurrence_id", "days_before"),)
