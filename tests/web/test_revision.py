"""The revision: raised by everything public, in its own transaction, and by nothing that a crowd does all the time."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models import revision
from scheduler.models.event import Occurrence, Slot, band
from scheduler.models.training import Training

LOUD = {"event", "occurrence", "slot", "venue", "organization", "checklist", "cohost", "training"}
QUIET = {
    "registration": "people", "message": "letters", "offer": "held places", "reminder": "when letters go",
    "staff_user": "staff", "membership": "staff", "sign_in": "staff", "heartbeat": "workers",
    "audit_entry": "who looked", "booking": "employers", "tally": "counts", "receipt": "erasures",
    "revision": "itself", "letter_day": "a key", "letter_count": "letters of today",
}  # fmt: skip
"""Tables that no public page shows, each with what it holds."""
OFTEN = {
    ("organization", "audit_number"): "counts looks at rosters",
    ("occurrence", "last_number"): "counts registrations",
    ("occurrence", "last_door_number"): "counts arrivals",
    ("occurrence", "waiting"): "public only as some or none",
    ("slot", "seats_taken"): "public only as a word",
}
"""Columns of loud tables that change all the time, each with why the public need not hear."""


def token() -> revision.Token | None:
    with db.engine.connect() as connection:
        state = revision.read(connection, clock.now())
        return state and state.token


def is_raised_by(statement: str, **values: object) -> bool:
    before = token()
    with transaction():
        db.session.execute(sa.text(statement), values)
    return token() != before


def test_every_table_is_loud_or_quiet(app: Flask) -> None:
    assert set(db.metadata.tables) == LOUD | set(QUIET), (
        "does a public page or feed show this table? Then `watch` it in a revision (see migration 0005) and name it in "
        "LOUD; else say in QUIET what it holds"
    )


@pytest.mark.parametrize("table", sorted(LOUD))
def test_every_column_speaks_up(app: Flask, world: ModuleType, table: str) -> None:
    """A column that is written raises the revision, unless it stands above with a reason."""
    a_row_of(table, world)
    heard = {column: is_raised_by(f'UPDATE "{table}" SET "{column}" = "{column}"') for column in columns(table)}
    silent = {column for column, raised in heard.items() if not raised}
    assert silent == {column for found, column in OFTEN if found == table}, (
        "`watch` the table again in a new revision, so that its new columns are heard"
    )


@pytest.mark.parametrize("table", sorted(LOUD))
def test_rows_that_come_and_go_speak_up(app: Flask, world: ModuleType, table: str) -> None:
    before = token()
    a_row_of(table, world)
    assert token() != before
    if table not in ("organization", "venue", "checklist"):
        assert is_raised_by(f'DELETE FROM "{table}"')


def columns(table: str) -> list[str]:
    return [column["name"] for column in sa.inspect(db.engine).get_columns(table)]


def a_row_of(table: str, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop()
        if table == "cohost":
            row = {"event_id": posted.event_id, "organization_id": world.organization("second")}
            db.session.execute(sa.insert(db.metadata.tables["cohost"]), row)
        if table == "training":
            words = {"title": {"en": "Rights at work"}, "summary": {}, "revised_at": clock.now(), "slug": "rights"}
            numbers = {"minutes": 60, "people_min": 5, "people_max": 20, "organization_id": posted.organization_id}
            db.session.add(Training(**words, **numbers))


def test_what_is_undone_raises_nothing(app: Flask, world: ModuleType) -> None:
    with transaction():
        world.workshop()
    before = token()
    with pytest.raises(ZeroDivisionError), transaction():
        db.session.execute(sa.text("UPDATE event SET slug = 'other'"))
        raise ZeroDivisionError
    assert token() == before


def test_one_transaction_is_one_raise_at_most_for_each_row(app: Flask, world: ModuleType) -> None:
    """PostgreSQL's row of the revision is written once, however much a transaction changes."""
    with transaction():
        world.clinic(slots=20)
    found = token()
    assert found is not None and (db.engine.name == "sqlite" or found[0] <= 2)


def test_a_crowd_is_quiet(app: Flask, world: ModuleType) -> None:
    """Of 60 people for 50 places, three change a word: a few places, full, and somebody waits."""
    with transaction():
        posted = world.workshop(seats=50)
    heard = []
    for number in range(60):
        before = token()
        with transaction():
            world.attends(posted, contact=f"p{number}@post.example")
        if token() != before:
            heard.append(number)
    assert heard == [37, 49, 50]


def words_of(occurrence_id: object) -> list[object]:
    """All that the public may read of a date's room at any hour: of each time, and of those from some hour on."""
    occurrence = db.session.get_one(Occurrence, occurrence_id, populate_existing=True)
    slots = db.session.scalars(
        sa.select(Slot).where(Slot.occurrence_id == occurrence_id).order_by(Slot.starts_at),
        execution_options={"populate_existing": True},
    ).all()
    rests = [slots[first:] for first in range(len(slots))]
    rooms = [[slot] for slot in slots] + rests
    return [
        band(sum(slot.seats_limit for slot in room), sum(slot.free for slot in room), occurrence.waiting)
        for room in rooms
    ]


@pytest.mark.parametrize("seed", range(4))
def test_seats_speak_up_exactly_when_a_word_changes(app: Flask, world: ModuleType, seed: int) -> None:
    chance = random.Random(seed)
    with transaction():
        posted = world.clinic(slots=chance.randint(1, 5), seats=chance.choice((1, 3, 8, 13)))
    loud = 0
    for _step in range(60):
        slot_id = chance.choice(posted.slot_ids)
        slot = db.session.get_one(Slot, slot_id, populate_existing=True)
        taken = min(slot.seats_limit, max(0, slot.seats_taken + chance.choice((1, 1, 2, -1, -3))))
        before, said = words_of(posted.occurrence_id), token()
        db.session.rollback()
        with transaction():
            db.session.execute(sa.update(Slot).where(Slot.id == slot_id).values(seats_taken=taken))
        assert (token() != said) == (words_of(posted.occurrence_id) != before)
        loud += token() != said
        db.session.rollback()
    assert loud


@pytest.mark.parametrize(("before", "after"), list(itertools.product((0, 1, 3), repeat=2)))
def test_a_line_speaks_up_when_it_begins_or_ends(app: Flask, world: ModuleType, before: int, after: int) -> None:
    with transaction():
        world.workshop()
        db.session.execute(sa.text("UPDATE occurrence SET waiting = :count"), {"count": before})
    raised = is_raised_by("UPDATE occurrence SET waiting = :count", count=after)
    assert raised == ((before > 0) != (after > 0))


def test_the_next_boundary(app: Flask, world: ModuleType) -> None:
    """Starts and ends of dates, each time of a clinic, and midnights: of the house, and of feeds."""
    with transaction():
        world.clinic(slots=2, starts_local=datetime(2026, 12, 5, 9, 30))
    walls = ["09:30", "10:00", "11:30", "18:00"]
    now, found = clock.to_utc(datetime(2026, 12, 5, 0, 0), world.ZONE), []
    for _ in range(5):
        with db.engine.connect() as connection:
            state = revision.read(connection, now)
        assert state is not None
        now = state.until(now, world.ZONE)
        found.append(clock.local(now, world.ZONE))
    assert [f"{one:%H:%M}" for one in found] == [*walls, "00:00"]
    assert found[-1].date() == found[0].date() + timedelta(days=1)
