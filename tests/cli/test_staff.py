"""Who works for an organization, said at the operators' terminal."""

from __future__ import annotations

import re
import uuid
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import accounts, audits, postman
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Staff
from scheduler.models.audit import AuditEntry
from scheduler.models.user import Membership, SignIn

from ..ground.mail import Sink
from ..web.signing_in import sign_in
from .test_commands import call

HOST = "Lamplight Community House"
DOOR = "door@post.example"


@pytest.fixture
def robin(world: ModuleType) -> Staff:
    with transaction():
        return world.organizer()


def roles() -> list[tuple[uuid.UUID, str]]:
    rows = db.session.execute(sa.select(Membership.user_id, Membership.role).order_by(Membership.role))
    return [(user_id, role) for user_id, role in rows]


def written() -> list[tuple[uuid.UUID, str, uuid.UUID]]:
    """The acts in the chain, with who did them and about whom."""
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number))
    return [(entry.user_id, entry.act, entry.subject_id) for entry in entries]


class TestAdding:
    def test_who_is_known_gets_another_role_at_once(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        sign_in(client, robin)
        assert client.get("/console/venues/").status_code == 200
        made = call(app, "staff", "add", robin.email.upper(), HOST, "--role", "checkin_lead")
        assert made.exit_code == 0 and f"is checkin_lead of {HOST} now." in made.output
        assert "letter" not in made.output and f"Nobody leads {HOST} now." in made.output
        assert roles() == [(robin.user_id, "checkin_lead")]
        assert client.get("/console/venues/").status_code == 403 and client.get("/console/").status_code == 200
        assert written() == [(audits.OPERATOR, "member made checkin_lead", robin.user_id)]
        assert audits.check_chain(robin.organization_id) is None

    def test_a_second_organization_is_no_second_account(self, app: Flask, robin: Staff, world: ModuleType) -> None:
        with transaction():
            world.organization("far-shore")
        made = call(app, "staff", "add", robin.email, "far-shore", "--role", "coordinator")
        assert made.exit_code == 0, made.output
        assert roles() == [(robin.user_id, "coordinator"), (robin.user_id, "lead")]

    def test_who_is_new_sets_a_password_by_the_mailed_link(
        self, app: Flask, client: FlaskClient, robin: Staff, letters_sent: Sink
    ) -> None:
        made = call(app, "staff", "add", DOOR, "lamplight", "--role", "checkin_lead", "--name", "Dee Door")
        assert made.exit_code == 0 and "A letter with a link is on its way" in made.output
        assert "Nobody leads" not in made.output
        postman.deliver_due()
        (letter,) = letters_sent.to(DOOR)
        body = letter.get_body(("plain",))
        assert body
        found = re.search(r"http://localhost:8000(/sign-in/help/\S{72})", body.get_content())
        assert found and client.post(found.group(1), data={"password": "four words in a row"}).status_code == 303
        sign_in(client, Staff(uuid.uuid4(), robin.organization_id, DOOR, "four words in a row"))
        assert client.get("/console/").status_code == 200 and client.get("/console/venues/").status_code == 403

    def test_the_name_of_somebody_new_is_asked_for(self, app: Flask, robin: Staff) -> None:
        words = ["staff", "add", DOOR, "lamplight", "--role", "coordinator"]
        made = app.test_cli_runner().invoke(args=words, input="Dee Door\n")
        assert made.exit_code == 0, made.output
        found = accounts.by_email(DOOR)
        assert found and found.name == "Dee Door"

    @pytest.mark.parametrize(
        ("email", "host", "role", "words"),
        [
            ("nobody", HOST, "lead", "not an e-mail address"),
            (DOOR, "Nowhere", "lead", "There is no organization Nowhere."),
            (DOOR, HOST, "owner", "'owner' is not one of 'lead', 'coordinator', 'checkin_lead'"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, app: Flask, robin: Staff, email: str, host: str, role: str, words: str
    ) -> None:
        made = call(app, "staff", "add", email, host, "--role", role, "--name", "Dee")
        assert made.exit_code in (1, 2) and words in made.output
        assert accounts.by_email(email) is None and roles() == [(robin.user_id, "lead")] and not written()


class TestRemoving:
    def test_what_is_open_in_a_browser_closes(
        self, app: Flask, client: FlaskClient, robin: Staff, world: ModuleType
    ) -> None:
        with transaction():
            stays = world.organizer()
        other = sign_in(app.test_client(), stays)
        sign_in(client, robin)
        gone = call(app, "staff", "remove", robin.email, HOST)
        assert gone.exit_code == 0 and f"is not in {HOST} any more, and signed out everywhere." in gone.output
        assert client.get("/console/").status_code == 303 and other.get("/console/").status_code == 200
        assert roles() == [(stays.user_id, "lead")]
        assert written() == [(audits.OPERATOR, audits.MEMBER_REMOVED, robin.user_id)]
        assert audits.check_chain(robin.organization_id) is None
        again = client.post("/sign-in", data={"email": robin.email, "password": robin.password})
        assert again.status_code == 422 and "Set-Cookie" not in again.headers
        assert "does not belong to any organization any more" in again.text

    def test_who_has_another_organization_signs_in_to_that_only(
        self, app: Flask, client: FlaskClient, robin: Staff, world: ModuleType
    ) -> None:
        with transaction():
            clinic, other = world.clinic(), world.organization("far-shore")
        assert call(app, "staff", "add", robin.email, "far-shore", "--role", "lead").exit_code == 0
        roster = f"/console/dates/{clinic.occurrence_id}/roster"
        assert sign_in(client, robin).get(roster).status_code == 200
        gone = call(app, "staff", "remove", robin.email, "lamplight")
        assert "Nobody leads" in gone.output and client.get(roster).status_code == 303
        assert sign_in(client, robin).get(roster).status_code == 404
        assert db.session.scalars(sa.select(Membership.organization_id)).all() == [other]

    @pytest.mark.parametrize(
        ("email", "host", "words"),
        [
            ("nobody@post.example", HOST, "Nobody has this e-mail."),
            ("robin", "far-shore", "is not in Far Shore Community House."),
            ("robin", "Nowhere", "There is no organization Nowhere."),
        ],
    )
    def test_what_is_wrong_is_said(
        self, app: Flask, client: FlaskClient, robin: Staff, world: ModuleType, email: str, host: str, words: str
    ) -> None:
        with transaction():
            world.organization("far-shore")
        sign_in(client, robin)
        gone = call(app, "staff", "remove", robin.email if email == "robin" else email, host)
        assert gone.exit_code == 1 and words in gone.output
        assert client.get("/console/").status_code == 200 and not written()


def test_a_stolen_laptop_is_signed_out_for_somebody(app: Flask, client: FlaskClient, robin: Staff) -> None:
    sign_in(client, robin)
    done = call(app, "staff", "sign-out", robin.email)
    assert done.exit_code == 0 and "is signed out everywhere." in done.output
    assert client.get("/console/").status_code == 303 and roles() == [(robin.user_id, "lead")]
    assert call(app, "staff", "sign-out", "nobody@post.example").exit_code == 1


def test_the_list_says_who_and_what_and_when(app: Flask, client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-20 10:00")
    with transaction():
        lead, door, outsider = world.organizer(), world.organizer("checkin_lead"), world.outsider()
    sign_in(client, door)
    at.later(minutes=20)
    client.get("/console/")
    sign_in(app.test_client(), outsider)
    said = call(app, "staff", "list", "lamplight")
    assert said.exit_code == 0
    assert [line.split(maxsplit=2) for line in said.output.splitlines()] == [
        [lead.email, "lead", "not seen yet"],
        [door.email, "checkin_lead", "last seen 2026-11-20 16:20+00:00"],
    ]
    assert db.session.scalar(sa.select(sa.func.count(SignIn.id))) == 2
    assert call(app, "staff", "list", "Nowhere").exit_code == 1


def test_the_first_lead_stands_in_the_chain_too(app: Flask) -> None:
    facts = ["--email", "a@b.example", "--name", "A", "--password", "four words in a row", "--organization", "House"]
    assert call(app, "create-admin", *facts).exit_code == 0
    assert [(who, act) for who, act, _about in written()] == [(audits.OPERATOR, "member made lead")]
