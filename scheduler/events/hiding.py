"""An event that people signed up for is not hidden from them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from .. import seats
from ..core.errors import Refusal
from ..models import desk
from ..models.event import PRIVATE, Event


def keep_in_sight(event: Event, visibility: str) -> None:
    """Raise Refusal when it would be hidden while anybody is on one of its dates: their letters lead to its page."""
    if visibility != PRIVATE or event.visibility == PRIVATE:
        return
    for date_id in sorted(occurrence.id for occurrence in event.occurrences):
        seats.lock(date_id)  # whoever is just keeping a place there comes before
    if desk.signed_up(event.id):
        raise Refusal(
            _l("People signed up, and their letters lead to the page. Choose “Only people who have the link” instead."),
            field="visibility",
        )
