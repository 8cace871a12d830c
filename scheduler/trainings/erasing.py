"""What employers told us is forgotten when its day has come."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app

from ..core import clock
from ..core.extensions import db
from ..models.training import Booking


def erase_due() -> int:
    """Erase the requests that were kept long enough, with their letters; returns how many."""
    today = clock.today(current_app.config["TIMEZONE"])
    erased = db.session.execute(
        sa.delete(Booking)
        .where(Booking.keep_until < today)
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    )
    return len(erased.all())
