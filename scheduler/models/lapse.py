"""Lapse: an offer that nobody answered. Whose silence it was depends on whether they were told of it."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ..core.extensions import db
from .message import FAILED, SENT, WRONG_NUMBER, Message
from .offer import ACCEPTED, LAPSED, Offer
from .registration import NONE, WAITLISTED, Registration


def was_told(offer: Offer) -> bool:
    """True if somebody tried to tell them, or they said that they look for themselves."""
    query = sa.select(_told()).join_from(Offer, Offer.registration).where(Offer.id == offer.id)
    return bool(db.session.scalar(query))


def missed(slot_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    """Who waits and was not told of an offer of this time, while nobody has taken what went on from them to others."""
    later = aliased(Offer)
    taken = sa.exists().where(later.slot_id == Offer.slot_id, later.state == ACCEPTED, later.made_at >= Offer.ended_at)
    return (
        sa.select(Offer.registration_id)
        .join(Offer.registration)
        .where(
            Offer.slot_id == slot_id,
            Offer.state == LAPSED,
            Registration.state == WAITLISTED,
            sa.not_(_told()),
            sa.not_(taken),
        )
    )


def _told() -> sa.ColumnElement[bool]:
    tried = sa.or_(Message.state.in_((SENT, FAILED)), Message.outcome.is_not(None))
    heard = sa.exists().where(
        Message.registration_id == Offer.registration_id,
        sa.or_(sa.and_(Message.offer_id == Offer.id, tried), Message.outcome == WRONG_NUMBER),
    )
    return sa.or_(Registration.contact_kind == NONE, heard)
