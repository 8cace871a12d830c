"""The line as the organizer sees it: who is next, what is offered, and why nobody moves."""

from __future__ import annotations

import uuid
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import audits, registrations, waitlist
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted, Staff
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.message import SENT, Message
from scheduler.models.offer import open_for
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR
from scheduler.models.registration import CANCELLED, CONFIRMED, OFFERED, WAITLISTED

from ..conftest import Clock
from .reading import page, read
from .signing_in import press, sign_in

START = datetime(2026, 9, 19, 14, 0)


@pytest.fixture
def staff(world: ModuleType, at: Clock) -> Staff:
    at("2026-09-01 10:00")
    with transaction():
        found: Staff = world.organizer(COORDINATOR)
    return found


def full(world: ModuleType, seats: int = 1, slots: int = 1) -> tuple[Posted, list[uuid.UUID]]:
    """A date on which every time is taken by one party."""
    with transaction():
        posted = world.clinic(slots=slots, seats=seats, starts_local=START)
        inside = [
            world.attends(posted, slot, party=seats, contact=f"in{slot}@post.example", name=f"Inside {slot}")
            for slot in range(slots)
        ]
    return posted, inside


def joins(world: ModuleType, posted: Posted, name: str, party: int = 1) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.attends(posted, name=name, party=party, contact=f"{name}@post.example")
    return found


def frees(registration_id: uuid.UUID) -> None:
    with transaction():
        registrations.cancel(registration_id)


def state(world: ModuleType, registration_id: uuid.UUID) -> str:
    db.session.rollback()
    return str(world.registration(registration_id).state)


def roster(posted: Posted, show: str = "waiting") -> str:
    return f"/console/dates/{posted.occurrence_id}/roster?show={show}"


def offer_id(registration_id: uuid.UUID) -> uuid.UUID:
    db.session.rollback()
    found = open_for(registration_id)
    assert found is not None
    return found.id


def test_the_tab_shows_the_line_and_open_offers(client: FlaskClient, world: ModuleType, staff: Staff) -> None:
    posted, inside = full(world)
    for name in ("First", "Second", "Third"):
        joins(world, posted, name)
    frees(inside[0])
    said = read(page(sign_in(client, staff), roster(posted)))
    assert said.index("A place is offered") < said.index("First") < said.index("In line") < said.index("Second")
    assert said.index("Second") < said.index("Number 2 in line") < said.index("Third") < said.index("Number 3 in line")
    assert "Answer by Wed, Sep 2, 9:00 PM" in said
    assert "Number 1 in line" not in said and "Waitlist 3" in said


def test_who_lapsed_stands_at_the_end(client: FlaskClient, world: ModuleType, staff: Staff, at: Clock) -> None:
    posted, inside = full(world)
    joins(world, posted, "First"), joins(world, posted, "Second")
    frees(inside[0])
    with transaction():
        db.session.execute(sa.update(Message).values(state=SENT))
    at("2026-09-02 21:00")
    with transaction():
        waitlist.lapse_offers(posted.occurrence_id)
    said = read(page(sign_in(client, staff), roster(posted)))
    assert said.index("Second") < said.index("First")


def why(client: FlaskClient, posted: Posted) -> str:
    return read(page(client, roster(posted)))


