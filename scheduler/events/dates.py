"""The dates of an event, and the times at which people may come."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import reminders, seats, waitlist
from ..core import clock
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import db
from ..core.wording import clock_time
from ..models.event import PUBLISHED, Event, Occurrence
from ..models.registration import LIVE, Registration
from ..models.venue import Venue
from .announcing import is_changeable, locked, stay_ready, touch
from .publishing import problems
from .retention import retention_days
from .times import lay_out, move_along, new_slot, reread_slots

MOST_TIMES, SHORTEST_STEP = 60, 5
FARTHEST = timedelta(days=730)


@dataclass(frozen=True)
class Timetable:
    """One date, in wall times. `places` is for each time; the next two are only for where people choose a time.

    `keeps_times`: a date that is changed keeps its own times and their places, moved along with its start.
    """

    starts_local: datetime
    ends_local: datetime
    venue_id: uuid.UUID | None
    places: int
    every_minutes: int = 0
    last_local: datetime | None = None
    keeps_times: bool = False

    def times(self) -> list[datetime]:
        """First arrival, then every so many minutes until the last one; or just the start."""
        if self.last_local is None or self.every_minutes < SHORTEST_STEP:
            return [self.starts_local]
        span = self.last_local - self.starts_local
        count = span // timedelta(minutes=self.every_minutes) + 1
        return [self.starts_local + timedelta(minutes=self.every_minutes * number) for number in range(count)]

    def is_plan_of(self, occurrence: Occurrence) -> bool:
        """True if its day, hours and place are those that the date has."""
        planned = (self.starts_local, self.ends_local, self.venue_id)
        return planned == (occurrence.starts_local, occurrence.ends_local, occurrence.venue_id)


def add_date(event_id: uuid.UUID, timetable: Timetable) -> Occurrence:
    """A new date with its times. Raises Refusal, with the field, for what cannot be."""
    event = locked(event_id)
    lacked = problems(event)
    zone = current_app.config["TIMEZONE"]
    check_timetable(timetable, zone)
    venue = venue_of(event, timetable.venue_id)
    refuse_twin(event, timetable)
    now = clock.now()
    occurrence = Occurrence(id=uuid.uuid4(), venue=venue, zone=zone, created_at=now, revised_at=now)
    occurrence.schedule(timetable.starts_local, timetable.ends_local, retention_days(event))
    occurrence.slots = [new_slot(occurrence, wall, timetable.places) for wall in timetable.times()]
    event.occurrences.append(occurrence)
    touch(event)
    db.session.flush()
    reminders.plan(occurrence)
    db.session.flush()
    stay_ready(event, lacked)
    return occurrence


def change_date(occurrence_id: uuid.UUID, timetable: Timetable) -> Occurrence:
    """Other times, another place, other numbers. Raises Conflict when people have a place and the date would move."""
    event, occurrence = locked_date(occurrence_id)
    lacked = problems(event)
    check_timetable(timetable, occurrence.zone, occurrence)
    venue = venue_of(event, timetable.venue_id)
    begin = occurrence.starts_local
    if not timetable.is_plan_of(occurrence):
        _refuse_with_people(occurrence)
        refuse_twin(event, timetable, but=occurrence)
        occurrence.venue = venue
        occurrence.schedule(timetable.starts_local, timetable.ends_local, retention_days(event))
        _note_change(occurrence)
    if timetable.keeps_times:
        move_along(occurrence, occurrence.starts_local - begin)
    elif lay_out(occurrence, timetable.times(), timetable.places):
        waitlist.offer_freed(occurrence)
    touch(event)
    reminders.plan(occurrence)
    db.session.flush()
    stay_ready(event, lacked)
    return occurrence


def remove_date(occurrence_id: uuid.UUID) -> Event:
    """Take a date out of a draft, or call it off where it was public: calendars that hold it must learn of it.

    What nobody ever saw may go when it is over too.
    """
    event, occurrence = _locked(occurrence_id)
    if event.published_at is not None:
        _refuse_over(occurrence)
    _refuse_with_people(occurrence)
    if event.published_at is None:
        db.session.execute(sa.delete(Occurrence).where(Occurrence.id == occurrence.id))
        db.session.expire(event, ["occurrences"])
    elif occurrence.state == "scheduled":
        occurrence.state = "cancelled"
        _note_change(occurrence)
    touch(event)
    db.session.flush()
    return event


def check_timetable(timetable: Timetable, zone: str, of: Occurrence | None = None) -> None:
    """Raise Refusal, with the field, for times that cannot be: over, backwards, or skipped by the spring change.

    A date that has begun (`of`) keeps its day, hours and place: then only its times and their places are new.
    """
    starts, ends = timetable.starts_local, timetable.ends_local
    if starts > clock.local(clock.now(), zone).replace(tzinfo=None) + FARTHEST:
        raise Refusal(_l("Choose a date within the next two years."), field="day")
    walls = [(starts, "starts"), (ends, "ends"), *((wall, "last") for wall in timetable.times())]
    for wall, field in walls:
        if not clock.exists(wall, zone):
            words = _("Clocks skip %(time)s on this day. Choose another time.", time=clock_time(wall))
            raise Refusal(words, field=field)
    if ends <= starts:
        raise Refusal(_l("The end must be later than the start."), field="ends")
    stays = of is not None and timetable.is_plan_of(of)
    if not stays and clock.to_utc(starts, zone) <= clock.now():
        raise Refusal(_l("This is over. Choose a date that is still to come."), field="day")
    _check_arrivals(timetable)


def _check_arrivals(timetable: Timetable) -> None:
    if timetable.last_local is None:
        return
    if timetable.every_minutes < SHORTEST_STEP:
        raise Refusal(_("Leave at least %(count)s minutes between two times.", count=SHORTEST_STEP), field="every")
    if not timetable.starts_local <= timetable.last_local < timetable.ends_local:
        raise Refusal(_l("The last time must lie between the first one and the end."), field="last")
    if len(timetable.times()) > MOST_TIMES:
        words = _("That makes more than %(count)s times. Leave more minutes between them.", count=MOST_TIMES)
        raise Refusal(words, field="every")


def venue_of(event: Event, venue_id: uuid.UUID | None) -> Venue | None:
    if venue_id is None:
        return None
    venue = db.session.get(Venue, venue_id)
    if venue is None or venue.organization_id not in (None, event.organization_id):
        raise Refusal(_l("Choose a place from the choices."), field="venue")
    return venue


def locked_date(occurrence_id: uuid.UUID) -> tuple[Event, Occurrence]:
    """The event, then the date, with its times as they are now. Raises Missing, and Conflict when it is over."""
    event, occurrence = _locked(occurrence_id)
    _refuse_over(occurrence)
    reread_slots(occurrence)
    return event, occurrence


def _locked(occurrence_id: uuid.UUID) -> tuple[Event, Occurrence]:
    """Everybody takes the locks in this order."""
    event_id = db.session.scalar(sa.select(Occurrence.event_id).where(Occurrence.id == occurrence_id))
    if event_id is None:
        raise Missing()
    event = locked(event_id)
    return event, seats.lock(occurrence_id)


def _refuse_over(occurrence: Occurrence) -> None:
    if not is_changeable(occurrence):
        raise Conflict(_l("This date is over or called off. It can't be changed any more."))


def refuse_twin(event: Event, timetable: Timetable, but: Occurrence | None = None) -> None:
    """Nobody could tell two equal dates apart; the second one mostly comes of pressing twice."""
    planned = timetable.starts_local, timetable.venue_id
    others = [date for date in event.occurrences if date is not but and date.state == "scheduled"]
    if planned in [(date.starts_local, date.venue_id) for date in others]:
        raise Refusal(_l("This date is there already."), field="day")


def _refuse_with_people(occurrence: Occurrence) -> None:
    live = Registration.occurrence_id == occurrence.id, Registration.state.in_(LIVE)
    if db.session.scalar(sa.select(Registration.id).where(*live).limit(1)) is not None:
        raise Conflict(_l("People have a place on this date: its day and hours stay. You can move it, or cancel it."))


def _note_change(occurrence: Occurrence) -> None:
    """Time, place or state changed: calendars that know the date must hear of it."""
    occurrence.revised_at = clock.now()
    if occurrence.event.state == PUBLISHED:
        occurrence.sequence += 1
