"""The check before publishing, and publishing."""

from __future__ import annotations

import uuid
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from .. import reminders
from ..core import clock, wording
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import db
from ..core.languages import OFFERED
from ..models.event import DRAFT, HYBRID, ONLINE, PUBLISHED, Event, Occurrence
from ..models.venue import Venue


class NotReady(Refusal):
    """What stands in the way of publishing, each in words."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def lock(event_id: uuid.UUID) -> Event:
    """The event with its dates, their places and times, locked until the transaction ends. Raises Missing."""
    dates = selectinload(Event.occurrences)
    query = sa.select(Event).options(dates.selectinload(Occurrence.venue), dates.selectinload(Occurrence.slots))
    query = query.where(Event.id == event_id).with_for_update(key_share=True)
    event = db.session.scalar(query.execution_options(populate_existing=True))
    if event is None:
        raise Missing()
    return event


def problems(event: Event) -> list[str]:
    """What must be put right before anybody may see the event."""
    found = [_("Write a title in %(language)s.", language=name) for code, name in _names() if not event.title.get(code)]
    if event.checklist and event.checklist.is_overdue(clock.today(current_app.config["TIMEZONE"])):
        found.append(_due_for_review(event))
    coming = _coming(event)
    if not coming:
        found.append(_("Add a date that is still to come."))
    for occurrence in coming:
        found += _problems_of_date(event, occurrence)
    return found


def is_over(event: Event) -> bool:
    """True of an event that was shown, and of which nothing is still to come."""
    return event.state == PUBLISHED and not _coming(event)


def _due_for_review(event: Event) -> str:
    if event.state == PUBLISHED:
        return str(_("The list of what to bring is due for review. Please review it now: people already read it."))
    return str(_("The list of what to bring is due for review. Review it, then publish."))


def _names() -> list[tuple[str, str]]:
    return [(code, wording.spoken_here(code)) for code in OFFERED]


def _coming(event: Event) -> list[Occurrence]:
    now = clock.now()
    return [date for date in event.occurrences if date.state == "scheduled" and date.ends_at > now]


def _problems_of_date(event: Event, occurrence: Occurrence) -> list[str]:
    day = wording.short_date(occurrence.starts_local.date())
    found = []
    if occurrence.venue is None:
        found.append(_("%(day)s: choose a place.", day=day))
    elif not occurrence.venue.online and not occurrence.venue.hidden:
        found += _problems_of_place(occurrence.venue, day)
    has_places = event.takes_registrations or event.admission == "numbers"
    if has_places and not any(slot.seats_limit for slot in occurrence.slots):
        found.append(_("%(day)s: say how many places there are.", day=day))
    last = max((slot.starts_local for slot in occurrence.slots), default=occurrence.starts_local)
    latest = occurrence.ends_local - timedelta(minutes=event.flow_minutes)
    if event.admission == "timed" and last > latest:
        words = _(
            "%(day)s: the last time is %(last)s, but a visit takes %(count)s minutes. Make %(latest)s the last time.",
            day=day,
            last=wording.clock_time(last),
            count=event.flow_minutes,
            latest=wording.clock_time(latest),
        )
        found.append(words)
    return found


def _problems_of_place(venue: Venue, day: str) -> list[str]:
    found = []
    if not venue.address:
        found.append(_("%(day)s: the place “%(place)s” has no address.", day=day, place=venue.called))
    if not any(venue.transit.values()):
        found.append(_("%(day)s: say how to get to “%(place)s” by train or bus.", day=day, place=venue.called))
    return found


def warnings(event: Event) -> list[str]:
    """What would be better put right, but does not stop publishing."""
    missing = [name for code, name in _names() if not event.summary.get(code)]
    found = [_("There is no summary in %(language)s.", language=name) for name in missing]
    if not event.languages:
        found.append(_("Nobody knows yet which languages are spoken there."))
    online = event.format in (ONLINE, HYBRID) or any(date.is_online for date in _coming(event))
    if online and not event.join_link:
        found.append(_("There is no link to join yet. People get it with their place."))
    if event.checklist is None:
        found.append(_("There is no list of what to bring."))
    elif event.checklist.replaced:
        found.append(_("A newer version of the list of what to bring is there."))
    if event.admission == "timed" and not event.flow_minutes:
        found.append(_("Say how long a visit takes, so that the last time is not too late."))
    return found


def publish(event_id: uuid.UUID) -> Event:
    """Show the event to the public. Raises NotReady; what is public already stays as it is."""
    event = lock(event_id)
    if event.state == PUBLISHED:
        return event
    if event.state not in (DRAFT, "in_review"):
        raise Conflict(_l("This event is over or canceled. It can't be published."))
    found = problems(event)
    if found:
        raise NotReady(found)
    now = clock.now()
    event.state, event.revised_at = PUBLISHED, now
    event.published_at = event.published_at or now
    for occurrence in _coming(event):
        reminders.plan(occurrence)
    db.session.flush()
    return event
