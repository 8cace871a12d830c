"""What employers told us is forgotten when its day has come."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from flask import current_app

from ..core import clock
from ..core.extensions import db
from ..models.training import Booking

LATE_DAYS = 1


def due() -> int:
    """How many requests were kept long enough."""
    return _count(_today())


def overdue() -> int:
    """How many should have been erased more than a day ago."""
    return _count(_today() - timedelta(days=LATE_DAYS))


def erase_due() -> int:
    """Erase the requests that were kept long enough, with their letters; returns how many."""
    erased = db.session.execute(
        sa.delete(Booking)
        .where(Booking.keep_until < _today())
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    )
    return len(erased.all())


def _count(day: date) -> int:
    return db.session.scalar(sa.select(sa.func.count(Booking.id)).where(Booking.keep_until < day)) or 0


def _today() -> date:
    return clock.today(current_app.config["TIMEZONE"])
