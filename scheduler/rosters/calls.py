"""The call list: whom to call because nobody can write to them, and how each call ended."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from .. import audits
from ..core import clock
from ..core.errors import Missing
from ..core.extensions import db
from ..core.keyring import KeyIsGone
from ..models import message as letters
from ..models import moved
from ..models.base import Texts
from ..models.event import Event, Occurrence
from ..models.message import Message
from ..models.offer import Offer, other_times
from ..models.registration import SEATED, Registration
from .viewing import readable, wall, wrong_numbers

MANY_TRIES = 3
"""After so many calls without an answer a call stands at the end of the list, with a mark."""
UNDO_FOR = timedelta(hours=1)
UNDONE = (letters.REACHED, letters.NO_ANSWER, letters.WRONG_NUMBER)
"""Outcomes that can be taken back. Who will not come has given the place away."""


@dataclass(frozen=True)
class Call:
    """One call to make: who, where, in which language, and about which letter. Wall times of the date's zone.

    `tries`: calls so far without an answer, the last one at `tried_local`; `until_local`: when an offer ends;
    `may_wait`: there is another time that they could wait for instead;
    `was_local`: when a moved date was to be; `reason`: why the host cancelled; `mail_failed`: a letter came back.
    """

    message_id: uuid.UUID
    registration_id: uuid.UUID
    occurrence_id: uuid.UUID
    name: str
    code_shown: str
    phone: str
    has_email: bool
    mail_failed: bool
    spoken: str
    language: str
    party: int
    by_employer: bool
    letter: str
    starts_local: datetime
    has_place: bool
    since_local: datetime
    attempts: int
    tries: int
    tried_local: datetime | None
    until_local: datetime | None
    may_wait: bool
    was_local: datetime | None
    reason: Texts
    offer_id: uuid.UUID | None

    @property
    def many_tries(self) -> bool:
        return self.tries >= MANY_TRIES


@dataclass(frozen=True)
class Made:
    """A call of the last hour, whose outcome can be taken back if `can_undo`: it would be one to make again."""

    message_id: uuid.UUID
    name: str
    code_shown: str
    outcome: str
    at_local: datetime
    can_undo: bool


@dataclass(frozen=True)
class CallList:
    """Calls to make, fresh ones first; people to write to once more, who did not answer a letter and have no number;
    people whom nothing can reach; and the calls of the last hour."""

    to_make: list[Call]
    to_write: list[Call]
    out_of_reach: list[Call]
    made: list[Made]


def call_list(occurrence_id: uuid.UUID, user_id: uuid.UUID) -> CallList:
    """The calls about one date that are still true. Raises Missing."""
    occurrence = readable(occurrence_id)
    audits.append(occurrence.event.organization_id, user_id, audits.CALLS_VIEWED, occurrence.id)
    return _listed([occurrence])


def event_call_list(event_id: uuid.UUID, user_id: uuid.UUID) -> CallList:
    """The same for all dates of an event; dates whose week was erased have none. Raises Missing."""
    event = db.session.get(Event, event_id)
    if event is None:
        raise Missing()
    audits.append(event.organization_id, user_id, audits.CALLS_VIEWED, event.id)
    query = sa.select(Occurrence).where(Occurrence.event_id == event_id).options(joinedload(Occurrence.event))
    return _listed([found for found in db.session.scalars(query) if _has_key(found)])


def _has_key(occurrence: Occurrence) -> bool:
    try:
        occurrence.derived_key("field")
    except KeyIsGone:
        return False
    return True


def _listed(dates: list[Occurrence]) -> CallList:
    now = clock.now()
    ids = [occurrence.id for occurrence in dates]
    wrong = wrong_numbers(ids)
    calls = sorted((_call(*told) for told in _to_tell(ids, now)), key=_urgency)
    made = _messages(ids, Message.outcome.is_not(None), Message.outcome_at > now - UNDO_FOR)
    return CallList(
        to_make=[call for call in calls if call.phone and call.registration_id not in wrong],
        to_write=[call for call in calls if call.has_email and not call.mail_failed],
        out_of_reach=[call for call in calls if call.mail_failed or not _may_answer(call, wrong)],
        made=[_made(message) for message in made],
    )


def _may_answer(call: Call, wrong: Container[uuid.UUID]) -> bool:
    return call.has_email or (bool(call.phone) and call.registration_id not in wrong)


def _to_tell(dates: list[uuid.UUID], now: datetime) -> list[tuple[Message, bool]]:
    """Calls to make, and letters that came back: one of these for each person whom no call is about."""
    waiting = sa.and_(Message.channel == letters.CALL, Message.state == letters.WAITING)
    found = [one for one in _messages(dates, sa.or_(waiting, letters.came_back())) if one.is_still_due(now)]
    calls = [one for one in found if one.channel == letters.CALL]
    failed = {one.registration_id: one for one in sorted(found, key=lambda one: one.due_at) if one not in calls}
    told = [(call, call.registration_id in failed) for call in calls]
    called = {call.registration_id for call in calls}
    return told + [(one, True) for person, one in failed.items() if person not in called]


def _messages(dates: Iterable[uuid.UUID], *wanted: sa.ColumnElement[bool]) -> list[Message]:
    """What is told about these dates with whom it is for, the latest outcome first."""
    place = contains_eager(Message.registration)
    query = (
        sa.select(Message)
        .join(Message.registration)
        .options(
            place.joinedload(Registration.slot),
            place.joinedload(Registration.occurrence),
            joinedload(Message.reminder),
            joinedload(Message.offer).joinedload(Offer.slot),
        )
        .where(
            Message.occurrence_id.in_(list(dates)),
            Registration.erase_asked.is_(False),
            *wanted,
        )
    )
    order = Message.outcome_at.desc(), Registration.number, Message.letter, Message.id
    return list(db.session.scalars(query.order_by(*order)))


def _urgency(call: Call) -> tuple[object, ...]:
    """Who was never called comes first, offers before all else because they end; who never answers comes last.

    Of those who wait equally long, the sooner date comes first.
    """
    waits_since = call.tried_local or call.since_local
    return (call.many_tries, call.tries > 0, call.until_local is None, waits_since, call.starts_local)


def _call(message: Message, mail_failed: bool) -> Call:
    registration, occurrence = message.registration, message.occurrence
    assert registration is not None and occurrence is not None
    offer = message.offer
    starts: datetime = offer.slot.starts_local if offer else registration.starts_local
    news = moved.of(registration) if message.letter == letters.MOVE else None
    return Call(
        message_id=message.id,
        registration_id=registration.id,
        occurrence_id=occurrence.id,
        name=registration.name,
        code_shown=registration.code_shown,
        phone=registration.contact if not registration.has_email else "",
        has_email=registration.has_email,
        mail_failed=mail_failed,
        spoken=registration.spoken,
        language=registration.language,
        party=registration.party,
        by_employer=bool(registration.employer),
        letter=message.letter,
        starts_local=starts,
        has_place=registration.state in SEATED,
        since_local=wall(message.due_at, occurrence),
        attempts=message.attempts,
        tries=message.attempts if message.outcome == letters.NO_ANSWER else 0,
        tried_local=wall(message.outcome_at, occurrence) if message.outcome_at else None,
        until_local=wall(offer.held_until, occurrence) if offer else None,
        may_wait=offer is not None and other_times(offer),
        was_local=news.was_local if news else None,
        reason=occurrence.reason_off,
        offer_id=offer.id if offer else None,
    )


def can_undo(message: Message, now: datetime) -> bool:
    """True while the call could be made again: an offer that was answered has ended, an answered move is settled."""
    recent = message.outcome_at is not None and message.outcome_at > now - UNDO_FOR
    return message.outcome in UNDONE and recent and message.is_still_due(now)


def _made(message: Message) -> Made:
    registration, occurrence = message.registration, message.occurrence
    assert registration is not None and occurrence is not None
    assert message.outcome is not None and message.outcome_at is not None
    return Made(
        message_id=message.id,
        name=registration.name,
        code_shown=registration.code_shown,
        outcome=message.outcome,
        at_local=wall(message.outcome_at, occurrence),
        can_undo=can_undo(message, clock.now()),
    )
