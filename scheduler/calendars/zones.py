"""VTIMEZONE, made from the zone's own rule: one recurring change for each of its two seasons.

The rule stands at the end of the zone's file, as in POSIX: `CST6CDT,M3.2.0,M11.1.0`. Zones without one that
holds over the years in question get one observance for each change. Lists of dates (RDATE) are never used:
several calendar programs read only the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH, ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

EARLIEST = 1970
YEARS_ON = 2
WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
DAY = timedelta(days=1)
RULE = re.compile(r"M(\d+)\.(\d)\.(\d)(?:/(-?)(\d+)(?::(\d+))?(?::(\d+))?)?$")


@dataclass(frozen=True)
class Change:
    """One change of the offset: its instant, the offsets around it, and what the time is called after it."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str

    @property
    def wall(self) -> datetime:
        """What the clocks showed when they were changed."""
        return (self.at + self.before).replace(tzinfo=None)


@dataclass(frozen=True)
class Rule:
    """A change of each year: the `week`th (5: last) `weekday` of `month`, and so long after its midnight."""

    month: int
    week: int
    weekday: int
    after: timedelta

    def falls(self, year: int) -> datetime:
        """The wall time of the change in this year."""
        first = datetime(year, self.month, 1)
        day = first + DAY * ((self.weekday - first.isoweekday()) % 7 + 7 * (self.week - 1))
        return (day if day.month == self.month else day - 7 * DAY) + self.after

    def recurrence(self) -> dict[str, Any] | None:
        """The RRULE, or None where it cannot be said in one."""
        shift = self.after // DAY
        weekday = WEEKDAYS[(self.weekday + shift) % 7]
        rule: dict[str, Any] = {"freq": "yearly", "bymonth": self.month}
        if shift == 0:
            return rule | {"byday": f"{-1 if self.week == 5 else self.week}{weekday}"}
        length = (datetime(2027, self.month % 12 + 1, 1) - DAY).day
        first = (length - 6 if self.week == 5 else 7 * self.week - 6) + shift
        if self.month == 2 or first < 1 or first + 6 > length:
            return None
        return rule | {"byday": weekday, "bymonthday": list(range(first, first + 7))}


def canonical(zone: str) -> str:
    """Today's name of a zone: `America/Chicago` for `US/Central`."""
    renamed, places = _names()
    while zone in renamed and zone not in places:
        zone = renamed[zone]
    return zone


@cache
def _names() -> tuple[dict[str, str], frozenset[str]]:
    """Links from old names, and the names that stand for a place of today."""
    folder = resources.files("tzdata").joinpath("zoneinfo")
    zone_tab = folder.joinpath("zone.tab").read_text().splitlines()
    places = frozenset(line.split("\t")[2] for line in zone_tab if not line.startswith("#"))
    links = (line.split() for line in folder.joinpath("tzdata.zi").read_text().splitlines() if line.startswith("L "))
    return {old: new for _, new, old in links}, places


def component(zone: str, first: datetime, last: datetime) -> Timezone:
    """The VTIMEZONE of a canonical zone, right from the wall time `first` until two years after `last`."""
    timezone = Timezone()
    timezone.add("tzid", zone)
    timezone.add("x-lic-location", zone)
    for change, rule in _observances(zone, first.year - 1, last.year + YEARS_ON):
        timezone.add_component(_observance(change, rule, summer=change.after > _winter(zone, change.at.year)))
    return timezone


def _observance(change: Change, rule: Rule | None, summer: bool) -> TimezoneDaylight | TimezoneStandard:
    observance = TimezoneDaylight() if summer else TimezoneStandard()
    observance.add("dtstart", change.wall)
    observance.add("tzoffsetfrom", change.before)
    observance.add("tzoffsetto", change.after)
    observance.add("tzname", change.name)
    if rule:
        observance.add("rrule", rule.recurrence())
    return observance


