"""Once somebody is here: nobody calls them, their note has served, and what is over is no room."""

from __future__ import annotations

from types import ModuleType

import pytest
import sqlalchemy as sa

from scheduler import checkin, privacy, seats
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models.event import Occurrence
from scheduler.models.message import Message

from ..conftest import Clock


@pytest.fixture
def clinic(world: ModuleType, at: Clock) -> Posted:
    """On Saturday, December 12, with three times, half an hour apart, from 9:30."""
    at("2026-11-28 09:00")
    with transaction():
        posted: Posted = world.clinic(slots=3, seats=2)
    return posted


def test_who_is_here_is_not_called_any_more(world: ModuleType, clinic: Posted, at: Clock) -> None:
    with transaction():
        ana = world.attends(clinic, contact_kind="phone", contact="312-555-0143")
    now = at(world.registration(ana).occurrence.starts_at)

    def to_call() -> set[bool]:
        db.session.rollback()
        calls = sa.select(Message).where(Message.registration_id == ana, Message.channel == "call")
        return {call.is_still_due(now) for call in db.session.scalars(calls)}

    assert to_call() == {True}
    with transaction():
        checkin.check_in(ana)
    assert to_call() == {False}
    with transaction():
        checkin.undo_check_in(ana)
    assert to_call() == {True}, "it was somebody else"


def test_a_note_is_emptied_a_day_after_it_was_of_use(world: ModuleType, clinic: Posted, at: Clock) -> None:
    with transaction():
        here = world.attends(clinic, note="I use a wheelchair", contact="here@post.example")
        away = world.attends(clinic, note="I come by bus", contact="away@post.example")
    at(world.registration(here).occurrence.starts_at)
    with transaction():
        checkin.check_in(here)
    for hours, emptied in ((23, 0), (2, 1), (1, 0)):
        at.later(hours=hours)
        with transaction():
            assert privacy.forget_notes() == emptied
    assert world.registration(here).note == "" and world.registration(here).name
    assert world.registration(away).note == "I come by bus"


def test_at_the_door_only_times_that_are_on_or_come_count_as_free(clinic: Posted, at: Clock) -> None:
    date = db.session.get_one(Occurrence, clinic.occurrence_id)
    assert seats.free_now(date) == 6
    at(date.slots[2].starts_at)
    db.session.rollback()
    assert seats.free_now(db.session.get_one(Occurrence, clinic.occurrence_id)) == 2
