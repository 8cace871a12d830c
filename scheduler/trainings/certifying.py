"""Who came can have a certificate: from the end of the session until its names are erased."""

from __future__ import annotations

from datetime import date

from ..core import clock
from ..models import training as states
from ..models.training import Booking
from .joining import who_came


def can_certify(booking: Booking) -> bool:
    """True while certificates of its session can be printed, and be confirmed by the provider."""
    occurrence = booking.occurrence
    if occurrence is None or booking.state != states.CONFIRMED or booking.called_off:
        return False
    return occurrence.ends_at <= clock.now() and clock.today(occurrence.zone) <= confirmed_until(booking)


def confirmed_until(booking: Booking) -> date:
    """The last day on which the provider knows both the reference and who came."""
    return booking.names_until


def certified(booking: Booking) -> list[str]:
    """The names for which there is a certificate, by name: only of those whom the employer sees as attended."""
    if booking.occurrence is None or not can_certify(booking):
        return []
    return [person.name for person in who_came(booking.occurrence) if person.came]
