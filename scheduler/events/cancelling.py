"""An event, or one date of it, is called off: everybody who counted on it is told, and offered other dates."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import outbox, seats, waitlist
from ..core import clock
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import db
from ..core.languages import OFFERED
from ..models import message as letters
from ..models.base import Texts
from ..models.event import CANCELLED, PUBLISHED, Event, Occurrence
from ..models.registration import Registration
from .moving import has_not_heard
from .publishing import lock

OUTDATED = tuple(kind for kind in letters.DUE_IN if kind not in (letters.CANCELLATION_OWN, letters.CANCELLATION_HOST))
"""What nobody should be told any more about a date that is off."""


def cancel_event(event_id: uuid.UUID, reason: Texts) -> Event:
    """Call off all dates that are still to come. Without any that took place, the event itself is off.

    A second call changes nothing. Raises Refusal, with the field, for a reason that lacks a language, and
    Conflict for what was never public or is over.
    """
    _check_reason(reason)
    event = lock(event_id)
    if event.state == CANCELLED:
        return event
    coming = [date for date in event.occurrences if _can_be_called_off(date)]
    if event.state != PUBLISHED or not coming:
        raise Conflict(_l("Only a published event with a date still to come can be canceled."))
    for occurrence in sorted(coming, key=lambda date: date.id):
        _call_off(seats.lock(occurrence.id), reason)
    if all(date.state == "cancelled" for date in event.occurrences):
        event.state, event.cancel_reason, event.revised_at = CANCELLED, reason, clock.now()
    db.session.flush()
    return event


def cancel_date(occurrence_id: uuid.UUID, reason: Texts) -> Occurrence:
    """Call off one date; the others stay. A second call changes nothing. Raises as cancel_event() does."""
    _check_reason(reason)
    event_id = db.session.scalar(sa.select(Occurrence.event_id).where(Occurrence.id == occurrence_id))
    if event_id is None:
        raise Missing()
    event = lock(event_id)
    occurrence = seats.lock(occurrence_id)
    if occurrence.is_cancelled:
        return occurrence
    if event.state != PUBLISHED or not _can_be_called_off(occurrence):
        raise Conflict(_l("Only a published date that is still to come can be canceled."))
    _call_off(occurrence, reason)
    db.session.flush()
    return occurrence


def _check_reason(reason: Texts) -> None:
    for language in OFFERED:
        if not reason.get(language, "").strip():
            raise Refusal(_l("Write the reason in both languages."), field=f"reason_{language}")


def _can_be_called_off(occurrence: Occurrence) -> bool:
    return occurrence.state == "scheduled" and occurrence.ends_at > clock.now()


def _call_off(occurrence: Occurrence, reason: Texts) -> None:
    """The date must be locked. Places stay with their people, who may take another date in exchange."""
    waitlist.withdraw(occurrence)
    occurrence.state, occurrence.cancel_reason = "cancelled", reason
    occurrence.revised_at = clock.now()
    occurrence.sequence += 1
    _note_who_has_an_older_day_in_mind(occurrence)
    outbox.void_for_date(occurrence.id, *OUTDATED)
    db.session.flush()
    told = Registration.state.in_(letters.DUE_IN[letters.CANCELLATION_HOST])
    outbox.enqueue_for_all(letters.CANCELLATION_HOST, Registration.occurrence_id == occurrence.id, told)


def _note_who_has_an_older_day_in_mind(occurrence: Occurrence) -> None:
    """Whoever never heard that the date moved must hear that it is off on the day that they know."""
    if occurrence.moved_at is None:
        return
    heard = Registration.occurrence_id == occurrence.id, sa.not_(has_not_heard(occurrence.moved_at))
    note = sa.update(Registration).where(*heard).values(heard_local=None, heard_venue_id=None)
    db.session.execute(note.execution_options(synchronize_session=False))
