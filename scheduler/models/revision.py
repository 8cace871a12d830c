"""Revision: the number that every public change raises in its own transaction. Triggers do it (migration 0005)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core import clock
from .base import Instant, Model
from .event import Occurrence, Slot

Token = tuple[int, int]
"""Number and mark: equal only while nothing public has changed."""


class Revision(Model):
    """One row. `mark` is drawn anew with each raise, so that two histories (a backup put back) never look alike."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger)
    mark: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)


_NOW = sa.bindparam("now", type_=Instant)
_SOONEST = (
    sa.select(sa.func.min(column)).where(column > _NOW).scalar_subquery()
    for column in (Occurrence.starts_at, Occurrence.ends_at, Slot.starts_at)
)
_STATE = sa.select(Revision.number, Revision.mark, *_SOONEST)


@dataclass(frozen=True)
class State:
    """What is public, and until when if nobody changes it. `soonest` begin or end then; there may be none."""

    token: Token
    soonest: tuple[datetime, ...]

    def until(self, now: datetime, zone: str) -> datetime:
        """The next instant at which time alone changes what is public: a start, an end, or midnight.

        Pages count days in the zone of the house; feeds, which are the same for everybody, in UTC.
        """
        return min(*self.soonest, _midnight(now, zone), _midnight(now, "UTC"))


def read(connection: sa.Connection, now: datetime) -> State | None:
    """The present revision, or None where there is none yet. Asked for before almost every answer."""
    asked = _asked(connection.dialect)
    row = connection.exec_driver_sql(asked.words, asked.told(now)).one_or_none()
    if row is None:
        return None
    number, mark, *soonest = row
    instants = (asked.instant(found) for found in soonest if found)
    return State((number, mark), tuple(instant for instant in instants if instant))


@dataclass(frozen=True)
class _Asked:
    """The question in the driver's own words: SQLAlchemy's way to them took most of the time of asking."""

    words: str
    told: Callable[[datetime], Any]
    instant: Callable[[Any], datetime | None]


@cache
def _asked(dialect: sa.Dialect) -> _Asked:
    compiled, instant = _STATE.compile(dialect=dialect), Instant().dialect_impl(dialect)
    written, unread = instant.bind_processor(dialect), instant.result_processor(dialect, None)
    assert written is not None and unread is not None
    places = len(compiled.positiontup or ())

    def told(now: datetime) -> Any:
        return (written(now),) * places if places else {"now": written(now)}

    return _Asked(str(compiled), told, unread)


def _midnight(now: datetime, zone: str) -> datetime:
    """When the next day begins there."""
    tomorrow = clock.local(now, zone).date() + timedelta(days=1)
    return clock.to_utc(datetime.combine(tomorrow, time()), zone)
