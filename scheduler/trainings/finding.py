"""Whose request it is: behind a mailed link, behind an invitation, or by an id that was found before."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from ..core import keyring, tokens
from ..core.errors import Missing
from ..core.extensions import db
from ..models.event import Event, Occurrence
from ..models.training import Booking, Training


def by_token(token: str, purpose: str = tokens.BOOKING) -> Booking:
    """The request behind a link. Raises Missing alike for unknown, forged, revoked and erased ones."""
    row = tokens.row_of(token)
    booking = row and db.session.scalar(_whole().where(Booking.id == row))
    if not booking:
        raise Missing()
    key = readable(booking).derived_key("links")
    if not tokens.fits(token, key, booking.id, purpose, booking.link_generation):
        raise Missing()
    return booking


def found(booking_id: uuid.UUID) -> Booking:
    """The request by its id, with all that its pages show. Raises Missing."""
    booking = db.session.scalar(_whole().where(Booking.id == booking_id))
    if booking is None:
        raise Missing()
    return readable(booking)


def readable(booking: Booking) -> Booking:
    """The same, if its key still exists. Raises Missing."""
    try:
        booking.derived_key("links")
    except keyring.KeyIsGone:
        raise Missing() from None
    return booking


def locked(booking_id: uuid.UUID) -> Booking:
    """The request, fresh, locked until the transaction ends. Raises Missing."""
    booking = db.session.get(Booking, booking_id, populate_existing=True, with_for_update={"key_share": True})
    if booking is None:
        raise Missing()
    return readable(booking)


def _whole() -> sa.Select[Booking]:
    occurrence = joinedload(Booking.occurrence)
    return sa.select(Booking).options(
        joinedload(Booking.training).joinedload(Training.organization),
        occurrence.joinedload(Occurrence.event).joinedload(Event.organization),
        occurrence.joinedload(Occurrence.venue),
    )
