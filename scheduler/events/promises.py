"""What people count on stays as it is: the kind of an employer's session, the page, the way in, the times."""

from __future__ import annotations

from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from .. import seats
from ..core import clock
from ..core.errors import Refusal
from ..models import desk, inbox
from ..models.event import PRIVATE, REGISTERS, Event

BOOKED = _l("An employer booked this session. Its kind and who may see it stay. Make a new event instead.")
HIDDEN = _l("People signed up, and their letters lead to the page. Choose “Only people who have the link” instead.")
NO_NAMES = _l("People signed up and count on their place. Close the registration, or make a new event.")
LAID_OUT = _l("This event has dates. Remove them before you change between chosen times and one start.")


def keep_promises(event: Event, *, kind: str, visibility: str, admission: str) -> None:
    """Raise Refusal, with the field, for what an event can no longer become. It must be locked."""
    if (admission == "timed") != (event.admission == "timed") and event.occurrences:
        raise Refusal(LAID_OUT, field="admission")
    _keep_kind(event, kind, visibility)
    if visibility == PRIVATE != event.visibility:
        _refuse_with_people(event, HIDDEN, "visibility")
    if event.takes_registrations and admission not in REGISTERS:
        _refuse_with_people(event, NO_NAMES, "admission", since=clock.now())


def _keep_kind(event: Event, kind: str, visibility: str) -> None:
    """An employer sees who comes to its session, so that can never turn into a clinic, or be open to others."""
    changed = "type" if kind != event.type else "visibility" if visibility != event.visibility else ""
    if changed and inbox.is_booked(event.id):
        raise Refusal(BOOKED, field=changed)


def _refuse_with_people(event: Event, words: LazyString, field: str, since: datetime | None = None) -> None:
    """`since`: only people on dates that take place and end later count; guests of the past wait for nothing."""
    for date_id in sorted(occurrence.id for occurrence in event.occurrences):
        seats.lock(date_id)  # whoever is just keeping a place there comes before
    signed_up = desk.signed_up(event.id)
    dates = [date for date in event.occurrences if not since or (date.state == "scheduled" and date.ends_at > since)]
    if any(date.id in signed_up for date in dates):
        raise Refusal(words, field=field)
