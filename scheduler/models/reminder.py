"""Reminder: a letter at an offset before a date."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.extensions import db
from .base import Id, Instant, Model
from .event import Occurrence
from .registration import CONFIRMED, EMAIL, FULL, HELPER_EMAIL, PHONE, Registration

CHOICES = (14, 7, 5, 3, 2, 1, 0)
"""So many days before; 0 is the same morning."""
MOST = 4


class Reminder(Model):
    """When the people of one occurrence are reminded; stale when the next one, or the start, has come.

    Stale when due, it is never sent: it was planned too late, or taken out of the plan after it went.
    """

    __tablename__ = "reminder"

    id: Mapped[Id]
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"))
    days_before: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    stale_at: Mapped[datetime] = mapped_column(Instant)

    occurrence: Mapped[Occurrence] = relationship()

    __table_args__ = (sa.UniqueConstraint("occurrence_id", "days_before"),)

    @property
    def is_dead(self) -> bool:
        return self.stale_at <= self.due_at


@dataclass(frozen=True)
class Audience:
    """Whom a reminder of a date would reach if it went now. `letters`: how many by language and wording; `by_code`: who
    left no contact, and is not reminded."""

    letters: dict[tuple[str, bool], int]
    calls: int
    by_code: int = 0

    @property
    def written_to(self) -> int:
        return sum(self.letters.values())

    @property
    def discreet(self) -> int:
        """How many get a letter that says nothing of the matter."""
        return sum(count for (_language, discreet), count in self.letters.items() if discreet)


def audiences(occurrence_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Audience]:
    """For each of these dates, who has a place there and wants reminders, in numbers only."""
    columns = (Registration.occurrence_id, Registration.contact_kind, Registration.language, Registration.wording)
    query = (
        sa.select(*columns, sa.func.count())
        .where(
            Registration.occurrence_id.in_(occurrence_ids),
            Registration.state == CONFIRMED,
            Registration.reminders,
            Registration.erase_asked.is_(False),
        )
        .group_by(*columns)
        .order_by(Registration.language)
    )
    letters: dict[uuid.UUID, Counter[tuple[str, bool]]] = {one: Counter() for one in occurrence_ids}
    calls: Counter[uuid.UUID] = Counter()
    codes: Counter[uuid.UUID] = Counter()
    for one, kind, language, wording, count in db.session.execute(query):
        if kind in (EMAIL, HELPER_EMAIL):
            letters[one][language, wording != FULL or kind == HELPER_EMAIL] += count
        else:
            (calls if kind == PHONE else codes)[one] += count
    return {one: Audience(dict(found), calls[one], codes[one]) for one, found in letters.items()}
