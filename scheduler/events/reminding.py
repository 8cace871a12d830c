"""When the people of an event are reminded: chosen by its organizer, for all of its dates."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import reminders, seats
from ..core import clock
from ..core.errors import Refusal
from ..core.extensions import db
from ..models.event import Event
from ..models.reminder import CHOICES, MOST
from .announcing import locked


def plan_reminders(event_id: uuid.UUID, days: Collection[int]) -> Event:
    """Remind so many days before each date that is still to come, 0 being the same morning; none if empty.

    What was sent stays sent, and what is due already is not sent any more. Raises Refusal.
    """
    check_days(days)
    event = locked(event_id)
    event.reminder_days = sorted(set(days), reverse=True)
    for occurrence in sorted(event.occurrences, key=lambda found: found.id):
        if occurrence.starts_at > clock.now():
            reminders.plan(seats.lock(occurrence.id))
    db.session.flush()
    return event


def check_days(days: Collection[int]) -> None:
    """Raise Refusal for days that cannot be chosen, and for too many."""
    if not set(days).issubset(CHOICES):
        raise Refusal(_l("Choose only from the list."), field="days")
    if len(set(days)) > MOST:
        raise Refusal(_("Choose up to %(count)s reminders.", count=MOST), field="days")
