"""Whose an event, a date of it, or a place on it, is; and from when on the people at its door may see its lists."""

from __future__ import annotations

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import checkin
from ..core import clock
from ..core.errors import Locked, Missing
from ..core.wording import clock_time, short_date
from ..models import desk
from ..models.event import Event, Occurrence
from ..models.organization import COORDINATOR, LEAD
from . import access


def own_event(event_id: uuid.UUID, *roles: str) -> Event:
    """The event with all that its pages show, if the person who is signed in belongs to its host."""
    event = desk.event(event_id)
    if event is None:
        raise Missing()
    access.membership(event.organization_id, *roles)
    return event


def own_date(occurrence_id: uuid.UUID | None, *roles: str) -> Occurrence:
    """The date, if the person who is signed in belongs to its host; or, where no role is asked for, to a co-host."""
    occurrence = desk.date(occurrence_id) if occurrence_id else None
    if occurrence is None:
        raise Missing()
    if roles:
        access.membership(occurrence.event.organization_id, *roles)
    else:
        access.host_or_cohost(occurrence.event)
    return occurrence


def own_list(occurrence_id: uuid.UUID) -> Occurrence:
    """The same for a page that names people: who only works at the door sees it while they are there.

    Raises Locked before and after.
    """
    occurrence = own_date(occurrence_id)
    event, plan = occurrence.event, (LEAD, COORDINATOR)
    plans = access.belongs_to(event.organization_id, *plan) or any(
        access.belongs_to(cohost.id, *plan) for cohost in event.cohosts
    )
    if not plans and occurrence.purged_at is None and not checkin.is_around(occurrence, clock.now()):
        raise Locked(_l("At the door, this list can be seen from two hours before the date until two hours after it."))
    return occurrence


def why_shut(occurrence: Occurrence) -> str:
    """Why people at the door cannot see its lists now; empty while they can, and of what names nobody any more."""
    now = clock.now()
    if occurrence.purged_at is not None or checkin.is_around(occurrence, now):
        return ""
    if now > occurrence.starts_at:
        return str(_("The list is closed"))
    opens = clock.local(occurrence.starts_at - checkin.AROUND, occurrence.zone)
    return str(_("The list opens %(day)s, %(time)s", day=short_date(opens.date()), time=clock_time(opens)))


def own_place(registration_id: uuid.UUID, *roles: str, names_nobody: bool = False) -> uuid.UUID:
    """The date of a registration that the person who is signed in may work with; at the door, while its lists are open,
    or, for what `names_nobody`, at any hour.
    """
    found = desk.place_of(registration_id)
    if found is None:
        raise Missing()
    organization_id, occurrence_id = found
    if roles or access.belongs_to(organization_id, LEAD, COORDINATOR):
        access.membership(organization_id, *roles)
    elif names_nobody:
        own_date(occurrence_id)
    else:
        own_list(occurrence_id)
    return occurrence_id
