"""Places go back to the line: because nobody answered, because the party leaves, or because the host takes them."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from .. import outbox, seats
from ..core import clock
from ..core.extensions import db
from ..models import lapse
from ..models import offer as offers
from ..models.event import Occurrence
from ..models.offer import Offer
from ..models.registration import OFFERED, WAITLISTED, Registration
from .offering import offer_freed

MOST_LAPSES = 2
"""An offer that nobody answers leads to the end of the line once, and then out of it."""


def leave(registration: Registration) -> None:
    """This party, in line or with an open offer, leaves: seats and counters are right again afterwards.

    The registration must be locked; the caller writes its new state.
    """
    if registration.state == OFFERED:
        offer = offers.open_for(registration.id)
        assert offer is not None
        give_back(offer, registration, offers.DECLINED)
    registration.occurrence.waiting -= 1


def give_back(offer: Offer, registration: Registration, ended: str) -> None:
    """The offer ends, its seats are free, and the party stands in line again, where it stood before."""
    offer.end(ended, clock.now())
    seats.release(offer.slot_id, registration.party)
    registration.state, registration.slot_id = WAITLISTED, None
    registration.occurrence.waiting += 1
    db.session.flush()
    outbox.void_offer(offer.id)


def strike(registration: Registration) -> None:
    """Off the list, as by their own cancellation."""
    leave(registration)
    registration.give_up(clock.now())
    outbox.void_waiting(registration.id)


def withdraw(occurrence: Occurrence) -> int:
    """Take back all open offers of a date that is cancelled or moved: each party stands in line where it stood.

    Who said no to a time may be asked again: it is another time now. The occurrence must be locked. Returns how many.
    """
    found = offers.open_on(occurrence.id)
    for offer in found:
        give_back(offer, seats.lock_registration(offer.registration_id), offers.WITHDRAWN)
    db.session.execute(
        sa.update(Offer)
        .where(Offer.occurrence_id == occurrence.id, Offer.state == offers.DECLINED)
        .values(state=offers.WITHDRAWN)
        .execution_options(synchronize_session="fetch")
    )
    return len(found)


def dates_with_lapses() -> list[uuid.UUID]:
    """The dates on which an offer was not answered in time."""
    dates = sa.select(Offer.occurrence_id).where(*_overdue()).distinct()
    return list(db.session.scalars(dates.order_by(Offer.occurrence_id)))


def lapse_offers(occurrence_id: uuid.UUID) -> int:
    """End the offers of a date that nobody answered in time, and offer those places on; returns how many ended."""
    occurrence = seats.lock(occurrence_id)
    ended = sa.select(Offer).join(Offer.registration).where(Offer.occurrence_id == occurrence_id, *_overdue())
    ended = ended.order_by(Registration.line).execution_options(populate_existing=True)
    found = db.session.scalars(ended).all()
    for offer in found:
        _lapse(offer, seats.lock_registration(offer.registration_id))
    offer_freed(occurrence)
    return len(found)


def _overdue() -> tuple[sa.ColumnElement[bool], ...]:
    return Offer.state == offers.OPEN, Offer.held_until <= clock.now()


def _lapse(offer: Offer, registration: Registration) -> None:
    """To the end of the line; the second time out of it. Who was not told of the offer keeps their place in it."""
    told = lapse.was_told(offer)
    give_back(offer, registration, offers.LAPSED)
    if not told:
        return
    registration.lapses += 1
    if registration.lapses >= MOST_LAPSES:
        strike(registration)
        return
    occurrence = registration.occurrence
    occurrence.last_number += 1
    registration.line = occurrence.last_number
