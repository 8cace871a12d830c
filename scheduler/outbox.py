"""Outbox: the queue of letters. It only writes them down; the postman delivers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from .core import clock
from .core.extensions import Base, db
from .models import message as letters
from .models import registration as places
from .models.base import table_of
from .models.event import PUBLISHED, Event, Occurrence
from .models.heartbeat import Heartbeat
from .models.message import Message
from .models.offer import Offer
from .models.registration import Registration
from .models.training import Booking
from .models.user import User


def enqueue(letter: str, *registrations: Registration) -> None:
    """Write down a letter for each of these registrations: e-mail, or the call list for people without.

    Once for each version of the date and of the place: what was changed is told anew.
    """
    _insert(*(_for_place(letter, registration) for registration in registrations))


def _for_place(letter: str, registration: Registration) -> dict[str, object]:
    occurrence = registration.occurrence
    return {
        "letter": letter,
        "channel": letters.EMAIL if registration.has_email else letters.CALL,
        "registration_id": registration.id,
        "occurrence_id": occurrence.id,
        "dedupe_key": f"{registration.id.hex}|{letter}|{occurrence.sequence}.{registration.sequence}",
    }


def enqueue_offer(offer: Offer, registration: Registration) -> None:
    """Write down that a place is offered, once for each offer."""
    key = f"{registration.id.hex}|{letters.OFFER}|{offer.id.hex}"
    _insert(_for_place(letters.OFFER, registration) | {"offer_id": offer.id, "dedupe_key": key})


def enqueue_for_booking(letter: str, booking: Booking) -> None:
    """Write down a letter for an employer, once for each address and for each version of its session."""
    key = f"{booking.id.hex}|{letter}|{booking.told_sequence}.{booking.addressed}"
    _insert({"letter": letter, "booking_id": booking.id, "dedupe_key": key})


def enqueue_for_user(letter: str, user: User, occasion: str) -> None:
    """Write down a letter for a member of staff, once per occasion."""
    _insert({"letter": letter, "user_id": user.id, "dedupe_key": f"{user.id.hex}|{letter}|{occasion}"})


def enqueue_for_all(letter: str, *who: sa.ColumnElement[bool], channel: str | None = None, once: str = "") -> int:
    """Write down a letter for all registrations of which `who` is true, by one statement, once per date.

    Their date and event are at hand for `who`. `channel`: for all of them; `once`: a word that tells this occasion
    from others with the same letter. Returns how many were written.
    """
    by_mail = Registration.contact_kind.in_(places.BY_EMAIL)
    now = sa.literal(clock.now(), Message.created_at.type)
    row = sa.func.replace(sa.cast(Registration.id, sa.String), "-", "")
    columns: dict[str, sa.ColumnElement[Any] | sa.orm.InstrumentedAttribute[Any]] = {
        "id": sa.func.gen_random_uuid(type_=sa.Uuid),
        "letter": sa.literal(letter),
        "channel": sa.literal(channel) if channel else sa.case((by_mail, letters.EMAIL), else_=letters.CALL),
        "registration_id": Registration.id,
        "occurrence_id": Occurrence.id,
        "dedupe_key": row + f"|{letter}{once}|" + sa.cast(Occurrence.sequence, sa.String),
        "due_at": now,
        "next_try_at": now,
        "created_at": now,
    }
    told = sa.select(*columns.values()).join_from(Registration, Registration.occurrence).join(Occurrence.event)
    insert = insert_once(Message).from_select(list(columns), told.where(*who)).returning(Message.id)
    return len(db.session.execute(insert).all())


def tell_of_address(event_id: uuid.UUID, *dates: sa.ColumnElement[bool]) -> int:
    """Whoever has a place on these dates to come learns that the address changed; returns how many.

    Who must be called about the place itself hears it then; a letter of before that did not go yet says it anyhow, and
    so goes no more. Raise the event's sequence first: it tells one change from the next.
    """
    these = sa.select(Occurrence.id).join(Occurrence.event).where(Event.id == event_id, *dates)
    for occurrence_id in db.session.scalars(these).all():
        void_for_date(occurrence_id, letters.NEW_ADDRESS, channel=letters.EMAIL)
    expecting = letters.DUE_IN[letters.NEW_ADDRESS]
    told_anyway = sa.exists().where(
        Message.registration_id == Registration.id,
        Message.channel == letters.CALL,
        Message.state == letters.WAITING,
        Message.letter.in_((letters.CONFIRMATION, letters.MOVE, letters.NEW_ADDRESS)),
    )
    change = sa.select(Event.sequence).where(Event.id == event_id)
    return enqueue_for_all(
        letters.NEW_ADDRESS,
        Event.id == event_id,
        Event.state == PUBLISHED,
        Occurrence.state == "scheduled",
        Occurrence.ends_at > clock.now(),
        Registration.state.in_(expecting),
        sa.not_(told_anyway),
        *dates,
        once=f"-{db.session.scalar(change)}",
    )


def _insert(*rows: dict[str, object]) -> None:
    if not rows:
        return
    times = dict.fromkeys(("due_at", "next_try_at", "created_at"), clock.now())
    written = [{"id": uuid.uuid4(), **times, **row} for row in rows]
    db.session.execute(_one_more(db.session.get_bind().dialect.name), written)


@cache
def _one_more(dialect: str) -> sa.Insert:
    """Built once for each database: each place that is kept writes a letter."""
    return _insert_on(dialect)(table_of(Message)).on_conflict_do_nothing()


def insert_once(model: type[Base]) -> sa.Insert:
    """INSERT … ON CONFLICT DO NOTHING, in the words of the database at hand."""
    return _insert_on(db.session.get_bind().dialect.name)(model).on_conflict_do_nothing()


def _insert_on(dialect: str) -> Callable[[Any], postgresql.Insert | sqlite.Insert]:
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


def was_written_to(registration_id: uuid.UUID) -> bool:
    """True once a letter went to the address that this person has now, or is just on its way."""
    on_its_way = sa.and_(Message.state == letters.WAITING, Message.lease_until.is_not(None))
    gone = sa.and_(Message.state == letters.SENT, sa.not_(letters.told_elsewhere()))
    return _has_letter(registration_id, sa.or_(gone, on_its_way))


def owes_cancellation(registration_id: uuid.UUID) -> bool:
    """True while the letter that says that the date is off has not gone out."""
    return _has_letter(registration_id, Message.letter == letters.CANCELLATION_HOST, Message.state == letters.WAITING)


def _has_letter(registration_id: uuid.UUID, *which: sa.ColumnElement[bool]) -> bool:
    theirs = sa.exists().where(Message.registration_id == registration_id, Message.channel == letters.EMAIL, *which)
    return bool(db.session.scalar(sa.select(theirs)))


def could_not_ask(registration_id: uuid.UUID) -> bool:
    """True while the letter that asks for a confirmation waits for a mail server, for a worker, or for mail to be
    resumed; not while it waits because many went to that address."""
    paused = sa.exists().where(Heartbeat.paused_at.is_not(None))
    asking = Message.letter.in_((letters.CONFIRMATION, letters.CHANGE)), Message.channel == letters.EMAIL
    stuck = sa.exists().where(
        Message.registration_id == registration_id,
        *asking,
        Message.state == letters.WAITING,
        sa.or_(Message.failure != "", Message.next_try_at <= clock.now(), paused),
    )
    return bool(db.session.scalar(sa.select(stuck)))


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


def void_for_date(occurrence_id: uuid.UUID, *kinds: str, channel: str | None = None) -> None:
    """What was still to be told the people of this date, in letters of these kinds, is no longer true."""
    waiting = [Message.occurrence_id == occurrence_id, Message.state == letters.WAITING, Message.letter.in_(kinds)]
    if channel:
        waiting.append(Message.channel == channel)
    db.session.execute(
        sa.update(Message)
        .where(*waiting)
        .values(state=letters.VOID, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def tell_of_change(registration: Registration) -> None:
    """One letter about how the place is now, instead of what was still to be told of it as it was.

    Other letters stay due, and go where the person can be told from now on. Nobody is called about their own change.
    """
    waiting = sa.update(Message).where(Message.registration_id == registration.id, Message.state == letters.WAITING)
    if registration.has_email:
        _run(waiting.where(Message.channel == letters.CALL).values(channel=letters.EMAIL, attempts=0))
        tell_instead(letters.CHANGE, registration)
    else:
        _run(waiting.where(Message.letter == letters.CHANGE).values(state=letters.VOID, lease_until=None))
        _run(waiting.values(channel=letters.CALL))


def tell_instead(letter: str, registration: Registration) -> None:
    """A letter about how the place is now, for who has an address; what was still to be told of it is outdated."""
    if not registration.has_email:
        return
    outdated = (letters.CONFIRMATION, letters.WAITLIST_JOINED, letters.CHANGE)
    waiting = sa.update(Message).where(Message.registration_id == registration.id, Message.state == letters.WAITING)
    _run(waiting.where(Message.letter.in_(outdated)).values(state=letters.VOID, lease_until=None))
    enqueue(letter, registration)


def _run(change: sa.Update) -> None:
    db.session.execute(change.execution_options(synchronize_session=False))


def forget_old_contact(registration_id: uuid.UUID) -> None:
    """They can be reached elsewhere now: a wrong number, or letters that came back, say nothing any more."""
    theirs = sa.update(Message).where(Message.registration_id == registration_id)
    _run(theirs.where(Message.outcome == letters.WRONG_NUMBER).values(outcome=None))
    came_back = Message.channel == letters.EMAIL, Message.state == letters.FAILED
    _run(theirs.where(*came_back).values(state=letters.VOID))


def void_offer(offer_id: uuid.UUID) -> None:
    """An offer has ended: nobody is told of it any more."""
    db.session.execute(
        sa.update(Message)
        .where(Message.offer_id == offer_id, Message.state == letters.WAITING)
        .values(state=letters.VOID, lease_until=None)
        .execution_options(synchronize_session=False)
    )
