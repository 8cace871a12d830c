"""How long what people told us is kept after a date: the shortest of what kind, host and event allow."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import selectinload

from .. import seats
from ..core import clock
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import db
from ..models.event import Event, Occurrence
from ..models.organization import Organization

SHORTEST_RETENTION, LONGEST_RETENTION, LONGEST_SENSITIVE_RETENTION = 7, 60, 30


class ErasedAtOnce(Conflict):
    """So many `dates` that are over would be due for erasure at once, and nobody said that this is meant."""

    def __init__(self, dates: int) -> None:
        words = ngettext(
            "%(num)s date that is over would be erased within the hour. Nobody can bring it back.",
            "%(num)s dates that are over would be erased within the hour. Nobody can bring them back.",
            dates,
        )
        super().__init__(words)
        self.dates = dates


def retention_days(event: Event) -> int:
    """How long personal data of its dates is kept: the shortest of what its kind, its host and it itself allow."""
    wishes = (longest_retention(event.sensitive), event.organization.retention_days, event.retention_days)
    return min(days for days in wishes if days is not None)


def longest_retention(sensitive: bool) -> int:
    """What no wish may exceed."""
    return LONGEST_SENSITIVE_RETENTION if sensitive else LONGEST_RETENTION


def check_wish(days: int | None, most: int) -> None:
    """Raise Refusal for days that nobody may wish for."""
    if days is not None and not SHORTEST_RETENTION <= days <= most:
        words = _("Write a number from %(least)s to %(most)s.", least=SHORTEST_RETENTION, most=most)
        raise Refusal(words, field="retention_days")


def still_promised(occurrence: Occurrence) -> int:
    """Nobody's data is kept longer than it said when they signed up."""
    days = retention_days(occurrence.event)
    return min(days, occurrence.days_kept) if occurrence.last_number else days


def keep_for(organization_id: uuid.UUID, days: int, erasing: int = 0) -> None:
    """Let an organization keep what people told it for so many days after a date, also after those that are over.

    Raises ErasedAtOnce when more than `erasing` dates would be due by that. Its row is locked last, as whoever writes
    down a look at a roster locks it last.
    """
    check_wish(days, LONGEST_RETENTION)
    if db.session.scalar(sa.select(Organization.retention_days).where(Organization.id == organization_id)) == days:
        return
    hosted = _locked_events(organization_id)
    kept = [date for event in hosted for date in event.occurrences if date.purged_at is None]
    for date_id in sorted(date.id for date in kept):
        seats.lock(date_id)
    host = db.session.get(Organization, organization_id, populate_existing=True, with_for_update={"key_share": True})
    if host is None:
        raise Missing()
    host.retention_days = days
    db.session.flush()
    ask_before_erasing(kept, erasing)
    for event in hosted:
        reschedule(event)


def _locked_events(organization_id: uuid.UUID) -> list[Event]:
    """Those of which something is still kept, or that are to get their first date, with their dates."""
    unpurged = Event.occurrences.any(Occurrence.purged_at.is_(None))
    query = sa.select(Event).where(Event.organization_id == organization_id, unpurged | ~Event.occurrences.any())
    query = query.options(selectinload(Event.occurrences)).order_by(Event.id).with_for_update(key_share=True)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def ask_before_erasing(dates: Iterable[Occurrence], erasing: int) -> None:
    """Raise ErasedAtOnce when more than so many of these dates would be due by what is said now."""
    due = sum(_falls_due(date) for date in dates)
    if due > erasing:
        raise ErasedAtOnce(due)


def _falls_due(occurrence: Occurrence) -> bool:
    """True of a date that is not purged, is not due yet, and would be by what is said now."""
    if occurrence.purged_at is not None:
        return False
    today = clock.today(occurrence.zone)
    return occurrence.ends_local.date() + timedelta(days=still_promised(occurrence)) < today <= occurrence.keep_until


def reschedule(event: Event) -> None:
    """How long data is kept follows from what is said now, and from what was promised."""
    for occurrence in sorted(event.occurrences, key=lambda found: found.id):
        days = _from_now_on(occurrence, retention_days(event))
        is_sooner = occurrence.purged_at is None and days < occurrence.days_kept
        if is_sooner or (occurrence.ends_at > clock.now() and occurrence.days_kept != days):
            seats.lock(occurrence.id)
            days = _from_now_on(occurrence, still_promised(occurrence))
            occurrence.schedule(occurrence.starts_local, occurrence.ends_local, days)
    db.session.flush()


def _from_now_on(occurrence: Occurrence, days: int) -> int:
    """Until yesterday everything was there: nothing is said to have gone before, and its week still has a key."""
    yesterday = clock.today(occurrence.zone) - timedelta(days=1)
    return max(days, (yesterday - occurrence.ends_local.date()).days)
