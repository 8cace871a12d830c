"""When the time of a date is up: names go, counts stay, the key of the week dies after the last, a receipt tells."""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import checkin, events, privacy, registrations, worker
from scheduler.core import clock, keyring
from scheduler.core.errors import Missing
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.events import Timetable
from scheduler.models import tally as counts
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.organization import Organization
from scheduler.models.registration import CONFIRMED, NO_SHOW, Registration
from scheduler.models.reminder import Reminder
from scheduler.models.tally import Receipt, Tally

from ..conftest import Clock

LANGUAGES = ["es"] * 7 + ["en"] * 6 + ["pl"] * 3


@pytest.fixture
def posted(app: Flask, world: ModuleType, at: Clock) -> Posted:
    """A clinic on Saturday, 21 November, with sixteen people; what it knows of them is kept until 21 December."""
    at("2026-11-16 10:00")
    start = clock.to_utc(world.a_day_ahead(5, "09:30"), world.ZONE)
    with transaction():
        found: Posted = world.clinic(
            slots=1, seats=30, starts_local=clock.local(start, world.ZONE).replace(tzinfo=None)
        )
        for number, spoken in enumerate(LANGUAGES):
            world.attends(found, spoken=spoken, party=2 if number < 6 else 1, needs=["step_free"] if number < 2 else [])
    at("2026-11-21 09:00")
    with transaction():
        for row in db.session.scalars(sa.select(Registration).order_by(Registration.number)):
            row.state = CONFIRMED
    with transaction():
        for row_id in db.session.scalars(sa.select(Registration.id).order_by(Registration.number).limit(9)).all():
            checkin.check_in(row_id)
    return found


def left(occurrence_id: uuid.UUID) -> dict[str, int]:
    db.session.rollback()
    return {
        table.__tablename__: db.session.scalar(
            sa.select(sa.func.count()).select_from(table).where(table.occurrence_id == occurrence_id)
        )
        for table in (Registration, Message, Reminder)
    }  # type: ignore[misc]


def the_date(posted: Posted) -> Occurrence:
    db.session.rollback()
    return db.session.get_one(Occurrence, posted.occurrence_id, populate_existing=True)


def test_it_goes_on_the_day_after_the_promise_where_the_date_is_held(posted: Posted, at: Clock) -> None:
    at("2026-12-21 23:59")
    assert privacy.purge_due() == 0 and left(posted.occurrence_id)["registration"] == len(LANGUAGES)
    at("2026-12-22 00:01")
    assert privacy.overdue() == 0
    assert [found.registrations for found in privacy.due()] == [len(LANGUAGES)]
    assert privacy.purge_due() == 1
    assert left(posted.occurrence_id) == {"registration": 0, "message": 0, "reminder": 0}
    assert the_date(posted).purged_at == clock.now()
    assert privacy.purge_due() == 0 and privacy.due() == [], "it is done once"


def test_counters_equal_the_rows_that_are_left(posted: Posted, at: Clock) -> None:
    at("2026-12-22 09:00")
    privacy.purge_due()
    date = the_date(posted)
    assert (date.waiting, date.last_number, date.last_door_number) == (0, 0, 0)
    assert list(db.session.scalars(sa.select(Slot.seats_taken))) == [0]


def test_counts_stay_and_small_ones_are_not_told(posted: Posted, at: Clock) -> None:
    at("2026-12-22 09:00")
    privacy.purge_due()
    told = counts.counted(posted.occurrence_id)
    assert told[counts.TOTAL] == {"places": 15, "people_came": 15}, "sixteen and fifteen, rounded to fives"
    assert told[counts.OUTCOME] == {"came": 9, "did_not_come": 7}
    assert told[counts.SOURCE] == {"web": 16}
    assert told[counts.NEEDS] == {"step_free": None}
    spoken = told[counts.SPOKEN]
    assert spoken["pl"] is None and list(spoken.values()).count(None) == 2, "a lone hidden count hides another one too"
    assert None in spoken.values() and {value for value in spoken.values() if value} <= {7, 6}


def test_who_came_and_was_erased_is_still_counted_as_one_who_came(posted: Posted, at: Clock) -> None:
    for row_id in people(posted)[:3]:
        with transaction():
            registrations.erase(row_id)
    with transaction():
        assert privacy.erase_due() == 3
    at("2026-12-22 09:00")
    privacy.purge_due()
    told = counts.counted(posted.occurrence_id)
    assert told[counts.TOTAL] == {"places": 15, "people_came": 15}, "fifteen came, six of them are erased"


def people(posted: Posted) -> list[uuid.UUID]:
    query = sa.select(Registration.id).where(Registration.occurrence_id == posted.occurrence_id)
    with transaction():
        return list(db.session.scalars(query.order_by(Registration.number)))


def test_no_small_number_can_be_written_at_all(posted: Posted) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction():
        db.session.add(Tally(occurrence_id=posted.occurrence_id, dimension="outcome", value="came", count=4))


