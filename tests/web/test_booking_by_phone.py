"""Somebody calls: a place, or a place in line, within a minute; the code is read back, and nobody calls them for it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import checkin
from scheduler.core.extensions import db, transaction
from scheduler.models.message import REACHED, SENT, Message
from scheduler.models.organization import CHECKIN_LEAD, LEAD
from scheduler.models.registration import CANCELLED, CHECKED_IN, CONFIRMED, NONE, PHONE, WAITLISTED, Registration

from .signing_in import filled, press, save, sign_in
from .test_rosters import text_of


@pytest.fixture
def posted(world: ModuleType, at: Any) -> Any:
    at("2026-11-28 09:00")
    with transaction():
        return world.clinic(slots=2, seats=1)


@pytest.fixture
def desk(client: FlaskClient, posted: Any, world: ModuleType) -> FlaskClient:
    with transaction():
        lead = world.organizer(LEAD)
    return sign_in(client, lead)


def page_of(posted: Any) -> str:
    return f"/console/dates/{posted.occurrence_id}/phone"


def people() -> list[Registration]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Registration).order_by(Registration.number)))


def test_a_caller_keeps_a_place_and_hears_the_code(desk: FlaskClient, posted: Any) -> None:
    typed = {"name": "Zofia", "phone": "(312) 555-0144", "slot": [str(posted.slot_ids[1])], "spoken": ["pl"]}
    answer = save(desk, page_of(posted), **typed)
    assert answer.status_code == 303 and "Zofia" not in answer.location
    [zofia] = people()
    assert (zofia.state, zofia.contact_kind, zofia.contact, zofia.spoken, zofia.source, zofia.slot_id) == (
        CONFIRMED, PHONE, "312-555-0144", "pl", "phone", posted.slot_ids[1],
    )  # fmt: skip
    page = desk.get(answer.location).text
    assert zofia.code_shown in page and "Your place is kept." in page
    [call] = db.session.scalars(sa.select(Message))
    assert (call.state, call.outcome) == (SENT, REACHED)
    assert "Nobody to call" in desk.get(f"/console/dates/{posted.occurrence_id}/calls").text


def test_after_giving_back_the_same_form_only_needs_another_press(desk: FlaskClient, posted: Any) -> None:
    typed = filled(desk.get(page_of(posted)).text) | {"name": "Zofia", "slot": [str(posted.slot_ids[1])]}
    desk.post(page_of(posted), data=typed)
    [zofia] = people()
    press(desk, page_of(posted), f"/console/registrations/{zofia.id}/cancellation")
    answer = desk.post(page_of(posted), data=typed)
    assert answer.status_code == 409 and "Press the button again" in text_of(answer.text)
    shown = filled(answer.text)
    assert shown["name"] == ["Zofia"] and shown["nonce"] != typed["nonce"]
    assert desk.post(page_of(posted), data=shown).status_code == 303
    assert [person.state for person in people()] == [CANCELLED, CONFIRMED]


def test_without_a_number_they_keep_their_code(desk: FlaskClient, posted: Any) -> None:
    save(desk, page_of(posted), name="Nadie", slot=[str(posted.slot_id)])
    assert [(one.contact_kind, one.contact) for one in people()] == [(NONE, "")]


def test_when_it_is_full_they_stand_in_line(desk: FlaskClient, posted: Any, world: ModuleType) -> None:
    with transaction():
        for slot in range(2):
            world.attends(posted, slot, contact=f"{slot}@post.example")
    assert "This date is full." in text_of(desk.get(page_of(posted)).text)
    answer = save(desk, page_of(posted), name="Zofia", phone="312 555 0144")
    assert people()[2].state == WAITLISTED
    assert "You are number 1 in line. This is not a place yet." in text_of(desk.get(answer.location).text)


def test_what_cannot_stand_is_said_at_the_field(desk: FlaskClient, posted: Any) -> None:
    fine = {"name": "Zofia", "slot": [str(posted.slot_id)]}
    for wrong in ({"name": ""}, {"phone": "12"}, {"slot": []}, {"spoken": ["xx"]}, {"party": ["99"]}, {"nonce": "x"}):
        assert save(desk, page_of(posted), **(fine | wrong)).status_code == 422, wrong
    assert people() == []


def test_a_button_pressed_twice_keeps_one_place(desk: FlaskClient, posted: Any) -> None:
    fields = filled(desk.get(page_of(posted)).text) | {"name": "Zofia", "slot": [str(posted.slot_id)]}
    first, second = (desk.post(page_of(posted), data=fields) for _press in range(2))
    assert first.location == second.location and len(people()) == 1


def test_going_back_for_the_next_caller_only_needs_another_press(desk: FlaskClient, posted: Any) -> None:
    typed = filled(desk.get(page_of(posted)).text) | {"name": "Zofia", "slot": [str(posted.slot_id)]}
    desk.post(page_of(posted), data=typed)
    answer = desk.post(page_of(posted), data=typed | {"name": "Jan", "slot": [str(posted.slot_ids[1])]})
    assert answer.status_code == 409 and "Press again to keep one for this person too." in text_of(answer.text)
    shown = filled(answer.text)
    assert shown["name"] == ["Jan"] and shown["nonce"] != typed["nonce"]
    assert desk.post(page_of(posted), data=shown).status_code == 303
    assert [person.name for person in people()] == ["Zofia", "Jan"]


def test_a_date_that_is_over_takes_no_calls(desk: FlaskClient, posted: Any, world: ModuleType, at: Any) -> None:
    fields = filled(desk.get(page_of(posted)).text) | {"name": "Zofia", "slot": [str(posted.slot_id)]}
    at("2026-12-12 15:00")
    with transaction():
        late = world.organizer(LEAD)
    sign_in(desk, late)
    page = desk.get(page_of(posted))
    assert page.status_code == 200 and 'name="nonce"' not in page.text
    fields.pop("csrf_token")
    assert press(desk, "/console/account", page_of(posted), **fields).status_code in (409, 422)
    assert people() == []


def test_numbers_are_for_those_who_may_see_contacts(client: FlaskClient, world: ModuleType, posted: Any) -> None:
    with transaction():
        volunteer, outsider = world.organizer(CHECKIN_LEAD), world.outsider()
    for staff, status in ((volunteer, 403), (outsider, 404)):
        sign_in(client, staff)
        assert client.get(page_of(posted)).status_code == status
        assert press(client, "/console/account", page_of(posted), name="Luz").status_code == status
    assert people() == []


def test_who_calls_off_gives_the_place_back(desk: FlaskClient, posted: Any, world: ModuleType) -> None:
    with transaction():
        leaves = world.attends(posted, 0)
    one = f"/console/registrations/{leaves}"
    assert "Give the place back" in text_of(desk.get(one).text)
    assert press(desk, one, f"{one}/cancellation").status_code == 303
    assert [person.state for person in people()] == [CANCELLED]
    assert desk.get(one).status_code == 404


def test_who_is_here_does_not_call_off(desk: FlaskClient, posted: Any, world: ModuleType) -> None:
    with transaction():
        here = world.attends(world.clinic(starts_local=world.a_day_ahead(0, "11:00")))
        checkin.check_in(here)
    one = f"/console/registrations/{here}"
    assert press(desk, one, f"{one}/cancellation").status_code == 409
    assert [person.state for person in people()] == [CHECKED_IN]


def test_giving_back_is_for_who_may_see_contacts(client: FlaskClient, posted: Any, world: ModuleType) -> None:
    with transaction():
        place = world.attends(posted, 0)
        volunteer, outsider = world.organizer(CHECKIN_LEAD), world.outsider()
    for staff, status in ((volunteer, 403), (outsider, 404)):
        sign_in(client, staff)
        act = f"/console/registrations/{place}/cancellation"
        assert press(client, "/console/account", act).status_code == status
    assert [person.state for person in people()] == [CONFIRMED]
