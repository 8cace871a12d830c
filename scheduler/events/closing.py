"""A host takes no more names for a date, and takes them again. Who has a place, or a place in line, keeps it."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa

from .. import waitlist
from ..core import clock
from ..core.extensions import db
from ..models.event import Occurrence
from .dates import locked_date


def close(occurrence_id: uuid.UUID) -> Occurrence:
    """No more names from now on. A second call changes nothing."""
    return _set(occurrence_id, Occurrence.closed_at.is_(None), clock.now())


def reopen(occurrence_id: uuid.UUID) -> Occurrence:
    """Names are taken again, and what came free meanwhile is offered to the line. A second call changes nothing."""
    occurrence = _set(occurrence_id, Occurrence.closed_at.is_not(None), None)
    waitlist.offer_freed(occurrence)
    return occurrence


def _set(occurrence_id: uuid.UUID, expected: sa.ColumnElement[bool], closed_at: datetime | None) -> Occurrence:
    _event, occurrence = locked_date(occurrence_id)
    db.session.execute(
        sa.update(Occurrence)
        .where(Occurrence.id == occurrence_id, expected)
        .values(closed_at=closed_at)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(occurrence)
    return occurrence