def test_the_receipt_says_when_and_how_much(posted: Posted, at: Clock) -> None:
    purged_at = at("2026-12-22 09:00")
    written = sum(left(posted.occurrence_id)[table] for table in ("message",))
    privacy.purge_due()
    receipt = db.session.scalars(sa.select(Receipt)).one()
    assert (receipt.organization_id, receipt.occurrence_id) == (posted.organization_id, posted.occurrence_id)
    assert (receipt.registrations, receipt.messages, receipt.offers) == (15, counts.rough(written), 0)
    assert (receipt.purged_at, receipt.kept_until.isoformat()) == (purged_at, "2026-12-21")
    assert (receipt.key_week, receipt.key_destroyed_at) == ("2026-W52", None)


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, None), (4, None), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15)])
def test_totals_are_rounded(count: int, told: int | None) -> None:
    assert counts.rough(count) == told


def test_links_and_codes_are_dead(posted: Posted, world: ModuleType, at: Clock) -> None:
    row = db.session.scalars(sa.select(Registration).limit(1)).one()
    token, code = row.token(), row.code
    at("2026-12-22 09:00")
    privacy.purge_due()
    for find, what in ((registrations.by_token, token), (registrations.by_code, code)):
        with pytest.raises(Missing):
            find(what)
    with pytest.raises(keyring.KeyIsGone):
        the_date(posted).derived_key("field")


def test_the_key_dies_when_the_week_is_over(posted: Posted, at: Clock) -> None:
    ring = keyring.current()
    at("2026-12-22 09:00")
    privacy.purge_due()
    assert "2026-W52" in ring.weeks(), "other dates of this week may still need it"
    at("2026-12-28 05:00")
    privacy.purge_due()
    assert "2026-W52" in ring.weeks(), "in the last place on earth it is still Sunday"
    destroyed_at = at("2026-12-28 09:00")
    privacy.purge_due()
    assert "2026-W52" not in ring.weeks()
    db.session.rollback()
    assert db.session.scalars(sa.select(Receipt.key_destroyed_at)).one() == destroyed_at


