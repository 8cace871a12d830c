"""Restraint: our form must not become a way to fill somebody else's mailbox.

An address is counted under HMAC(day, address), beside the limits of the pages and never in the database: the next
day nobody can say any more whom we wrote to.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import timedelta

from flask import current_app
from limits import parse

from ..core import clock
from ..core.extensions import limiter
from ..models.message import BOOKING_RECEIVED, CHANGE, CONFIRMATION, WAITLIST_JOINED, Message

log = logging.getLogger(__name__)

DATES_A_DAY = parse("3 per day")
LETTERS_A_DAY = parse("8 per day")
"""More than three, because somebody who helps may sign up a whole family; each of those places tells of the others."""
ONCE = parse("1 per day")

UNCONFIRMED = (CONFIRMATION, WAITLIST_JOINED, CHANGE, BOOKING_RECEIVED)
"""The letters with which our forms may write to an address that was only typed."""

TOMORROW = timedelta(hours=24)


def is_too_much(message: Message) -> bool:
    """True if this letter, which nobody has confirmed to want, should wait for tomorrow. Counts it if not."""
    if not limiter.enabled or message.letter not in UNCONFIRMED:
        return False
    if message.booking is not None:
        address, asked_for = message.booking.email, message.booking.training_id
    elif message.registration is not None and message.occurrence_id is not None:
        address, asked_for = message.registration.contact, message.occurrence_id
    else:
        return False
    address = address.casefold()
    anywhere, this_date = _name(address), _name(address, str(asked_for))
    try:
        return _counts_out(anywhere, this_date)
    except Exception as fault:
        log.error("the counters of letters do not answer (%s)", type(fault).__name__)
        return False


def _counts_out(anywhere: str, this_date: str) -> bool:
    """A letter that waits for tomorrow uses up nothing of today."""
    counters = limiter.limiter
    if not counters.test(LETTERS_A_DAY, "letters", anywhere):
        return True
    if counters.test(ONCE, "date", this_date):
        if not counters.hit(DATES_A_DAY, "dates", anywhere):
            return True
        counters.hit(ONCE, "date", this_date)
    return not counters.hit(LETTERS_A_DAY, "letters", anywhere)


def _name(*parts: str) -> str:
    words = "|".join((clock.now().strftime("%Y-%m-%d"), *parts))
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, words.encode(), hashlib.sha256).hexdigest()[:32]
