"""Every page of the console, for everybody who must not see it: another organization's things are not there at all."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from scheduler import registrations, trainings
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.demo.cast import Staff
from scheduler.models.checklist import Checklist
from scheduler.models.event import Occurrence
from scheduler.models.message import Message
from scheduler.models.offer import open_for
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR, LEAD
from scheduler.models.user import User
from scheduler.models.venue import Venue

from .signing_in import sign_in, token_in

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class Things:
    """One of everything that a path can name, all of the host, by the name that it has in paths."""

    ids: dict[str, uuid.UUID]
    lead: Staff
    coordinator: Staff
    door: Staff
    outsider: Staff


@pytest.fixture(params=[LEAD, COORDINATOR, CHECKIN_LEAD])
def outsider(request: pytest.FixtureRequest, app: Flask, world: ModuleType, at: Any) -> Staff:
    """Somebody of another organization, in each role: which it is must make no difference."""
    at("2026-11-20 10:00")
    with transaction():
        found: Staff = world.organizer(request.param, "far-shore")
    return found


@pytest.fixture
def things(app: Flask, world: ModuleType, at: Any) -> Things:
    at("2026-11-20 10:00")
    with transaction():
        posted = world.clinic()
        ids = {
            "organization_id": posted.organization_id,
            "event_id": posted.event_id,
            "occurrence_id": posted.occurrence_id,
            "slot_id": posted.slot_id,
            "venue_id": posted.venue_id,
            "checklist_id": posted.checklist_id,
            "registration_id": world.attends(posted),
        }
        ids["message_id"] = db.session.scalars(sa.select(Message.id)).one()
        ids["offer_id"] = offered(world)
        ids["training_id"], ids["booking_id"] = asked(posted.organization_id)
        return Things(
            ids, world.organizer(LEAD), world.organizer(COORDINATOR), world.organizer(CHECKIN_LEAD), world.outsider()
        )


def offered(world: ModuleType) -> uuid.UUID:
    """An offer that stands, on another date of the host."""
    full = world.workshop(seats=1)
    first, second = world.attends(full), world.attends(full, contact="second@post.example")
    registrations.cancel(first)
    found = open_for(second)
    assert found is not None
    return found.id


def asked(organization_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """A training of the host, and a request for it that it has taken up."""
    training_id = employers.offer(organization_id)
    said = employers.said(wishes=[employers.a_wish(20)], name="Marisol Ortega")
    booking_id = trainings.submit(training_id, said, "isolation").id
    trainings.take_up(booking_id)
    return training_id, booking_id


def staff_rules(app: Flask) -> list[Rule]:
    views = app.view_functions
    return [rule for rule in app.url_map.iter_rules() if views[rule.endpoint].access.kind == "staff"]  # type: ignore[attr-defined]


def paths(app: Flask, things: Things, naming: bool) -> list[tuple[str, set[str], str]]:
    """Path, methods and endpoint of the staff's routes; `naming`: of those that name a thing, or of all others."""
    found = []
    adapter = app.url_map.bind("localhost")
    for rule in staff_rules(app):
        unknown = rule.arguments - things.ids.keys()
        assert not unknown, f"{rule.rule}: add what {unknown} names to Things, so that outsiders are tried on it"
        if bool(rule.arguments) == naming:
            values = {name: things.ids[name] for name in rule.arguments}
            method = "GET" if "GET" in rule.methods else "POST"
            found.append(
                (adapter.build(rule.endpoint, values, method=method), rule.methods - {"OPTIONS"}, rule.endpoint)
            )
    return found


def everything() -> dict[str, list[str]]:
    """All rows of all tables but the sessions, whose last-seen time may move."""
    db.session.rollback()
    tables = [table for table in db.metadata.sorted_tables if table.name != "sign_in"]
    return {table.name: sorted(map(repr, db.session.execute(sa.select(table)))) for table in tables}


def token(client: FlaskClient) -> str:
    return token_in(client.get("/console/account").text)


def test_the_lead_sees_all_of_it(app: Flask, client: FlaskClient, things: Things) -> None:
    """The control: with the right account the same paths are there."""
    sign_in(client, things.lead)
    for path, methods, endpoint in paths(app, things, naming=True):
        if "GET" in methods:
            assert client.get(path).status_code == 200, endpoint


def test_another_organization_finds_nothing(app: Flask, client: FlaskClient, things: Things, outsider: Staff) -> None:
    sign_in(client, outsider)
    known, before = token(client), everything()
    for path, methods, endpoint in paths(app, things, naming=True):
        for method in methods:
            answer = client.open(path, method=method, data={"csrf_token": known, "reason": "curious"})
            assert answer.status_code == 404, (method, endpoint, answer.status_code)
            if method != "HEAD":
                assert "Marisol" not in answer.text and "Harbor Street" not in answer.text
    assert everything() == before


def test_what_is_not_there_and_what_is_not_ours_look_alike(
    app: Flask, client: FlaskClient, things: Things, outsider: Staff
) -> None:
    sign_in(client, outsider)
    adapter = app.url_map.bind("localhost")
    for rule in staff_rules(app):
        if rule.arguments and "GET" in rule.methods:
            theirs = client.get(adapter.build(rule.endpoint, {name: things.ids[name] for name in rule.arguments}))
            nobodys = client.get(adapter.build(rule.endpoint, {name: uuid.uuid4() for name in rule.arguments}))
            assert (theirs.status_code, theirs.text) == (nobodys.status_code, nobodys.text) == (404, theirs.text)


