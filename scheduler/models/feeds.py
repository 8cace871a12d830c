"""Which dates stand in a public feed: the wishes in its address, and the queries that answer them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, raiseload

from ..core import languages as spoken
from ..core.extensions import db
from .base import has_word
from .doors import DOORS
from .event import CANCELLED, COMPLETED, PRIVATE, PUBLIC, PUBLISHED, Event, Occurrence
from .organization import Organization
from .venue import Venue

SHOWN = (PUBLISHED, CANCELLED, COMPLETED)
PAST = timedelta(days=90)
MOST = 1000
MANY, LONGEST = 80, 80


@dataclass(frozen=True)
class Choice:
    """What a reader wants to follow. No wish of a kind means all; several of a kind mean any of them."""

    topics: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        topic: Iterable[str] = (),
        area: Iterable[str] = (),
        language: Iterable[str] = (),
        org: Iterable[str] = (),
    ) -> Choice:
        """The wishes as typed, in one order and without those that nobody could mean."""
        topics = {*DOORS.values(), *DOORS}
        return cls(
            topics=tuple(sorted(topics.intersection(topic))),
            areas=tuple(sorted({wish.strip()[:LONGEST] for wish in area} - {""})[:MANY]),
            languages=tuple(code for code in spoken.SPOKEN if code in set(language)),
            organizations=tuple(sorted({wish.strip()[:LONGEST] for wish in org} - {""})[:MANY]),
        )

    @property
    def doors(self) -> set[str]:
        """The doors of the topics, for types of event too."""
        return {DOORS.get(topic, topic) for topic in self.topics}

    def among(self, areas: Iterable[str]) -> Choice:
        """The same without areas that do not exist, and in the letters of those that do."""
        known = {area.lower(): area for area in areas}
        return replace(self, areas=tuple(known[area.lower()] for area in self.areas if area.lower() in known))

    def query(self, **more: str) -> str:
        """`?topic=daca&area=Pilsen`, equal for equal wishes; empty where there is none."""
        wishes = {"topic": self.topics, "area": self.areas, "language": self.languages, "org": self.organizations}
        found = urlencode({**wishes, **more}, doseq=True)
        return f"?{found}" if found else ""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """SQL over event, venue and organization."""
        wanted: list[sa.ColumnElement[bool]] = []
        if self.topics:
            types = [kind for kind, door in DOORS.items() if kind in self.topics or door in self.topics]
            wanted.append(Event.type.in_(types))
        if self.areas:
            wanted.append(sa.func.lower(Venue.area).in_([area.lower() for area in self.areas]))
        if self.languages:
            columns = (Event.languages, Event.interpretation)
            wanted.append(sa.or_(*(has_word(column, code) for column in columns for code in self.languages)))
        if self.organizations:
            wanted.append(Organization.slug.in_(self.organizations))
        return wanted


def upcoming(choice: Choice, now: datetime, most: int = MOST) -> list[Occurrence]:
    """Public dates that are not over, soonest first, with event, organization and venue."""
    query = _public(choice).where(Occurrence.ends_at > now)
    return list(db.session.scalars(query.order_by(Occurrence.starts_at, Occurrence.id).limit(most)))


def for_feed(choice: Choice, now: datetime) -> list[Occurrence]:
    """What a feed may hold, what matters most first: the future from now on, then the last 90 days backwards."""
    found = upcoming(choice, now)
    past = _public(choice).where(Occurrence.ends_at <= now, Occurrence.ends_at > past_begins(now))
    latest_first = past.order_by(Occurrence.starts_at.desc(), Occurrence.id).limit(MOST - len(found))
    return found + list(db.session.scalars(latest_first))


def past_begins(now: datetime) -> datetime:
    """What ended before this midnight (UTC) has left the feeds."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - PAST


def of_event(slug: str, now: datetime) -> list[Occurrence]:
    """The dates of an event that everyone with its address may see, latest first; empty if there is none.

    Its past is as long as that of other feeds; where all of it is older, the last date stays.
    """
    query = _loaded().where(Event.slug == slug, Event.state.in_(SHOWN), Event.visibility != PRIVATE)
    found = db.session.scalars(query.order_by(Occurrence.starts_at.desc(), Occurrence.id).limit(MOST)).all()
    return [date for date in found if date.ends_at > past_begins(now)] or list(found[:1])


def last_change(dates: Iterable[Occurrence]) -> datetime:
    """The last change of these dates and of their events. There is at least one."""
    return max(max(date.revised_at, date.event.revised_at) for date in dates)


def changed_at() -> datetime | None:
    """The last change of anything that was ever published, so also of what has left the feeds."""
    stamps = db.session.execute(
        sa.select(sa.func.max(Event.revised_at), sa.func.max(Occurrence.revised_at))
        .select_from(Event)
        .join(Event.occurrences)
        .where(Event.published_at.is_not(None))
    ).one()
    return max((stamp for stamp in stamps if stamp), default=None)


def count(choice: Choice, now: datetime) -> int:
    """How many public dates are still to come, without those that are called off."""
    query = sa.select(sa.func.count(Occurrence.id)).join(Occurrence.event).join(Event.organization)
    takes_place = Occurrence.state == "scheduled", Event.state != CANCELLED
    query = query.outerjoin(Occurrence.venue).where(*_is_public(choice), Occurrence.ends_at > now, *takes_place)
    return db.session.scalar(query) or 0


def _public(choice: Choice) -> sa.Select[Occurrence]:
    return _loaded().where(*_is_public(choice))


def _is_public(choice: Choice) -> list[sa.ColumnElement[bool]]:
    return [Event.state.in_(SHOWN), Event.visibility == PUBLIC, *choice.conditions()]


def _loaded() -> sa.Select[Occurrence]:
    """Occurrences with all that a calendar says of them, in one statement."""
    event = contains_eager(Occurrence.event)
    unused = (event.defer(Event.steps), event.defer(Event.search_text), raiseload("*"))
    return (
        sa.select(Occurrence)
        .join(Occurrence.event)
        .join(Event.organization)
        .outerjoin(Occurrence.venue)
        .options(event.contains_eager(Event.organization), contains_eager(Occurrence.venue), *unused)
    )
