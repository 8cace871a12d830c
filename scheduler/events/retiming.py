"""Instants follow wall times: when the rules of a zone change, the dates to come are derived anew."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from .. import reminders, seats
from ..core import clock
from ..core.extensions import db
from ..models.event import Occurrence

LARGEST_SHIFT = timedelta(days=1)


def retime_future() -> int:
    """Derive the instants of all dates to come; returns how many moved."""
    query = sa.select(Occurrence.id).where(Occurrence.ends_at > clock.now() - LARGEST_SHIFT).order_by(Occurrence.id)
    return sum(_retime(seats.lock(occurrence_id)) for occurrence_id in db.session.scalars(query).all())


def _retime(occurrence: Occurrence) -> bool:
    before = occurrence.starts_at, occurrence.ends_at
    occurrence.retime()
    for slot in occurrence.slots:
        slot.starts_at = clock.to_utc(slot.starts_local, occurrence.zone)
    if before == (occurrence.starts_at, occurrence.ends_at):
        return False
    occurrence.revised_at = clock.now()
    reminders.plan(occurrence)
    db.session.flush()
    return True
