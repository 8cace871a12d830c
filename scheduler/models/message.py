"""Message: one letter to one address. Bodies are rendered when it is sent and never stored."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from ..core import tokens
from ..core.extensions import db
from . import registration as places
from .base import Id, Instant, Model
from .event import Event, Occurrence
from .registration import Registration
from .reminder import Reminder
from .user import User

CONFIRMATION, WAITLIST_JOINED, REMINDER = "confirmation", "waitlist_joined", "reminder"
CANCELLATION_OWN, SIGN_IN_HELP = "cancellation_own", "sign_in_help"

EMAIL, CALL = "email", "call"
WAITING, SENT, FAILED, VOID = "waiting", "sent", "failed", "void"


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
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("staff_user.id", ondelete="CASCADE"), index=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    failure: Mapped[str] = mapped_column(sa.String(60), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)

    registration: Mapped[Registration | None] = relationship()
    occurrence: Mapped[Occurrence | None] = relationship()
    reminder: Mapped[Reminder | None] = relationship()
    user: Mapped[User | None] = relationship()

    __table_args__ = (
        sa.Index("ix_message_next_try_at", "state", "channel", "next_try_at"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'void')", name="state"),
        sa.CheckConstraint("channel IN ('email', 'call')", name="channel"),
    )

    @property
    def password_link_ends_at(self) -> datetime:
        """When the link of a sign-in help letter goes dead, however often the letter is tried."""
        return self.created_at + timedelta(seconds=tokens.PASSWORD_LINK_SECONDS)

    def is_still_due(self, now: datetime) -> bool:
        """False when the letter would no longer be true: after a cancellation, the start, or the next reminder."""
        if self.letter == SIGN_IN_HELP:
            return self.user is not None and now < self.password_link_ends_at
        if self.registration is None or self.occurrence is None:
            return False
        state = self.registration.state
        if self.letter == CANCELLATION_OWN:
            return state == places.CANCELLED
        if self.occurrence.ends_at <= now or self.occurrence.is_cancelled:
            return False
        if self.letter == WAITLIST_JOINED:
            return state == places.WAITLISTED
        if self.letter == CONFIRMATION:
            return state in places.SEATED
        return self._reminder_is_still_due(state, now)

    def _reminder_is_still_due(self, state: str, now: datetime) -> bool:
        assert self.reminder is not None and self.registration is not None and self.occurrence is not None
        return (
            state == places.CONFIRMED
            and self.registration.reminders
            and self.occurrence.starts_at > now
            and self.reminder.due_at <= now < self.reminder.stale_at
        )


def whole(message_id: uuid.UUID) -> Message | None:
    """The message with everything that its letter speaks of, in one query."""
    found: Message | None = db.session.scalar(_whole(), {"message_id": message_id})
    return found


@cache
def _whole() -> sa.Select[Any]:
    """Built once: putting it together took as long as asking."""
    place = joinedload(Message.registration)
    occurrence = place.joinedload(Registration.occurrence)
    query = sa.select(Message).options(
        place.joinedload(Registration.slot),
        occurrence.joinedload(Occurrence.event).joinedload(Event.organization),
        occurrence.joinedload(Occurrence.event).joinedload(Event.checklist),
        occurrence.joinedload(Occurrence.venue),
        joinedload(Message.reminder),
        joinedload(Message.user),
    )
    return query.where(Message.id == sa.bindparam("message_id"))


def first_sent(registration_id: uuid.UUID) -> uuid.UUID | None:
    """The first letter that went out for this registration: later ones stand under it in a mail program."""
    return db.session.scalar(
        sa.select(Message.id)
        .where(Message.registration_id == registration_id, Message.state == SENT, Message.channel == EMAIL)
        .order_by(Message.sent_at, Message.id)
        .limit(1)
    )


def letters_of(registration_id: uuid.UUID) -> list[Message]:
    """What was or will be told to this person, oldest first."""
    query = sa.select(Message).where(Message.registration_id == registration_id)
    return list(db.session.scalars(query.order_by(Message.created_at, Message.id)))
