"""What employers told us is forgotten when its day has come."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from flask import current_app

from ..core import clock
from ..core.extensions import db
from ..models.event import Occurrence
from ..models.training import Booking

LATE_DAYS = 1


def due() -> int:
    """How many requests were kept long enough."""
    return db.session.scalar(sa.select(sa.func.count(Booking.id)).where(_is_due())) or 0


def overdue() -> int:
    """How many should have been erased more than a day ago."""
    late = Booking.keep_until < _today() - timedelta(days=LATE_DAYS)
    return db.session.scalar(sa.select(sa.func.count(Booking.id)).where(late)) or 0


def erase_due() -> int:
    """Erase the requests that were kept long enough, with their letters; returns how many."""
    erased = db.session.execute(
        sa.delete(Booking).where(_is_due()).returning(Booking.id).execution_options(synchronize_session=False)
    )
    return len(erased.all())


def _is_due() -> sa.ColumnElement[bool]:
    """Its own day is over, or its session was purged, which may have been told to keep less."""
    purged = sa.select(Occurrence.id).where(Occurrence.purged_at.is_not(None))
    return sa.or_(Booking.keep_until < _today(), Booking.occurrence_id.in_(purged))


def _today() -> date:
    return clock.today(current_app.config["TIMEZONE"])
