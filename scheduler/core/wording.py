"""How dates, times and languages are worded, in the language of the moment (pages and letters alike)."""

from __future__ import annotations

import re
from datetime import date, datetime

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from . import languages

_FORMATS = {"en": "en_US", "es": "es_US"}

_TOPICS = {
    "legal": _l("See a lawyer"),
    "daca": _l("Renew DACA"),
    "rights": _l("Know my rights"),
    "citizen": _l("Become a citizen"),
    "work": _l("Train my staff"),
    "wellness": _l("Feel better"),
    "learning": _l("Learn or volunteer"),
}


def locale() -> Locale:
    """The locale that formats follow: American forms of English and Spanish."""
    found = get_locale()
    language = found.language if found else "en"
    return Locale.parse(_FORMATS.get(language, language))


def _plain(text: str) -> str:
    """Ordinary spaces: the narrow ones of newer locale tables break in old phones and in mail."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def _skeleton(skeleton: str, day: date) -> str:
    return _plain(format_skeleton(skeleton, datetime(day.year, day.month, day.day), locale=locale()))


def weekday_date(day: date) -> str:
    """`Saturday, December 5` · `sábado, 5 de diciembre`."""
    # The tables have no such pattern, and the nearest one answers with "Sat, Dec 5": widen its two words.
    short = locale().datetime_skeletons["MMMEd"].pattern
    wide = re.sub("E+", "EEEE", re.sub("M+", "MMMM", short))
    return _plain(format_date(day, wide, locale=locale()))


def full_date(day: date) -> str:
    """`Saturday, December 5, 2026`."""
    return _plain(format_date(day, "full", locale=locale()))


def plain_date(day: date) -> str:
    """`December 5, 2026`."""
    return _plain(format_date(day, "long", locale=locale()))


def month_day(day: date) -> str:
    """`December 5`."""
    return _skeleton("MMMMd", day)


def short_date(day: date) -> str:
    """`Sat, Dec 5`."""
    return _skeleton("MMMEd", day)


def weekday(day: date) -> str:
    """`Saturday`."""
    return _plain(format_date(day, "EEEE", locale=locale()))


def door_month(day: date) -> str:
    """`Dec`: the word on a fanlight."""
    return _plain(format_date(day, "LLL", locale=locale())).rstrip(".").capitalize()


def door_weekday(day: date) -> str:
    """`Sat`: the word on a door's foot."""
    return _plain(format_date(day, "ccc", locale=locale())).rstrip(".").capitalize()


def clock_time(wall: datetime) -> str:
    """`9:30 AM` · `9:30 a. m.`."""
    return _plain(format_time(wall.time(), "short", locale=locale()))


def time_range(starts: datetime, ends: datetime) -> str:
    """`9:30 AM – 1:45 PM`."""
    return f"{clock_time(starts)} – {clock_time(ends)}"


def month_year(day: date) -> str:
    """`December 2026`."""
    return _skeleton("yMMMM", day)


def weekdays() -> list[tuple[str, str]]:
    """Short and whole names of the days of a week, from the day with which it begins here."""
    days = [(locale().first_week_day + after) % 7 for after in range(7)]
    short, whole = locale().days["stand-alone"]["abbreviated"], locale().days["stand-alone"]["wide"]
    return [(short[day], whole[day]) for day in days]


def zone_words(zone: str) -> str:
    """`Chicago time`: the city that names the zone."""
    city = zone.rpartition("/")[2].replace("_", " ")
    return str(_("%(city)s time", city=city))


def spoken(code: str) -> str:
    """A language in its own name: `Polski`."""
    return languages.SPOKEN.get(code, code)


def spoken_here(code: str) -> str:
    """A language in the language of the reader: `Polish`."""
    return str(locale().languages.get(code, spoken(code)))


def topic(door: str) -> str:
    """What stands over a door: `See a lawyer`."""
    return str(_TOPICS[door])
