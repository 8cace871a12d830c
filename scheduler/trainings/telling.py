"""A session was moved or called off, or is over: its employer hears of it too."""

from __future__ import annotations

import logging
from datetime import timedelta

import sqlalchemy as sa

from .. import outbox
from ..core import clock
from ..core.errors import Missing
from ..core.extensions import db, transaction
from ..models import registration as places
from ..models import training as states
from ..models.event import CANCELLED, Event, Occurrence
from ..models.message import BOOKING_CHANGED, BOOKING_OVER, Message
from ..models.registration import Registration
from ..models.training import Booking
from .finding import locked
from .joining import LISTED

log = logging.getLogger(__name__)

GRACE, LATEST = timedelta(hours=1), timedelta(days=7)
"""After its end: when it is known who came, and until when that is news."""


def tell_changes() -> int:
    """Write to every employer whose session is not as the last letter said; returns how many.

    Opens its transactions itself, one for each request: one that fails stops no other and is tried again.
    """
    off = sa.or_(Occurrence.state == "cancelled", Event.state == CANCELLED)
    query = (
        sa.select(Booking.id)
        .join(Booking.occurrence)
        .join(Occurrence.event)
        .where(Booking.state == states.CONFIRMED, Occurrence.ends_at > clock.now())
        .where(sa.or_(off, Occurrence.sequence + Event.sequence != Booking.told_sequence))
        .order_by(Booking.id)
    )
    told = 0
    for booking_id in db.session.scalars(query).all():
        try:
            with transaction():
                told += _tell(locked(booking_id))
        except Missing:
            # Its key is gone, as after a key ring was put back: nobody can read where to write.
            continue
        except Exception as error:
            log.error("telling of booking %s failed: %s", booking_id, type(error).__name__)
    return told


def _tell(booking: Booking) -> bool:
    occurrence = booking.occurrence
    if occurrence is None or booking.state != states.CONFIRMED:
        return False
    if occurrence.is_cancelled:
        booking.state = states.CANCELLED
    booking.told_sequence = occurrence.whole_sequence
    booking.revised_at = clock.to_minute(clock.now())
    booking.keep(occurrence.ends_local.date() + timedelta(days=booking.keep_days))
    outbox.enqueue_for_booking(BOOKING_CHANGED, booking)
    db.session.flush()
    return True


def tell_over() -> int:
    """Tell every employer once, after the session, that the list of their staff is there; returns how many."""
    now = clock.now()
    told = sa.exists().where(Message.booking_id == Booking.id, Message.letter == BOOKING_OVER)
    listed = sa.exists().where(
        Registration.occurrence_id == Booking.occurrence_id,
        Registration.source == places.INVITED,
        Registration.state.in_(LISTED),
        Registration.erase_asked.is_(False),
    )
    query = (
        sa.select(Booking)
        .join(Booking.occurrence)
        .join(Occurrence.event)
        .where(Booking.state == states.CONFIRMED, Occurrence.state == "scheduled", Event.state != CANCELLED)
        .where(Occurrence.ends_at <= now - GRACE, Occurrence.ends_at > now - LATEST, listed, sa.not_(told))
        .order_by(Booking.id)
    )
    found = db.session.scalars(query).all()
    for booking in found:
        outbox.enqueue_for_booking(BOOKING_OVER, booking)
    return len(found)
