"""The desk: who presses while somebody is served, is served with all who wait, and gets what they would get alone."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import registrations, seats
from scheduler.core import tokens
from scheduler.core.errors import Conflict, Refusal, TimeTaken
from scheduler.core.extensions import db, last_commit, transaction
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.registration import CANCELLED, CONFIRMED, HELD, WAITLISTED, Registration
from scheduler.registrations import GivenBack, SentForm, draft
from scheduler.web.places import desk

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]
PEOPLE, SEATS = 12, 5


class Desk:
    """A date, and people who stand at its desk."""

    def __init__(self, app: Flask, world: ModuleType, threads: ThreadPoolExecutor) -> None:
        self._app, self._world, self._threads = app, world, threads
        with transaction():
            posted = world.workshop(seats=SEATS)
        self._see(posted.occurrence_id)

    def open_clinic(self, slots: int, seats: int) -> list[uuid.UUID]:
        """A clinic instead of the workshop; returns its times."""
        with transaction():
            posted = self._world.clinic(slots=slots, seats=seats)
        self._see(posted.occurrence_id)
        return list(posted.slot_ids)

    def _see(self, occurrence_id: uuid.UUID) -> None:
        """As everybody does before they come."""
        self.occurrence_id = occurrence_id
        self._seen = db.session.get_one(Occurrence, occurrence_id)
        db.session.refresh(self._seen)
        db.session.expunge(self._seen)

    def form(self, number: int, slot_id: uuid.UUID | None = None, **answers: Any) -> SentForm:
        attendee = self._world.attendee(**{"contact": f"p{number}@post.example"} | answers)
        return SentForm(slot_id, attendee, f"form {number}")

    def press(self, sent: SentForm) -> Future[str]:
        drafted = draft(self._seen, sent)

        def act() -> str:
            with self._app.app_context():
                return desk.keep(self.occurrence_id, drafted)

        return self._threads.submit(act)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Somebody else has the date, and whoever presses now waits."""
        with transaction():
            seats.lock(self.occurrence_id)
            yield

    def until_waiting(self, people: int) -> None:
        """Until so many stand in line, the one whose turn it is in front."""
        for _ in range(500):
            open_desk = desk._open.get(self.occurrence_id)
            if open_desk is not None and open_desk._turn.locked() and len(open_desk._line) == people:
                return
            time.sleep(0.01)
        raise AssertionError(f"{people} people did not come to the desk within 5 s")

    def press_together(self, forms: list[SentForm], slot_id: uuid.UUID | None = None) -> list[Future[str]]:
        """One has their turn but not the date yet; all the others come meanwhile, and are served together."""
        with self.busy():
            first = self.press(self.form(0, slot_id))
            self.until_waiting(1)
            others = [self.press(sent) for sent in forms]
            self.until_waiting(1 + len(forms))
        return [first, *others]


@pytest.fixture
def stand(app: Flask, world: ModuleType) -> Iterator[Desk]:
    with ThreadPoolExecutor(PEOPLE + 1) as threads:
        yield Desk(app, world, threads)


@contextmanager
def counted() -> Iterator[list[int]]:
    """The writing transactions that other threads than this one end meanwhile."""
    ended: list[int] = []

    def note(_connection: sa.Connection) -> None:
        if threading.current_thread() is not threading.main_thread():
            ended.append(threading.get_ident())

    sa.event.listen(db.engine, "commit", note)
    yield ended
    sa.event.remove(db.engine, "commit", note)


def test_all_who_wait_are_served_in_one_transaction(stand: Desk) -> None:
    with counted() as ended:
        pressed = stand.press_together([stand.form(number) for number in range(1, PEOPLE)])
        tokens = [one.result(10) for one in pressed]
    assert len(set(tokens)) == PEOPLE
    assert len(ended) == 1
    states = sa.select(Registration.state, sa.func.count()).group_by(Registration.state)
    assert dict(db.session.execute(states).all()) == {CONFIRMED: SEATS, WAITLISTED: PEOPLE - SEATS}  # type: ignore[arg-type]
    assert set(db.session.scalars(sa.select(Registration.number))) == set(range(1, PEOPLE + 1))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == PEOPLE


