"""The demo world: organizations, places, checklists and events around today, from world.json."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .. import events, reminders
from ..core import clock
from ..core.extensions import db, transaction
from ..models import event as states
from ..models import message as letters
from ..models.checklist import Checklist
from ..models.doors import SENSITIVE_TYPES
from ..models.event import Event, Occurrence, Slot
from ..models.organization import Organization
from ..models.venue import Venue
from . import employers, erased, help_desk, second_thoughts, staff
from .crowd import Crowd, mark_sent

ZONE = "America/Chicago"
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
WHILE_AHEAD = timedelta(weeks=8)

Facts = dict[str, Any]


@dataclass
class Known:
    """Where the rows of the facts' keys are."""

    organizations: dict[str, uuid.UUID] = field(default_factory=dict)
    venues: dict[str, uuid.UUID] = field(default_factory=dict)
    checklists: dict[str, uuid.UUID] = field(default_factory=dict)
    trainings: dict[str, uuid.UUID] = field(default_factory=dict)


def is_empty() -> bool:
    """True when there is no world yet."""
    return db.session.scalar(sa.select(Organization.id).limit(1)) is None


def seed() -> None:
    """Build the whole demo world. Opens its own transactions: one for the nouns, one for each event."""
    facts = json.loads(Path(__file__).with_name("world.json").read_text("utf-8"))
    crowd = Crowd(random.Random(7))
    with transaction():
        known = _nouns(facts)
        staff.hire(known.organizations)
        known.trainings = employers.catalogue(facts["trainings"], known.organizations)
    for event in facts["events"]:
        with transaction():
            _announce(event, known, crowd)
    with transaction():
        employers.ask(facts["bookings"], known.trainings, _day)
    with transaction():
        second_thoughts.add()
    with transaction():
        help_desk.add(crowd)
    with transaction():
        erased.add(crowd)


def _nouns(facts: dict[str, list[Facts]]) -> Known:
    today = clock.today(ZONE)
    known = Known()
    for fact in facts["organizations"]:
        verified_on = today - timedelta(days=fact.pop("verified_days_ago"))
        known.organizations[fact["slug"]] = _add(Organization(verified_on=verified_on, **fact))
    for fact in facts["venues"]:
        key, owner = fact.pop("key"), known.organizations.get(fact.pop("organization", ""))
        known.venues[key] = _add(Venue(organization_id=owner, **fact))
    for fact in facts["checklists"]:
        key, reviewed_on = fact.pop("key"), today - timedelta(days=fact.pop("reviewed_days_ago"))
        known.checklists[key] = _add(Checklist(organization_id=None, reviewed_on=reviewed_on, **fact))
    db.session.flush()
    return known


def _add(row: Organization | Venue | Checklist) -> uuid.UUID:
    row.id = uuid.uuid4()
    db.session.add(row)
    return row.id


def _announce(fact: Facts, known: Known, crowd: Crowd) -> None:
    """One event with its dates and people. It is filled while it is open and lies ahead, as in life; then it is
    brought to where the facts say it stands now."""
    event = _event(fact, known)
    past = fact["when"]["weeks_from_now"] < 0
    dates = [_occurrence(event, fact, known, week, past) for week in range(fact["when"].get("times", 1))]
    db.session.flush()
    event.search_text = events.search_text(event)
    people = fact.get("people")
    if people:
        event.state = states.PUBLISHED
        event.admission = fact["admission"] if fact["admission"] in states.REGISTERS else "single_session"
        crowd.come(dates[0].id, people)
    event.state, event.admission = fact["status"], fact["admission"]
    if fact["status"] == states.CANCELLED:
        event.state = states.PUBLISHED
        events.cancel_event(event.id, fact["cancel_reason"])
    if past:
        _let_pass(dates[0])
    if event.state == states.PUBLISHED:
        for occurrence in dates:
            reminders.plan(occurrence)
        if "moved_from" in fact:
            _move(dates[0], fact)
            crowd.answer(dates[0].id, fact["people"]["reconfirmed"])
    elif past:
        mark_sent(dates[0].id, letters.EMAIL, letters.CALL)
        crowd.check_in(dates[0].id, fact["people"]["checked_in"])
    mark_sent(dates[0].id, letters.EMAIL)


