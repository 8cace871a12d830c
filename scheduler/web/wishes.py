"""What a reader asks the list for: read from the query string, carried by links, told in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ..core import wording
from ..core.languages import SPOKEN
from ..models.catalogue import Filters
from ..models.doors import TYPES, types_behind
from . import words

LONGEST_SEARCH = 60

Query = dict[str, str | list[str]]


@dataclass(frozen=True)
class Wish:
    """The filters as the database takes them, and as addresses carry them."""

    filters: Filters
    topic: str
    query: Query

    def but(self, **changed: str | list[str] | int | None) -> str:
        """The address of the list with some filters changed; None drops one."""
        kept: dict[str, Any] = {key: value for key, value in {**self.query, **changed}.items() if value}
        return url_for("catalogue.listing", **kept)

    def carried(self, *named: str) -> list[tuple[str, str]]:
        """The filters of these names, as a form carries them in hidden fields."""
        return [(name, str(self.query[name])) for name in named if name in self.query]

    def in_words(self) -> list[tuple[str, str]]:
        """Each filter in words, with the address of the list without it."""
        found = [(str(label), self.but(**{name: None})) for name, label in self._told()]
        needs = self.filters.needs
        return found + [
            (str(words.NEEDS[need]), self.but(needs=[other for other in needs if other != need])) for need in needs
        ]

    def _told(self) -> list[tuple[str, str | LazyString]]:
        filters = self.filters
        told: list[tuple[str, str | LazyString]] = []
        if self.topic:
            known_door = self.topic in words.DOORS
            told.append(("topic", wording.topic(self.topic) if known_door else words.TYPES[self.topic]))
        if filters.language:
            told.append(("language", _("with %(language)s", language=wording.spoken_here(filters.language))))
        if filters.area:
            told.append(("area", _("in %(area)s", area=filters.area)))
        if filters.when != "any":
            told.append(("when", words.WHEN[filters.when]))
        if filters.since:
            told.append(("from", _("from %(date)s", date=wording.plain_date(filters.since))))
        if filters.words:
            told.append(("q", f"“{filters.words}”"))
        return told


def read(asked: MultiDict[str, str], areas: list[str]) -> Wish:
    """What of a query string we understand; the rest is ignored. `areas`: those that exist."""
    topic = asked.get("topic", "")
    types = (topic,) if topic in TYPES else types_behind(topic)
    needs = [need for given in asked.getlist("needs") for need in given.split(",")]
    filters = Filters(
        types=types,
        area=_known(asked.get("area", ""), areas),
        language=_known(asked.get("language", ""), list(SPOKEN)),
        needs=tuple(need for need in words.NEEDS if need in needs),
        when=asked["when"] if asked.get("when") in words.WHEN else "any",
        since=_day(asked.get("from", "")),
        words=" ".join(asked.get("q", "").replace("\0", " ").split())[:LONGEST_SEARCH],
    )
    return Wish(filters, topic if types else "", _query(filters, topic if types else ""))


def _query(filters: Filters, topic: str) -> Query:
    query: Query = {
        "topic": topic,
        "area": filters.area,
        "language": filters.language,
        "needs": list(filters.needs),
        "when": filters.when if filters.when != "any" else "",
        "from": filters.since.isoformat() if filters.since else "",
        "q": filters.words,
    }
    return {name: value for name, value in query.items() if value}


def _known(asked: str, known: list[str]) -> str:
    return next((value for value in known if value.casefold() == asked.strip().casefold()), "")


def _day(asked: str) -> date | None:
    try:
        found = date.fromisoformat(asked)
    except ValueError:
        return None
    return found if 2000 < found.year < 2200 else None
