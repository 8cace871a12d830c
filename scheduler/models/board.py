"""Board: an organization's events as its own people see them, with numbers."""

from __future__ import annotations

import math
import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from ..core import clock
from ..core.extensions import db
from .event import DRAFT, PUBLISHED, Event, Occurrence, Slot
from .line import on_waitlist
from .organization import Cohost, Organization

UPCOMING, DRAFTS, PAST = "upcoming", "drafts", "past"
TABS = (UPCOMING, DRAFTS, PAST)
PAGE_SIZE = 25
UNFINISHED = (DRAFT, "in_review")


@dataclass(frozen=True)
class Line:
    """An event with one of its dates, or with None while it has none yet; and that date's places and waitlist."""

    event: Event
    occurrence: Occurrence | None
    taken: int = 0
    limit: int = 0
    waitlist: int = 0


@dataclass(frozen=True)
class Page:
    """One page of a tab: 1 is the first."""

    lines: list[Line]
    number: int
    count: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.count / PAGE_SIZE))


Counts = dict[str, int]
Hosts = Collection[uuid.UUID]


def counts(hosts: Hosts, editing: Hosts) -> Counts:
    """How much stands on each tab: dates that `hosts` hold or help to hold, drafts where the reader may edit."""
    coming, past = (_dates(hosts, tab).with_only_columns(sa.func.count()).order_by(None) for tab in (UPCOMING, PAST))
    drafts = _drafts(editing).with_only_columns(sa.func.count()).order_by(None)
    columns = (query.scalar_subquery() for query in (coming, drafts, past))
    return dict(zip(TABS, db.session.execute(sa.select(*columns)).one(), strict=True))


def dates(hosts: Hosts, tab: str, number: int, count: int) -> Page:
    """Published dates to come, soonest first; or past ones, latest first."""
    number = _within(number, count)
    taken, limit = (
        sa.select(sa.func.coalesce(sa.func.sum(column), 0))
        .where(Slot.occurrence_id == Occurrence.id)
        .correlate(Occurrence)
        .scalar_subquery()
        for column in (Slot.seats_taken, Slot.seats_limit)
    )
    query = _dates(hosts, tab).add_columns(taken, limit, on_waitlist()).outerjoin(Occurrence.venue)
    whole = contains_eager(Occurrence.event).joinedload(Event.organization)
    query = query.options(whole, contains_eager(Occurrence.venue))
    query = query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    lines = [Line(found.event, found, *numbers) for found, *numbers in db.session.execute(query)]
    return Page(lines, number, count)


def drafts(editing: Hosts, number: int, count: int) -> Page:
    """What is not published yet, the latest change first, each with its first date."""
    number = _within(number, count)
    whole = (joinedload(Event.organization), selectinload(Event.occurrences).joinedload(Occurrence.venue))
    query = _drafts(editing).options(*whole).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    lines = [Line(event, next(iter(event.occurrences), None)) for event in db.session.scalars(query)]
    return Page(lines, number, count)


def _within(number: int, count: int) -> int:
    return min(max(number, 1), max(1, math.ceil(count / PAGE_SIZE)))


def _dates(hosts: Hosts, tab: str) -> sa.Select[Occurrence]:
    query = sa.select(Occurrence).join(Occurrence.event)
    named = sa.exists().where(Cohost.event_id == Event.id, Cohost.organization_id.in_(hosts))
    query = query.where(sa.or_(Event.organization_id.in_(hosts), named), Event.state.not_in(UNFINISHED))
    if tab == PAST:
        return query.where(Occurrence.ends_at <= clock.now()).order_by(Occurrence.starts_at.desc(), Occurrence.id)
    return query.where(Occurrence.ends_at > clock.now()).order_by(Occurrence.starts_at, Occurrence.id)


def _drafts(editing: Hosts) -> sa.Select[Event]:
    query = sa.select(Event).where(Event.organization_id.in_(editing), Event.state.in_(UNFINISHED))
    return query.order_by(Event.revised_at.desc(), Event.id)


def hosts_without_phone() -> list[Organization]:
    """Those that have published dates to come, and gave no number, by slug."""
    coming = Event.occurrences.any(sa.and_(Occurrence.ends_at > clock.now(), Occurrence.state == "scheduled"))
    announced = sa.select(Event.organization_id).where(Event.state == PUBLISHED, coming)
    query = sa.select(Organization).where(Organization.phone == "", Organization.id.in_(announced))
    return list(db.session.scalars(query.order_by(Organization.slug)))
