"""Somebody answers an offer: by the mailed link, by their code, or by telling the host on the phone."""

from __future__ import annotations

import hmac
import uuid

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from .. import outbox, seats
from ..core import clock, keyring, tokens
from ..core.errors import Conflict, Missing
from ..core.extensions import db
from ..models import offer as offers
from ..models.event import Event, Occurrence
from ..models.message import CANCELLATION_OWN, CONFIRMATION
from ..models.offer import Offer
from ..models.registration import CONFIRMED, OFFERED, SEATED, Registration
from .leaving import give_back, strike
from .offering import offer_freed

TOO_LATE = _l("The time to answer is over, so this place goes to whoever is next in line.")


def by_token(token: str) -> Offer:
    """The offer behind a link, also one that has ended. Raises Missing alike for everything else."""
    row = tokens.row_of(token)
    offer = row and db.session.scalar(_whole().where(Offer.id == row))
    if not offer or offer.registration.is_gone():
        raise Missing()
    registration = offer.registration
    try:
        key = registration.occurrence.derived_key("links")
    except keyring.KeyIsGone:
        raise Missing() from None
    ways = tokens.OFFER, tokens.OFFER_LETTER
    if not any(tokens.fits(token, key, offer.id, way, registration.link_generation) for way in ways):
        raise Missing()
    return offer


def is_from_letter(offer: Offer, token: str) -> bool:
    """True of the link in a letter: whoever has it opened the mailbox. The page of one's place has another."""
    return hmac.compare_digest(token.encode(), offer.token(tokens.OFFER_LETTER).encode())


def _whole() -> sa.Select[Offer]:
    occurrence = joinedload(Offer.registration).joinedload(Registration.occurrence)
    return sa.select(Offer).options(
        occurrence.joinedload(Occurrence.event).joinedload(Event.organization),
        occurrence.joinedload(Occurrence.venue),
        joinedload(Offer.slot),
    )


def accept(offer_id: uuid.UUID, *, proven: bool = True) -> Registration:
    """I take it: the place is kept. A second time changes nothing. `proven`: as for registrations.reconfirm.

    Raises Conflict when it is too late, Missing.
    """
    offer, registration = _locked(offer_id)
    now = clock.now()
    if offer.state == offers.ACCEPTED and registration.state in SEATED:
        return registration
    if not offer.is_open(now) or registration.state != OFFERED or registration.occurrence.is_cancelled:
        raise Conflict(TOO_LATE if offer.state in (offers.OPEN, offers.LAPSED) else _l("This offer has ended."))
    offer.end(offers.ACCEPTED, now)
    registration.state, registration.reconfirmed_at = CONFIRMED, clock.to_minute(now)
    registration.proven = registration.proven or proven
    registration.revise(now)
    db.session.flush()
    outbox.void_offer(offer.id)
    if registration.has_email:
        outbox.enqueue(CONFIRMATION, registration)
    return registration


def decline(offer_id: uuid.UUID, *, stay: bool) -> Registration:
    """No thanks: the place goes on to the next one in line.

    With `stay` they keep their place in line, and this time is not offered to them again; without it they leave the
    line as by their own cancellation. A second time changes nothing. Raises Conflict for an offer taken or lapsed, and
    for who would stay although there is no other time to wait for any more: nobody leaves the line by mistake.
    """
    offer, registration = _locked(offer_id)
    if offer.state == offers.DECLINED:
        return registration
    if offer.state == offers.ACCEPTED:
        raise Conflict(_l("You took this place already. If you can’t come, please give it back on your page."))
    if offer.state != offers.OPEN:
        raise Conflict(TOO_LATE if offer.state == offers.LAPSED else _l("This offer has ended."))
    if stay and not offers.other_times(offer):
        raise Conflict(_l("There is no other time to wait for any more. Please look again, then choose."))
    give_back(offer, registration, offers.DECLINED)
    if not stay:
        strike(registration)
        if registration.has_email and outbox.was_written_to(registration.id):
            outbox.enqueue(CANCELLATION_OWN, registration)
    offer_freed(registration.occurrence)
    return registration


def _locked(offer_id: uuid.UUID) -> tuple[Offer, Registration]:
    """The offer and whose it is, fresh, behind the occurrence's lock. Raises Missing, also once they were erased."""
    registration_id = offers.whose(offer_id)
    if registration_id is None:
        raise Missing()
    registration = seats.lock_registration(registration_id)
    offer = db.session.get(Offer, offer_id, populate_existing=True, with_for_update={"key_share": True})
    if offer is None or registration.is_gone():
        raise Missing()
    return offer, registration
