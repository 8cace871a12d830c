"""Restraint: our form must not become a way to fill somebody else's mailbox.

An address is counted under an HMAC of the day: by the server of the limits where one is named, else in the database
under a key that dies with the day. The next day nobody can say any more whom we wrote to.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, Protocol

import sqlalchemy as sa
from flask import current_app
from limits import RateLimitItem, parse

from ..core import clock
from ..core.extensions import db, limiter, transaction
from ..models.message import BOOKING_RECEIVED, CHANGE, CONFIRMATION, WAITLIST_JOINED, Message
from ..models.registration import HELD, Registration
from . import days, queue
from .queue import Claim

log = logging.getLogger(__name__)

DATES_A_DAY = parse("3 per day")
LETTERS_A_DAY = parse("8 per day")
"""More than three, because somebody who helps may sign up a whole family; each of those places tells of the others."""
ONCE = parse("1 per day")

UNCONFIRMED = (CONFIRMATION, WAITLIST_JOINED, CHANGE, BOOKING_RECEIVED)
"""The letters with which our forms may write to an address that was only typed."""

TOMORROW = timedelta(hours=24)
ALONE = ("shared:", "memory:")
"""Counters that only the processes of one command share: a second worker would count anew."""


class Marks(NamedTuple):
    """What is counted of an address: its letters, its dates, whether of this date, and whether this very letter."""

    letters: str
    dates: str
    date: str
    letter: str


@dataclass(frozen=True)
class Unasked:
    """A letter that nobody has confirmed to want: to whom, and about which date or training."""

    message_id: uuid.UUID
    address: str
    about: uuid.UUID

    def marks(self, key: bytes) -> Marks:
        """Under which names it is counted."""
        kinds = ("letters",), ("dates",), ("date", str(self.about)), ("letter", str(self.message_id))
        words = ("|".join((self.address, *kind)).encode() for kind in kinds)
        return Marks(*(hmac.new(key, word, hashlib.sha256).hexdigest() for word in words))


class Counters(Protocol):
    """Those of `limits`, or of the database."""

    def test(self, item: RateLimitItem, *identifiers: str) -> bool:
        """True if one more is within the limit. Counts nothing."""

    def hit(self, item: RateLimitItem, *identifiers: str) -> bool:
        """Count one more; False above the limit."""


def unasked(message: Message) -> Unasked | None:
    """What is to be counted of this letter; None for one that somebody wants."""
    if not limiter.enabled or message.letter not in UNCONFIRMED:
        return None
    if message.booking is not None:
        return Unasked(message.id, message.booking.email.casefold(), message.booking.training_id)
    if message.registration is not None and message.occurrence_id is not None:
        return Unasked(message.id, message.registration.contact.casefold(), message.occurrence_id)
    return None


def too_many(letters: Sequence[Unasked]) -> set[uuid.UUID]:
    """Which of these should wait for tomorrow. The others are counted, in a transaction of its own."""
    if not letters:
        return set()
    try:
        with _counting(letters) as (counters, key):
            return {one.message_id for one in letters if _counts_out(counters, one.marks(key))}
    except Exception as fault:
        log.error("the counters of letters do not answer (%s)", type(fault).__name__)
        return set()


def until_tomorrow(claimed: Claim) -> bool:
    """Put a letter off. A place that is held until somebody answers it is held for a day after it goes."""
    place = sa.select(Message.registration_id).where(Message.id == claimed.message_id).scalar_subquery()
    held = sa.select(Registration.id, Registration.held_until)
    found = db.session.execute(held.where(Registration.id == place, Registration.state == HELD)).one_or_none()
    if found is not None and found.held_until is not None:
        # Before the letter: places are locked first, everywhere.
        as_it_was = Registration.id == found.id, Registration.held_until == found.held_until
        until = max(found.held_until, clock.to_minute(clock.now()) + 2 * TOMORROW)
        longer = sa.update(Registration).where(*as_it_was).values(held_until=until)
        db.session.execute(longer.execution_options(synchronize_session=False))
    return queue.postpone(claimed, clock.now() + TOMORROW)


@contextmanager
def _counting(letters: Sequence[Unasked]) -> Iterator[tuple[Counters, bytes]]:
    """Where to count, and under which key."""
    if not current_app.config["RATELIMIT_STORAGE_URI"].startswith(ALONE):
        day = clock.today(current_app.config["TIMEZONE"]).isoformat()
        yield limiter.limiter, hmac.digest(str(current_app.config["SECRET_KEY"]).encode(), day.encode(), "sha256")
        return
    with transaction():
        today = days.locked()
        key = today.key()
        yield days.InDatabase(today.day, [mark for one in letters for mark in one.marks(key)]), key


def _counts_out(counters: Counters, marks: Marks) -> bool:
    """A letter that waits for tomorrow uses up nothing of today, and one that is tried again nothing more."""
    if not counters.test(ONCE, marks.letter):
        return False
    if not counters.test(LETTERS_A_DAY, marks.letters):
        return True
    if counters.test(ONCE, marks.date):
        if not counters.hit(DATES_A_DAY, marks.dates):
            return True
        counters.hit(ONCE, marks.date)
    counters.hit(ONCE, marks.letter)
    return not counters.hit(LETTERS_A_DAY, marks.letters)
