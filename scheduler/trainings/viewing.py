"""Staff read a request: what the employer told us is seen, and so the view is written down."""

from __future__ import annotations

import uuid

from .. import audits
from ..core.errors import Missing
from ..core.extensions import db
from ..models.training import Booking
from .finding import readable

BOOKING_VIEWED = "booking viewed"


def view(booking_id: uuid.UUID, user_id: uuid.UUID) -> Booking:
    """The request, with an entry in its provider's chain. Raises Missing."""
    booking = db.session.get(Booking, booking_id)
    if booking is None:
        raise Missing()
    readable(booking)
    audits.append(booking.training.organization_id, user_id, BOOKING_VIEWED, booking.id)
    return booking
