"""The places of a date, time by time: never below those taken, and the line follows when there are more."""

from __future__ import annotations

import contextlib
import threading
import uuid
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, postman, registrations, waitlist
from scheduler.core.errors import Closed, Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.events import NotReady, Timetable
from scheduler.models.event import Occurrence
from scheduler.models.message import OFFER, Message
from scheduler.models.registration import CANCELLED, CONFIRMED, OFFERED, WAITLISTED, Registration

from ..ground.mail import Sink, all_sent


@pytest.fixture
def clinic(app: Flask, world: ModuleType, at: Any) -> Posted:
    """On 4 December at 9:30, 10:00 and 10:30, two places each, until 12:00."""
    at("2026-11-20 10:00")
    with transaction():
        return world.clinic()  # type: ignore[no-any-return]


def attend(world: ModuleType, posted: Posted, slot: int = 0, **changes: Any) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.attends(posted, slot, **{"contact": f"{uuid.uuid4().hex}@post.example"} | changes)
        return found


def change(posted: Posted, *limits: int | None, **added: tuple[str, int]) -> None:
    """New limits, time by time; others stay. `added`: row0=("10:45", 2)."""
    rows = {int(row[3:]): (wall(hour), places) for row, (hour, places) in added.items()}
    with transaction():
        events.change_times(posted.occurrence_id, dict(zip(posted.slot_ids, limits, strict=False)), rows)


def wall(hour: str) -> datetime:
    return datetime.fromisoformat(f"2026-12-04 {hour}")


def refusal(posted: Posted, *limits: int | None, **added: tuple[str, int]) -> Refusal:
    with pytest.raises(Refusal) as found:
        change(posted, *limits, **added)
    return found.value


def times(posted: Posted) -> list[tuple[str, int, int]]:
    db.session.rollback()
    occurrence = db.session.get_one(Occurrence, posted.occurrence_id)
    return [(f"{slot.starts_local:%H:%M}", slot.seats_taken, slot.seats_limit) for slot in occurrence.slots]


def state(world: ModuleType, registration_id: uuid.UUID) -> str:
    db.session.rollback()
    return str(world.registration(registration_id).state)


def test_one_time_or_all_get_another_number(clinic: Posted) -> None:
    change(clinic, 5)
    assert times(clinic) == [("09:30", 0, 5), ("10:00", 0, 2), ("10:30", 0, 2)]
    change(clinic, 4, 4, 4)
    assert times(clinic) == [("09:30", 0, 4), ("10:00", 0, 4), ("10:30", 0, 4)]


def test_never_below_those_taken_and_the_words_name_the_time(clinic: Posted, world: ModuleType) -> None:
    attend(world, clinic, 1, party=2)
    found = refusal(clinic, 9, 1)
    assert found.field == f"places-{clinic.slot_ids[1]}"
    assert str(found.words) == "At 10:00 AM 2 places are taken. Write 2 or more."
    assert times(clinic)[0] == ("09:30", 0, 2), "nothing is saved by halves"
    attend(world, clinic, 2)
    assert str(refusal(clinic, 2, 2, 0).words) == "At 10:30 AM one place is taken. Write 1 or more."
    change(clinic, 0, 2, 1)
    assert times(clinic) == [("09:30", 0, 0), ("10:00", 2, 2), ("10:30", 1, 1)]


def test_an_offered_place_counts_as_taken(clinic: Posted, world: ModuleType) -> None:
    first, waiting = fill(world, clinic)
    with transaction():
        registrations.cancel(first)
        waitlist.offer_freed(db.session.get_one(Occurrence, clinic.occurrence_id))
    assert state(world, waiting) == OFFERED
    assert "At 9:30 AM 2 places are taken." in str(refusal(clinic, 1).words)


def fill(world: ModuleType, posted: Posted) -> tuple[uuid.UUID, uuid.UUID]:
    """All places are taken, and one more party waits: who came first, and who waits."""
    kept = [attend(world, posted, slot) for slot in range(len(posted.slot_ids)) for _ in range(2)]
    waiting = attend(world, posted)
    assert state(world, waiting) == WAITLISTED
    return kept[0], waiting


