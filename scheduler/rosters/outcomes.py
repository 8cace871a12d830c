"""How a call ended, written down; and what follows from it."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import audits, registrations
from ..core import clock
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import db
from ..models import message as letters
from ..models.message import Message
from ..models.registration import Registration
from .calls import SAID_BESIDES, can_undo

STATES = {
    letters.REACHED: letters.SENT,
    letters.NO_ANSWER: letters.WAITING,
    letters.WRONG_NUMBER: letters.FAILED,
    letters.WILL_NOT_COME: letters.SENT,
}
"""What each outcome makes of the letter that was to be told."""


def record_call(message_id: uuid.UUID, outcome: str, user_id: uuid.UUID, tries: int | None = None) -> Message:
    """Somebody called: they were reached, nobody answered, the number is wrong, or they will not come.

    Who will not come gives the place back at once, without a letter. `tries`: how many calls the page had shown, so
    that a button pressed twice counts once. Raises Missing, Conflict when the call was made already, Refusal.
    """
    if outcome not in letters.OUTCOMES:
        raise Refusal(_l("Choose how the call ended."), field="outcome")
    message, registration = _locked(message_id)
    if message.state != letters.WAITING or tries not in (None, message.attempts):
        raise Conflict(_l("This call was written down already."))
    if outcome == letters.WILL_NOT_COME:
        registrations.cancel(registration.id)
    now = clock.now()
    message.state, message.outcome, message.outcome_at = STATES[outcome], outcome, clock.to_minute(now)
    message.attempts += 1
    message.sent_at = now if message.state == letters.SENT else None
    if outcome == letters.REACHED:
        _settle(message)
    _write_down(registration, user_id)
    return message


def _settle(message: Message) -> None:
    """What the same call has told besides: whoever hears of a reminder knows that the place is kept, and whoever
    keeps the place on the new date was asked what a reminder asks.

    It has no `outcome_at`, because no call was made for it.
    """
    besides = SAID_BESIDES + ((letters.NEW_ADDRESS, letters.REMINDER) if message.letter == letters.MOVE else ())
    told = {"state": letters.SENT, "outcome": letters.REACHED, "outcome_at": None, "sent_at": message.sent_at}
    _set_others(message, told, Message.letter.in_(besides), Message.state == letters.WAITING)


def _unsettle(message: Message) -> None:
    """What this call has told besides was not told, and was called about as often as before."""
    tried = sa.case((Message.attempts > 0, letters.NO_ANSWER))
    again = {"state": letters.WAITING, "outcome": tried, "sent_at": None}
    settled = Message.state == letters.SENT, Message.outcome_at.is_(None), Message.sent_at == message.sent_at
    _set_others(message, again, *settled)


def _set_others(message: Message, values: dict[str, Any], *which: sa.ColumnElement[bool]) -> None:
    """Of the other calls to the same person."""
    theirs = Message.registration_id == message.registration_id, Message.channel == letters.CALL
    others = sa.update(Message).where(*theirs, Message.id != message.id, *which).values(**values)
    db.session.execute(others.execution_options(synchronize_session=False))


def undo_call(message_id: uuid.UUID, user_id: uuid.UUID) -> Message:
    """That was a slip of the thumb: the call is still to be made, and what was said in it was not.

    Raises Conflict after an hour, or if it cannot be.
    """
    message, registration = _locked(message_id)
    if not can_undo(message, clock.now()):
        raise Conflict(_l("This call can no longer be taken back."))
    if registration.reconfirmed_at == message.outcome_at:
        registration.reconfirmed_at = None
    if message.outcome == letters.REACHED:
        _unsettle(message)
    message.attempts -= 1
    message.state, message.sent_at = letters.WAITING, None
    message.outcome = letters.NO_ANSWER if message.attempts else None
    message.outcome_at = None
    _write_down(registration, user_id)
    return message


def _locked(message_id: uuid.UUID) -> tuple[Message, Registration]:
    """The call, fresh, behind the lock of whom it is about. Raises Missing."""
    query = sa.select(Message.registration_id).where(Message.id == message_id, Message.channel == letters.CALL)
    registration_id = db.session.scalar(query)
    if registration_id is None:
        raise Missing()
    registration = registrations.locked(registration_id)
    message = db.session.get(Message, message_id, populate_existing=True, with_for_update=True)
    if message is None:
        raise Missing()
    return message, registration


def _write_down(registration: Registration, user_id: uuid.UUID) -> None:
    db.session.flush()
    host_id = registration.occurrence.event.organization_id
    audits.append(host_id, user_id, audits.CALL_RECORDED, registration.audited_as)


def book_by_phone(
    occurrence_id: uuid.UUID,
    slot_id: uuid.UUID | None,
    attendee: registrations.Attendee,
    nonce: str,
    user_id: uuid.UUID,
) -> Registration:
    """Somebody calls and keeps a place, or a place in line. They hear of it at once, so that call counts as made.

    Raises what registrations.register raises.
    """
    registration = registrations.register(occurrence_id, slot_id, attendee, nonce, source="phone")
    calls = sa.select(Message.id).where(
        Message.registration_id == registration.id, Message.channel == letters.CALL, Message.state == letters.WAITING
    )
    # One by one: what one call has told besides waits no more.
    while (message_id := db.session.scalar(calls.limit(1))) is not None:
        record_call(message_id, letters.REACHED, user_id)
        db.session.flush()
    return registration