def test_a_key_lives_as_long_as_one_row_needs_it(posted: Posted, at: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    at("2027-01-20 09:00")
    monkeypatch.setattr(privacy.purging, "purge", lambda *_: None)
    assert privacy.purge_due() == 0 and privacy.overdue() == 1
    assert "2026-W52" in keyring.current().weeks(), "nothing was purged, so it is not destroyed"


def test_every_table_with_keys_of_its_own_is_asked(app: Flask) -> None:
    """A week's key also opens what employers told us: both say which week they need."""
    keyed = {table.name for table in db.metadata.sorted_tables if "key_wrapped" in table.c}
    assert keyed == {"occurrence", "booking", "letter_day"}
    assert all("key_week" in db.metadata.tables[name].c for name in keyed)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_between_rows_and_key(posted: Posted, at: Clock, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """The rows go first and for good, then the key. Whoever dies between leaves nothing that cannot be ended."""
    at("2027-01-20 09:00")
    ring = keyring.current()
    destroy = ring.destroy

    def killed(week: str) -> None:
        if moment == "after":
            destroy(week)
        raise SystemExit(9)

    monkeypatch.setattr(ring, "destroy", killed)
    with pytest.raises(SystemExit):
        privacy.purge_due()
    db.session.rollback()
    assert left(posted.occurrence_id)["registration"] == 0
    assert db.session.scalars(sa.select(Receipt.key_destroyed_at)).one() is None, "not claimed before it is so"
    monkeypatch.setattr(ring, "destroy", destroy)
    privacy.purge_due()
    db.session.rollback()
    assert "2026-W52" not in ring.weeks() and db.session.scalars(sa.select(Receipt.key_destroyed_at)).one()


def test_what_is_left_in_files_hides_no_destroying(
    posted: Posted, at: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def in_the_way() -> None:
        raise keyring.NotSwept("2026-W52")

    monkeypatch.setattr(keyring.current(), "sweep", in_the_way)
    at("2027-01-20 09:00")
    assert privacy.purge_due() == 1 and "2026-W52" not in keyring.current().weeks()
    db.session.rollback()
    assert db.session.scalars(sa.select(Receipt.key_destroyed_at)).one()
    assert caplog.messages[-1] == "destroyed keys may still stand in files of the key ring: NotSwept"


def test_a_fault_leaves_a_date_whole_and_stops_no_other(
    posted: Posted, world: ModuleType, at: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction():
        other = world.workshop(starts_local=world.a_day_ahead(1, "18:00"))
        world.attends(other)
    at("2027-01-20 09:00")
    vacate = privacy.purging.seats.vacate

    def faulty(occurrence: Occurrence) -> None:
        if occurrence.id == posted.occurrence_id:
            raise ValueError("Marisol Ortega")
        vacate(occurrence)

    monkeypatch.setattr(privacy.purging.seats, "vacate", faulty)
    assert privacy.purge_due() == 1
    assert left(posted.occurrence_id)["registration"] == len(LANGUAGES) and left(other.occurrence_id)["message"] == 0
    assert db.session.scalar(sa.select(sa.func.count(Tally.id)).where(Tally.occurrence_id == posted.occurrence_id)) == 0
    assert str(posted.occurrence_id) in caplog.text and "Marisol" not in caplog.text


def test_a_lost_key_stops_no_purge(posted: Posted, at: Clock) -> None:
    """As on a restored copy of an old database, whose keys are gone."""
    for week in keyring.current().weeks():
        keyring.current().destroy(week)
    at("2026-12-22 09:00")
    assert privacy.purge_due() == 1
    assert counts.NEEDS not in counts.counted(posted.occurrence_id)


def test_what_was_called_off_goes_too(posted: Posted, at: Clock) -> None:
    with transaction():
        db.session.get_one(Occurrence, posted.occurrence_id).state = "cancelled"
    at("2026-12-22 09:00")
    assert privacy.purge_due() == 1
    assert counts.counted(posted.occurrence_id)[counts.OUTCOME] == {"came": 9, "called_off": 7}


def test_who_did_not_come_is_counted_so(posted: Posted, at: Clock) -> None:
    with transaction():
        db.session.execute(sa.update(Registration).where(Registration.state == CONFIRMED).values(state=NO_SHOW))
    at("2026-12-22 09:00")
    privacy.purge_due()
    assert counts.counted(posted.occurrence_id)[counts.OUTCOME] == {"came": 9, "did_not_come": 7}


@pytest.mark.parametrize("how", ["format", "venue"])
def test_of_who_had_a_place_online_nobody_says_that_they_did_not_come(posted: Posted, at: Clock, how: str) -> None:
    with transaction():
        event = db.session.get_one(Event, the_date(posted).event_id)
        if how == "format":
            event.format = "online"
        else:
            the_date(posted).venue.online = True  # type: ignore[union-attr]
        db.session.execute(sa.update(Registration).values(state=CONFIRMED, arrived=0, checked_in_at=None))
    at("2026-12-22 09:00")
    privacy.purge_due()
    assert counts.counted(posted.occurrence_id)[counts.OUTCOME] == {"nobody_looked": 16}


def test_a_draft_that_nobody_saw_leaves_no_receipt(app: Flask, world: ModuleType, at: Clock) -> None:
    at("2026-11-16 10:00")
    with transaction():
        draft = world.workshop(state="draft")
        db.session.get_one(Event, draft.event_id).published_at = None
    at("2027-02-16 10:00")
    assert privacy.purge_due() == 1
    assert db.session.scalar(sa.select(sa.func.count(Receipt.id))) == 0 and the_date(draft).purged_at


def test_the_worker_purges(posted: Posted, app: Flask, at: Clock) -> None:
    at("2026-12-22 09:00")
    worker.tick(app)
    assert the_date(posted).purged_at


@pytest.mark.parametrize(
    ("organization", "event", "sensitive", "days"),
    [
        (60, None, False, 60),
        (60, None, True, 30),
        (60, 14, False, 14),
        (60, 60, True, 30),
        (20, 60, False, 20),
        (20, 60, True, 20),
        (60, 7, True, 7),
        (7, None, False, 7),
    ],
)
def test_the_shortest_promise_counts(
    app: Flask, world: ModuleType, at: Clock, organization: int, event: int | None, sensitive: bool, days: int
) -> None:
    """The least of what the type, the organization and the event allow; seen from what is there on which day."""
    at("2026-11-16 10:00")
    with transaction():
        posted = world.workshop(sensitive=sensitive, retention_days=event)
        db.session.execute(sa.update(Organization).values(retention_days=organization))
    start = world.a_day_ahead(3, "18:00")
    with transaction():
        added = events.add_date(
            posted.event_id, Timetable(start, start + timedelta(hours=2), posted.venue_id, places=5)
        ).id
    at("2026-11-17 10:00")
    last_day = clock.to_utc(start.replace(hour=23, minute=59), world.ZONE) + timedelta(days=days)
    at(last_day)
    assert added not in [found.occurrence.id for found in privacy.due()]
    at(last_day + timedelta(minutes=2))
    assert added in [found.occurrence.id for found in privacy.due()]


@pytest.mark.parametrize("days", [6, 61])
def test_the_limits_are_the_database_s_too(app: Flask, world: ModuleType, days: int) -> None:
    with transaction():
        posted = world.workshop()
    for table in (Organization, Event):
        with pytest.raises(sa.exc.IntegrityError), transaction():
            db.session.execute(sa.update(table).values(retention_days=days))
    assert posted


def test_two_workers_purge_a_date_once(posted: Posted, at: Clock) -> None:
    now = at("2026-12-22 09:00")
    with transaction():
        assert privacy.purge(posted.occurrence_id, now) == now
    with transaction():
        assert privacy.purge(posted.occurrence_id, now) is None, "who stood in line behind the lock finds it done"


def test_every_table_of_a_date_goes_or_stays_on_purpose(app: Flask) -> None:
    """A new table that hangs on a date must say what becomes of it when the date's time is up."""
    stays = {"slot", "tally", "receipt"}
    apart = {"booking"}  # has a key and a keep-by day of its own
    goes = {table.__tablename__ for table in privacy.purging.GOES}
    hanging = {
        table.name
        for table in db.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in ("occurrence", "registration")
    }
    assert hanging == goes | stays | apart, "add it to privacy.purging.GOES, or to those that stay"
