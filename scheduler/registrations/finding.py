"""Whose place it is: behind a mailed link, a typed code, or an id that was found before."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from .. import seats
from ..core import keyring, tokens
from ..core.errors import Missing
from ..core.extensions import db
from ..models import registration as states
from ..models.event import Event, Occurrence
from ..models.registration import Registration


def by_token(token: str, purpose: str = tokens.PLACE) -> Registration:
    """The registration behind a mailed link. Raises Missing alike for unknown, forged, expired and erased ones."""
    row = tokens.row_of(token)
    registration = row and db.session.scalar(_whole().where(Registration.id == row))
    if not registration or registration.is_gone():
        raise Missing()
    try:
        key = registration.occurrence.derived_key("links")
    except keyring.KeyIsGone:
        raise Missing() from None
    if not tokens.fits(token, key, registration.id, purpose, registration.link_generation):
        raise Missing()
    return registration


def by_code(typed: str) -> Registration:
    """The registration behind a typed code. Raises Missing."""
    code = states.normal_code(typed)
    registration = None
    if len(code) == 8:
        registration = db.session.scalar(_whole().where(Registration.code_index == states.code_index(code)))
    if registration is None or registration.is_gone():
        raise Missing(_l("We can't find that code. Please check each letter and number."))
    return registration


def _whole() -> sa.Select[Registration]:
    occurrence = joinedload(Registration.occurrence)
    return sa.select(Registration).options(
        occurrence.joinedload(Occurrence.event).joinedload(Event.organization),
        occurrence.joinedload(Occurrence.event).joinedload(Event.checklist),
        occurrence.joinedload(Occurrence.venue),
        joinedload(Registration.slot),
    )


def locked(registration_id: uuid.UUID) -> Registration:
    """The registration, fresh, behind its occurrence's lock. Raises Missing, also once it was erased."""
    registration = seats.lock_registration(registration_id)
    if registration.is_gone():
        raise Missing()
    return registration