def test_why_nobody_moves(client: FlaskClient, world: ModuleType, staff: Staff, at: Clock) -> None:
    posted, inside = full(world, seats=2)
    with transaction():
        db.session.execute(sa.update(Slot).values(seats_limit=3, seats_taken=3))
    sign_in(client, staff)
    group = joins(world, posted, "Group", party=3)
    assert "No place is free." in why(client, posted)
    frees(inside[0])
    assert "2 places are free at one time. The first in line is a group of 3 and does not fit." in why(client, posted)
    joins(world, posted, "Late", party=3)
    with transaction():
        db.session.execute(sa.update(Slot).values(seats_taken=0))
        assert waitlist.offer_due(posted.occurrence_id) == 1
    assert state(world, group) == OFFERED
    assert "Until Wed, Sep 2, 9:00 PM a place is offered. No other is free." in why(client, posted)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-09-02 05:00", "It is night there. Free places are offered from 8 AM."),
        ("2026-09-02 09:00", "A place is free. It is offered within a minute."),
        ("2026-09-19 11:30", "It begins too soon to wait 3 hours for an answer."),
    ],
)
def test_why_nobody_moves_yet(
    client: FlaskClient, world: ModuleType, staff: Staff, at: Clock, now: str, words: str
) -> None:
    posted, inside = full(world)
    joins(world, posted, "First")
    at("2026-09-01 22:00")
    frees(inside[0])
    at(now)
    assert words in why(sign_in(client, staff), posted)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"closed_at": datetime(2026, 9, 1).astimezone()}, "This date takes no more names, so nothing is offered."),
        ({"state": "cancelled"}, ""),
    ],
)
def test_why_a_closed_date_does_not_move(
    client: FlaskClient, world: ModuleType, staff: Staff, change: dict[str, Any], words: str
) -> None:
    posted, inside = full(world)
    joins(world, posted, "First")
    with transaction():
        db.session.execute(sa.update(Occurrence).values(**change))
    frees(inside[0])
    said = why(sign_in(client, staff), posted)
    assert words in said and "is offered within" not in said


def test_why_who_said_no_is_not_asked_again(client: FlaskClient, world: ModuleType, staff: Staff) -> None:
    posted, inside = full(world, slots=2)
    first = joins(world, posted, "First")
    frees(inside[0])
    with transaction():
        waitlist.decline(offer_id(first), stay=True)
    assert "Who would fit said no to the times that are free." in why(sign_in(client, staff), posted)


def test_why_nobody_moves_once_it_has_begun(client: FlaskClient, world: ModuleType, staff: Staff, at: Clock) -> None:
    """A workshop goes on until 3:30 PM; before it begins, and once it is full, its usual words are true."""
    with transaction():
        posted = world.workshop(seats=1, starts_local=START)
        inside = world.attends(posted, contact="in@post.example")
    joins(world, posted, "First")
    begun = "The time with free places has begun, so they are not offered."
    at("2026-09-19 14:10")
    sign_in(client, staff)
    assert "No place is free." in why(client, posted)
    at("2026-09-19 13:50")
    frees(inside)
    assert "It begins too soon" in why(client, posted)
    at("2026-09-19 14:10")
    said = why(client, posted)
    assert begun in said and "It begins too soon" not in said
    with transaction():
        db.session.execute(sa.update(Occurrence).values(closed_at=datetime(2026, 9, 1).astimezone()))
    assert begun in why(client, posted), "to reopen it would not help"


def test_a_free_place_at_the_last_time_is_one_until_the_end(
    client: FlaskClient, world: ModuleType, staff: Staff, at: Clock
) -> None:
    posted, inside = full(world, slots=2)
    joins(world, posted, "First")
    at("2026-09-19 14:05")
    frees(inside[0])
    sign_in(client, staff)
    for now in ("2026-09-19 14:10", "2026-09-19 14:29"):
        at(now)
        said = why(client, posted)
        assert "The time with free places has begun" in said and "No place is free." not in said
    at("2026-09-19 14:35")
    assert "No place is free." in why(client, posted), "the first time is over"
    frees(inside[1])
    assert "The time with free places has begun" in why(client, posted)


def test_why_a_closed_date_with_an_open_offer_does_not_move(
    client: FlaskClient, world: ModuleType, staff: Staff
) -> None:
    """The offer was made before, and stands."""
    posted, inside = full(world, slots=2)
    joins(world, posted, "First"), joins(world, posted, "Second")
    frees(inside[0])
    with transaction():
        db.session.execute(sa.update(Occurrence).values(closed_at=datetime(2026, 9, 1).astimezone()))
    sign_in(client, staff)
    waits_for_you = "This date takes no more names, so what comes free is not offered until you reopen it."
    assert waits_for_you in why(client, posted), "nothing is free that could be given by hand"
    frees(inside[1])
    assert waits_for_you in why(client, posted)


