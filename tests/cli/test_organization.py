"""How an organization is reached, and how long it keeps names, said at the operators' terminal."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models.event import Event, Occurrence
from scheduler.models.organization import Organization

from ..ground.mail import Sink
from .test_commands import call

HOST = "Lamplight Community House"


@pytest.fixture
def posted(world: ModuleType, at: Any) -> Posted:
    at("2026-11-20 10:00")
    with transaction():
        made: Posted = world.workshop()
        world.attends(made)
    return made


def fact(name: str) -> Any:
    return db.session.scalars(sa.select(getattr(Organization, name))).one()


def test_all_of_it_is_set_and_said(app: Flask, posted: Posted) -> None:
    done = call(
        app, "organization", "set", HOST, "--phone", "+1 (312) 555-0177", "--email", "desk@lamplight.example",
        "--website", "https://lamplight.example", "--discreet-sender", "Reading room", "--keep-days", "14",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert [line.split(maxsplit=1) for line in done.output.splitlines()[1:]] == [
        ["--phone", "312-555-0177"],
        ["--email", "desk@lamplight.example"],
        ["--website", "https://lamplight.example"],
        ["--discreet-sender", "Reading room"],
        ["--keep-days", "14"],
    ]
    assert (fact("phone"), fact("discreet_sender"), fact("retention_days")) == ("312-555-0177", "Reading room", 14)
    assert db.session.get_one(Occurrence, posted.occurrence_id).days_kept == 14


def test_what_is_not_named_stays(app: Flask, posted: Posted) -> None:
    done = call(app, "organization", "set", "lamplight", "--website", "https://lamplight.example")
    assert done.exit_code == 0 and done.output.startswith(HOST)
    assert (fact("phone"), fact("email"), fact("retention_days")) == ("312-555-0190", "hello@lamplight.example", 30)
    assert call(app, "organization", "set", "lamplight", "--website", "").exit_code == 0
    assert fact("website") == "" and "(none)" in call(app, "organization", "set", "lamplight").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Nowhere", "--phone", "312 555 0177"], "There is no organization Nowhere."),
        (["lamplight", "--phone", "12"], "--phone: Write a phone with 10 numbers"),
        (["lamplight", "--email", "desk"], "--email: Write an e-mail address like"),
        (["lamplight", "--website", "http://x.example"], "--website: Write an address that starts with https://"),
        (["lamplight", "--discreet-sender", ""], "--discreet-sender: Write who these letters come from"),
        (["lamplight", "--discreet-sender", "a\nb"], "--discreet-sender: There was a line break"),
        (["lamplight", "--keep-days", "61", "--phone", ""], "--keep-days: Write a number from 7 to 60."),
        (["lamplight", "--keep-days", "many"], "--keep-days: Write a number from 7 to 60."),
    ],
)
def test_what_is_wrong_is_said(app: Flask, posted: Posted, words: list[str], said: str) -> None:
    done = call(app, "organization", "set", *words)
    assert done.exit_code == 1 and said in done.output
    assert (fact("phone"), fact("discreet_sender"), fact("retention_days")) == (
        "312-555-0190", "Calendar desk / Agenda", 30,
    )  # fmt: skip


def test_what_would_be_erased_at_once_is_said_first(app: Flask, posted: Posted, at: Any) -> None:
    at("2026-12-24 10:00")
    asked = call(app, "organization", "set", "lamplight", "--keep-days", "7", "--phone", "312 555 0177")
    assert asked.exit_code == 1 and "1 date that is over would be erased within the hour." in asked.output
    assert "add: --erase 1" in asked.output and (fact("phone"), fact("retention_days")) == ("312-555-0190", 30)
    assert call(app, "organization", "set", "lamplight", "--keep-days", "7", "--erase", "1").exit_code == 0
    assert fact("retention_days") == 7


class TestDoctor:
    def test_it_names_who_cannot_be_called(
        self, app: Flask, posted: Posted, world: ModuleType, mail_sink: Sink
    ) -> None:
        with transaction():
            world.workshop(host="far-shore")
            db.session.execute(sa.update(Organization).values(phone=""))
        found = call(app, "doctor").output
        assert "note phones: nobody can call far-shore, lamplight, though" in found
        assert call(app, "organization", "set", "lamplight", "--phone", "312 555 0177").exit_code == 0
        assert "nobody can call far-shore, though" in call(app, "doctor").output

    @pytest.mark.parametrize(
        "change", [sa.update(Event).values(state="draft"), sa.update(Occurrence).values(state="cancelled"), None]
    )
    def test_nobody_needs_to_call_about_nothing(
        self, app: Flask, posted: Posted, at: Any, change: Any, mail_sink: Sink
    ) -> None:
        with transaction():
            db.session.execute(sa.update(Organization).values(phone=""))
            if change is not None:
                db.session.execute(change)
        if change is None:
            at.later(days=20)
        assert "ok   phones" in call(app, "doctor").output
