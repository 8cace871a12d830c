"""What the people of a co-host find: the door of the dates where they are named, and nothing else of the host's."""

from __future__ import annotations

import uuid
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import events
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted, Staff
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Event, Occurrence
from scheduler.models.organization import CHECKIN_LEAD, LEAD
from scheduler.models.registration import Registration

from . import filling
from .signing_in import press, save, sign_in, token_in
from .test_isolation import Things, everything, paths, things

__all__ = ["things"]

DOOR = {"rosters", "door"}
"""Blueprints of which a co-host may open the pages that ask for no role."""


@pytest.fixture
def cohost(things: Things, world: ModuleType, app: Flask) -> Staff:
    """Somebody who checks people in at an organization that is named beside the host."""
    with transaction():
        staff: Staff = world.organizer(LEAD, "third-shore")
        event = db.session.get_one(Event, things.ids["event_id"])
        event.cohosts = [*event.cohosts, db.session.get_one(type(event.organization), staff.organization_id)]
    return staff


def test_they_open_the_door_and_nothing_else(app: Flask, client: FlaskClient, things: Things, cohost: Staff) -> None:
    sign_in(client, cohost)
    known = token_in(client.get("/console/account").text)
    opened = set()
    for path, methods, endpoint in paths(app, things, naming=True):
        at_the_door = endpoint.split(".")[0] in DOOR and not app.view_functions[endpoint].access.roles  # type: ignore[attr-defined]
        for method in sorted(methods - {"HEAD"}):
            if at_the_door and method == "GET":
                assert client.get(path).status_code == 200, endpoint
                opened.add(endpoint)
            elif not at_the_door:
                before = everything()
                answer = client.open(path, method=method, data={"csrf_token": known, "reason": "curious"})
                assert answer.status_code == 404, (method, endpoint, answer.status_code)
                assert "Marisol" not in answer.text
                assert everything() == before
    assert "rosters.show" in opened
    assert not {"rosters.person", "rosters.letters"} & opened


def test_they_check_people_in_and_the_host_can_read_who_looked(
    client: FlaskClient, things: Things, cohost: Staff, at: Any
) -> None:
    at(db.session.get_one(Occurrence, things.ids["occurrence_id"]).starts_at)
    sign_in(client, cohost)
    roster = f"/console/dates/{things.ids['occurrence_id']}/roster"
    page = client.get(roster).text
    assert "Marisol O." in page and "marisol@post.example" not in page
    assert "/letters" not in page and "/calls" not in page
    place = things.ids["registration_id"]
    assert press(client, roster, f"/console/registrations/{place}/check-in").status_code == 303
    assert db.session.get_one(Registration, place).state == "checked_in"
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.user_id == cohost.user_id)).all()
    assert entries and {entry.organization_id for entry in entries} == {things.lead.organization_id}


def test_their_list_shows_the_date_without_a_way_to_edit(client: FlaskClient, things: Things, cohost: Staff) -> None:
    sign_in(client, cohost)
    page = client.get("/console/").text
    assert "Legal Help Morning" in page and "Lamplight Community House" in page
    assert f"/console/dates/{things.ids['occurrence_id']}/roster" in page
    assert f"/console/events/{things.ids['event_id']}" not in page


def test_nobody_who_is_not_named_finds_it(
    client: FlaskClient, things: Things, cohost: Staff, world: ModuleType
) -> None:
    with transaction():
        events.name_cohosts(things.ids["event_id"], [])
    sign_in(client, cohost)
    assert client.get(f"/console/dates/{things.ids['occurrence_id']}/roster").status_code == 404
    assert client.post(f"/console/registrations/{things.ids['registration_id']}/check-in").status_code in (400, 404)
    assert "Legal Help Morning" not in client.get("/console/").text
    sign_in(client, things.outsider)
    assert client.get(f"/console/dates/{things.ids['occurrence_id']}/roster").status_code == 404


# Naming them


@pytest.fixture
def posted(app: Flask, world: ModuleType, at: Any) -> Posted:
    at("2026-11-20 10:00")
    with transaction():
        return world.clinic()  # type: ignore[no-any-return]


@pytest.fixture
def partner(posted: Posted, world: ModuleType) -> uuid.UUID:
    with transaction():
        return world.organization("far-shore")  # type: ignore[no-any-return]


def test_the_editor_names_them_and_so_do_page_and_form(
    client: FlaskClient, posted: Posted, partner: uuid.UUID, world: ModuleType
) -> None:
    with transaction():
        staff = world.organizer(LEAD)
    sign_in(client, staff)
    words = f"/console/events/{posted.event_id}/words"
    assert str(posted.organization_id) not in client.get(words).text, "the host is not its own co-host"
    assert save(client, words, cohosts=[str(partner)]).status_code == 303
    for page in (client.get(f"/en/events/{posted.slug}").text, client.get(filling.address(posted)).text):
        assert "Lamplight Community House and Far Shore Community House can see your name" in page
    with transaction():
        world.attends(posted)
        world.organization("third-shore")
    page = client.get(words).text
    assert "Third Shore" not in page and "Far Shore" in page
    assert save(client, words, cohosts=None).status_code == 303
    assert 'name="cohosts"' not in client.get(words).text


def test_a_form_that_named_fewer_hosts_is_shown_again(client: FlaskClient, posted: Posted, partner: uuid.UUID) -> None:
    typed = filling.answers(client, posted)
    with transaction():
        events.name_cohosts(posted.event_id, [partner])
    answer = client.post(filling.address(posted), data=typed)
    assert answer.status_code == 422 and "Far Shore Community House" in answer.text and "Ana Vale" in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0
    again = client.post(filling.address(posted), data={**typed, "nonce": filling.nonce_in(answer.text)})
    assert again.status_code == 303


def test_a_form_that_promised_a_shorter_time_is_shown_again(client: FlaskClient, posted: Posted) -> None:
    with transaction():
        event = db.session.get_one(Event, posted.event_id)
        event.retention_days = 10
        occurrence = event.occurrences[0]
        occurrence.schedule(occurrence.starts_local, occurrence.ends_local, 10)
    typed = filling.answers(client, posted)
    with transaction():
        occurrence = db.session.get_one(Event, posted.event_id).occurrences[0]
        occurrence.schedule(occurrence.starts_local, occurrence.ends_local, 30)
    answer = client.post(filling.address(posted), data=typed)
    assert answer.status_code == 422 and "We erase it 30 days after the event." in answer.text


def test_who_only_checks_in_at_the_co_host_may_too(
    client: FlaskClient, posted: Posted, partner: uuid.UUID, world: ModuleType, at: Any
) -> None:
    with transaction():
        events.name_cohosts(posted.event_id, [partner])
        world.attends(posted)
        staff = world.organizer(CHECKIN_LEAD, "far-shore")
    at(db.session.get_one(Occurrence, posted.occurrence_id).starts_at)
    sign_in(client, staff)
    assert "Marisol O." in client.get(f"/console/dates/{posted.occurrence_id}/roster").text
