"""Moved: what a date's move means for one place on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .event import Occurrence
from .registration import Registration

CALLED_BEFORE, TIME_TO_ANSWER = timedelta(hours=48), timedelta(hours=3)
"""Who does not say whether they keep the place is called so long before the date, and never sooner after the asking."""


@dataclass(frozen=True)
class Moved:
    """A person's own time before and after, and the date's end, as wall times; `answer_by` is an instant, None for who
    was not asked."""

    was_local: datetime
    now_local: datetime
    ends_local: datetime
    same_place: bool
    answer_by: datetime | None

    @property
    def same_time(self) -> bool:
        """True where only the place, or only the end, is another."""
        return self.was_local == self.now_local

    @property
    def only_the_place(self) -> bool:
        return self.same_time and not self.same_place

    @property
    def only_the_end(self) -> bool:
        return self.same_time and self.same_place


def stamp(occurrence: Occurrence) -> str:
    """What a page says of the last move of its date, so that one from before is known; empty if it never moved."""
    return str(int(occurrence.moved_at.timestamp())) if occurrence.moved_at else ""


def of(registration: Registration) -> Moved | None:
    """None where the date never moved. Several moves of which they have not heard yet are one to them."""
    occurrence, now = registration.occurrence, registration.starts_local
    was = registration.heard_local or occurrence.moved_from_local
    if was is None:
        return None
    there = registration.heard_venue_id if registration.heard_local else occurrence.moved_from_venue_id
    asked = registration.keep_asked_at
    answer_by = asked and min(occurrence.starts_at, max(occurrence.starts_at - CALLED_BEFORE, asked + TIME_TO_ANSWER))
    began = now - (occurrence.starts_local - was)
    return Moved(began, now, occurrence.ends_local, there == occurrence.venue_id, answer_by)


def unheard(registration: Registration) -> Moved | None:
    """What somebody who is told that the date is off never heard: that it had moved before. None for all others."""
    if not registration.occurrence.is_cancelled or registration.heard_local is None:
        return None
    found = of(registration)
    return None if found is None or found.same_time else found
