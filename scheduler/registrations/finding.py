"""Whose place it is: behind a mailed link, a typed code, or an id that was found before."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable
from functools import cache

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
    registration = _claimed_by(token)
    if not tokens.fits(token, _link_key(registration), registration.id, purpose, registration.generation(purpose)):
        raise Missing()
    return registration


def by_token_before(token: str, sent_now: Callable[[Registration], bytes]) -> Registration:
    """The registration whose links were renewed by just this form, which came twice: its first answer got lost.

    `sent_now`: the index of what the form says. Raises Missing for everything else.
    """
    registration = _claimed_by(token)
    key, before = _link_key(registration), registration.link_generation - 1
    same_form = hmac.compare_digest(sent_now(registration), registration.answers_index)
    if not same_form or not tokens.fits(token, key, registration.id, tokens.PLACE, before):
        raise Missing()
    return registration


def _claimed_by(token: str) -> Registration:
    row = tokens.row_of(token)
    registration = row and db.session.scalar(_behind_link(), {"place": row})
    if not registration or registration.is_gone():
        raise Missing()
    return registration


def _link_key(registration: Registration) -> bytes:
    try:
        return registration.occurrence.derived_key("links")
    except keyring.KeyIsGone:
        raise Missing() from None


def by_code(typed: str) -> Registration:
    """The registration behind a typed code. Raises Missing."""
    code = states.normal_code(typed)
    registration = None
    if len(code) == 8:
        registration = db.session.scalar(_behind_code(), {"code": states.code_index(code)})
    if registration is None or registration.is_gone():
        raise Missing(_l("We can't find that code. Please check each letter and number."))
    return registration


@cache
def _behind_link() -> sa.Select[Registration]:
    return _whole().where(Registration.id == sa.bindparam("place"))


@cache
def _behind_code() -> sa.Select[Registration]:
    return _whole().where(Registration.code_index == sa.bindparam("code"))


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