def test_more_places_are_offered_to_the_line_in_the_same_transaction(clinic: Posted, world: ModuleType) -> None:
    _first, waiting = fill(world, clinic)
    second, third = attend(world, clinic, party=2), attend(world, clinic)
    change(clinic, 4)
    assert [state(world, who) for who in (waiting, second, third)] == [OFFERED, WAITLISTED, OFFERED]
    assert times(clinic)[0] == ("09:30", 4, 4)
    change(clinic, 4, 4)
    assert state(world, second) == OFFERED
    letters = sa.select(sa.func.count()).select_from(Message).where(Message.letter == OFFER)
    assert db.session.scalar(letters) == 3


def test_a_new_time_is_offered_too(clinic: Posted, world: ModuleType) -> None:
    _first, waiting = fill(world, clinic)
    change(clinic, row0=("10:45", 1))
    assert times(clinic)[-1] == ("10:45", 1, 1)
    assert state(world, waiting) == OFFERED


def test_more_places_for_all_on_the_page_of_the_date_reach_the_line_too(clinic: Posted, world: ModuleType) -> None:
    _first, waiting = fill(world, clinic)
    whole = Timetable(wall("09:30"), wall("12:00"), clinic.venue_id, 3, 30, wall("10:30"))
    with transaction():
        events.change_date(clinic.occurrence_id, whole)
    assert state(world, waiting) == OFFERED


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        ("10:00", "10:00 AM is there already."),
        ("09:15", "from 9:30 AM to 12:00 PM"),
        ("12:00", "from 9:30 AM to 12:00 PM"),
    ],
)
def test_a_new_time_lies_within_and_is_new(clinic: Posted, hour: str, words: str) -> None:
    found = refusal(clinic, row2=(hour, 2))
    assert found.field == "new-2-starts" and words in str(found.words)


def test_a_new_time_leaves_enough_for_a_visit(clinic: Posted) -> None:
    found = refusal(clinic, row0=("11:15", 2))
    assert isinstance(found, NotReady) and "a visit takes 60 minutes" in found.problems[0]
    assert len(times(clinic)) == 3


def test_no_new_time_in_the_past_of_a_clinic_that_goes_on(clinic: Posted, at: Any) -> None:
    at("2026-12-04 10:10")
    assert str(refusal(clinic, row0=("09:45", 2)).words) == "9:45 AM is over. Choose a later time."
    change(clinic, row0=("10:45", 2))
    assert len(times(clinic)) == 4


def test_a_time_that_the_spring_change_skips_is_refused(app: Flask, world: ModuleType, at: Any) -> None:
    at("2027-03-01 10:00")
    with transaction():
        posted = world.clinic(starts_local=datetime(2027, 3, 14, 1, 0), slots=2)
        db.session.get_one(Occurrence, posted.occurrence_id).schedule(
            datetime(2027, 3, 14, 1, 0), datetime(2027, 3, 14, 9, 0), 30
        )
    with pytest.raises(Refusal) as found, transaction():
        events.change_times(posted.occurrence_id, {}, {0: (datetime(2027, 3, 14, 2, 30), 2)})
    assert str(found.value.words) == "Clocks skip 2:30 AM on this day. Choose another time."


def test_empty_times_may_go_and_others_stay(clinic: Posted, world: ModuleType) -> None:
    attend(world, clinic, 1)
    gave_back = attend(world, clinic, 2, contact_kind="phone", contact="312-555-0143")
    with transaction():
        registrations.cancel(gave_back)
    found = refusal(clinic, None, None)
    assert found.field == f"gone-{clinic.slot_ids[1]}" and "People have places at 10:00 AM." in str(found.words)
    change(clinic, None, 2, None)
    assert times(clinic) == [("10:00", 1, 2)]
    assert world.registration(gave_back).slot_id is None and state(world, gave_back) == CANCELLED


