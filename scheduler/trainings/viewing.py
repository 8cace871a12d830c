"""Staff read a request: what the employer told us is seen, and so the view is written down."""

from __future__ import annotations

import uuid

from .. import audits
from ..core.errors import Missing
from ..core.extensions import db
from ..models.training import Booking
from .certifying import certified
from .finding import found, readable

BOOKING_VIEWED, CERTIFICATES_VIEWED = "booking viewed", "certificates viewed"


def view(booking_id: uuid.UUID, user_id: uuid.UUID) -> Booking:
    """The request, with an entry in its provider's chain. Raises Missing."""
    booking = db.session.get(Booking, booking_id)
    if booking is None:
        raise Missing()
    readable(booking)
    audits.append(booking.training.organization_id, user_id, BOOKING_VIEWED, booking.audited_as)
    return booking


def view_certificates(booking_id: uuid.UUID, user_id: uuid.UUID) -> list[str]:
    """The names for the certificates of its session, with an entry where there are any. Raises Missing."""
    booking = found(booking_id)
    names = certified(booking)
    if names:
        audits.append(booking.training.organization_id, user_id, CERTIFICATES_VIEWED, booking.audited_as)
    return names
