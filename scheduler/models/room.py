"""Room: whether somebody could still come to a date, in one word and never in numbers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ..core import clock
from ..core.extensions import db
from .event import PUBLISHED, Event, Occurrence, Slot, band

OPEN, FEW, FULL = "open", "few", "full"
JUST_COME, INVITED, CLOSED, CANCELED, PAST = "just_come", "invited", "closed", "canceled", "past"


@dataclass(frozen=True)
class Room:
    """What stays inside: how many times can be taken, their seats, and how many dates the event has."""

    slots: int
    limit: int
    free: int
    dates: int


@dataclass(frozen=True)
class Date:
    """An occurrence as the public sees it. `standing` tells in one word whether there is room."""

    occurrence: Occurrence
    standing: str
    one_of_many: bool = False

    @property
    def lit(self) -> bool:
        """The fanlight: on while somebody could still come in."""
        return self.standing in (OPEN, FEW, JUST_COME, INVITED)

    @property
    def named(self) -> uuid.UUID | None:
        """What `?date=` says to speak of this date; None for the only date of an event."""
        return self.occurrence.id if self.one_of_many else None

    @property
    def takes_names(self) -> bool:
        """True while a place, or a place in line, can be kept."""
        return self.occurrence.accepts(clock.now()) and self.standing != PAST


def with_room(occurrences: Sequence[Occurrence]) -> list[Date]:
    """The same dates with a word for their room, counted by one query."""
    now = clock.now()
    room = _room([occurrence.id for occurrence in occurrences], now)
    return [Date(found, _standing(found, room[found.id], now), room[found.id].dates > 1) for found in occurrences]


def siblings(occurrence: Occurrence) -> list[Date]:
    """The other dates of its event that take names, soonest first; none where the event has no page any more."""
    event, now = occurrence.event, clock.now()
    others = [one for one in event.occurrences if one.id != occurrence.id and one.accepts(now) and event.is_public]
    return [date for date in with_room(others) if date.standing != PAST]


def _room(ids: list[uuid.UUID], now: datetime) -> dict[uuid.UUID, Room]:
    """The room of each date, over the times that can still be taken."""
    if not ids:
        return {}
    takeable = sa.or_(Event.admission != "timed", Slot.starts_at > now)
    sibling = aliased(Occurrence)
    dates = sa.select(sa.func.count()).where(sibling.event_id == Occurrence.event_id).scalar_subquery()
    query = (
        sa.select(
            Occurrence.id,
            sa.func.count(Slot.id),
            sa.func.coalesce(sa.func.sum(Slot.seats_limit), 0),
            sa.func.coalesce(sa.func.sum(Slot.seats_limit - Slot.seats_taken), 0),
            dates,
        )
        .join(Occurrence.event)
        .outerjoin(Slot, sa.and_(Slot.occurrence_id == Occurrence.id, takeable))
        .where(Occurrence.id.in_(ids))
        .group_by(Occurrence.id, Occurrence.event_id)
    )
    return {row[0]: Room(*map(int, row[1:])) for row in db.session.execute(query)}


def _standing(occurrence: Occurrence, room: Room, now: datetime) -> str:
    event = occurrence.event
    if occurrence.is_cancelled:
        return CANCELED
    if occurrence.ends_at <= now or event.state != PUBLISHED:
        return PAST
    if not event.takes_registrations:
        return INVITED if event.admission == "invite_code" else JUST_COME
    if event.admission == "timed" and not room.slots:
        return PAST
    if occurrence.closed_at is not None:
        return CLOSED
    found = band(room.limit, room.free, occurrence.waiting)
    return JUST_COME if event.admission == "open_door" and found != FULL else found


def slot_room(slot: Slot, waiting: int, now: datetime) -> str:
    """`open`, `few`, `full`, or `past` for a time that is over."""
    return band(slot.seats_limit, slot.free, waiting) if slot.starts_at > now else PAST