def test_a_time_stays_until_whoever_gave_it_back_was_told(clinic: Posted, world: ModuleType, mail_sink: Sink) -> None:
    """The letter says which time is free now, and takes it out of the calendar."""
    person = attend(world, clinic, slot=1, contact="goes@post.example", language="en")
    all_sent()
    with transaction():
        registrations.cancel(person)
    refused = refusal(clinic, 2, None)
    assert (refused.field, "10:00" in str(refused.words)) == (f"gone-{clinic.slot_ids[1]}", True)
    postman.deliver_due()
    change(clinic, 2, None)
    assert [hour for hour, *_seats in times(clinic)] == ["09:30", "10:30"]
    (letter,) = mail_sink.to("goes@post.example")
    assert "10:00" in str(letter.get_body(("plain",))) and "text/calendar" in str(letter)


def test_a_time_with_offers_that_ended_may_go(clinic: Posted, world: ModuleType) -> None:
    fill(world, clinic)
    change(clinic, row0=("10:45", 1))
    offered = db.session.scalars(sa.select(Message).where(Message.letter == OFFER)).one()
    offer_id, message_id = offered.offer_id, offered.id
    with transaction():
        waitlist.decline(offer_id, stay=True)  # type: ignore[arg-type]
    added = next(slot.id for slot in db.session.get_one(Occurrence, clinic.occurrence_id).slots if not slot.seats_taken)
    with transaction():
        events.change_times(clinic.occurrence_id, {added: None})
    assert len(times(clinic)) == 3
    assert db.session.get_one(Message, message_id).offer_id is None, "what was sent stays written down"


def test_one_time_always_stays(clinic: Posted) -> None:
    assert "Keep at least one time." in str(refusal(clinic, None, None, None).words)


def test_a_date_has_no_more_than_sixty_times(clinic: Posted) -> None:
    many = {f"row{minute}": (f"10:{minute:02}", 1) for minute in range(1, 59) if minute != 30}
    change(clinic, **many)
    assert "up to 60 times" in str(refusal(clinic, row0=("09:45", 1)).words)


def test_one_start_has_one_time(app: Flask, world: ModuleType, at: Any) -> None:
    at("2026-11-20 10:00")
    with transaction():
        posted = world.workshop(seats=1)
    attend(world, posted)
    waiting = attend(world, posted)
    with pytest.raises(Refusal) as found, transaction():
        events.change_times(posted.occurrence_id, {}, {0: (datetime(2026, 12, 4, 19, 0), 2)})
    assert found.value.field == "new-0-starts"
    with transaction():
        events.change_times(posted.occurrence_id, {posted.slot_id: 2})
    assert state(world, waiting) == OFFERED


def test_times_of_another_date_are_left_alone(clinic: Posted, world: ModuleType) -> None:
    with transaction():
        other = world.clinic()
        events.change_times(clinic.occurrence_id, {other.slot_id: 9})
    assert times(other)[0] == ("09:30", 0, 2)


def test_a_date_that_is_over_or_off_does_not_change(clinic: Posted, at: Any) -> None:
    at("2026-12-04 12:00")
    assert isinstance(refusal(clinic, 9), Conflict)
    with pytest.raises(Missing), transaction():
        events.change_times(uuid.uuid4(), {})


def test_numbers_are_no_news_for_calendars(clinic: Posted, at: Any) -> None:
    before = db.session.get_one(Occurrence, clinic.occurrence_id).revised_at
    at("2026-11-20 12:00")
    change(clinic, 5, row0=("10:45", 1))
    db.session.rollback()
    occurrence = db.session.get_one(Occurrence, clinic.occurrence_id)
    assert (occurrence.sequence, occurrence.revised_at) == (0, before)


def test_times_set_one_by_one_move_along_with_an_empty_date(clinic: Posted, at: Any) -> None:
    change(clinic, 5, row0=("10:45", 1))
    moved = Timetable(
        datetime(2026, 12, 5, 8, 30), datetime(2026, 12, 5, 11, 0), clinic.venue_id, places=0, keeps_times=True
    )
    with transaction():
        events.change_date(clinic.occurrence_id, moved)
    assert times(clinic) == [("08:30", 0, 5), ("09:00", 0, 2), ("09:30", 0, 2), ("09:45", 0, 1)]
    shorter = Timetable(moved.starts_local, datetime(2026, 12, 5, 9, 40), clinic.venue_id, places=0, keeps_times=True)
    with pytest.raises(Refusal) as found, transaction():
        events.change_date(clinic.occurrence_id, shorter)
    assert found.value.field == "ends" and "9:45 AM" in str(found.value.words)


