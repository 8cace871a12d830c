"""Whose place it is: behind a mailed link, a typed code, or an id that was found before."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Load, Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from .. import seats
from ..core import engines, keyring, tokens
from ..core.errors import Missing
from ..core.extensions import db
from ..models import registration as states
from ..models.base import as_read, table_of
from ..models.event import Event, Occurrence, Slot
from ..models.message import LetterShown, Message
from ..models.registration import Registration

LETTER = len(LetterShown._fields)
TO_THE_PLACE = (tokens.PLACE, tokens.LETTER)


def by_token(token: str, *purposes: str) -> Registration:
    """The registration behind a link, to the place if nothing else is named.

    Raises Missing alike for unknown, forged, expired and erased ones.
    """
    return _proven(_claimed_by(token), token, purposes or TO_THE_PLACE)


def is_from_letter(registration: Registration, token: str) -> bool:
    """True of the link in a letter to the present address: whoever has it opened the mailbox. Links that pages give to
    whoever filled the form do not say so."""
    return _fits(registration, token, (tokens.LETTER,))


def seen_by_token(token: str, date_of: Callable[[uuid.UUID], Occurrence]) -> tuple[Registration, list[LetterShown]]:
    """The same, only to look at it, with what was or will be told: all of it is one question to the database.

    `date_of` gives its date, which others may look at in the same moment. Raises Missing, also where `date_of` does.
    """
    row = tokens.row_of(token)
    found = _with_letters_of(row) if row else []
    registration = as_read(Registration, found[0][:-LETTER]) if found else None
    if registration is None or registration.is_gone():
        raise Missing()
    occurrence = date_of(registration.occurrence_id)
    set_committed_value(registration, "occurrence", occurrence)
    set_committed_value(registration, "slot", _slot_of(registration.slot_id, occurrence))
    told = [LetterShown(*one[-LETTER:]) for one in found if one[-LETTER] is not None]
    return _proven(registration, token, TO_THE_PLACE), told


def _with_letters_of(row: uuid.UUID) -> Sequence[sa.Row[Any]]:
    with engines.alone(db.engine).connect() as connection:
        return connection.execute(_with_letters(), {"place": row}).all()


def _slot_of(slot_id: uuid.UUID | None, seen: Occurrence) -> Slot | None:
    """Its time among those of the date; asked for alone where another machine added it in this moment."""
    known = next((slot for slot in seen.slots if slot.id == slot_id), None)
    return known if known or not slot_id else db.session.get(Slot, slot_id)


def seen_date(occurrence_id: uuid.UUID) -> Occurrence:
    """A date with what the page of a place shows of it, in no session, so that all threads may read it."""
    with Session(db.engine) as session:
        query = sa.select(Occurrence).where(Occurrence.id == occurrence_id)
        query = query.options(*_of_date(), selectinload(Occurrence.slots))
        return session.scalars(query).unique().one()


def by_token_before(token: str, sent_now: Callable[[Registration], bytes]) -> Registration:
    """The registration whose links were renewed by just this form, which came twice: its first answer got lost.

    `sent_now`: the index of what the form says. Raises Missing for everything else.
    """
    registration = _claimed_by(token)
    same_form = hmac.compare_digest(sent_now(registration), registration.answers_index)
    if not same_form or not _fits(registration, token, TO_THE_PLACE, before=1):
        raise Missing()
    return registration


def _proven(registration: Registration, token: str, purposes: Sequence[str]) -> Registration:
    if not _fits(registration, token, purposes):
        raise Missing()
    return registration


def _fits(registration: Registration, token: str, purposes: Sequence[str], before: int = 0) -> bool:
    """True for a link of one of these purposes, or (`before`) for one that was renewed since."""
    key, row = _link_key(registration), registration.id
    return any(tokens.fits(token, key, row, one, registration.generation(one) - before) for one in purposes)


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
def _with_letters() -> sa.Select[Any]:
    """The row of a place, and each letter to it."""
    place, letter = table_of(Registration), table_of(Message)
    return (
        sa.select(place, *(letter.c[name] for name in LetterShown._fields))
        .outerjoin(letter, letter.c.registration_id == place.c.id)
        .where(place.c.id == sa.bindparam("place"))
        .order_by(letter.c.created_at, letter.c.id)
    )


@cache
def _behind_code() -> sa.Select[Registration]:
    return _whole().where(Registration.code_index == sa.bindparam("code"))


def _whole() -> sa.Select[Registration]:
    return sa.select(Registration).options(
        joinedload(Registration.occurrence).options(*_of_date()), joinedload(Registration.slot)
    )


def _of_date() -> tuple[Load, Load, Load]:
    event = Load(Occurrence).joinedload(Occurrence.event)
    checklist = Load(Occurrence).joinedload(Occurrence.event).joinedload(Event.checklist)
    return event.joinedload(Event.organization), checklist, Load(Occurrence).joinedload(Occurrence.venue)


def locked(registration_id: uuid.UUID) -> Registration:
    """The registration, fresh, behind its occurrence's lock. Raises Missing, also once it was erased."""
    registration = seats.lock_registration(registration_id)
    if registration.is_gone():
        raise Missing()
    return registration
