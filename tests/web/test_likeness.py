"""One's own page is drawn once for all whose places are alike, and still says of each person what is theirs, only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler import registrations
from scheduler.core import tokens
from scheduler.core.config import ROOT
from scheduler.core.extensions import db, transaction
from scheduler.models.message import Message
from scheduler.models.registration import Registration
from scheduler.web.places import base, holding, likeness

from .filling import kept

FIRST = {
    "name": "Zephyrine <b>",
    "email": "zephyrine@canary.example",
    "note": "Tengo\n& alergia",
    "phone": "312-555-0143",
}
SECOND = {"name": "Oluwaseun", "email": "olu@other.example", "note": "Llego tarde", "phone": "312-555-0199"}

WAYS: dict[str, dict[str, Any]] = {
    "e-mail": {"contact_kind": "email"},
    "helper": {"contact_kind": "helper_email", "children": "2"},
    "phone": {"contact_kind": "phone", "needs": ["reader", "step_free"]},
    "nothing": {"contact_kind": "none", "note": ""},
    "full words": {"contact_kind": "email", "full_words": "y", "party": "2"},
}


@pytest.fixture(autouse=True)
def now(at: Callable[[str], datetime]) -> datetime:
    return at("2026-12-01 10:00")


def place(client: FlaskClient, posted: Any, person: dict[str, str], lang: str, way: dict[str, Any]) -> str:
    return kept(client, posted, lang, **{"slot": None, **person, **way})


def drawn_alone(app: Flask, client: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page as it is drawn for this person, without anything that was kept."""
    with monkeypatch.context() as patch:
        for module in (base, holding):
            patch.setattr(module, "is_common", lambda *_: False)
        return client.get(path).text


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seats", [9, 2])
def test_every_page_is_the_persons_own(
    app: Flask, client: FlaskClient, world: ModuleType, monkeypatch: pytest.MonkeyPatch, lang: str, way: str, seats: int
) -> None:
    with transaction():
        posted = world.workshop(seats=seats, sensitive=True)
        if seats == 2:
            world.attends(posted, party=2)
    paths = [place(client, posted, person, lang, WAYS[way]) for person in (FIRST, SECOND)]
    alone = [drawn_alone(app, client, path, monkeypatch) for path in paths]
    assert [client.get(path).text for path in paths] == alone
    with monkeypatch.context() as patch:
        patch.setattr(base, "_draw", lambda *_, **__: pytest.fail("a page that was there already was drawn again"))
        if seats > 2:
            assert [client.get(path).text for path in paths] == alone, "two that are alike but for their own words"
    assert "Zephyrine &lt;b&gt;" in alone[0] and "Zephyrine" not in alone[1] and "canary" not in alone[1]


def test_what_is_kept_names_nobody(app: Flask, client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop(sensitive=True)
    path = place(client, posted, FIRST, "en", WAYS["e-mail"])
    shown = client.get(path).text
    registration = db.session.query(Registration).one()
    own = [
        "Zephyrine",
        "canary",
        "alergia",
        registration.code_shown,
        registration.token(),
        registration.token(tokens.FEED),
    ]
    assert all(word in shown for word in own)
    values = repr([value for key, value in app.extensions["shelf"]._values.items() if "place" in key[1]])
    assert "Your code" in values, "the page was not kept, so this test looks at nothing"
    assert not [word for word in own if word in values]


def test_what_changes_of_a_place_changes_its_page(
    app: Flask, client: FlaskClient, world: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        posted = world.workshop(sensitive=True)
    path = place(client, posted, FIRST, "en", WAYS["e-mail"])
    seen = {client.get(path).text}
    registration_id = db.session.query(Registration).one().id
    acts: list[Callable[[], object]] = [
        lambda: setattr(db.session.query(Message).one(), "state", "sent"),
        lambda: registrations.stop_reminders(registration_id),
        lambda: registrations.reconfirm(registration_id),
        lambda: registrations.renew_feed(registration_id),
        lambda: registrations.cancel(registration_id),
    ]
    for act in acts:
        with transaction():
            act()
        page = client.get(path).text
        assert page == drawn_alone(app, client, path, monkeypatch)
        assert page not in seen
        seen.add(page)


def test_a_stranger_has_what_the_pages_ask_for() -> None:
    """Jinja shows nothing where an attribute is missing: so all that the templates name must be there."""
    asked: set[str] = set()
    for name in ("show", "parts", "mine", "feed", "line"):
        template = (ROOT / f"templates/places/{name}.html").read_text()
        asked |= set(re.findall(r"\bregistration\.(\w+)", template))
    only_uncommon = {"employer", "occurrence", "id"}
    known = {*likeness.PLAIN, *likeness.Stranger.__init__.__code__.co_names}
    assert asked - only_uncommon <= known, "give likeness.Stranger what a page asks of a place, or leave it to others"
