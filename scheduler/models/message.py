"""Message: one letter to one address. Bodies are rendered when it is sent and never stored."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from ..core import tokens
from ..core.extensions import db
from . import registration as places
from .base import Id, Instant, Model, table_of
from .event import Occurrence
from .offer import Offer
from .often import same_contact
from .registration import Registration
from .reminder import Reminder
from .training import CANCELLED as CALLED_OFF
from .training import CONFIRMED as BOOKED
from .training import DECLINED, OPEN, Booking
from .user import User

CONFIRMATION, WAITLIST_JOINED, REMINDER = "confirmation", "waitlist_joined", "reminder"
OFFER, CHANGE, MOVE, NEW_ADDRESS = "offer", "change", "move", "new_address"
CANCELLATION_OWN, CANCELLATION_HOST = "cancellation_own", "cancellation_host"
SIGN_IN_HELP = "sign_in_help"
BOOKING_RECEIVED, BOOKING_ACCEPTED = "booking_received", "booking_accepted"
BOOKING_DECLINED, BOOKING_CHANGED = "booking_declined", "booking_changed"
BOOKING_LINK, BOOKING_OVER = "booking_link", "booking_over"

DUE_IN: dict[str, tuple[str, ...]] = {
    CONFIRMATION: places.SEATED,
    WAITLIST_JOINED: (places.WAITLISTED,),
    OFFER: (places.OFFERED,),
    CHANGE: places.LIVE,
    MOVE: places.LIVE,
    NEW_ADDRESS: (places.HELD, places.CONFIRMED),
    REMINDER: (places.CONFIRMED,),
    CANCELLATION_OWN: (places.CANCELLED,),
    CANCELLATION_HOST: places.AWAITED,
}
"""The states of a registration in which each letter is still true."""

BOOKING_DUE_IN: dict[str, tuple[str, ...]] = {
    BOOKING_RECEIVED: OPEN,
    BOOKING_ACCEPTED: (BOOKED,),
    BOOKING_DECLINED: (DECLINED,),
    BOOKING_CHANGED: (BOOKED, CALLED_OFF),
    BOOKING_LINK: (BOOKED,),
    BOOKING_OVER: (BOOKED,),
}
"""The same for an employer's request."""

EMAIL, CALL = "email", "call"
WAITING, SENT, FAILED, VOID = "waiting", "sent", "failed", "void"
REACHED, NO_ANSWER, WRONG_NUMBER, WILL_NOT_COME = "reached", "no_answer", "wrong_number", "will_not_come"
OUTCOMES = (REACHED, NO_ANSWER, WRONG_NUMBER, WILL_NOT_COME)
"""How a call on the call list ended."""
REGISTRATION, BOOKING = "registration_id", "booking_id"
"""What letters are about that stand under one another."""


class LetterShown(NamedTuple):
    """Of a letter, what its reader may see of it on the page of their place."""

    letter: str
    channel: str
    state: str
    outcome: str | None


