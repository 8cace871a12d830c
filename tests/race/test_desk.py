"""The desk: who presses while somebody is served, is served with all who wait, and gets what they would get alone."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import seats
from scheduler.core.errors import Conflict, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Event
from scheduler.models.message import Message
from scheduler.models.registration import CONFIRMED, WAITLISTED, Registration
from scheduler.registrations import SentForm
from scheduler.web.places import desk

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]
PEOPLE, SEATS = 12, 5


class Desk:
    """A workshop, and people who stand at its desk."""

    def __init__(self, app: Flask, world: ModuleType, threads: ThreadPoolExecutor) -> None:
        self._app, self._world, self._threads = app, world, threads
        with transaction():
            posted = world.workshop(seats=SEATS)
        self.occurrence_id: uuid.UUID = posted.occurrence_id

    def form(self, number: int, **answers: Any) -> SentForm:
        attendee = self._world.attendee(contact=f"p{number}@post.example", **answers)
        return SentForm(None, attendee, f"form {number}")

    def press(self, sent: SentForm) -> Future[str]:
        def act() -> str:
            with self._app.app_context():
                return desk.keep(self.occurrence_id, sent)

        return self._threads.submit(act)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Somebody else has the date; whoever presses now waits: the first at the database, the others at the desk."""
        with transaction():
            seats.lock(self.occurrence_id)
            yield

    def until_waiting(self, people: int) -> None:
        """Until so many stand behind the one who is being served."""
        for _ in range(500):
            open_desk = desk._open.get(self.occurrence_id)
            if open_desk is not None and open_desk._turn.locked() and len(open_desk._line) == people:
                return
            time.sleep(0.01)
        raise AssertionError(f"{people} people did not come to the desk within 5 s")

    def press_together(self, forms: list[SentForm]) -> list[Future[str]]:
        """One is served; all the others come meanwhile, and are served together."""
        with self.busy():
            first = self.press(self.form(0))
            self.until_waiting(0)
            others = [self.press(sent) for sent in forms]
            self.until_waiting(len(forms))
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
    assert len(ended) == 2, "one for the first, one for all the others"
    states = sa.select(Registration.state, sa.func.count()).group_by(Registration.state)
    assert dict(db.session.execute(states).all()) == {CONFIRMED: SEATS, WAITLISTED: PEOPLE - SEATS}  # type: ignore[arg-type]
    assert set(db.session.scalars(sa.select(Registration.number))) == set(range(1, PEOPLE + 1))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == PEOPLE


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


def test_who_read_an_older_page_is_told_so(stand: Desk) -> None:
    changed = db.session.scalars(sa.select(Event.revised_at)).one()
    known, unknown = replace(stand.form(1), seen=changed), replace(stand.form(2), seen=changed.replace(year=2001))
    _first, fine, stale = stand.press_together([known, unknown])
    assert fine.result(10)
    with pytest.raises(Conflict, match="Conflict"):
        stale.result(10)


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