def test_strangers_are_sent_to_sign_in(app: Flask, client: FlaskClient, things: Things) -> None:
    before = everything()
    for naming in (True, False):
        for path, methods, endpoint in paths(app, things, naming):
            for method in methods:
                answer = client.open(path, method=method, data={"csrf_token": "guess"})
                assert answer.status_code == 303, (method, endpoint, answer.status_code)
                assert answer.location.startswith("/sign-in?next=/"), endpoint
    assert everything() == before


def test_methods_that_a_page_does_not_take_are_refused(app: Flask, client: FlaskClient, things: Things) -> None:
    sign_in(client, things.lead)
    known, before = token(client), everything()
    for naming in (True, False):
        taken: dict[str, set[str]] = {}
        for path, methods, _endpoint in paths(app, things, naming):
            taken.setdefault(path, set()).update(methods)
        for path, methods in taken.items():
            for method in set(METHODS) - methods:
                answer = client.open(path, method=method, data={"csrf_token": known})
                assert answer.status_code == 405, (method, path, answer.status_code)
    assert everything() == before


def test_without_the_token_of_a_form_nothing_is_changed(app: Flask, client: FlaskClient, things: Things) -> None:
    sign_in(client, things.lead)
    before = everything()
    for naming in (True, False):
        for path, methods, endpoint in paths(app, things, naming):
            for method in methods - {"GET", "HEAD"}:
                for typed in ({}, {"csrf_token": "guess"}):
                    assert client.open(path, method=method, data=typed).status_code == 400, endpoint
    assert everything() == before


def test_who_checks_in_does_nothing_else(app: Flask, client: FlaskClient, things: Things) -> None:
    sign_in(client, things.door)
    known, before = token(client), everything()
    refused = set()
    for naming in (True, False):
        for path, methods, endpoint in paths(app, things, naming):
            roles = app.view_functions[endpoint].access.roles  # type: ignore[attr-defined]
            for method in methods:
                if roles and CHECKIN_LEAD not in roles:
                    answer = client.open(path, method=method, data={"csrf_token": known})
                    assert answer.status_code == 403, (method, endpoint, answer.status_code)
                    refused.add(endpoint.split(".")[0])
    assert {"venues", "checklists", "editor"} <= refused
    assert everything() == before


def test_a_role_elsewhere_opens_nothing_here(
    app: Flask, client: FlaskClient, things: Things, world: ModuleType
) -> None:
    """Somebody who leads one organization and only checks in at another one does not lead there."""
    from scheduler import organizations

    with transaction():
        host = db.session.get_one(Occurrence, things.ids["occurrence_id"]).event.organization_id
        organizations.add_member(host, things.outsider.user_id, CHECKIN_LEAD)
    sign_in(client, things.outsider)
    known, before = token(client), everything()
    for path, methods, endpoint in paths(app, things, naming=True):
        roles = app.view_functions[endpoint].access.roles  # type: ignore[attr-defined]
        if roles and CHECKIN_LEAD not in roles:
            for method in methods:
                answer = client.open(path, method=method, data={"csrf_token": known})
                assert answer.status_code == 403, (method, endpoint, answer.status_code)
    assert everything() == before


def test_what_belongs_to_everybody_is_still_for_the_roles_that_may_read_it(
    client: FlaskClient, things: Things, outsider: Staff
) -> None:
    role = db.session.get_one(User, outsider.user_id).memberships[0].role
    with transaction():
        db.session.get_one(Venue, things.ids["venue_id"]).organization_id = None
        db.session.get_one(Checklist, things.ids["checklist_id"]).organization_id = None
    sign_in(client, outsider)
    known, expected = token(client), 403 if role == CHECKIN_LEAD else 200
    for path in (f"/console/venues/{things.ids['venue_id']}", f"/console/checklists/{things.ids['checklist_id']}"):
        assert client.get(path).status_code == expected
        assert client.post(path, data={"csrf_token": known}).status_code == 403


def test_a_list_of_others_is_no_model(client: FlaskClient, things: Things) -> None:
    sign_in(client, things.outsider)
    for wished in (things.ids["checklist_id"], uuid.uuid4(), "nonsense"):
        assert client.get(f"/console/checklists/new?like={wished}").status_code == 404


def test_own_lists_show_nothing_of_others(client: FlaskClient, things: Things) -> None:
    sign_in(client, things.outsider)
    for path in (
        "/console/",
        "/console/?show=past",
        "/console/?show=drafts",
        "/console/venues/",
        "/console/checklists/",
    ):
        page = client.get(path).text
        for thing in things.ids.values():
            assert str(thing) not in page, path


def test_each_try_at_what_is_not_theirs_stands_in_the_log(
    client: FlaskClient, things: Things, outsider: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    """To them both look alike; who looks after the house sees that somebody tries doors."""
    sign_in(client, outsider)
    for occurrence_id, tries in ((uuid.uuid4(), 0), (things.ids["occurrence_id"], 1)):
        caplog.clear()
        assert client.get(f"/console/dates/{occurrence_id}/roster").status_code == 404
        told = [record.getMessage() for record in caplog.records if "another organization's" in record.getMessage()]
        assert len(told) == tries
        assert all(str(outsider.user_id) in words and "rosters.show" in words for words in told)
        assert not any(str(occurrence_id) in words for words in told)
