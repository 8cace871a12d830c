"""The call list: whom to call because nobody can write to them."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from .. import audits
from ..core import clock
from ..core.errors import Missing
from ..core.extensions import db
from ..core.keyring import KeyIsGone
from ..models import message as letters
from ..models.event import Event, Occurrence
from ..models.message import Message
from ..models.offer import Offer, has_other_times
from ..models.registration import Registration
from .calls import BY_URGENCY, SAID_BESIDES, UNDO_FOR, Call, Made, call_of, made_of
from .viewing import calls_in_vain, readable


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
    vain = calls_in_vain(ids)
    wrong = {person for person, ended in vain.items() if any(one.outcome == letters.WRONG_NUMBER for one in ended)}
    calls = sorted(_to_tell(ids, now, vain), key=_urgency)
    made = _messages(ids, Message.outcome.is_not(None), Message.outcome_at > now - UNDO_FOR)
    return CallList(
        to_make=[call for call in calls if call.phone and call.registration_id not in wrong],
        to_write=[call for call in calls if call.has_email and not call.mail_failed],
        out_of_reach=[call for call in calls if call.mail_failed or not _may_answer(call, wrong)],
        made=[made_of(message) for message, _may_wait in made],
    )


def _may_answer(call: Call, wrong: Container[uuid.UUID | None]) -> bool:
    return call.has_email or (bool(call.phone) and call.registration_id not in wrong)


def _to_tell(dates: list[uuid.UUID], now: datetime, vain: dict[uuid.UUID | None, list[Message]]) -> list[Call]:
    """For each person the most urgent call, or else the last letter that came back.

    An offer does not tell that the date has moved, so that news stands beside it.
    """
    waiting = sa.and_(Message.channel == letters.CALL, Message.state == letters.WAITING)
    may_wait = dict(_messages(dates, sa.or_(waiting, letters.came_back())))
    found = sorted((one for one in may_wait if one.is_still_due(now)), key=lambda one: one.due_at)
    failed = {one.registration_id: one for one in found if one.channel != letters.CALL}
    due = _without_what_is_told_besides([one for one in found if one.channel == letters.CALL])
    calls = {(one.registration_id, one.letter == letters.OFFER): one for one in sorted(due, key=_rank)}
    called = {person for person, _offered in calls}
    told = [*calls.values(), *(one for person, one in failed.items() if person not in called)]
    return [
        call_of(one, one.registration_id in failed, may_wait[one], vain.get(one.registration_id, [])) for one in told
    ]


def _rank(message: Message) -> int:
    """The most urgent comes last."""
    return -BY_URGENCY.index(message.letter)


def _without_what_is_told_besides(calls: list[Message]) -> list[Message]:
    """Whoever is called about more hears that the place is kept as well: that card shows time, place and code."""
    called = {call.registration_id for call in calls if call.letter not in SAID_BESIDES}
    return [call for call in calls if call.letter not in SAID_BESIDES or call.registration_id not in called]


def _messages(dates: Iterable[uuid.UUID], *wanted: sa.ColumnElement[bool]) -> list[tuple[Message, bool]]:
    """What is told about these dates with whom it is for, the latest outcome first.

    With each, whether whoever it offers a place could wait for another time instead.
    """
    place = contains_eager(Message.registration)
    whole = place.joinedload(Registration.occurrence).joinedload(Occurrence.event)
    query = (
        sa.select(Message, has_other_times())
        .join(Message.registration)
        .outerjoin(Message.offer)
        .options(
            place.joinedload(Registration.slot),
            whole.joinedload(Event.checklist),
            place.joinedload(Registration.occurrence).joinedload(Occurrence.venue),
            joinedload(Message.reminder),
            contains_eager(Message.offer).joinedload(Offer.slot),
        )
        .where(
            Message.occurrence_id.in_(list(dates)),
            Registration.erase_asked.is_(False),
            *wanted,
        )
    )
    order = Message.outcome_at.desc(), Registration.number, Message.letter, Message.id
    return [(row[0], bool(row[1])) for row in db.session.execute(query.order_by(*order))]


def _urgency(call: Call) -> tuple[object, ...]:
    """Who was never called comes first, offers before all else because they end; who never answers comes last.

    Of those who wait equally long, the sooner date comes first.
    """
    waits_since = call.tried_local or call.since_local
    return (call.many_tries, call.tries > 0, call.until_local is None, waits_since, call.starts_local)
