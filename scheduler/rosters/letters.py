"""What the people of a date were told, and who is to be called because nobody can write to them."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from .. import audits
from ..core.extensions import db
from ..models.event import Occurrence
from ..models.message import Message
from ..models.registration import Registration
from . import names
from .viewing import readable, wall


@dataclass(frozen=True)
class LetterLine:
    """One letter to one person. `when_local`: it went then, or is tried then; wall time of the date's zone."""

    registration_id: uuid.UUID
    name: str
    code_shown: str
    letter: str
    channel: str
    state: str
    when_local: datetime
    attempts: int
    failure: str
    outcome: str


@dataclass(frozen=True)
class LettersLog:
    """All letters of a date, the newest first."""

    lines: list[LetterLine]

    def count(self, state: str) -> int:
        """How many are in this state."""
        return Counter(line.state for line in self.lines)[state]


def letters_log(occurrence_id: uuid.UUID, user_id: uuid.UUID) -> LettersLog:
    """Which letters of a date went, wait or failed. Raises Missing."""
    occurrence = readable(occurrence_id)
    audits.append(occurrence.event.organization_id, user_id, audits.LETTERS_VIEWED, occurrence.id)
    return LettersLog([_line(message, occurrence) for message in _messages(occurrence)])


def letters_of(registration: Registration) -> list[LetterLine]:
    """The letters of one person, the newest first."""
    occurrence = registration.occurrence
    found = _messages(occurrence, Message.registration_id == registration.id)
    return [_line(message, occurrence) for message in found]


def _messages(occurrence: Occurrence, *wanted: sa.ColumnElement[bool]) -> list[Message]:
    query = (
        sa.select(Message)
        .join(Message.registration)
        .options(
            contains_eager(Message.registration).joinedload(Registration.slot),
            joinedload(Message.reminder),
        )
        .where(Message.occurrence_id == occurrence.id, Registration.erase_asked.is_(False), *wanted)
        .order_by(Message.due_at.desc(), Message.created_at.desc(), Registration.number, Message.letter)
    )
    return list(db.session.scalars(query))


def _line(message: Message, occurrence: Occurrence) -> LetterLine:
    registration = message.registration
    assert registration is not None
    return LetterLine(
        registration_id=registration.id,
        name=names.shortened(registration.name),
        code_shown=registration.code_shown,
        letter=message.letter,
        channel=message.channel,
        state=message.state,
        when_local=wall(message.sent_at or message.next_try_at, occurrence),
        attempts=message.attempts,
        failure=message.failure,
        outcome=message.outcome or "",
    )