class Message(Model):
    """One letter in the outbox, on the call list (channel `call`), or done."""

    __tablename__ = "message"

    id: Mapped[Id]
    letter: Mapped[str] = mapped_column(sa.String(30))
    channel: Mapped[str] = mapped_column(sa.String(10), default=EMAIL)
    state: Mapped[str] = mapped_column(sa.String(10), default=WAITING)
    registration_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("registration.id", ondelete="CASCADE"), index=True
    )
    occurrence_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("occurrence.id", ondelete="CASCADE"), index=True
    )
    reminder_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("reminder.id", ondelete="CASCADE"), index=True)
    offer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    booking_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff_user.id", ondelete="CASCADE"), index=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    failure: Mapped[str] = mapped_column(sa.String(60), default="")
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    outcome_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)

    registration: Mapped[Registration | None] = relationship()
    occurrence: Mapped[Occurrence | None] = relationship()
    reminder: Mapped[Reminder | None] = relationship()
    offer: Mapped[Offer | None] = relationship()
    booking: Mapped[Booking | None] = relationship()
    user: Mapped[User | None] = relationship()

    __table_args__ = (
        sa.Index("ix_message_next_try_at", "state", "channel", "next_try_at"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'void')", name="state"),
        sa.CheckConstraint("channel IN ('email', 'call')", name="channel"),
        sa.CheckConstraint("outcome IN ('reached', 'no_answer', 'wrong_number', 'will_not_come')", name="outcome"),
    )

    @property
    def password_link_ends_at(self) -> datetime:
        """When the link of a sign-in help letter goes dead, however often the letter is tried."""
        return self.created_at + timedelta(seconds=tokens.PASSWORD_LINK_SECONDS)

    def is_still_due(self, now: datetime) -> bool:
        """False when the letter would no longer be true: after a cancellation, the start, or the next reminder."""
        if self.letter == SIGN_IN_HELP:
            return self.user is not None and now < self.password_link_ends_at
        if self.booking is not None:
            return self.booking.state in BOOKING_DUE_IN[self.letter]
        if self.registration is None or self.occurrence is None:
            return False
        if self.registration.state not in DUE_IN[self.letter]:
            return False
        if self.channel == CALL and self.registration.state == places.CHECKED_IN:
            return False
        if self.letter == CANCELLATION_OWN:
            return True
        if self.occurrence.ends_at <= now or self.occurrence.is_cancelled != (self.letter == CANCELLATION_HOST):
            return False
        if self.letter == MOVE and self._is_for_staff and self.registration.state in places.SEATED:
            return self.registration.keep_asked_at is not None
        if self.letter == OFFER:
            return self.offer is not None and self.offer.is_open(now)
        return self.letter != REMINDER or self._reminder_is_due(now)

    @cached_property
    def first_sent(self) -> uuid.UUID | None:
        """The first letter that went out for this place or request: later ones stand under it in a mail program."""
        about = BOOKING if self.booking_id else REGISTRATION
        known = getattr(self, about)
        return known and db.session.scalar(_first_sent(about), {"known": known})

    @cached_property
    def same_contact(self) -> int:
        """How many other live registrations of the date were made with the same contact."""
        return same_contact(self.registration) if self.registration else 0

    @property
    def _is_for_staff(self) -> bool:
        """What no letter tells: people do, and only those who have not answered by themselves."""
        return self.channel == CALL or self.state == FAILED

    def _reminder_is_due(self, now: datetime) -> bool:
        assert self.reminder is not None and self.registration is not None and self.occurrence is not None
        return (
            self.registration.reminders
            and self.occurrence.starts_at > now
            and self.reminder.due_at <= now < self.reminder.stale_at
        )


def came_back() -> sa.ColumnElement[bool]:
    """True of an e-mail that did not arrive, while none to the same person has arrived after it."""
    later = aliased(Message)
    arrived = sa.exists().where(
        later.registration_id == Message.registration_id,
        later.channel == EMAIL,
        later.state == SENT,
        # One that a server took went out later than it was due, and others may have gone before it.
        later.sent_at > sa.func.coalesce(Message.sent_at, Message.due_at),
    )
    return sa.and_(Message.channel == EMAIL, Message.state == FAILED, sa.not_(arrived))


def first_sent_of(about: str, known: sa.ColumnElement[uuid.UUID | None]) -> sa.Select[uuid.UUID]:
    """The question for Message.first_sent, of one registration or booking or of each in a longer question."""
    earlier = aliased(Message)
    return (
        sa.select(earlier.id)
        .where(getattr(earlier, about) == known, earlier.state == SENT, earlier.channel == EMAIL)
        .order_by(earlier.sent_at, earlier.id)
        .limit(1)
    )


@cache
def _first_sent(about: str) -> sa.Select[uuid.UUID]:
    return first_sent_of(about, sa.bindparam("known"))


def letters_of(registration_id: uuid.UUID) -> list[LetterShown]:
    """What was or will be told to this person, oldest first."""
    return [LetterShown(*row) for row in db.session.execute(_letters_of(), {"registration": registration_id})]


@cache
def _letters_of() -> sa.Select[str, str, str, str | None]:
    message = table_of(Message).c
    columns = message.letter, message.channel, message.state, message.outcome
    query = sa.select(*columns).where(message.registration_id == sa.bindparam("registration"))
    return query.order_by(message.created_at, message.id)


def told_elsewhere() -> sa.ColumnElement[bool]:
    """True of a letter that was sent before a change was told: the address may be another one since."""
    newer = aliased(Message)
    return sa.exists().where(
        sa.or_(newer.registration_id == Message.registration_id, newer.booking_id == Message.booking_id),
        newer.letter.in_((CHANGE, BOOKING_RECEIVED)),
        newer.created_at > Message.sent_at,
    )
