"""Moved: what a date's move means for one place on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .registration import Registration

CALLED_BEFORE, TIME_TO_ANSWER = timedelta(hours=48), timedelta(hours=3)
"""Who does not say whether they keep the place is called so long before the date, and never sooner after the asking."""


@dataclass(frozen=True)
class Moved:
    """A person's own time before and after, as wall times; `answer_by` is an instant, None for who was not asked."""

    was_local: datetime
    now_local: datetime
    answer_by: datetime | None

    @property
    def same_time(self) -> bool:
        """True where only the place is another."""
        return self.was_local == self.now_local


def of(registration: Registration) -> Moved | None:
    """None where the date never moved. Several moves of which they have not heard yet are one to them."""
    occurrence, now = registration.occurrence, registration.starts_local
    was = registration.heard_local or occurrence.moved_from_local
    if was is None:
        return None
    asked = registration.keep_asked_at
    answer_by = asked and min(occurrence.starts_at, max(occurrence.starts_at - CALLED_BEFORE, asked + TIME_TO_ANSWER))
    return Moved(now - (occurrence.starts_local - was), now, answer_by)
