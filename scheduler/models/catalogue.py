"""Catalogue: what the public sees of events, dates and room. Named reads only, for pages and for nobody's eyes else."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, defer, joinedload, selectinload

from ..core import clock
from ..core.extensions import db
from .base import has_word
from .doors import types_behind
from .event import CANCELLED, HYBRID, ONLINE, PUBLIC, PUBLISHED, Event, Occurrence
from .room import CANCELED, CLOSED, FEW, FULL, INVITED, JUST_COME, OPEN, PAST, Date, slot_room, with_room
from .venue import Venue

__all__ = [
    "CANCELED", "CLOSED", "FEW", "FULL", "INVITED", "JUST_COME", "OPEN", "PAST", "Date", "Filters", "Page",
    "alternatives", "areas", "coming", "folded", "languages_spoken", "listed_pages", "search_text", "shown",
    "slot_room", "with_room",
]  # fmt: skip

PAGE_SIZE = 20
MOST = 1000
"""So many dates can be paged through; whoever wants to see further asks for less."""
LOOKED_AT = 12
"""Among so many of the soonest other dates those with room are looked for."""
LONGEST = timedelta(days=60)
"""No date lasts longer."""
EVENING = 17
SATURDAY, SUNDAY = 6, 0
"""Days of the week as SQL counts them."""


@dataclass(frozen=True)
class Filters:
    """What a reader asks for; empty means anything. `types` are event types, `since` is a date in the house's zone."""

    types: tuple[str, ...] = ()
    area: str = ""
    language: str = ""
    needs: tuple[str, ...] = ()
    when: str = "any"
    since: date | None = None
    words: str = ""


@dataclass(frozen=True)
class Page:
    """One page of the list: 1 is the first."""

    dates: list[Date]
    count: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.count / PAGE_SIZE))

    @property
    def is_cut(self) -> bool:
        """True when there may be more dates than are counted."""
        return self.count >= MOST

    @property
    def following(self) -> int:
        """How many dates the next page shows."""
        return max(0, min(PAGE_SIZE, self.count - self.number * PAGE_SIZE))


def folded(text: str) -> str:
    """The form in which words are looked for: small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def search_text(event: Event) -> str:
    """What the list's search looks through: titles and summaries in every language, the host, the areas."""
    areas = {occurrence.venue.area for occurrence in event.occurrences if occurrence.venue}
    words = [*event.title.values(), *event.summary.values(), event.organization.name, *sorted(areas)]
    return folded(" ".join(words))


def coming(filters: Filters, number: int, zone: str) -> Page:
    """A page of the listed dates that are not over, soonest first; a number past the end shows the last page."""
    now = clock.now()
    ids = db.session.scalars(_soonest(Occurrence.id, now, _matching(filters, zone))).all()
    page = Page([], len(ids), 1)
    page = replace(page, number=max(1, min(number, page.pages)))
    first = (page.number - 1) * PAGE_SIZE
    query = _whole().where(Occurrence.id.in_(ids[first : first + PAGE_SIZE]))
    return replace(page, dates=with_room(db.session.scalars(_in_order(query)).all()))


def _soonest(column: Any, now: datetime, wanted: Sequence[sa.ColumnElement[bool]] = ()) -> sa.Select[Any]:
    """One column of the soonest dates, at most MOST of them: walks the index of starts and stops there."""
    return _in_order(sa.select(column).where(*_ahead(now), _announced(*wanted))).limit(MOST)


