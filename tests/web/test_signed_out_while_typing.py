"""A form that is sent after the session has ended: what was typed is not lost, and lies nowhere but in the page."""

from __future__ import annotations

import re
from html import unescape
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted, Staff
from scheduler.models.event import Event
from scheduler.models.organization import COORDINATOR

from .signing_in import filled, sign_in, token_in

KEPT = re.compile(r'name="kept" value="([^"]+)"')
FIELD = re.compile(r'<textarea name="([^"]+)" hidden>\s?(.*?)</textarea>', re.S)
TITLE = 'Títle with "quotes" & <signs>'


@pytest.fixture
def posted(app: Flask, world: ModuleType, at: Any) -> Posted:
    at("2026-11-20 10:00")
    with transaction():
        return world.clinic()  # type: ignore[no-any-return]


@pytest.fixture
def staff(world: ModuleType, posted: Posted) -> Staff:
    with transaction():
        return world.organizer(COORDINATOR)  # type: ignore[no-any-return]


@pytest.fixture
def words(posted: Posted) -> str:
    return f"/console/events/{posted.event_id}/words"


def send_too_late(client: FlaskClient, staff: Staff, words: str, at: Any, **typed: Any) -> Any:
    sign_in(client, staff)
    fields = {**filled(client.get(words).text), "title_en": TITLE, **typed}
    at.later(minutes=31)
    return client.post(words, data=fields)


def kept_in(page: str) -> str:
    found = KEPT.search(page)
    assert found, "the page keeps nothing"
    return found.group(1)


def sign_in_with(client: FlaskClient, staff: Staff, kept: str, password: str = "") -> Any:
    return client.post("/sign-in", data={"email": staff.email, "password": password or staff.password, "kept": kept})


def title(posted: Posted) -> str:
    db.session.rollback()
    return db.session.get_one(Event, posted.event_id).title["en"]


def test_nothing_that_was_typed_is_lost(client: FlaskClient, staff: Staff, posted: Posted, words: str, at: Any) -> None:
    ended = send_too_late(client, staff, words, at)
    assert ended.status_code == 403 and "You were signed out" in ended.text
    assert "quotes" not in ended.text, "it is sealed until somebody has signed in"
    assert ended.headers["Cache-Control"] == "no-store"
    assert title(posted) == "Legal Help Morning"

    back = sign_in_with(client, staff, kept_in(ended.text))
    assert back.status_code == 200 and f'action="{words}"' in back.text
    assert title(posted) == "Legal Help Morning", "only a person sends it again"
    seen = unescape(back.text)
    assert f">{TITLE}</bdi>" in seen and f">{words}</bdi>" in seen, "they see what they send, and where"
    fields: dict[str, list[str]] = {}
    for name, value in FIELD.findall(back.text):
        fields.setdefault(name, []).append(unescape(value))
    assert "csrf_token" not in fields
    answer = client.post(words, data={**fields, "csrf_token": token_in(back.text)})
    assert answer.status_code == 303, answer.text
    assert title(posted) == TITLE
    assert db.session.get_one(Event, posted.event_id).languages == ["en", "es"]


@pytest.mark.parametrize("elsewhere", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://other.example"}])
def test_a_form_of_another_site_is_not_kept_for_whoever_signs_in(
    client: FlaskClient, staff: Staff, posted: Posted, elsewhere: dict[str, str]
) -> None:
    """The cookie stays at home when another site sends a form, which looks as if the session had ended."""
    typed = {"reason_en": "A stranger wrote this", "reason_es": "Lo escribió un extraño", "sure": "yes"}
    for signed_in in (False, True):
        if signed_in:
            sign_in(client, staff)
        answer = client.post(f"/console/dates/{posted.occurrence_id}/cancellation", data=typed, headers=elsewhere)
        assert answer.status_code == 403 and "kept" not in answer.text and "stranger" not in answer.text


def test_a_wrong_password_loses_nothing_either(client: FlaskClient, staff: Staff, words: str, at: Any) -> None:
    kept = kept_in(send_too_late(client, staff, words, at).text)
    wrong = sign_in_with(client, staff, kept, "not-the-right-phrase")
    assert wrong.status_code == 422 and kept_in(wrong.text) == kept
    assert sign_in_with(client, staff, kept_in(wrong.text)).status_code == 200


@pytest.mark.parametrize("spoiled", ["", "x", "AAAA", "Ã", "a" * 5000])
def test_what_we_did_not_seal_is_not_shown(client: FlaskClient, staff: Staff, spoiled: str) -> None:
    answer = sign_in_with(client, staff, spoiled)
    assert answer.status_code == 303 and answer.location == "/console/"


def test_after_an_hour_it_is_gone(client: FlaskClient, staff: Staff, words: str, at: Any) -> None:
    kept = kept_in(send_too_late(client, staff, words, at).text)
    at.later(minutes=61)
    assert sign_in_with(client, staff, kept).status_code == 303


def test_passwords_and_bare_buttons_are_not_kept(client: FlaskClient, staff: Staff, posted: Posted, at: Any) -> None:
    sign_in(client, staff)
    at.later(minutes=31)
    for path, typed in (
        ("/console/account/password", {"old": staff.password, "password": "another-long-phrase"}),
        (f"/console/dates/{posted.occurrence_id}/closing", {}),
        (f"/console/events/{posted.event_id}/publication", {"csrf_token": "old"}),
    ):
        answer = client.post(path, data=typed)
        assert answer.status_code == 303 and answer.location.startswith("/sign-in"), path


def test_nothing_is_written_down(client: FlaskClient, staff: Staff, posted: Posted, words: str, at: Any) -> None:
    tables = [table for table in db.metadata.sorted_tables if table.name != "sign_in"]
    db.session.rollback()
    before = {table.name: sorted(map(repr, db.session.execute(sa.select(table)))) for table in tables}
    send_too_late(client, staff, words, at)
    db.session.rollback()
    assert {table.name: sorted(map(repr, db.session.execute(sa.select(table)))) for table in tables} == before
