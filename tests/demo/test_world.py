"""The demo world is true: what the rows say of each other holds, on both databases."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from datetime import time as hour
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, privacy
from scheduler.core import clock
from scheduler.core.extensions import db
from scheduler.demo import erased, help_desk, second_thoughts, world
from scheduler.demo.staff import SIGN_INS
from scheduler.models import (
    Checklist,
    Event,
    Membership,
    Message,
    Occurrence,
    Offer,
    Organization,
    Registration,
    Reminder,
    Slot,
    User,
    Venue,
    tally,
)
from scheduler.models import registration as places
from scheduler.models.event import band

from ..ground.houses import House

FACTS = json.loads((Path(world.__file__).with_name("world.json")).read_text("utf-8"))


def count(model: type[db.Model], *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo(request: pytest.FixtureRequest, house_on: Callable[[str], House]) -> Iterator[Flask]:
    """The demo world, seeded once for all that is read from it."""
    house = house_on(request.param)
    house.empty()
    with house.app.app_context():
        began = time.process_time()
        world.seed()
        assert time.process_time() - began < 8, "seeding must stay quick: make run waits for it"
        yield house.app


def event(slug: str) -> Event:
    return db.session.scalars(sa.select(Event).where(Event.slug == slug)).one()


def people_of(slug: str) -> list[Registration]:
    return [
        row
        for occurrence in event(slug).occurrences
        for row in db.session.scalars(sa.select(Registration).where(Registration.occurrence_id == occurrence.id))
    ]


def test_it_holds_what_the_facts_say(demo: Flask) -> None:
    lists = count(Checklist, sa.not_(Checklist.replaced))
    assert (count(Organization), count(Venue), lists, count(Event)) == (12, 25, 11, 31)
    for fact in FACTS["events"]:
        kept, people = event(fact["slug"]), fact.get("people", {})
        assert (kept.state, kept.admission, kept.title) == (fact["status"], fact["admission"], fact["title"])
        rows = people_of(fact["slug"])
        seated = [row for row in rows if row.state in places.SEATED]
        assert len(seated) == people.get("employers", people.get("registered", 0)), fact["id"]
        in_line = [row for row in rows if row.state in (places.WAITLISTED, places.OFFERED)]
        assert len(in_line) == people.get("waitlisted", 0), fact["id"]
        assert sum(row.is_reconfirmed for row in rows) == people.get("reconfirmed", 0), fact["id"]
        assert sum(row.state == places.CHECKED_IN for row in rows) == people.get("checked_in", 0), fact["id"]


def test_counters_equal_rows(demo: Flask) -> None:
    for slot in db.session.scalars(sa.select(Slot)):
        seated = sa.select(sa.func.sum(Registration.party)).where(
            Registration.slot_id == slot.id, Registration.state.in_((*places.SEATED, places.OFFERED))
        )
        assert slot.seats_taken == (db.session.scalar(seated) or 0)
    for occurrence in db.session.scalars(sa.select(Occurrence)):
        rows = (Registration.occurrence_id == occurrence.id,)
        assert occurrence.waiting == count(Registration, *rows, Registration.state == places.WAITLISTED)
        assert occurrence.last_number == count(Registration, *rows)


def test_what_people_told_us_can_be_read_and_is_sealed(demo: Flask) -> None:
    names = [row.name for row in db.session.scalars(sa.select(Registration))]
    assert len(set(names)) > 100
    assert any("ء" <= letter <= "ي" for name in names for letter in name), "names in many scripts"
    stored = b"".join(db.session.scalars(sa.select(Registration.name_sealed)))
    assert not any(name.encode() in stored for name in names)
    contacts = {row.contact for row in db.session.scalars(sa.select(Registration))}
    assert all(not kept or kept.endswith(".example") or kept.startswith("312-555-01") for kept in contacts)


def test_two_in_line_are_asked(demo: Flask) -> None:
    """The first in line of a full date may take a place: one reads it in a letter, the other is called."""
    asked = list(db.session.scalars(sa.select(Offer).join(Offer.registration).order_by(Registration.line)))
    assert [offer.registration.occurrence.event.slug for offer in asked] == [second_thoughts.WIDENED] * 2
    assert all(offer.is_open(clock.now()) and offer.slot.free == 0 for offer in asked)
    assert [offer.registration.contact_kind for offer in asked] == [places.EMAIL, places.PHONE]
    line = [row for row in people_of(second_thoughts.WIDENED) if row.state == places.WAITLISTED]
    assert all(offer.registration.line < min(row.line for row in line) for offer in asked)


@pytest.mark.parametrize(
    ("now", "asked"),
    [("08:00", "08:00"), ("20:59", "20:59"), ("21:00", "20:59"), ("00:00", "20:59 before"), ("07:59", "20:59 before")],
)
def test_by_day(now: str, asked: str) -> None:
    day = datetime(2026, 12, 5)
    then = second_thoughts._by_day(clock.to_utc(datetime.combine(day, hour.fromisoformat(now)), world.ZONE), world.ZONE)
    at, _, before = asked.partition(" ")
    evening = datetime.combine(day - timedelta(days=bool(before)), hour.fromisoformat(at))
    assert then == clock.to_utc(evening, world.ZONE)


def test_nobody_is_written_to_for_what_came_before(demo: Flask) -> None:
    due = sa.select(Message.letter).where(Message.state == "waiting", Message.channel == "email")
    waiting = list(db.session.scalars(due))
    assert waiting == ["offer"], "only who is asked now is written to now"
    assert count(Message, Message.state == "waiting", Message.channel == "call") > 0, "the call list is lit"


def test_dates_stand_around_today(demo: Flask) -> None:
    now = clock.now()
    for fact in FACTS["events"]:
        dates = event(fact["slug"]).occurrences
        assert len(dates) == fact["when"].get("times", 1) + (fact["slug"] == erased.SLUG)
        past = fact["when"]["weeks_from_now"] < 0
        assert all((date.ends_at < now) == past for date in dates)
        assert all(date.starts_local.strftime("%a").upper() == fact["when"]["weekday"] for date in dates)
        assert all(slot.starts_local.date() == date.starts_local.date() for date in dates for slot in date.slots)
    assert event("uptown-clinic-moved").occurrences[0].moved_from_local is not None
    open_dates = count(Occurrence, Occurrence.starts_at > now, Occurrence.event.has(Event.state == "published"))
    assert count(Reminder) == 2 * open_dates


def test_one_date_was_erased_long_ago(demo: Flask) -> None:
    gone = db.session.scalars(sa.select(Occurrence).where(Occurrence.purged_at.is_not(None))).one()
    assert gone.event.slug == erased.SLUG and gone.purged_at and gone.purged_at < clock.now()
    assert count(Registration, Registration.occurrence_id == gone.id) == 0
    assert tally.counted(gone.id)["outcome"] == {"came": 21, "did_not_come": 6}
    assert privacy.purge_due() == 0
    receipt = tally.receipt(gone.id)
    assert receipt and receipt.key_destroyed_at, "its week is over"


def test_published_events_could_be_published(demo: Flask) -> None:
    published = list(db.session.scalars(sa.select(Event).where(Event.state == "published")))
    lacking = {kept.slug: events.problems(kept) for kept in published if events.problems(kept)}
    assert set(lacking) == {"money-for-college"}, f"its list is overdue on purpose; nothing else lacks: {lacking}"


def test_full_a_few_and_open_can_all_be_seen(demo: Flask) -> None:
    bands = {
        band(sum(slot.seats_limit for slot in date.slots), sum(slot.free for slot in date.slots), date.waiting)
        for date in db.session.scalars(sa.select(Occurrence).where(Occurrence.starts_at > clock.now()))
        if date.event.state == "published"
    }
    assert bands == {"open", "few", "full"}


def test_every_host_has_a_lead(demo: Flask) -> None:
    assert count(Membership, Membership.role == "lead") == 12
    for who in SIGN_INS:
        user = db.session.scalars(sa.select(User).where(User.email_index == User.index_of(who.email))).one()
        assert [member.role for member in user.memberships] == [who.role]


@pytest.mark.parametrize("clock_time", ["00:00", "03:30", "07:59", "08:00", "19:59", "20:00", "23:59"])
def test_the_help_desk_is_open_at_every_hour(at: Callable[[str], datetime], clock_time: str) -> None:
    """A newcomer at night finds a door to try, and so do the tests of the door."""
    now = clock.local(at(f"2026-12-01 {clock_time}"), "America/Chicago").replace(tzinfo=None)
    starts, ends = help_desk._hours()
    assert starts <= now < ends <= starts + timedelta(hours=21)
