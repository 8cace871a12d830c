"""No-shows: an hour after the last visit of a date is over, who was expected and did not come is marked so."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa

from ..core import clock
from ..core.extensions import db
from ..models.event import COMPLETED, ONLINE, PUBLISHED, Event, Occurrence, Slot
from ..models.registration import CHECKED_IN, CONFIRMED, HELD, NO_SHOW, Registration
from ..models.venue import Venue

GRACE = timedelta(hours=1)
EXPECTED = Registration.state.in_((HELD, CONFIRMED))


def mark_no_shows() -> int:
    """Mark them, all dates in one statement; returns how many. A second call finds nobody.

    The last visit begins at the last time, where people chose one, and takes as long as the host planned; everywhere
    else it is over with the date. Until then, and an hour longer, who comes late is taken in and reads on their page
    that they have a place. Their places stay counted: the time has passed. Who is still in line stays there, who was
    cancelled by the host did not stay away, and who comes even later can be checked in by hand. Online there is no
    door: unless somebody was checked in all the same, nobody knows who came.
    """
    marked = db.session.scalars(
        sa.update(Registration)
        .where(EXPECTED, Registration.occurrence_id.in_(_over(clock.now() - GRACE)))
        .values(state=NO_SHOW, held_until=None)
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())


def _over(moment: datetime) -> list[uuid.UUID]:
    """The dates whose last visit was over then, and on which somebody is still expected."""
    last = sa.select(sa.func.max(Slot.starts_at)).where(Slot.occurrence_id == Occurrence.id).scalar_subquery()
    expected = sa.exists().where(Registration.occurrence_id == Occurrence.id, EXPECTED)
    begun = sa.select(Occurrence.id, Occurrence.ends_at, Event.admission, Event.flow_minutes, last.label("last"))
    rows = db.session.execute(
        begun.join(Occurrence.event)
        .outerjoin(Occurrence.venue)
        .where(
            Occurrence.starts_at <= moment,
            Occurrence.state == "scheduled",
            Event.state.in_((PUBLISHED, COMPLETED)),
            expected,
            sa.or_(Event.format != ONLINE, _somebody_came()),
            sa.or_(Venue.online.is_not(True), _somebody_came()),
        )
    )
    return [
        occurrence_id
        for occurrence_id, ends_at, admission, minutes, last_time in rows
        if (_last_visit_ends(ends_at, minutes, last_time) if admission == "timed" else ends_at) <= moment
    ]


def _somebody_came() -> sa.Exists:
    return sa.exists().where(Registration.occurrence_id == Occurrence.id, Registration.state == CHECKED_IN)


def _last_visit_ends(ends_at: datetime, minutes: int, last_time: datetime | None) -> datetime:
    return min(ends_at, last_time + timedelta(minutes=minutes)) if minutes and last_time else ends_at
