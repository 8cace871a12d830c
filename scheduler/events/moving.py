"""A date moves while people have a place: their times move along, and each is asked to keep it or to give it back."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import outbox, reminders, waitlist
from ..core import clock
from ..core.errors import Conflict, Refusal
from ..core.extensions import db
from ..models import message as letters
from ..models.event import PUBLISHED, Event, Occurrence
from ..models.message import Message
from ..models.moved import CALLED_BEFORE, TIME_TO_ANSWER
from ..models.registration import CONFIRMED, HELD, LIVE, Registration
from .announcing import touch
from .dates import Timetable, check_timetable, locked_date, refuse_twin, venue_of
from .publishing import NotReady, problems
from .retention import still_promised
from .times import move_along

SAID_IN_ONE_CALL = (letters.CONFIRMATION, letters.WAITLIST_JOINED, letters.CHANGE)
"""Whoever was not reached yet is called once, about the new date."""

EXPECTED = (HELD, CONFIRMED)
"""Who is asked whether they keep their place."""


def move_date(
    occurrence_id: uuid.UUID, starts_local: datetime, ends_local: datetime, venue_id: uuid.UUID | None
) -> Occurrence:
    """Give a published date other times or another place. Every time within it shifts by as much as the start.

    Raises Refusal, with the field, for what cannot be or is no change; Conflict for a date that began or is off.
    """
    event, occurrence = locked_date(occurrence_id)
    _ready_to_move(event, occurrence)
    lacked = problems(event)
    if (starts_local, ends_local, venue_id) == (occurrence.starts_local, occurrence.ends_local, occurrence.venue_id):
        raise Refusal(_l("That is what the date says now. Choose another day, time or place."), field="day")
    wished = Timetable(starts_local, ends_local, venue_id, places=0)
    check_timetable(wished, occurrence.zone)
    refuse_twin(event, wished, but=occurrence)
    venue, began, promised = venue_of(event, venue_id), occurrence.starts_local, still_promised(occurrence)
    waitlist.withdraw(occurrence)
    _note_what_they_heard(occurrence, starts_local, venue_id)
    occurrence.moved_from_local, occurrence.moved_from_venue_id = began, occurrence.venue_id
    occurrence.venue = venue
    occurrence.schedule(starts_local, ends_local, promised)
    move_along(occurrence, starts_local - began)
    occurrence.moved_at = occurrence.revised_at = clock.now()
    occurrence.sequence += 1
    touch(event)
    reminders.plan(occurrence)
    db.session.flush()
    _stay_ready(event, lacked)
    _ask_everybody(occurrence)
    return occurrence


def _ready_to_move(event: Event, occurrence: Occurrence) -> None:
    if event.state != PUBLISHED or occurrence.starts_at <= clock.now():
        raise Conflict(_l("Only a published date that has not begun can be moved."))


def _stay_ready(event: Event, lacked: list[str]) -> None:
    """Moving may bring no new problem. Those that were there name the day, so they are counted, not compared."""
    found = problems(event)
    if len(found) > len(lacked):
        raise NotReady([words for words in found if words not in lacked])


def _note_what_they_heard(occurrence: Occurrence, starts_local: datetime, venue_id: uuid.UUID | None) -> None:
    """Whoever has not heard of the move before this one still has the time and the place before both in mind.

    Unless the date moves back there: to them nothing would have moved, yet they are asked again.
    """
    people = Registration.occurrence_id == occurrence.id, Registration.state.in_(LIVE)
    note = sa.update(Registration).where(*people)
    note = note.values(heard_local=occurrence.starts_local, heard_venue_id=occurrence.venue_id)
    if occurrence.moved_at is not None:
        place = sa.func.coalesce(Registration.heard_venue_id, occurrence.venue_id)
        is_back = sa.and_(Registration.heard_local == starts_local, place == venue_id)
        note = note.where(sa.not_(has_not_heard(occurrence.moved_at)) | is_back)
    db.session.execute(note.execution_options(synchronize_session=False))


def has_not_heard(moved_at: datetime) -> sa.ColumnElement[bool]:
    """True where the news of a move still waits or came back, and nobody said that they keep the place."""
    news = Message.registration_id == Registration.id, Message.letter == letters.MOVE, Message.created_at >= moved_at
    told = sa.or_(Message.state == letters.SENT, Message.outcome == letters.REACHED)
    answered = sa.and_(Registration.state.in_(EXPECTED), Registration.keep_asked_at.is_(None))
    return sa.exists().where(*news) & sa.not_(sa.exists().where(*news, told)) & sa.not_(answered)


def _ask_everybody(occurrence: Occurrence) -> None:
    """Who has a place is asked to keep it or to give it back; who waits in line learns of it."""
    people = Registration.occurrence_id == occurrence.id
    outbox.void_for_date(occurrence.id, letters.REMINDER, letters.MOVE, letters.NEW_ADDRESS, letters.OFFER)
    outbox.void_for_date(occurrence.id, *SAID_IN_ONE_CALL, channel=letters.CALL)
    db.session.execute(
        sa.update(Registration)
        .where(people, Registration.state.in_(EXPECTED))
        .values(keep_asked_at=clock.to_minute(clock.now()))
        .execution_options(synchronize_session=False)
    )
    outbox.enqueue_for_all(letters.MOVE, people, Registration.state.in_(LIVE))


def ask_by_phone() -> int:
    """Whoever stayed silent about a moved date, and is on no call list, goes on it, once; returns how many.

    Most were written to. Who was, and has only a phone now, is called like them. Shortly before the date nobody waits.
    """
    now = clock.now()
    called = sa.exists().where(
        Message.registration_id == Registration.id,
        Message.letter == letters.MOVE,
        Message.channel == letters.CALL,
        sa.or_(Message.state == letters.WAITING, Message.outcome.is_not(None)),
        Message.created_at >= Registration.keep_asked_at,
    )
    return outbox.enqueue_for_all(
        letters.MOVE,
        sa.or_(Registration.keep_asked_at <= now - TIME_TO_ANSWER, Occurrence.starts_at <= now + TIME_TO_ANSWER),
        Registration.state.in_(EXPECTED),
        sa.not_(called),
        Occurrence.state == "scheduled",
        Occurrence.starts_at > now,
        Occurrence.starts_at <= now + CALLED_BEFORE,
        Event.state == PUBLISHED,
        channel=letters.CALL,
        once="-silent",
    )
