"""The link to join a session that an employer booked: its provider often adds it later."""

from __future__ import annotations

import sqlalchemy as sa

from .. import outbox
from ..core import clock
from ..core.extensions import db
from ..models.event import Event, Occurrence
from ..models.message import BOOKING_LINK
from ..models.training import CONFIRMED, Booking


def tell_employers(event: Event) -> None:
    """The employer learns that only the link is another one. Raise the event's sequence first.

    Who has not heard of a change before this one gets the letter about all of it instead. The event must be locked;
    its requests are locked before any date of it, as where staff come in.
    """
    query = (
        sa.select(Booking)
        .join(Booking.occurrence)
        .where(Booking.state == CONFIRMED, Occurrence.event_id == event.id)
        .where(Occurrence.state == "scheduled", Occurrence.ends_at > clock.now())
        .where(Booking.told_sequence == Occurrence.sequence + event.sequence - 1)
        .order_by(Booking.id)
    )
    locked = query.with_for_update(of=Booking, key_share=True).execution_options(populate_existing=True)
    for booking in db.session.scalars(locked).all():
        booking.told_sequence += 1
        outbox.enqueue_for_booking(BOOKING_LINK, booking)
    db.session.flush()