def test_why_nobody_moves_where_no_names_are_taken(client: FlaskClient, world: ModuleType, staff: Staff) -> None:
    posted, inside = full(world)
    joins(world, posted, "First")
    with transaction():
        db.session.execute(sa.update(Event).values(admission="numbers"))
    frees(inside[0])
    said = why(sign_in(client, staff), posted)
    assert "This event takes no names now, so nothing is offered." in said and "within a minute" not in said


def test_why_behind_a_group_that_does_not_fit_who_fits_said_no(
    client: FlaskClient, world: ModuleType, staff: Staff
) -> None:
    with transaction():
        posted = world.clinic(slots=2, seats=2, starts_local=START)
        inside = [world.attends(posted, n // 2, contact=f"in{n}@post.example") for n in range(4)]
    joins(world, posted, "Pair", party=2)
    single = joins(world, posted, "Single")
    frees(inside[0])
    with transaction():
        waitlist.decline(offer_id(single), stay=True)
    said = why(sign_in(client, staff), posted)
    assert "Who would fit said no to the times that are free." in said and "does not fit" not in said


def test_staff_take_it_for_them(client: FlaskClient, world: ModuleType, staff: Staff) -> None:
    posted, inside = full(world)
    first = joins(world, posted, "First")
    frees(inside[0])
    sign_in(client, staff)
    answer = press(client, roster(posted), f"/console/offers/{offer_id(first)}/acceptance", show="waiting")
    assert answer.status_code == 303 and state(world, first) == CONFIRMED
    assert "First has a place and is not checked in." in read(page(client, answer.location))


def test_what_they_did_themselves_is_not_written_down_as_an_act_of_staff(
    client: FlaskClient, world: ModuleType, staff: Staff
) -> None:
    """Two buttons of a page that was open for a while, pressed after the answer had come by mail."""
    posted, inside = full(world, seats=2)
    takes, leaves = joins(world, posted, "Takes"), joins(world, posted, "Leaves")
    frees(inside[0])
    taken, left = offer_id(takes), offer_id(leaves)
    sign_in(client, staff)
    with transaction():
        waitlist.accept(taken)
        waitlist.decline(left, stay=False)
    for path in (f"offers/{taken}/acceptance", f"offers/{left}/refusal", f"registrations/{leaves}/cancellation"):
        assert press(client, roster(posted), f"/console/{path}", show="waiting").status_code == 303
    written = sa.select(sa.func.count()).where(AuditEntry.act == audits.PERSON_CHANGED)
    assert db.session.scalar(written) == 0


def test_an_offer_refused_and_another_made_at_once_is_one_act(
    client: FlaskClient, world: ModuleType, staff: Staff
) -> None:
    posted, inside = full(world, slots=2)
    first = joins(world, posted, "First")
    frees(inside[0])
    refused = offer_id(first)
    frees(inside[1])
    press(sign_in(client, staff), roster(posted), f"/console/offers/{refused}/refusal", show="waiting", stay="yes")
    assert state(world, first) == OFFERED and offer_id(first) != refused
    written = sa.select(AuditEntry.subject_id).where(AuditEntry.act == audits.PERSON_CHANGED)
    assert list(db.session.scalars(written)) == [world.registration(first).audited_as]


@pytest.mark.parametrize(("slots", "stay", "becomes"), [(2, "yes", WAITLISTED), (1, "no", CANCELLED)])
def test_staff_say_no_for_them(
    client: FlaskClient, world: ModuleType, staff: Staff, slots: int, stay: str, becomes: str
) -> None:
    """They stay in line for another time; where there is none, they leave it."""
    posted, inside = full(world, slots=slots)
    first = joins(world, posted, "First")
    frees(inside[0])
    refusal = f"/console/offers/{offer_id(first)}/refusal"
    assert f'formaction="{refusal}" name="stay" value="{stay}"' in page(sign_in(client, staff), roster(posted))
    answer = press(client, roster(posted), refusal, show="waiting", stay=stay)
    assert answer.status_code == 303 and state(world, first) == becomes


def test_who_would_wait_is_not_taken_off_the_list_by_an_old_page(
    client: FlaskClient, world: ModuleType, staff: Staff
) -> None:
    posted, inside = full(world)
    first = joins(world, posted, "First")
    frees(inside[0])
    sign_in(client, staff)
    refusal = f"/console/offers/{offer_id(first)}/refusal"
    answer = press(client, roster(posted), refusal, show="waiting", stay="yes")
    assert answer.status_code == 409 and "no other time to wait for" in read(answer.text)
    assert state(world, first) == OFFERED


def test_who_said_no_to_every_other_time_is_taken_off_the_list(
    client: FlaskClient, world: ModuleType, staff: Staff
) -> None:
    posted, inside = full(world, slots=2)
    first = joins(world, posted, "First")
    sign_in(client, staff)
    for leaves, words, stay in zip(inside, ("Wait for another time", "Take off the list"), ("yes", "no"), strict=True):
        frees(leaves)
        assert words in read(page(client, roster(posted)))
        press(client, roster(posted), f"/console/offers/{offer_id(first)}/refusal", show="waiting", stay=stay)
    assert state(world, first) == CANCELLED


def test_an_offer_that_ended_is_refused_in_words(
    client: FlaskClient, world: ModuleType, staff: Staff, at: Clock
) -> None:
    posted, inside = full(world)
    first = joins(world, posted, "First")
    frees(inside[0])
    ended = offer_id(first)
    at("2026-09-02 20:50")
    sign_in(client, staff)
    at("2026-09-02 21:00")
    answer = press(client, roster(posted), f"/console/offers/{ended}/acceptance", show="waiting")
    assert answer.status_code == 409 and "The time to answer is over" in read(answer.text)
    assert state(world, first) == OFFERED


def test_out_of_turn_only_when_said_twice(client: FlaskClient, world: ModuleType, staff: Staff, at: Clock) -> None:
    posted, inside = full(world)
    first, second = joins(world, posted, "First"), joins(world, posted, "Second")
    at("2026-09-01 22:00")
    frees(inside[0])
    sign_in(client, staff)
    give = f"/console/registrations/{second}/place"
    asked = press(client, roster(posted), give, show="waiting")
    assert asked.status_code == 409 and "1 group came earlier and would fit too." in read(asked.text)
    assert "Give this place all the same" in read(asked.text) and state(world, second) == WAITLISTED
    given = press(client, roster(posted), give, show="waiting", out_of_turn="yes")
    assert given.status_code == 303
    assert (state(world, first), state(world, second)) == (WAITLISTED, CONFIRMED)
    written = sa.select(AuditEntry.user_id, AuditEntry.subject_id).where(AuditEntry.act == audits.PERSON_CHANGED)
    whom = world.registration(second).audited_as
    assert db.session.execute(written).all() == [(staff.user_id, whom)], "who gave it, and to whom"


def test_the_door_sees_the_line_but_does_not_answer_for_people(
    client: FlaskClient, world: ModuleType, staff: Staff
) -> None:
    posted, inside = full(world)
    first = joins(world, posted, "First")
    frees(inside[0])
    with transaction():
        volunteer = world.organizer(CHECKIN_LEAD)
        db.session.get_one(Occurrence, posted.occurrence_id).starts_at = clock.now()
    sign_in(client, volunteer)
    said = read(page(client, roster(posted)))
    assert "A place is offered" in said and "Takes the place" not in said
    answer = press(client, roster(posted), f"/console/offers/{offer_id(first)}/acceptance", show="waiting")
    assert answer.status_code == 403 and state(world, first) == OFFERED
