"""Outbox: the queue of letters. It only writes them down; the postman delivers."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .core import clock
from .core.extensions import Base, db
from .models import message as letters
from .models.message import Message
from .models.registration import Registration
from .models.user import User


def enqueue(letter: str, registration: Registration) -> None:
    """Write down a letter for this registration, once per date: e-mail, or the call list for people without."""
    occurrence = registration.occurrence
    _insert(
        letter=letter,
        channel=letters.EMAIL if registration.has_email else letters.CALL,
        registration_id=registration.id,
        occurrence_id=occurrence.id,
        dedupe_key=f"{registration.id.hex}|{letter}|{occurrence.sequence}",
    )


def enqueue_for_user(letter: str, user: User, occasion: str) -> None:
    """Write down a letter for a member of staff, once per occasion."""
    _insert(letter=letter, user_id=user.id, dedupe_key=f"{user.id.hex}|{letter}|{occasion}")


def _insert(**values: object) -> None:
    now = clock.now()
    row = {"id": uuid.uuid4(), "due_at": now, "next_try_at": now, "created_at": now, **values}
    db.session.execute(insert_once(Message), [row])


def insert_once(model: type[Base]) -> sa.Insert:
    """INSERT … ON CONFLICT DO NOTHING, in the words of the database at hand."""
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(model).on_conflict_do_nothing()


def void_waiting(registration_id: uuid.UUID) -> None:
    """What was still to be told this person is no longer true."""
    db.session.execute(
        sa.update(Message)
        .where(
            Message.registration_id == registration_id,
            Message.state == letters.WAITING,
            Message.letter != letters.CANCELLATION_OWN,
        )
        .values(state=letters.VOID, lease_until=None)
        .execution_options(synchronize_session=False)
    )
