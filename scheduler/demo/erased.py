"""A date of the demo world whose time was up long ago: its counts and its receipt are there to look at."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from .. import privacy
from ..core import clock
from ..core.extensions import db
from ..models import event as states
from ..models.event import Event, Occurrence, Slot
from ..models.tally import Receipt
from .crowd import Crowd

SLUG = "daca-renewal-pilsen-past"
WEEKS_BEFORE = timedelta(weeks=6)
WHILE_AHEAD = timedelta(weeks=26)
PEOPLE = {"registered": 27}
CAME = 21


def add(crowd: Crowd) -> None:
    """People come while the date lies ahead, as in life; then it is set back to where it was, and purged."""
    event = db.session.scalars(sa.select(Event).where(Event.slug == SLUG)).one()
    shown = event.occurrences[0]
    starts, ends = shown.starts_local - WEEKS_BEFORE, shown.ends_local - WEEKS_BEFORE
    date = _copy(shown, starts + WHILE_AHEAD, ends + WHILE_AHEAD)
    state, event.state = event.state, states.PUBLISHED
    db.session.flush()
    crowd.come(date.id, PEOPLE)
    crowd.check_in(date.id, CAME)
    event.state = state
    _set_back(date, starts, ends)
    db.session.flush()
    day = datetime.combine(date.keep_until + timedelta(days=1), time(0, 1))
    privacy.purge(date.id, clock.to_utc(day, date.zone))
    date.key_week = clock.week_of(date.keep_until)
    db.session.execute(sa.update(Receipt).where(Receipt.occurrence_id == date.id).values(key_week=date.key_week))


def _copy(shown: Occurrence, starts: datetime, ends: datetime) -> Occurrence:
    now = shown.created_at
    date = Occurrence(
        id=uuid.uuid4(),
        event_id=shown.event_id,
        venue_id=shown.venue_id,
        zone=shown.zone,
        created_at=now,
        revised_at=now,
    )
    date.schedule(starts, ends, 30)
    date.slots = [
        Slot(id=uuid.uuid4(), starts_local=wall, starts_at=clock.to_utc(wall, date.zone), seats_limit=slot.seats_limit)
        for slot in shown.slots
        for wall in [starts + (slot.starts_local - shown.starts_local)]
    ]
    db.session.add(date)
    return date


def _set_back(date: Occurrence, starts: datetime, ends: datetime) -> None:
    """Its key stays in the week for which it was made: those of weeks that are over cannot be made."""
    date.starts_local, date.ends_local = starts, ends
    date.retime()
    date.keep_until = ends.date() + timedelta(days=30)
    for slot in date.slots:
        slot.starts_local -= WHILE_AHEAD
        slot.starts_at = clock.to_utc(slot.starts_local, date.zone)