def test_limits_hold_while_people_sign_up_at_the_same_moment(clinic: Posted, world: ModuleType, app: Flask) -> None:
    change(clinic, 8, 2, 2)
    begin = threading.Barrier(4)

    def sign_up() -> None:
        with app.app_context():
            begin.wait()
            for _ in range(3):
                with contextlib.suppress(Refusal):
                    attend(world, clinic, party=1)

    def tighten() -> None:
        with app.app_context():
            begin.wait()
            for limit in (6, 4, 2, 0):
                with contextlib.suppress(Refusal):
                    change(clinic, limit, None, None)

    workers = [threading.Thread(target=act) for act in (sign_up, sign_up, sign_up, tighten)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    counted = sa.select(Registration.slot_id, sa.func.sum(Registration.party)).where(Registration.state == CONFIRMED)
    db.session.rollback()
    seated = {row[0]: int(row[1]) for row in db.session.execute(counted.group_by(Registration.slot_id))}
    slots = db.session.get_one(Occurrence, clinic.occurrence_id).slots
    assert {slot.id: slot.seats_taken for slot in slots if slot.seats_taken} == seated
    assert all(slot.seats_taken <= slot.seats_limit for slot in slots)


# Closing and opening again


def test_a_closed_date_takes_no_names_and_keeps_those_it_has(clinic: Posted, world: ModuleType) -> None:
    first, waiting = fill(world, clinic)
    with transaction():
        events.close(clinic.occurrence_id)
    with pytest.raises(Closed):
        attend(world, clinic)
    assert (state(world, first), state(world, waiting)) == (CONFIRMED, WAITLISTED)
    with transaction():
        registrations.cancel(first)
    assert (state(world, first), state(world, waiting)) == (CANCELLED, WAITLISTED), "the line stays"
    change(clinic, 3)
    assert state(world, waiting) == WAITLISTED, "nobody gets an offer meanwhile"


def test_opening_again_offers_what_came_free_meanwhile(clinic: Posted, world: ModuleType) -> None:
    first, waiting = fill(world, clinic)
    with transaction():
        events.close(clinic.occurrence_id)
        registrations.cancel(first)
    with transaction():
        events.reopen(clinic.occurrence_id)
    assert state(world, waiting) == OFFERED
    assert state(world, attend(world, clinic)) == WAITLISTED


def test_closing_twice_changes_nothing(clinic: Posted, at: Any) -> None:
    with transaction():
        since = events.close(clinic.occurrence_id).closed_at
    at("2026-11-20 12:00")
    with transaction():
        assert events.close(clinic.occurrence_id).closed_at == since
    with transaction():
        assert events.reopen(clinic.occurrence_id).closed_at is None
        assert events.reopen(clinic.occurrence_id).closed_at is None


def test_a_closed_date_is_no_news_for_calendars(clinic: Posted) -> None:
    with transaction():
        occurrence = events.close(clinic.occurrence_id)
        assert (occurrence.sequence, occurrence.revised_at) == (0, occurrence.created_at)


def test_what_is_over_is_not_closed(clinic: Posted, at: Any) -> None:
    at("2026-12-04 12:00")
    for act in (events.close, events.reopen):
        with pytest.raises(Conflict), transaction():
            act(clinic.occurrence_id)


def test_a_group_larger_than_any_time_is_told_so_and_does_not_close_the_clinic(
    clinic: Posted, world: ModuleType
) -> None:
    with pytest.raises(Refusal) as found:
        attend(world, clinic, party=3)
    assert found.value.field == "party" and "up to 2 people" in str(found.value.words)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0
    change(clinic, None, 3)
    assert state(world, attend(world, clinic, 1, party=3)) == CONFIRMED
