"""The queue as the postman sees it: claims with a lease, and outcomes that only the last claim may write.

Any number of workers on any number of machines may claim at once. Everything here but `lateness` is called
inside `with transaction():`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa

from ..core import clock
from ..core.extensions import db
from ..models import message as letters
from ..models.base import table_of
from ..models.message import Message
from ..models.registration import BY_EMAIL, Registration

LEASE = timedelta(seconds=120)
"""Longer than the longest delivery, so that a letter is never in two hands while both work."""

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
GIVE_UP_AFTER = timedelta(hours=48)

NO_SERVER, BROKEN_OFF, FAULT = "no server", "broken off", "fault"
"""Failures that are ours, or our mail server's; those of a recipient are three digits."""


@dataclass(frozen=True)
class Claim:
    """One letter in one worker's hands. The fence is the number of the claim: an older one writes nothing."""

    message_id: uuid.UUID
    fence: int
    due_at: datetime
    attempts: int
    lease_until: datetime


def claim(most: int) -> list[Claim]:
    """Take so many letters that are due and in nobody's hands, the longest due first."""
    now = clock.now()
    due = (
        sa.select(Message.id)
        .where(
            Message.state == letters.WAITING,
            Message.channel == letters.EMAIL,
            Message.next_try_at <= now,
            sa.or_(Message.lease_until.is_(None), Message.lease_until <= now),
        )
        .order_by(Message.next_try_at, Message.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
        # PostgreSQL may otherwise run the query again inside a join, and take more than it was told.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    taken = db.session.execute(
        sa.update(Message)
        .where(Message.id.in_(sa.select(due.c.id)))
        .values(lease_until=now + LEASE, fence=Message.fence + 1)
        .returning(Message.id, Message.fence, Message.due_at, Message.attempts)
        .execution_options(synchronize_session=False)
    )
    claims = (Claim(row.id, row.fence, row.due_at, row.attempts, now + LEASE) for row in taken)
    return sorted(claims, key=lambda claimed: (claimed.due_at, claimed.message_id))


def sent(claimed: Claim) -> bool:
    """The server took the letter. False if the claim was no longer the last one."""
    return _settle(claimed, state=letters.SENT, sent_at=clock.now(), attempts=claimed.attempts + 1, failure="")


def failed(claimed: Claim, failure: str) -> bool:
    """The letter will not be tried again."""
    return _settle(claimed, state=letters.FAILED, attempts=claimed.attempts + 1, failure=failure)


def came_back(message_id: uuid.UUID, failure: str) -> bool:
    """A letter that a server had taken did not arrive: it stands as one that was refused at once.

    False if that is known, or if the person gave another address since, or none: it says nothing about that one.
    """
    place = sa.select(Registration.contact_kind).join(Message, Message.registration_id == Registration.id)
    # Before the letter: places are locked first, everywhere.
    kind = db.session.scalar(place.where(Message.id == message_id).with_for_update(of=Registration))
    if kind not in (None, *BY_EMAIL):
        return False
    found = db.session.execute(
        sa.update(Message)
        .where(
            Message.id == message_id,
            Message.state == letters.SENT,
            Message.channel == letters.EMAIL,
            sa.not_(letters.told_elsewhere()),
        )
        .values(state=letters.FAILED, failure=failure)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return found.scalar() is not None


def void(claimed: Claim) -> bool:
    """The letter is no longer true."""
    return _settle(claimed, state=letters.VOID)


def try_again(claimed: Claim, failure: str) -> bool:
    """After 1, 5, 15 and then every 60 minutes, for 48 hours.

    Those of a letter that could not be tried for long, as while mail was paused, begin with its first try.
    """
    now, pause = clock.now(), PAUSES[min(claimed.attempts, len(PAUSES) - 1)]
    is_late_first = claimed.attempts == 0 and now > claimed.due_at + PAUSES[-1]
    if not is_late_first and now + pause > claimed.due_at + GIVE_UP_AFTER:
        return failed(claimed, failure)
    begins = {"due_at": now} if is_late_first else {}
    return _settle(claimed, next_try_at=now + pause, attempts=claimed.attempts + 1, failure=failure, **begins)


def wait_for_server(claimed: Claim) -> bool:
    """The letter was not tried, because no server answered the one before it. What never was tried does not fail."""
    if claimed.attempts and clock.now() > claimed.due_at + GIVE_UP_AFTER:
        return failed(claimed, NO_SERVER)
    return _settle(claimed, next_try_at=clock.now() + PAUSES[0], failure=NO_SERVER)


def postpone(claimed: Claim, until: datetime) -> bool:
    """Not now: it is night where the person lives."""
    return _settle(claimed, next_try_at=until, due_at=until)


def give_back(claimed: Claim) -> bool:
    """Somebody else may take it at once."""
    return _settle(claimed)


def _settle(claimed: Claim, **values: object) -> bool:
    found = db.session.execute(
        _settled(tuple(sorted(values))),
        {"claimed_id": claimed.message_id, "claimed_fence": claimed.fence, **values},
    )
    return found.scalar() is not None


@cache
def _settled(names: tuple[str, ...]) -> sa.UpdateBase:
    """Built once for each kind of outcome: there is one for each letter."""
    letter = table_of(Message)
    return (
        sa.update(letter)
        .where(
            letter.c.id == sa.bindparam("claimed_id"),
            letter.c.fence == sa.bindparam("claimed_fence"),
            letter.c.state == letters.WAITING,
        )
        .values(lease_until=None, **{name: sa.bindparam(name) for name in names})
        .returning(letter.c.id)
    )


def lateness() -> timedelta:
    """How late the oldest letter is that should have gone; zero if none is.

    A letter that its recipient's server put off counts from its next try; one that our own server did not take,
    or that met a fault of ours, from when it was due.
    """
    return since(db.session.scalar(oldest()))


def oldest() -> sa.Select[datetime | None]:
    """From when the letter counts that waits longest."""
    ours = Message.failure.in_((NO_SERVER, BROKEN_OFF, FAULT))
    counts_from = sa.func.min(sa.case((ours, Message.due_at), else_=Message.next_try_at))
    return sa.select(counts_from).where(Message.state == letters.WAITING, Message.channel == letters.EMAIL)


def since(due: datetime | None) -> timedelta:
    """How long ago that was; zero for what is still to come."""
    return max(timedelta(), clock.now() - due) if due else timedelta()
