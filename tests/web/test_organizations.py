"""The page on which a lead says how the organization is reached, and how long it keeps names."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler import organizations
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted, Staff
from scheduler.models.event import Occurrence
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR, LEAD, Organization

from .signing_in import filled, save, sign_in

SAID = {
    "phone": "(312) 555 0177",
    "email": "desk@lamplight.example",
    "website": "https://lamplight.example/visit",
    "discreet_sender": "Mesa de citas ñ",
    "retention_days": "21",
}
ONE_DATE = "1 date that is over would be erased within the hour. Nobody can bring it back."


@pytest.fixture
def posted(world: ModuleType, at: Any) -> Posted:
    at("2026-11-20 10:00")
    with transaction():
        made: Posted = world.workshop()
        world.attends(made)
    return made


@pytest.fixture
def address(posted: Posted) -> str:
    return f"/console/organizations/{posted.organization_id}"


def lead_of(app: Flask, world: ModuleType) -> FlaskClient:
    with transaction():
        robin = world.organizer(LEAD)
    return sign_in(app.test_client(), robin)


@pytest.fixture
def desk(app: Flask, posted: Posted, world: ModuleType) -> FlaskClient:
    return lead_of(app, world)


def kept(posted: Posted) -> dict[str, Any]:
    db.session.rollback()
    host = db.session.get_one(Organization, posted.organization_id, populate_existing=True)
    return {name: getattr(host, name) for name in SAID}


def days_of(posted: Posted) -> int:
    return db.session.get_one(Occurrence, posted.occurrence_id, populate_existing=True).days_kept


def test_a_lead_says_it(desk: FlaskClient, posted: Posted, address: str) -> None:
    assert f'href="{address}"' in desk.get("/console/account").text
    page = desk.get(address).text
    fields = filled(page)
    assert {name: fields[name][0] for name in SAID} == {
        "phone": "312-555-0190", "email": "hello@lamplight.example", "website": "",
        "discreet_sender": "Calendar desk / Agenda", "retention_days": "30",
    }  # fmt: skip
    for words in ("stand on every event page", "A shorter time holds at once", "A longer time does not hold"):
        assert words in page
    saved = save(desk, address, **SAID)
    assert (saved.status_code, saved.location) == (303, address)
    assert "Your organization is saved." in desk.get(address).text
    assert kept(posted) == SAID | {"phone": "312-555-0177", "retention_days": 21}
    assert days_of(posted) == 21


def test_what_is_optional_may_be_taken_away(desk: FlaskClient, posted: Posted, address: str) -> None:
    assert save(desk, address, phone="", email="", website=" ").status_code == 303
    found = kept(posted)
    assert (found["phone"], found["email"], found["website"]) == ("", "", "")


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("phone", "12", "Write a phone with 10 numbers"),
        ("email", "desk at lamplight", "Write only one e-mail address"),
        ("email", "desk@", "Write an e-mail address like"),
        ("website", "http://lamplight.example", "Write an address that starts with https://"),
        ("website", "javascript:alert(1)", "Write an address that starts with https://"),
        ("discreet_sender", "", "Write who these letters come from"),
        ("discreet_sender", "\u200b \u200f", "Write who these letters come from"),
        ("discreet_sender", "Desk\r\nBcc: all@post.example", "There was a line break"),
        ("discreet_sender", "Desk\u2028Agenda", "There was a line break"),
        ("discreet_sender", 'Bank" <help@bank.example>', "Write the name without these signs"),
        ("discreet_sender", "=?utf-8?q?Bank?=", "Write the name without these signs"),
        ("discreet_sender", "D" * 81, "Please use 80 characters or fewer."),
        ("retention_days", "6", "Write a number from 7 to 60."),
        ("retention_days", "61", "Write a number from 7 to 60."),
        ("retention_days", "", "Write a number from 7 to 60."),
        ("retention_days", "a week", "Write a number from 7 to 60."),
    ],
)
def test_what_cannot_stand_is_said_and_the_rest_is_kept_on_the_page(
    desk: FlaskClient, posted: Posted, address: str, name: str, typed: str, words: str
) -> None:
    before = kept(posted)
    found = save(desk, address, **(SAID | {name: typed}))
    assert found.status_code == 422 and "There is 1 problem" in found.text and words in found.text
    assert "<title>Error: Our organization" in found.text and f'href="#{name}"' in found.text
    other = "website" if name == "phone" else "phone"
    assert filled(found.text)[other] == ["312-555-0177" if other == "phone" else SAID["website"]]
    assert kept(posted) == before and days_of(posted) == 30


class TestErasing:
    @pytest.fixture
    def desk(self, app: Flask, posted: Posted, world: ModuleType, at: Any) -> FlaskClient:
        """The workshop of 4 December is over for 20 days."""
        at("2026-12-24 10:00")
        return lead_of(app, world)

    def test_it_takes_a_second_press(self, desk: FlaskClient, posted: Posted, address: str) -> None:
        told = save(desk, address, **(SAID | {"retention_days": "10"}))
        assert told.status_code == 409 and told.text.count(ONE_DATE) == 2
        assert kept(posted)["retention_days"] == 30 and days_of(posted) == 30
        shown = filled(told.text)
        assert shown["website"] == [SAID["website"]] and shown["retention_days"] == ["10"]
        assert '<button class="btn danger" name="sure" value="1">' in told.text
        assert told.text.index("Save my changes") < told.text.index('name="sure"'), "Enter presses the first button"
        assert desk.post(address, data=shown).status_code == 409, "the first button again is not the second"
        assert desk.post(address, data=shown | {"sure": "1"}).status_code == 303
        assert kept(posted)["retention_days"] == 10 and kept(posted)["website"] == SAID["website"]
        assert days_of(posted) == 19, "until yesterday"

    @pytest.mark.parametrize("sure", ["", "0", "-1", "yes", "9" * 5000])
    def test_who_was_told_of_nothing_is_not_sure(
        self, desk: FlaskClient, posted: Posted, address: str, sure: str
    ) -> None:
        assert save(desk, address, retention_days="10", sure=sure).status_code == 409
        assert days_of(posted) == 30

    def test_a_mistake_asks_for_no_second_press(self, desk: FlaskClient, address: str) -> None:
        found = save(desk, address, retention_days="10", phone="12")
        assert found.status_code == 422 and 'name="sure"' not in found.text and ONE_DATE not in found.text


def test_an_old_page_does_not_undo_what_a_colleague_did(desk: FlaskClient, posted: Posted, address: str) -> None:
    old = filled(desk.get(address).text)
    assert save(desk, address, phone="312 555 0111").status_code == 303
    late = desk.post(address, data=old | {"website": "https://late.example"})
    assert late.status_code == 409 and "Somebody else changed this" in late.text and "https://late.example" in late.text
    assert kept(posted)["phone"] == "312-555-0111"
    again = filled(late.text) | {"phone": "312 555 0111"}
    assert desk.post(address, data=again).status_code == 303
    assert kept(posted)["website"] == "https://late.example"


@pytest.mark.parametrize("role", [COORDINATOR, CHECKIN_LEAD])
def test_other_roles_are_not_led_there(app: Flask, posted: Posted, world: ModuleType, address: str, role: str) -> None:
    with transaction():
        robin: Staff = world.organizer(role)
    desk = sign_in(app.test_client(), robin)
    assert address not in desk.get("/console/account").text
    assert desk.get(address).status_code == 403


def test_a_lead_elsewhere_finds_only_what_they_lead(
    app: Flask, posted: Posted, world: ModuleType, address: str
) -> None:
    with transaction():
        outsider = world.outsider()
    desk = sign_in(app.test_client(), outsider)
    assert desk.get(address).status_code == 404
    with transaction():
        organizations.add_member(posted.organization_id, outsider.user_id, COORDINATOR)
    page = desk.get("/console/account").text
    assert address not in page and f"/console/organizations/{outsider.organization_id}" in page
    assert desk.get(address).status_code == 403
    with transaction():
        organizations.add_member(posted.organization_id, outsider.user_id, LEAD)
    assert address in desk.get("/console/account").text and desk.get(address).status_code == 200
