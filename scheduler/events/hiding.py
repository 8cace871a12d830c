"""An event that people signed up for is not hidden from them, nor is the way in on which they count taken away."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from .. import seats
from ..core.errors import Refusal
from ..models import desk
from ..models.event import PRIVATE, REGISTERS, Event

HIDDEN = _l("People signed up, and their letters lead to the page. Choose “Only people who have the link” instead.")
NO_NAMES = _l("People signed up and count on their place. Close the registration, or make a new event.")


def keep_in_sight(event: Event, visibility: str) -> None:
    """Raise Refusal when it would be hidden while anybody is on one of its dates: their letters lead to its page."""
    if visibility == PRIVATE != event.visibility:
        _refuse_with_people(event, HIDDEN, "visibility")


def keep_in_line(event: Event, admission: str) -> None:
    """Raise Refusal when it would take no names any more while anybody has a place, or waits for one."""
    if event.takes_registrations and admission not in REGISTERS:
        _refuse_with_people(event, NO_NAMES, "admission")


def _refuse_with_people(event: Event, words: LazyString, field: str) -> None:
    for date_id in sorted(occurrence.id for occurrence in event.occurrences):
        seats.lock(date_id)  # whoever is just keeping a place there comes before
    if desk.signed_up(event.id):
        raise Refusal(words, field=field)