def _event(fact: Facts, known: Known) -> Event:
    posted = clock.to_minute(clock.now() - timedelta(days=14))
    same = ("slug", "type", "visibility", "format", "title", "summary", "languages", "interpretation", "amenities",
            "flow_minutes")  # fmt: skip
    event = Event(
        id=uuid.uuid4(),
        organization_id=known.organizations[fact["host"]],
        checklist_id=known.checklists[fact["checklist"]],
        state=fact["status"],
        admission=fact["admission"],
        sensitive=fact["sensitive"] or fact["type"] in SENSITIVE_TYPES,
        party_max=fact.get("party_max", 6),
        max_per_employer=fact.get("max_per_employer"),
        training_id=known.trainings.get(fact.get("training", "")),
        join_link=f"https://meet.example/{fact['slug']}" if fact["format"] in ("online", "hybrid") else "",
        steps=fact.get("steps", []),
        created_at=posted,
        revised_at=posted,
        published_at=None if fact["status"] in ("draft", "in_review") else posted,
        **{name: fact[name] for name in same},
    )
    db.session.add(event)
    db.session.flush()
    event.cohosts = [db.session.get_one(Organization, known.organizations[slug]) for slug in fact["cohosts"]]
    return event


def _day(weekday: str, weeks: int) -> date:
    """That weekday, so many weeks from the current one; weeks begin on Monday."""
    today = clock.today(ZONE)
    return today + timedelta(days=WEEKDAYS.index(weekday) - today.weekday(), weeks=weeks)


def _wall(day: date, hour: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour))


def _occurrence(event: Event, fact: Facts, known: Known, week: int, past: bool) -> Occurrence:
    when = fact["when"] | fact.get("moved_from", {})
    day = _day(when["weekday"], when["weeks_from_now"] + week) + (WHILE_AHEAD if past else timedelta())
    occurrence = Occurrence(
        id=uuid.uuid4(),
        event_id=event.id,
        venue_id=known.venues[fact["venue"]],
        zone=ZONE,
        created_at=event.created_at,
        revised_at=event.created_at,
    )
    host = db.session.get_one(Organization, event.organization_id)
    occurrence.schedule(_wall(day, when["start"]), _wall(day, when["end"]), host.retention_days)
    db.session.add(occurrence)
    for starts, seats in _times(fact):
        db.session.add(_slot(occurrence, _wall(day, starts), seats))
    return occurrence


def _times(fact: Facts) -> list[tuple[str, int]]:
    """When people may arrive, and how many at each time."""
    plan = fact.get("slots")
    if plan is None:
        return [(fact["when"]["start"], fact["capacity"])]
    seats = plan["per_slot"]
    crowd = fact.get("people", {}).get("registered", 0)
    arrival, last = time.fromisoformat(plan["first"]), time.fromisoformat(plan["last_arrival"])
    times = range(_minutes(arrival), _minutes(last) + 1, plan["every_min"])
    seats = max(seats, -(-crowd // len(times)))
    return [(f"{minutes // 60:02}:{minutes % 60:02}", seats) for minutes in times]


def _minutes(hour: time) -> int:
    return hour.hour * 60 + hour.minute


def _slot(occurrence: Occurrence, starts: datetime, seats: int) -> Slot:
    return Slot(
        id=uuid.uuid4(),
        occurrence_id=occurrence.id,
        starts_local=starts,
        starts_at=clock.to_utc(starts, occurrence.zone),
        seats_limit=seats,
    )


def _move(occurrence: Occurrence, fact: Facts) -> None:
    """From the day on which people signed up to the one on which it takes place."""
    when = fact["when"]
    day = _day(when["weekday"], when["weeks_from_now"])
    db.session.expire(occurrence)
    events.move_date(occurrence.id, _wall(day, when["start"]), _wall(day, when["end"]), occurrence.venue_id)


def _let_pass(occurrence: Occurrence) -> None:
    """The date as it was, weeks ago. What it keeps of people is kept a week longer, so that the demo shows it."""
    starts, ends = occurrence.starts_local - WHILE_AHEAD, occurrence.ends_local - WHILE_AHEAD
    since = (clock.today(ZONE) - ends.date()).days
    occurrence.schedule(starts, ends, max(occurrence.event.organization.retention_days, since + 7))
    for slot in db.session.scalars(sa.select(Slot).where(Slot.occurrence_id == occurrence.id)):
        slot.starts_local -= WHILE_AHEAD
        slot.starts_at = clock.to_utc(slot.starts_local, occurrence.zone)