@contextmanager
def asked_of_the_database() -> Iterator[list[str]]:
    """The statements of other threads than this one meanwhile."""
    asked: list[str] = []

    def note(_connection: sa.Connection, _cursor: object, words: str, *_more: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            asked.append(words)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(db.engine, "before_cursor_execute", note)


def test_all_who_get_what_they_wish_cost_no_more_statements_than_one(stand: Desk) -> None:
    [slot] = stand.open_clinic(slots=1, seats=2 * PEOPLE)
    with asked_of_the_database() as asked:
        stand.press(stand.form(100, slot)).result(10)
        one, asked[:] = len(asked), []
        for pressed in stand.press_together([stand.form(number, slot) for number in range(1, PEOPLE)], slot):
            pressed.result(10)
    inserts = [words for words in asked if words.startswith("INSERT INTO registration")]
    assert len(inserts) == 1 and len(asked) <= one + 1, asked
    numbers = db.session.scalars(sa.select(Registration.number).order_by(Registration.number)).all()
    assert numbers == list(range(1, PEOPLE + 2))
    taken = db.session.scalars(sa.select(Slot.seats_taken).where(Slot.id == slot)).one()
    assert taken == PEOPLE + 1


def test_where_not_all_fit_into_a_time_they_are_served_in_turn(stand: Desk) -> None:
    early, late, evening = stand.open_clinic(slots=3, seats=2)
    wishes = [(1, early, 1), (2, early, 2), (3, late, 1), (4, early, 1)]
    forms = [stand.form(number, slot, party=party) for number, slot, party in wishes]
    _first, one, large, other, last = stand.press_together(forms, slot_id=late)
    assert one.result(10) and other.result(10) and last.result(10)
    with pytest.raises(TimeTaken):
        large.result(10)
    taken = dict(db.session.execute(sa.select(Slot.id, Slot.seats_taken)).all())  # type: ignore[arg-type]
    assert taken == {early: 2, late: 2, evening: 0} | {slot: 0 for slot in taken if slot not in (early, late, evening)}


def test_one_contact_in_one_moment_is_counted(stand: Desk) -> None:
    [slot] = stand.open_clinic(slots=1, seats=PEOPLE)
    helper = [stand.form(number, slot, contact="Helper@post.example") for number in range(1, 4)]
    helper += [stand.form(number, slot, contact="helper@post.example") for number in range(4, 7)]
    for pressed in stand.press_together(helper):
        pressed.result(10)
    states = sa.select(Registration.state, sa.func.count()).group_by(Registration.state)
    assert dict(db.session.execute(states).all()) == {CONFIRMED: 1 + 4, HELD: 2}  # type: ignore[arg-type]


def test_a_form_that_comes_twice_keeps_one_place(stand: Desk) -> None:
    twice = stand.form(1)
    _first, one, two, other = stand.press_together([twice, twice, stand.form(2)])
    assert one.result(10) == two.result(10) != other.result(10)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 3


def test_who_is_refused_takes_nobody_along(stand: Desk) -> None:
    _first, small, large, other = stand.press_together(
        [stand.form(1), stand.form(2, party=500), stand.form(3, party=2)]
    )
    assert small.result(10) and other.result(10)
    with pytest.raises(Refusal) as refused:
        large.result(10)
    assert refused.value.field == "party"
    assert set(db.session.scalars(sa.select(Registration.party))) == {1, 2}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 3


def test_who_gave_a_place_back_takes_nobody_along(stand: Desk) -> None:
    before = stand.form(1)
    place = tokens.row_of(stand.press(before).result(10))
    assert place is not None
    with transaction():
        registrations.cancel(place)
    _first, again, other = stand.press_together([before, stand.form(2)])
    assert other.result(10)
    with pytest.raises(GivenBack):
        again.result(10)
    states = db.session.scalars(sa.select(Registration.state).order_by(Registration.number)).all()
    assert states == [CANCELLED, CONFIRMED, CONFIRMED]


def test_who_read_an_older_page_is_told_so(stand: Desk) -> None:
    changed = db.session.scalars(sa.select(Event.revised_at)).one()
    known, unknown = replace(stand.form(1), seen=changed), replace(stand.form(2), seen=changed.replace(year=2001))
    _first, fine, stale = stand.press_together([known, unknown])
    assert fine.result(10)
    with pytest.raises(Conflict, match="Conflict"):
        stale.result(10)


def test_what_the_host_changes_while_somebody_waits_for_the_date_is_seen(stand: Desk) -> None:
    """PostgreSQL reads the date anew when it is free, but what is joined to it as it was when the waiting began."""
    seen = db.session.scalars(sa.select(Event.revised_at)).one()
    sent = replace(stand.form(1), seen=seen)
    with stand.busy():
        waiting = stand.press(sent)
        time.sleep(0.5)  # it stands at the lock by now
        assert not waiting.done()
        db.session.execute(sa.update(Event).values(revised_at=seen + timedelta(minutes=1), sensitive=True))
    with pytest.raises(Conflict):
        waiting.result(10)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0


def test_a_fault_of_one_form_is_not_everybodys(stand: Desk) -> None:
    """The party of one form is no number, which no page lets pass: the verb fails on it, and the others are served."""
    forms = [stand.form(1), stand.form(2, party="many"), stand.form(3)]
    _first, before, faulty, behind = stand.press_together(forms)
    assert before.result(10) and behind.result(10)
    with pytest.raises(TypeError):
        faulty.result(10)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 3


def test_a_desk_is_gone_when_nobody_stands_there(stand: Desk) -> None:
    stand.press(stand.form(1)).result(10)
    assert desk._open.get(stand.occurrence_id) is None


def test_who_is_on_the_way_is_waited_for(stand: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "PATIENCE_SECONDS", 5)
    with counted() as ended:
        with desk.hall.crossed():
            first = stand.press(stand.form(1))
            stand.until_waiting(1)
            assert not first.done()
            second = stand.press(stand.form(2))
            stand.until_waiting(2)
        assert first.result(10) != second.result(10)
    assert len(ended) == 1


def test_nobody_is_waited_for_long(stand: Desk) -> None:
    with desk.hall.crossed():
        assert stand.press(stand.form(1)).result(10)


def test_a_place_that_is_kept_does_not_hurry_the_shelf(stand: Desk) -> None:
    before = last_commit.mark
    stand.press(stand.form(1)).result(10)
    assert last_commit.mark == before
    with transaction():
        db.session.execute(sa.update(Slot).values(seats_limit=SEATS + 1))
    assert last_commit.mark != before, "what a host does is seen at once"