@cache
def _observances(zone: str, since: int, until: int) -> tuple[tuple[Change, Rule | None], ...]:
    """Recurring ones, from the year in which the rule began, where it holds; otherwise one for each change."""
    rules = _rules(zone)
    if rules is None or not all(_holds(zone, rules, year) for year in range(since, until + 1)):
        changes = [change for year in range(since, until + 1) for change in _changes(zone, year)]
        return tuple((change, None) for change in (_standing(zone, since), *changes))
    while since > EARLIEST and _holds(zone, rules, since - 1):
        since -= 1
    if not rules:
        return ((_standing(zone, since), None),)
    return tuple((change, _rule_of(change, rules)) for change in _changes(zone, since))


def _rule_of(change: Change, rules: tuple[Rule, ...]) -> Rule:
    return next(rule for rule in rules if rule.falls(change.wall.year) == change.wall)


def _holds(zone: str, rules: tuple[Rule, ...], year: int) -> bool:
    return sorted(rule.falls(year) for rule in rules) == [change.wall for change in _changes(zone, year)]


def _standing(zone: str, year: int) -> Change:
    """The offset with which a year begins."""
    offset, name = _offset(zone, datetime(year, 1, 1, tzinfo=UTC))
    return Change(datetime(year, 1, 1, tzinfo=UTC) - offset, offset, offset, name)


def _winter(zone: str, year: int) -> timedelta:
    """The smaller offset of a year: what is called standard time, in Dublin too."""
    return min(change.after for change in (_standing(zone, year), *_changes(zone, year)))


@cache
def _changes(zone: str, year: int) -> tuple[Change, ...]:
    """All changes of a year, found by asking the zone itself."""
    found, day = [], datetime(year, 1, 1, tzinfo=UTC)
    place = ZoneInfo(zone)
    offset = day.astimezone(place).utcoffset()
    while day.year == year:
        before, offset = offset, (day + DAY).astimezone(place).utcoffset()
        if before != offset:
            found.append(_change_within(zone, day))
        day += DAY
    return tuple(found)


def _change_within(zone: str, day: datetime) -> Change:
    early, late = 0, 86400
    while late - early > 1:
        middle = (early + late) // 2
        same = _offset(zone, day + timedelta(seconds=middle))[0] == _offset(zone, day)[0]
        early, late = (middle, late) if same else (early, middle)
    at = day + timedelta(seconds=late)
    return Change(at, _offset(zone, day)[0], *_offset(zone, at))


def _offset(zone: str, instant: datetime) -> tuple[timedelta, str]:
    there = instant.astimezone(ZoneInfo(zone))
    return there.utcoffset() or timedelta(0), there.tzname() or zone


def _rules(zone: str) -> tuple[Rule, ...] | None:
    """The two changes of each year; none for a fixed offset; None where the file's end cannot be said in RRULEs."""
    name, *changes = _footer(zone).split(",")
    if not name or (changes and not all(RULE.match(change) for change in changes)):
        return None
    rules = tuple(_rule(change) for change in changes)
    return rules if all(rule.recurrence() for rule in rules) else None


def _rule(text: str) -> Rule:
    found = RULE.match(text)
    assert found
    month, week, weekday = (int(part) for part in found.groups()[:3])
    if found[5] is None:
        return Rule(month, week, weekday, timedelta(hours=2))
    after = timedelta(hours=int(found[5]), minutes=int(found[6] or 0), seconds=int(found[7] or 0))
    return Rule(month, week, weekday, -after if found[4] else after)


def _footer(zone: str) -> str:
    """The last line of the zone's file, which is looked for where zoneinfo looks: a POSIX rule, or nothing."""
    ZoneInfo(zone)
    for folder in TZPATH:
        if (path := Path(folder, zone)).is_file():
            return _last_line(path.read_bytes())
    return _last_line(resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes())


def _last_line(file: bytes) -> str:
    versioned = file[4:5] >= b"2" and file.endswith(b"\n")
    return file[:-1].rpartition(b"\n")[2].decode("ascii") if versioned else ""