def _in_order(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(Occurrence.starts_at, Occurrence.id)


def _ahead(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Not over. The second bound says nothing new, but lets a database begin in the index of starts."""
    return Occurrence.ends_at > now, Occurrence.starts_at > now - LONGEST


def _announced(*wanted: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Of a public event; what was canceled stays listed until its time has passed. `wanted`: more about event or venue.

    As EXISTS, because a database without statistics would begin a join at the events and read them all.
    """
    event_and_venue = sa.outerjoin(Event, Venue, Venue.id == Occurrence.venue_id)
    return (
        sa.select(sa.literal(1))
        .select_from(event_and_venue)
        .where(
            Event.id == Occurrence.event_id,
            Event.state.in_((PUBLISHED, CANCELLED)),
            Event.visibility == PUBLIC,
            *wanted,
        )
        .correlate(Occurrence)
        .exists()
    )


def _whole() -> sa.Select[Occurrence]:
    """Dates with the event and venue that a row of the list needs."""
    event = contains_eager(Occurrence.event)
    return (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .outerjoin(Occurrence.venue)
        .options(
            defer(Occurrence.key_wrapped),
            event.defer(Event.steps),
            event.defer(Event.search_text),
            contains_eager(Occurrence.venue),
        )
    )


def _matching(filters: Filters, zone: str) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if filters.types:
        wanted.append(Event.type.in_(filters.types))
    if filters.area:
        wanted.append(Venue.area == filters.area)
    if filters.language:
        columns = (Event.languages, Event.interpretation)
        wanted.append(sa.or_(*(has_word(column, filters.language) for column in columns)))
    if filters.words:
        wanted += [Event.search_text.contains(word, autoescape=True) for word in folded(filters.words).split()[:6]]
    if filters.since:
        wanted.append(Occurrence.starts_at >= _midnight(filters.since, zone))
    wanted += [_offers(need) for need in filters.needs]
    return wanted + _within(filters.when, zone)


def _offers(need: str) -> sa.ColumnElement[bool]:
    if need == "online":
        return Event.format.in_((ONLINE, HYBRID))
    if need == "step_free":
        return sa.or_(has_word(Event.amenities, need), has_word(Venue.access, need))
    return has_word(Event.amenities, need)


def _within(when: str, zone: str) -> list[sa.ColumnElement[bool]]:
    if when == "week":
        today = clock.today(zone)
        return [Occurrence.starts_at < _midnight(today + timedelta(days=7 - today.weekday()), zone)]
    if when == "weekend":
        return [sa.extract("dow", Occurrence.starts_local).in_((SATURDAY, SUNDAY))]
    if when == "evening":
        return [sa.extract("hour", Occurrence.starts_local) >= EVENING]
    return []


def _midnight(day: date, zone: str) -> datetime:
    return clock.to_utc(datetime.combine(day, time()), zone)


def areas() -> dict[str, bool]:
    """Every area with a venue, and whether anything is coming there."""
    coming_there = (
        sa.exists()
        .where(Occurrence.venue_id == Venue.id, Event.id == Occurrence.event_id, *_ahead(clock.now()))
        .where(Event.state.in_((PUBLISHED, CANCELLED)), Event.visibility == PUBLIC)
    )
    query = (
        sa.select(Venue.area, sa.func.max(sa.case((coming_there, 1), else_=0)))
        .where(Venue.area != "")
        .group_by(Venue.area)
        .order_by(Venue.area)
    )
    return {area: bool(found) for area, found in db.session.execute(query)}


def languages_spoken() -> set[str]:
    """The languages in which something is coming, or for which an interpreter can be asked."""
    soonest = _soonest(Occurrence.event_id, clock.now()).subquery()
    query = sa.select(Event.languages, Event.interpretation).where(Event.id.in_(sa.select(soonest.c.event_id)))
    return {language for row in db.session.execute(query.distinct()) for spoken in row for language in spoken}


def shown(slug: str) -> Event | None:
    """The event at a public address with all that its page shows, or None: drafts and private ones look missing."""
    dates = selectinload(Event.occurrences)
    event = db.session.scalar(
        sa.select(Event)
        .where(Event.slug == slug)
        .options(
            joinedload(Event.organization),
            joinedload(Event.checklist),
            selectinload(Event.cohosts),
            dates.joinedload(Occurrence.venue),
            dates.selectinload(Occurrence.slots),
        )
    )
    return event if event is not None and event.is_public else None


def alternatives(event: Event, before: Sequence[Date] = (), most: int = 3) -> list[Date]:
    """Dates of other events behind this door that can still be joined: those with room first, each kind soonest first.

    `before`: dates that stand in front of those of their kind.
    """
    wanted = (Event.type.in_(types_behind(event.door)), Event.state == PUBLISHED, Event.id != event.id)
    takes_place = (Occurrence.state == "scheduled", Occurrence.closed_at.is_(None))
    soonest = _soonest(Occurrence.id, clock.now(), wanted).where(*takes_place).limit(LOOKED_AT).subquery()
    query = _in_order(_whole().where(Occurrence.id.in_(sa.select(soonest.c.id))))
    found = [date for date in with_room(db.session.scalars(query).all()) if date.standing not in (INVITED, PAST)]
    return sorted([*before, *found], key=lambda date: not date.lit)[:most]


def listed_pages() -> list[tuple[str, datetime]]:
    """Address and last change of each event that the list shows, for the site map."""
    soonest = _soonest(Occurrence.event_id, clock.now()).subquery()
    query = sa.select(Event.slug, Event.revised_at).where(Event.id.in_(sa.select(soonest.c.event_id)))
    return [(slug, revised) for slug, revised in db.session.execute(query.order_by(Event.slug))]
