"""Who is named beside the host, and may see who comes."""

from __future__ import annotations

import uuid
from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import seats
from ..core import clock
from ..core.errors import Conflict, Refusal
from ..core.extensions import db
from ..models import desk
from ..models.event import Event
from ..models.organization import Organization
from .announcing import locked, touch


def name_cohosts(event_id: uuid.UUID, organization_ids: Collection[uuid.UUID]) -> Event:
    """These organizations, and no others, are named to people who sign up, and may see them.

    Nobody is added once anybody has signed up: those people were not told of them. Raises Conflict then; and
    Refusal for an organization that is not there, or is the host.
    """
    event = locked(event_id)
    wanted = set(organization_ids)
    gained = wanted - {found.id for found in event.cohosts}
    # Behind the lock of each date nobody signs up between this look and the end of the transaction.
    for occurrence_id in sorted(occurrence.id for occurrence in event.occurrences):
        seats.lock(occurrence_id)
    if gained and desk.has_registrations(event_id):
        words = _l("People have signed up, and were not told of this organization. It can't be added any more.")
        raise Conflict(words, field="cohosts")
    found = list(db.session.scalars(sa.select(Organization).where(Organization.id.in_(wanted))))
    if len(found) < len(wanted) or event.organization_id in wanted:
        raise Refusal(_l("Choose only from the list."), field="cohosts")
    if wanted != {known.id for known in event.cohosts}:
        event.cohosts = found
        event.revised_at = clock.now()
        touch(event)
    db.session.flush()
    return event
