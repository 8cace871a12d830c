"""Times, closing and reminders in the console; and what the public sees of a date that takes no more names."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import events, reminders
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import Message
from scheduler.models.organization import COORDINATOR
from scheduler.models.registration import OFFERED, Registration
from scheduler.models.reminder import Reminder

from ..ground.mail import all_sent
from . import filling
from .signing_in import filled, press, save, sign_in


@pytest.fixture
def posted(app: Flask, world: ModuleType, at: Any) -> Posted:
    """On 4 December at 9:30, 10:00 and 10:30, two places each, until 12:00."""
    at("2026-11-20 10:00")
    with transaction():
        return world.clinic()  # type: ignore[no-any-return]


@pytest.fixture
def desk(client: FlaskClient, posted: Posted, world: ModuleType) -> FlaskClient:
    with transaction():
        staff = world.organizer(COORDINATOR)
    return sign_in(client, staff)


@pytest.fixture
def address(posted: Posted) -> str:
    return f"/console/dates/{posted.occurrence_id}/times"


def attend(world: ModuleType, posted: Posted, slot: int = 0, **changes: Any) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.attends(posted, slot, **{"contact": f"{uuid.uuid4().hex}@post.example"} | changes)
        return found


def times(posted: Posted) -> list[tuple[str, int, int]]:
    db.session.rollback()
    slots = db.session.get_one(Occurrence, posted.occurrence_id).slots
    return [(f"{slot.starts_local:%H:%M}", slot.seats_taken, slot.seats_limit) for slot in slots]


# Times and places


def test_all_times_with_what_is_taken(desk: FlaskClient, posted: Posted, world: ModuleType, address: str) -> None:
    attend(world, posted, 1, party=2)
    page = desk.get(address).text
    assert "2 of 6 places taken" in page and "2 taken" in page
    assert page.count("Take away") == 2, "a time with people has no such box"


def test_one_time_is_changed_one_goes_and_one_comes(desk: FlaskClient, posted: Posted, address: str) -> None:
    _first, second, third = posted.slot_ids
    typed = {f"places-{second}": "7", f"gone-{third}": "y", "new-1-starts": "10:45", "new-1-places": "3"}
    answer = save(desk, address, **typed)
    assert answer.status_code == 303 and answer.location.endswith(address)
    assert times(posted) == [("09:30", 0, 2), ("10:00", 0, 7), ("10:45", 0, 3)]
    assert "The times are saved." in desk.get(address).text


def test_one_number_is_written_at_every_time_but_not_saved(desk: FlaskClient, posted: Posted, address: str) -> None:
    page = save(desk, address, all="9", fill="y")
    assert page.status_code == 200 and page.text.count('value="9"') == 4
    assert times(posted)[0] == ("09:30", 0, 2)
    nothing = save(desk, address, all="", fill="y")
    assert nothing.status_code == 422 and "Write the number first." in nothing.text
    wrong = save(desk, address, all="many", fill="y")
    assert wrong.status_code == 422 and "Write a number from 0 to 2000." in wrong.text


def test_fewer_than_taken_comes_back_with_what_was_typed(
    desk: FlaskClient, posted: Posted, world: ModuleType, address: str
) -> None:
    attend(world, posted, 1, party=2)
    answer = save(desk, address, **{f"places-{posted.slot_ids[1]}": "1", f"places-{posted.slot_ids[0]}": "8"})
    assert answer.status_code == 422
    assert "At 10:00 AM 2 places are taken. Write 2 or more." in answer.text
    assert f'href="#places-{posted.slot_ids[1]}"' in answer.text and 'value="8"' in answer.text
    assert times(posted)[0] == ("09:30", 0, 2)


def test_a_time_that_is_booked_meanwhile_does_not_go_in_silence(
    desk: FlaskClient, posted: Posted, world: ModuleType, address: str
) -> None:
    second, third = posted.slot_ids[1:]
    typed = filled(desk.get(address).text) | {f"places-{second}": "7", f"gone-{third}": "y"}
    attend(world, posted, 2)
    answer = desk.post(address, data=typed)
    assert answer.status_code == 422 and "The times are saved." not in answer.text
    assert "People have places at 10:30 AM. Keep that time." in answer.text
    assert f'href="#gone-{third}"' in answer.text and f'id="gone-{third}"' in answer.text
    assert times(posted) == [("09:30", 0, 2), ("10:00", 0, 2), ("10:30", 1, 2)]
    again = filled(answer.text)
    del again[f"gone-{third}"]
    assert desk.post(address, data=again).status_code == 303
    page = desk.get(address).text
    assert times(posted)[1:] == [("10:00", 0, 7), ("10:30", 1, 2)] and f"gone-{third}" not in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"new-0-starts": "soon", "new-0-places": "2"}, "Write a time like 09:30."),
        ({"new-0-starts": "10:45"}, "Write how many places this time has."),
        ({"new-0-places": "2"}, "Write the time, or leave both empty."),
        ({"new-2-starts": "10:00", "new-2-places": "2"}, "10:00 AM is there already."),
        ({"new-2-starts": "13:00", "new-2-places": "2"}, "from 9:30 AM to 12:00 PM"),
        ({"new-2-starts": "11:30", "new-2-places": "2"}, "a visit takes 60 minutes"),
    ],
)
def test_new_times_that_cannot_be(
    desk: FlaskClient, posted: Posted, address: str, typed: dict[str, str], words: str
) -> None:
    answer = save(desk, address, **typed)
    assert answer.status_code == 422 and words in answer.text
    assert len(times(posted)) == 3


@pytest.mark.parametrize("number", ["", "-1", "9999999", "2.5", "\x00", "１２３４５６"])
def test_numbers_that_are_none(desk: FlaskClient, posted: Posted, address: str, number: str) -> None:
    answer = save(desk, address, **{f"places-{posted.slot_id}": number})
    assert answer.status_code == 422 and "Write a number from 0 to 2000." in answer.text


def test_the_line_follows_and_the_page_says_so(
    desk: FlaskClient, posted: Posted, world: ModuleType, address: str
) -> None:
    for slot in range(3):
        attend(world, posted, slot, party=2)
    waiting = attend(world, posted)
    assert "People wait in line." in desk.get(address).text
    assert save(desk, address, **{f"places-{posted.slot_id}": "3"}).status_code == 303
    assert "1 in line got an offer." in desk.get(address).text
    assert db.session.get_one(Registration, waiting).state == OFFERED


def test_a_workshop_has_one_number(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-20 10:00")
    with transaction():
        posted, staff = world.workshop(), world.organizer(COORDINATOR)
    sign_in(client, staff)
    address = f"/console/dates/{posted.occurrence_id}/times"
    page = client.get(address).text
    assert "Take away" not in page and "New time" not in page and 'name="all"' not in page
    assert save(client, address, **{f"places-{posted.slot_id}": "25"}).status_code == 303
    assert times(posted) == [("18:00", 0, 25)]


def test_a_date_that_is_over_only_says_so(desk: FlaskClient, posted: Posted, address: str, at: Any) -> None:
    with transaction():
        db.session.get_one(Occurrence, posted.occurrence_id).state = "cancelled"
    page = desk.get(address)
    assert page.status_code == 200 and "over or called off" in page.text and 'id="times"' not in page.text


def test_the_page_of_the_date_does_not_level_what_was_set_one_by_one(
    desk: FlaskClient, posted: Posted, address: str
) -> None:
    save(desk, address, **{f"places-{posted.slot_id}": "7"})
    whole = f"/console/dates/{posted.occurrence_id}"
    page = desk.get(whole).text
    assert 'name="places"' not in page and 'name="every"' not in page and "set one by one" in page
    assert save(desk, whole, ends="12:30").status_code == 303
    assert times(posted)[:2] == [("09:30", 0, 7), ("10:00", 0, 2)]
    listing = desk.get(f"/console/events/{posted.event_id}/dates").text
    assert "3 times, 9:30 AM to 10:30 AM, 11 places in all" in listing


# Closing


def test_closing_and_opening_again(desk: FlaskClient, posted: Posted, world: ModuleType) -> None:
    attend(world, posted)
    date, public = f"/console/dates/{posted.occurrence_id}", f"/en/events/{posted.slug}"
    assert press(desk, date, f"{date}/closing").status_code == 303
    page = desk.get(date).text
    assert "Registration is closed for this date." in page and "Open it again" in page
    assert "Registration is closed" in desk.get("/console/").text
    shown = desk.get(public).text
    assert "Registration is closed" in shown and "312-555-0190" in shown and f"{public}/place" not in shown
    assert "Registration is closed" in desk.get("/en/").text
    assert "El registro" not in desk.get(public).text
    form = desk.get(f"{public}/place")
    assert form.status_code == 409 and "You can call and ask" in form.text and "Find my place" in form.text
    assert press(desk, date, f"{date}/closing/removal").status_code == 303
    assert "Registration is open again." in desk.get(date).text
    assert f"{public}/place" in desk.get(public).text


def test_a_form_that_was_open_while_it_closed(client: FlaskClient, posted: Posted) -> None:
    typed = filling.answers(client, posted)
    with transaction():
        events.close(posted.occurrence_id)
    answer = client.post(filling.address(posted), data=typed)
    assert answer.status_code == 409 and "Registration is closed" in answer.text and "Nothing was saved." in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0


def test_who_has_a_place_keeps_it_and_may_give_it_back(client: FlaskClient, posted: Posted) -> None:
    place = filling.kept(client, posted)
    with transaction():
        events.close(posted.occurrence_id)
    assert client.get(place).status_code == 200
    assert client.post(f"{place}/cancellation").status_code == 303
    assert times(posted)[0] == ("09:30", 0, 2)


def test_other_dates_of_the_event_still_take_names(client: FlaskClient, posted: Posted) -> None:
    timetable = events.Timetable(
        datetime(2026, 12, 11, 9, 30), datetime(2026, 12, 11, 12), posted.venue_id, 2, 30, datetime(2026, 12, 11, 10)
    )
    with transaction():
        events.add_date(posted.event_id, timetable)
        events.close(posted.occurrence_id)
    shown = client.get(f"/en/events/{posted.slug}?date={posted.occurrence_id}").text
    assert "Other dates of this event still do." in shown
    front = client.get(f"/en/events/{posted.slug}").text
    assert "This date takes place, but it takes no new names now." not in front, "the open date stands first"
    form = client.get(filling.address(posted))
    assert form.status_code == 200 and "takes no new names now" not in form.text
    asked = client.get(f"{filling.address(posted)}?date={posted.occurrence_id}").text
    assert "The date you asked for takes no new names now." in asked


def test_a_closed_date_is_no_alternative(client: FlaskClient, posted: Posted, world: ModuleType) -> None:
    with transaction():
        other = world.clinic(title={"en": "Another Morning", "es": "Otra mañana"})
        events.close(posted.occurrence_id)
    assert "Another Morning" in client.get(f"/en/events/{posted.slug}").text
    with transaction():
        events.close(other.occurrence_id)
    assert "Another Morning" not in client.get(f"/en/events/{posted.slug}").text


def test_other_dates_with_room_come_first(client: FlaskClient, posted: Posted, world: ModuleType) -> None:
    with transaction():
        events.close(posted.occurrence_id)
        for number in range(3):
            start = world.a_day_ahead(7 + number, "09:00")
            world.attends(world.clinic(1, 1, title={"en": f"Full {number}"}, starts_local=start))
        for number in range(2):
            world.clinic(title={"en": f"Room {number}"}, starts_local=world.a_day_ahead(20 + number, "09:00"))
    titles = re.findall(r"(?:Room|Full) \d(?=</a></h3>)", client.get(f"/en/events/{posted.slug}").text)
    assert titles == ["Room 0", "Room 1", "Full 0"]


def test_the_calendar_file_of_a_closed_date_stays_as_it_was(client: FlaskClient, posted: Posted) -> None:
    before = client.get(f"/events/{posted.slug}.ics").data
    with transaction():
        events.close(posted.occurrence_id)
    assert client.get(f"/events/{posted.slug}.ics").data == before


# Reminders


@pytest.fixture
def plan(posted: Posted) -> str:
    return f"/console/events/{posted.event_id}/reminders"


def test_who_gets_what_and_when(desk: FlaskClient, posted: Posted, world: ModuleType, plan: str) -> None:
    attend(world, posted, language="es")
    attend(world, posted, language="en", wording="full")
    attend(world, posted, 1, contact_kind="phone", contact="312-555-0123")
    page = desk.get(plan).text
    assert "Tuesday, December 1, 9:30 AM" in page and "Thursday, December 3, 9:30 AM" in page
    assert "2 letters, 1 call" in page
    assert "Spanish, discreet: 1" in page and "English, full words: 1" in page
    assert "Marisol" not in page


def test_the_letter_is_the_real_one_with_nobody_in_it(
    desk: FlaskClient, posted: Posted, world: ModuleType, plan: str
) -> None:
    attend(world, posted)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Registration))
    page = desk.get(plan).text
    assert page.count("MAPL-2345") >= 4
    assert "In 3 days: Legal Help Morning" in page and "En 3 días: Mañana de ayuda legal" in page
    assert "Reminder: Friday 9:30 AM / Recordatorio: viernes 9:30" in page
    assert "Calendar desk / Agenda" in page and "Lamplight Community House" in page
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == before
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1


def test_other_days_are_looked_at_before_they_are_saved(desk: FlaskClient, posted: Posted, plan: str) -> None:
    shown = save(desk, plan, days=["7", "0"], show="y")
    assert shown.status_code == 200 and "Nothing is saved yet." in shown.text
    assert "Friday, November 27, 9:30 AM" in shown.text
    assert "Too late: not sent" in shown.text, "the date starts at 9:30, and the same morning is 9:00"
    assert "In 7 days: Legal Help Morning" in shown.text
    assert db.session.get_one(Event, posted.event_id).reminder_days == [3, 1]

    saved = save(desk, plan, days=["7", "1"])
    assert saved.status_code == 303
    page = desk.get(plan).text
    assert "The reminders are planned." in page and "Nothing is saved yet." not in page
    db.session.rollback()
    assert db.session.get_one(Event, posted.event_id).reminder_days == [7, 1]
    assert set(db.session.scalars(sa.select(Reminder.days_before))) == {7, 1}


def test_no_reminders_is_a_plan_too(desk: FlaskClient, posted: Posted, plan: str) -> None:
    assert save(desk, plan, days=None).status_code == 303
    page = desk.get(plan).text
    assert "Nobody is reminded of this date." in page and "What the letter says" not in page


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["14", "7", "5", "3", "2"], "Choose up to 4 reminders."),
        (["4"], "Choose only from the list."),
        (["x"], "Choose only from the list."),
    ],
)
def test_days_that_cannot_be_chosen(desk: FlaskClient, posted: Posted, plan: str, days: list[str], words: str) -> None:
    for more in ({}, {"show": "y"}):
        answer = save(desk, plan, days=days, **more)
        assert answer.status_code == 422 and words in answer.text
    db.session.rollback()
    assert db.session.get_one(Event, posted.event_id).reminder_days == [3, 1]


def test_what_went_is_told_as_gone(desk: FlaskClient, posted: Posted, world: ModuleType, plan: str, at: Any) -> None:
    attend(world, posted)
    attend(world, posted, 1, contact_kind="phone", contact="312-555-0143")
    attend(world, posted, 2, contact_kind="none", contact="")
    at("2026-12-01 09:31")
    with transaction():
        reminders.write_due()
    with transaction():
        staff = world.organizer(COORDINATOR)
    page = sign_in(desk, staff).get(plan).text
    assert "1 letter on its way" in page and "1 call still to make" in page and "Went to" not in page
    all_sent()
    page = sign_in(desk, staff).get(plan).text
    at("2026-12-03 09:31")
    with transaction():
        reminders.write_due()
    later = sign_in(desk, staff).get(plan).text
    assert later.count("call still to make") == 1, "nobody makes the call for the reminder before the last"
    assert "Went to 1" in page and "1 call still to make" in page and "Tomorrow: Legal Help Morning" in page


def test_a_draft_without_dates_has_nothing_to_show(desk: FlaskClient, world: ModuleType, posted: Posted) -> None:
    said = events.Announcement(
        type="education", title={"en": "Idea"}, summary={}, languages=[], format="in_person",
        admission="single_session", sensitive=False,
    )  # fmt: skip
    with transaction():
        event_id = events.create(posted.organization_id, said).id
    page = desk.get(f"/console/events/{event_id}/reminders")
    assert page.status_code == 200 and "There is no date to come yet." in page.text
