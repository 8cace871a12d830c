"""The only clock in the house.

What happened is an instant: an aware datetime in UTC. What is planned is a wall time: a naive datetime
together with an IANA zone name. These functions lead from one to the other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVER = datetime.min.replace(tzinfo=UTC)
"""Before everything that happened."""


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def exists(wall: datetime, zone: str) -> bool:
    """False for a wall time that the spring change skips."""
    there = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    return there.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall


def to_utc(wall: datetime, zone: str) -> datetime:
    """The instant of a wall time. One that occurs twice takes the first; a skipped one moves past the gap."""
    if wall.tzinfo is not None:
        raise ValueError("a wall time carries no zone of its own")
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def local(instant: datetime, zone: str) -> datetime:
    """The same instant on the wall clocks of `zone`; stays aware."""
    if instant.tzinfo is None:
        raise ValueError("an instant is aware")
    return instant.astimezone(ZoneInfo(zone))


def today(zone: str) -> date:
    """The present date in `zone`."""
    return local(now(), zone).date()


def week_of(day: date) -> str:
    """ISO week of a date, like 2026-W50: the unit in which keys are destroyed."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def to_minute(instant: datetime) -> datetime:
    """An instant without its seconds: finer times of a person's acts are not kept."""
    return instant.replace(second=0, microsecond=0)


QUIET_FROM, QUIET_UNTIL = 21, 8


def is_quiet(instant: datetime, zone: str) -> bool:
    """True from 21:00 to 08:00 local: nobody is written to then."""
    hour = local(instant, zone).hour
    return hour >= QUIET_FROM or hour < QUIET_UNTIL


def after_quiet(instant: datetime, zone: str) -> datetime:
    """The same instant, or the next 08:00 local when it falls into the quiet hours."""
    if not is_quiet(instant, zone):
        return instant
    wall = local(instant, zone).replace(tzinfo=None)
    morning = wall.replace(hour=QUIET_UNTIL, minute=0, second=0, microsecond=0)
    if wall.hour >= QUIET_FROM:
        morning += timedelta(days=1)
    return to_utc(morning, zone)


def after_day_time(instant: datetime, span: timedelta, zone: str) -> datetime:
    """When so much time outside the quiet hours will have gone by: a clock that stands still from 21:00 to 08:00."""
    day, left = local(instant, zone).date(), span
    while True:
        opens = max(instant, to_utc(datetime.combine(day, time(QUIET_UNTIL)), zone))
        closes = to_utc(datetime.combine(day, time(QUIET_FROM)), zone)
        if closes - opens >= left:
            return opens + left
        left -= max(timedelta(), closes - opens)
        day += timedelta(days=1)
