"""No-shows: an hour after a date is over, who was expected and did not come is marked so."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from ..core import clock
from ..core.extensions import db
from ..models.event import COMPLETED, PUBLISHED, Event, Occurrence
from ..models.registration import CONFIRMED, HELD, NO_SHOW, Registration

GRACE = timedelta(hours=1)


def mark_no_shows() -> int:
    """Mark them, all dates in one statement; returns how many. A second call finds nobody.

    It is the end of the date that counts, not of its last time: while the house is open, who comes late is taken in and
    reads on their page that they have a place. Their places stay counted: the time has passed. Who is still in line
    stays there, who was cancelled by the host did not stay away, and who comes in the last minute can be checked in by
    hand.
    """
    over = (
        sa.select(Occurrence.id)
        .join(Occurrence.event)
        .where(
            Occurrence.ends_at <= clock.now() - GRACE,
            Occurrence.state == "scheduled",
            Event.state.in_((PUBLISHED, COMPLETED)),
        )
    )
    marked = db.session.scalars(
        sa.update(Registration)
        .where(Registration.state.in_((HELD, CONFIRMED)), Registration.occurrence_id.in_(over))
        .values(state=NO_SHOW, held_until=None)
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())
