"""An event's page: all that a person needs before coming, and nothing that is nobody's business."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler.core.extensions import db, transaction
from scheduler.models.checklist import Checklist
from scheduler.models.event import Event, Occurrence

from ..ground.statements import counted
from .reading import page, read, slugs, wall


@pytest.fixture(autouse=True)
def monday(app: Flask, at: Callable[[str], datetime]) -> None:
    at("2026-11-23 09:00")


def test_an_event_tells_everything(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        world.clinic(
            slug="lawyer", starts_local=wall(5, "09:30", 12), interpretation=["uk"], amenities=["free", "snacks"]
        )
    text = page(client, "/en/events/lawyer")
    for words in (
        "Saturday, December 5, 2026, 9:30 AM – 12:00 PM", "Chicago time", "Harbor Street Library, Room 2",
        "1810 S. Harbor St., Chicago, IL 60608", "Pink Line 18th; bus 60", "Step-free entrance", "Українська", "Free",
        "No child care here", "Snacks", "What to bring", "Your letters, if you have them.", "November 13, 2026",
        "Plan for about 60 minutes.", "Talk with a lawyer", "Lamplight Community House", "312-555-0190",
        "Never sign blank forms.", "unless a court makes us", "30 days after the event", "9:30 AM", "10:30 AM",
    ):  # fmt: skip
        assert words in read(text), words
    assert 'datetime="2026-12-05T09:30-06:00"' in text
    assert 'href="/events/lawyer.ics?lang=en"' in text
    assert "Set-Cookie" not in client.get("/en/events/lawyer").headers and "<form" not in text


def test_the_name_of_a_form_is_not_broken_in_a_title(client: FlaskClient, world: ModuleType) -> None:
    """By markup: what is copied, searched or read aloud keeps its plain hyphen."""
    with transaction():
        world.clinic(slug="forms", title={"en": "I-9, I-821D <now> and e-mail: a well-known 3-day help"})
    whole = (
        '<span class="nb">I-9</span>, <span class="nb">I-821D</span> &lt;now&gt; and <span class="nb">e-mail</span>:'
        " a well-known 3-day help"
    )
    assert f">{whole}</h1>" in page(client, "/en/events/forms") and f">{whole}</a>" in page(client, "/en/")
    assert "<title>I-9, I-821D &lt;now&gt; and e-mail" in page(client, "/en/events/forms")


def test_a_hidden_address_stays_hidden(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        venue = world.venue(world.organization(), hidden=True)
        world.clinic(slug="lawyer", venue_id=venue)
    for path in ("/en/", "/en/events/lawyer", "/es/events/lawyer"):
        text = page(client, path)
        assert "Pilsen" in text
        assert "Harbor" not in text and "60608" not in text and "geo:" not in text
    assert "You get the address when you have a place." in page(client, "/en/events/lawyer")


def test_a_canceled_date_says_why_and_what_else(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        world.clinic(slug="lawyer", state="cancelled", cancel_reason={"en": "No heat", "es": "Sin calefacción"})
        world.clinic(slug="another")
        world.workshop(slug="papers", type="daca_renewal")
    text = page(client, "/en/events/lawyer")
    assert "This date is canceled" in text and "No heat" in text and "Please do not travel." in text
    assert slugs(text) == ["another"]
    assert "/lawyer/place" not in text
    assert 'class="event gone"' in page(client, "/en/")


def test_a_moved_date_says_from_where_to_where(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        moved = world.workshop(slug="evening", starts_local=wall(5, "18:00", 12))
        db.session.get_one(Occurrence, moved.occurrence_id).moved_from_local = wall(28, "17:00")
    text = read(page(client, "/en/events/evening"))
    assert "It was: Saturday, November 28, 5:00 PM Now it is: Saturday, December 5, 6:00 PM" in text
    assert "Moved" in read(page(client, "/en/"))


def test_an_old_list_says_so(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slug="lawyer")
        db.session.get_one(Checklist, clinic.checklist_id).reviewed_on = date(2025, 11, 1)
    assert "This list may be old." in page(client, "/en/events/lawyer")


def test_words_that_are_missing_stand_in_english_and_say_so(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        evening = world.workshop(slug="evening", starts_local=wall(5, "18:00", 12))
        db.session.get_one(Event, evening.event_id).title = {"en": "Paper Evening"}
    text = page(client, "/es/events/evening")
    assert '<h1 lang="en" dir="ltr">Paper Evening</h1>' in text
    assert "sábado, 5 de diciembre de 2026" in text
    assert '<h3><a href="/es/events/evening" lang="en" dir="ltr">Paper Evening</a></h3>' in page(client, "/es/")


@pytest.mark.parametrize(
    ("admission", "words", "button"),
    [
        ("single_session", "Places", True), ("seats", "Places", True), ("open_door", "Just come", True),
        ("numbers", "Just come", False), ("invite_code", "By invitation", False),
    ],
)  # fmt: skip
def test_how_to_come(client: FlaskClient, world: ModuleType, admission: str, words: str, button: bool) -> None:
    with transaction():
        world.workshop(slug="evening", admission=admission)
    text = page(client, "/en/events/evening")
    assert words in read(text)
    assert ('href="/en/events/evening/place"' in text) is button


def test_times_that_are_over_are_left_out(client: FlaskClient, world: ModuleType, at: Any) -> None:
    with transaction():
        clinic = world.clinic(slug="lawyer", starts_local=wall(24, "09:30"))
    at("2026-11-24 09:45")
    text = page(client, "/en/events/lawyer")
    offered = re.findall(r"/en/events/lawyer/place\?slot=([\w-]+)", text)
    assert offered == [str(slot) for slot in clinic.slot_ids[1:]]
    at("2026-11-24 10:45")
    assert "/lawyer/place" not in page(client, "/en/events/lawyer")


@pytest.mark.parametrize("state", ["published", "cancelled"])
def test_an_event_asks_the_database_eight_times_at_most(client: FlaskClient, world: ModuleType, state: str) -> None:
    with transaction():
        world.clinic(slots=8, slug="lawyer", state=state)
        world.clinic(slug="another")
    with counted() as asked:
        page(client, "/en/events/lawyer")
    assert len(asked) <= 8
