"""Days: letters are counted in the database, by all workers on all machines together, and forgotten each night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from flask import current_app
from limits import RateLimitItem

from .. import outbox
from ..core import clock
from ..core.extensions import db
from ..models.letter_day import LetterCount, LetterDay, new_day


def locked() -> LetterDay:
    """Today's row, locked: who counts at the same moment waits."""
    today = clock.today(current_app.config["TIMEZONE"])
    query = sa.select(LetterDay).where(LetterDay.day == today).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        db.session.execute(outbox.insert_once(LetterDay), [new_day(today)])
        found = db.session.scalars(query).one()
    return found


class InDatabase:
    """Counters of one day, read at once. The day must be locked."""

    def __init__(self, day: date, marks: Sequence[str]) -> None:
        self._day = day
        query = sa.select(LetterCount).where(LetterCount.mark.in_([bytes.fromhex(mark) for mark in marks]))
        self._rows = {row.mark.hex(): row for row in db.session.scalars(query)}

    def test(self, item: RateLimitItem, *identifiers: str) -> bool:
        """True if one more is within the limit. Counts nothing."""
        row = self._rows.get(identifiers[0])
        return row is None or row.letters < item.amount

    def hit(self, item: RateLimitItem, *identifiers: str) -> bool:
        """Count one more; False above the limit."""
        if not self.test(item, *identifiers):
            return False
        mark = identifiers[0]
        if mark not in self._rows:
            self._rows[mark] = LetterCount(mark=bytes.fromhex(mark), day=self._day, letters=0)
            db.session.add(self._rows[mark])
        self._rows[mark].letters += 1
        return True


def are_over() -> bool:
    """True if a day is over whose counts are still there."""
    return db.session.scalar(sa.select(LetterDay.day).where(_over()).limit(1)) is not None


def forget() -> None:
    """The days that are over go, with all that was counted."""
    db.session.execute(sa.delete(LetterDay).where(_over()).execution_options(synchronize_session=False))


def _over() -> sa.ColumnElement[bool]:
    return LetterDay.day < clock.today(current_app.config["TIMEZONE"])
