"""LetterDay: how often addresses were written to today, under a key that dies with the day.

A mark is an HMAC under the key of its day. The key is wrapped like that of a date, so an old copy of the database tells
nothing without the key ring, and marks of two days have nothing in common. See docs/decisions/0012-counting-letters.md.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core import clock, keyring
from .base import Model


class LetterDay(Model):
    """One day, with the key of its marks."""

    __tablename__ = "letter_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    key_week: Mapped[str] = mapped_column(sa.String(8))
    key_wrapped: Mapped[bytes] = mapped_column(sa.LargeBinary(40))

    def key(self) -> bytes:
        """The key of this day; a new one where the key ring was put back and knows it no more."""
        ring = keyring.current()
        try:
            return ring.unwrap(self.key_week, self.key_wrapped)
        except keyring.KeyIsGone:
            self.key_wrapped = ring.wrap_new(self.key_week)
            return ring.unwrap(self.key_week, self.key_wrapped)


class LetterCount(Model):
    """How often one address was written to on this day."""

    __tablename__ = "letter_count"

    mark: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    day: Mapped[date] = mapped_column(sa.ForeignKey("letter_day.day", ondelete="CASCADE"), index=True)
    letters: Mapped[int]


def new_day(day: date) -> dict[str, object]:
    """The row of a day that begins."""
    week = clock.week_of(day)
    return {"day": day, "key_week": week, "key_wrapped": keyring.current().wrap_new(week)}
