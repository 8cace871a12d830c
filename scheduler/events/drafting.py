"""Drafts: begun once, however often the button is pressed, and thrown away while nobody has seen them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from ..core import clock
from ..core.errors import Conflict, Missing
from ..core.extensions import db
from ..models.board import UNFINISHED
from ..models.event import DRAFT, Event, Occurrence
from ..models.organization import Organization
from .announcing import Announcement, create
from .cohosting import name_cohosts
from .publishing import lock

AT_ONCE = timedelta(minutes=1)
"""So soon after each other two equal drafts are one, sent twice."""

NEVER_PUBLISHED = _l("Only a draft that was never published can be thrown away.")

ITS_OWN = ("id", "slug", "created_at", "revised_at")
"""What sets equal drafts apart."""


def draft(organization_id: uuid.UUID, said: Announcement, cohost_ids: Collection[uuid.UUID]) -> Event:
    """A new draft with its co-hosts, or the one that the same form made a moment ago. Raises as create() does."""
    _stand_in_line(organization_id)
    event = name_cohosts(create(organization_id, said).id, cohost_ids)
    earlier = _twin(event)
    if earlier is None:
        return event
    discard(event.id)
    return earlier


def _stand_in_line(organization_id: uuid.UUID) -> None:
    """Two presses at once would not see each other."""
    query = sa.select(Organization.id).where(Organization.id == organization_id)
    if db.session.scalar(query.with_for_update(key_share=True)) is None:
        raise Missing()


def _twin(event: Event) -> Event | None:
    """Another draft of this host, just made, that says the same in everything."""
    db.session.refresh(event)
    recent = sa.select(Event).where(
        Event.organization_id == event.organization_id,
        Event.state == DRAFT,
        Event.created_at > clock.now() - AT_ONCE,
        Event.id != event.id,
    )
    others = db.session.scalars(recent.order_by(Event.created_at.desc()))
    return next((other for other in others if _answers(other) == _answers(event)), None)


def _answers(event: Event) -> list[object]:
    names = [column.key for column in sa.inspect(Event).column_attrs if column.key not in ITS_OWN]
    return [*(getattr(event, name) for name in names), {cohost.id for cohost in event.cohosts}]


def is_discardable(event: Event) -> bool:
    """True while nobody but its own people ever saw it."""
    return event.published_at is None and event.state in UNFINISHED


def discard(event_id: uuid.UUID) -> None:
    """A draft goes, with its dates and their times. Raises Missing, and Conflict for what was ever published."""
    event = lock(event_id)
    if not is_discardable(event):
        raise Conflict(NEVER_PUBLISHED)
    # The database takes along what hangs on them.
    db.session.execute(sa.delete(Occurrence).where(Occurrence.event_id == event_id))
    db.session.execute(sa.delete(Event).where(Event.id == event_id))
    db.session.flush()
