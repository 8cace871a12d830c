"""Tally: the counts of a date that stay when its names go. Receipt: that they went, in numbers that name nobody."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from ..core.extensions import db
from .base import Id, Instant, Model
from .event import Event, Occurrence

FEWEST = 5
"""No smaller number of people is kept."""

TOTAL, OUTCOME, SPOKEN, SOURCE = "total", "outcome", "spoken", "source"
NEEDS, CALLS = "needs", "calls"
DIMENSIONS = (TOTAL, OUTCOME, SPOKEN, SOURCE, NEEDS, CALLS)

PAGE_SIZE = 20


class Tally(Model):
    """How many places of a date had one trait. `count` is None where it is not told."""

    __tablename__ = "tally"

    id: Mapped[Id]
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"))
    dimension: Mapped[str] = mapped_column(sa.String(20))
    value: Mapped[str] = mapped_column(sa.String(40))
    count: Mapped[int | None]

    __table_args__ = (
        sa.UniqueConstraint("occurrence_id", "dimension", "value"),
        sa.CheckConstraint("count >= 5", name="count"),
    )


class Receipt(Model):
    """That a date was purged. Numbers are rounded to fives; None stands for one to four, 0 for none at all."""

    __tablename__ = "receipt"

    id: Mapped[Id]
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"), unique=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    kept_until: Mapped[date]
    purged_at: Mapped[datetime] = mapped_column(Instant)
    registrations: Mapped[int | None]
    messages: Mapped[int | None]
    offers: Mapped[int | None]
    key_week: Mapped[str] = mapped_column(sa.String(8))
    key_destroyed_at: Mapped[datetime | None] = mapped_column(Instant)

    occurrence: Mapped[Occurrence] = relationship()

    __table_args__ = (
        sa.CheckConstraint("registrations = 0 OR registrations >= 5", name="registrations"),
        sa.CheckConstraint("messages = 0 OR messages >= 5", name="messages"),
        sa.CheckConstraint("offers = 0 OR offers >= 5", name="offers"),
    )


def rough(count: int) -> int | None:
    """A total as it may be told: 0, nothing for one to four, else rounded to fives."""
    if 0 < count < FEWEST:
        return None
    return (count + 2) // FEWEST * FEWEST


def roughly(count: int) -> str:
    """The same in words, for a terminal or a log: what they keep is not purged."""
    told = rough(count)
    return f"fewer than {FEWEST}" if told is None else f"about {told}" if told else "no"


@dataclass(frozen=True)
class Receipts:
    """One page of them, the latest first."""

    lines: list[Receipt]
    number: int
    count: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.count / PAGE_SIZE))


def receipts(hosts: Iterable[uuid.UUID], number: int) -> Receipts:
    """What was purged for these organizations."""
    own = Receipt.organization_id.in_(list(hosts))
    count = db.session.scalar(sa.select(sa.func.count(Receipt.id)).where(own)) or 0
    number = min(max(number, 1), max(1, math.ceil(count / PAGE_SIZE)))
    query = _whole().where(own).order_by(Receipt.purged_at.desc(), Occurrence.starts_at.desc(), Receipt.id)
    lines = db.session.scalars(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE))
    return Receipts(list(lines), number, count)


def receipt(occurrence_id: uuid.UUID) -> Receipt | None:
    """That of one date."""
    return db.session.scalar(_whole().where(Receipt.occurrence_id == occurrence_id))


def _whole() -> sa.Select[Receipt]:
    occurrence = contains_eager(Receipt.occurrence)
    whole = occurrence.contains_eager(Occurrence.event).joinedload(Event.organization)
    return sa.select(Receipt).join(Receipt.occurrence).join(Occurrence.event).options(whole)


def counted(occurrence_id: uuid.UUID) -> dict[str, dict[str, int | None]]:
    """What is left of a date: trait by dimension, the largest count first and those not told last."""
    query = sa.select(Tally).where(Tally.occurrence_id == occurrence_id)
    rows = sorted(db.session.scalars(query), key=lambda row: (-(row.count or 0), row.value))
    found: dict[str, dict[str, int | None]] = {}
    for dimension in DIMENSIONS:
        cells = {row.value: row.count for row in rows if row.dimension == dimension}
        if cells:
            found[dimension] = cells
    return found


def rounded(occurrence_id: uuid.UUID) -> dict[str, dict[str, int | None]]:
    """The same as it is shown: rounded as the receipt is, or adding up would give the total that it keeps back."""
    return {
        dimension: {value: count and rough(count) for value, count in cells.items()}
        for dimension, cells in counted(occurrence_id).items()
    }
