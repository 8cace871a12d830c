"""Whose request it is: behind a mailed link, behind an invitation, or by an id that was found before."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from ..core import keyring, tokens
from ..core.errors import Missing
from ..core.extensions import db
from ..models.event import Event, Occurrence
from ..models.training import Booking, Training


def by_token(token: str, purpose: str = tokens.BOOKING) -> Booking:
    """The request behind a link. Raises Missing alike for unknown, forged, revoked and erased ones."""
    booking = _claimed_by(token)
    if not tokens.fits(token, booking.derived_key("links"), booking.id, purpose, booking.link_generation):
        raise Missing()
    return booking


def by_token_before(token: str, sent_now: Callable[[Booking], bytes]) -> Booking:
    """The request whose link was renewed by just this form, which came twice: its first answer got lost.

    `sent_now`: the index of what the form says. Raises Missing for everything else.
    """
    booking = _claimed_by(token)
    key, before = booking.derived_key("links"), booking.link_generation - 1
    same_form = hmac.compare_digest(sent_now(booking), booking.answers_index)
    if not same_form or not tokens.fits(token, key, booking.id, tokens.BOOKING, before):
        raise Missing()
    return booking


def _claimed_by(token: str) -> Booking:
    row = tokens.row_of(token)
    booking = row and db.session.scalar(_whole().where(Booking.id == row))
    if not booking:
        raise Missing()
    return readable(booking)


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
