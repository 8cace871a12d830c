"""What is coming: the list with its filters, room in words, and what it asks of the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.demo import large
from scheduler.demo.cast import Posted
from scheduler.models.event import Occurrence
from scheduler.models.venue import Venue

from ..ground.statements import counted
from .reading import page, read, slugs, wall

MONDAY = "2026-11-23 09:00"
ALL = ["lawyer", "papers", "screen", "staff"]


@pytest.fixture(autouse=True)
def monday(app: Flask, at: Callable[[str], datetime]) -> None:
    at(MONDAY)


# The list


@pytest.fixture
def several(world: ModuleType) -> None:
    """One event behind each of four doors, in the order of their dates."""
    with transaction():
        clinic = world.clinic(
            slug="lawyer", starts_local=wall(24), languages=["es"], interpretation=["ar"],
            amenities=["free", "child_care"],
        )  # fmt: skip
        world.workshop(slug="papers", type="daca_renewal", starts_local=wall(28, "17:30"), languages=["en", "es"])
        online = world.venue(clinic.organization_id, online=True)
        world.workshop(
            slug="screen", type="wellness", starts_local=wall(1, "09:00", 12), venue_id=online, format="online",
            languages=["pl"], amenities=["captions"], title={"en": "Quiet Café", "es": "Café tranquilo"},
        )  # fmt: skip
        loop = world.venue(clinic.organization_id)
        db.session.get_one(Venue, loop).area = "Loop"
        world.workshop(
            slug="staff", type="employer_training", starts_local=wall(9, "12:00", 12), venue_id=loop, languages=["en"]
        )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ALL),
        ("topic=legal", ["lawyer"]),
        ("topic=daca_renewal", ["papers"]),
        ("topic=learning", []),
        ("language=es", ["lawyer", "papers"]),
        ("language=ar", ["lawyer"]),
        ("area=loop", ["staff"]),
        ("needs=child_care", ["lawyer"]),
        ("needs=child_care&needs=online", []),
        ("needs=free,child_care", ["lawyer"]),
        ("needs=online", ["screen"]),
        ("needs=step_free", ["lawyer", "papers", "staff"]),
        ("when=week", ["lawyer", "papers"]),
        ("when=weekend", ["papers"]),
        ("when=evening", ["papers"]),
        ("from=2026-12-01", ["screen", "staff"]),
        ("q=cafe", ["screen"]),
        ("q=LOOP", ["staff"]),
        ("q=100%25", []),
        ("topic=daca&language=es&area=Pilsen", ["papers"]),
        ("topic=magic&area=Atlantis&language=tlh&needs=gold&when=never&from=x&page=x", ALL),
        ("page=-3", ALL),
        ("page=99", ALL),
    ],
)  # fmt: skip
def test_filters(client: FlaskClient, several: None, query: str, found: list[str]) -> None:
    assert slugs(page(client, f"/en/events?{query}")) == found


def test_the_front_door_leads_to_the_language_of_the_browser(client: FlaskClient) -> None:
    for wished, language in {"es-MX,es;q=0.9": "es", "pl,en;q=0.5": "en", "": "en"}.items():
        response = client.get("/", headers={"Accept-Language": wished})
        assert (response.status_code, response.location) == (302, f"/{language}/")
        assert "Accept-Language" in response.headers["Vary"]


def test_a_row_says_all_that_matters(client: FlaskClient, several: None) -> None:
    text = read(page(client, "/en/"))
    for words in (
        "This week", "Next week", "Week of December 7", "10:00 AM – 12:30 PM, Chicago time", "Pilsen",
        "Pink Line 18th; bus 60", "Legal clinic", "Español", "Free", "Child care", "Places",
    ):  # fmt: skip
        assert words in text
    assert "4 events" in text


def test_the_street_stands_only_over_the_first_page(client: FlaskClient, several: None) -> None:
    assert 'class="street"' in page(client, "/en/")
    assert 'class="street"' not in page(client, "/en/events?topic=legal")


def test_chosen_filters_are_said_and_can_be_taken_away(client: FlaskClient, several: None) -> None:
    text = page(client, "/en/events?topic=learning&language=es&needs=child_care&from=2026-11-24")
    assert "No events match yet" in text
    assert "0 events · Learn or volunteer , with Spanish , from November 24, 2026 , Child care · Clear" in read(text)
    without_topic = "/en/events?language=es&amp;needs=child_care&amp;from=2026-11-24"
    assert f'href="{without_topic}"' in text
    assert slugs(page(client, unescape(without_topic))) == ["lawyer"]
    assert '<input type="hidden" name="from" value="2026-11-24">' in text


def test_the_language_switch_keeps_the_page(client: FlaskClient, several: None) -> None:
    text = page(client, "/en/events?topic=legal&language=es")
    assert '<a href="/es/events?topic=legal&amp;language=es" lang="es" hreflang="es"' in text
    event = page(client, "/en/events/lawyer")
    assert '<a href="/es/events/lawyer" lang="es" hreflang="es"' in event
    assert '<link rel="alternate" hreflang="es" href="http://localhost:8000/es/events/lawyer">' in event
    assert '<link rel="canonical" href="http://localhost:8000/en/events/lawyer">' in event


def test_what_is_typed_is_only_shown(client: FlaskClient, several: None) -> None:
    text = page(client, "/en/events?q=%3Cscript%3Ealert(1)%3C/script%3E&area=%22%3E%3Cu%3E")
    assert "<script>alert" not in text and '"><u>' not in text


def test_pages_of_twenty(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        for number in range(23):
            world.workshop(slug=f"evening-{number:02}", starts_local=wall(24) + timedelta(hours=number))
    first, second = page(client, "/en/"), page(client, "/en/events?page=2")
    assert slugs(first) == [f"evening-{number:02}" for number in range(20)]
    assert slugs(second) == ["evening-20", "evening-21", "evening-22"]
    assert 'href="/en/events?page=2"' in first and "Show 3 more events" in first
    assert "Page 2 of 2" in second


@pytest.mark.parametrize(
    ("state", "visibility", "listed", "status"),
    [
        ("published", "public", True, 200), ("cancelled", "public", True, 200), ("completed", "public", False, 200),
        ("published", "unlisted", False, 200), ("published", "private", False, 404), ("draft", "public", False, 404),
        ("in_review", "public", False, 404), ("draft", "unlisted", False, 404),
    ],
)  # fmt: skip
def test_who_may_see_what(
    client: FlaskClient, world: ModuleType, state: str, visibility: str, listed: bool, status: int
) -> None:
    with transaction():
        world.workshop(slug="evening", state=state, visibility=visibility)
    assert ("evening" in slugs(page(client, "/en/"))) is listed
    response = client.get("/en/events/evening")
    assert response.status_code == status
    if visibility == "unlisted" and status == 200:
        assert response.headers["X-Robots-Tag"] == "noindex" and 'content="noindex"' in response.text
    if status == 404:
        assert response.text.replace("/evening", "") == client.get("/en/events/no-such").text.replace("/no-such", "")


def test_what_is_not_there_is_told_in_the_language_of_its_address(client: FlaskClient) -> None:
    answer = client.get("/es/nothing-here")
    assert answer.status_code == 404 and '<html lang="es"' in answer.text


def test_what_is_over_leaves_the_list(client: FlaskClient, world: ModuleType, at: Any) -> None:
    with transaction():
        world.workshop(slug="evening", starts_local=wall(24, "18:00"), minutes=90)
    at("2026-11-24 19:29")
    assert slugs(page(client, "/en/")) == ["evening"]
    at("2026-11-24 19:30")
    assert slugs(page(client, "/en/")) == []
    assert "This event is over." in page(client, "/en/events/evening")


# Room


def test_room_is_told_in_words_and_never_in_numbers(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slots=2, seats=4, slug="lawyer")
    words = []
    for _ in range(9):
        with transaction():
            taken = db.session.get_one(Occurrence, clinic.occurrence_id)
            slot = next((one for one in taken.slots if one.free), taken.slots[-1])
            world.attends(clinic, clinic.slot_ids.index(slot.id), contact_kind="none", contact="")
        listed, shown = page(client, "/en/"), page(client, "/en/events/lawyer")
        found = re.findall(r'<span class="seats \w+">([^<]+)</span>', listed)
        assert f'">{found[0]}</span>' in shown
        words.append(found[0])
        lit = 'class="door legal off"' not in listed
        assert lit is (found[0] != "Full")
        cue = "Join the waitlist" if found[0] == "Full" else "Keep my place"
        assert cue in read(listed) and cue in read(shown)
    assert words == ["Places"] * 5 + ["A few places"] * 2 + ["Full"] * 2


def test_one_row_for_each_date(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        evening = world.workshop(slug="evening", starts_local=wall(24, "18:00"))
        second = _another_date(evening, wall(1, "18:00", 12))
    assert slugs(page(client, "/en/")) == ["evening", "evening"]
    text = page(client, f"/en/events/evening?date={second}")
    assert "Tuesday, December 1, 2026" in text
    assert f'href="/en/events/evening/place?date={second}"' in text
    assert "Tuesday, November 24, 2026" in page(client, "/en/events/evening?date=nonsense")


def test_where_a_place_has_no_part_of_the_city_its_name_stands(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        open_to_all, hidden = world.workshop(slug="open"), world.workshop(slug="hidden", host=world.OTHER)
        for posted in (open_to_all, hidden):
            venue = db.session.get_one(Occurrence, posted.occurrence_id).venue
            assert venue is not None
            venue.area, venue.visibility = "", "public" if posted is open_to_all else "after_registration"
    rows = re.findall(r'<li class="event.*?</li>', page(client, "/en/"), re.S)
    second, first = sorted(rows, key=lambda row: "/events/hidden" not in row)
    assert "Harbor Street Library" in first and "Chicago" in second and "Harbor" not in second
    assert "Online" not in first + second
    assert "<b><bdi>Chicago</bdi></b>" in page(client, "/en/events/hidden")


def _another_date(posted: Posted, starts: datetime) -> str:
    first = db.session.get_one(Occurrence, posted.occurrence_id)
    now = clock.now()
    later = Occurrence(event=first.event, venue_id=first.venue_id, zone=first.zone, created_at=now, revised_at=now)
    later.schedule(starts, starts + timedelta(minutes=90), 30)
    db.session.add(later)
    db.session.flush()
    return str(later.id)


# What it costs


def test_the_list_asks_the_database_six_times_at_most(client: FlaskClient, app: Flask) -> None:
    asked = []
    for more in (200, 1_300):
        list(large.build(more, 0)) if more == 200 else _grow(more)
        with counted() as list_page:
            page(client, "/en/")
        with counted() as filtered:
            page(client, "/en/events?language=es&when=evening&needs=step_free&page=2")
        asked.append((len(list_page), len(filtered)))
    assert asked[0] == asked[1]
    assert max(asked[0]) <= 6
    assert "More than 1000 events" in page(client, "/en/")


def _grow(more: int) -> None:
    """More dates for the events that are there: the list has a row for each."""
    first = db.session.scalars(sa.select(Occurrence).limit(1)).one()
    row = {column.key: getattr(first, column.key) for column in Occurrence.__table__.columns if column.key != "id"}
    with transaction():
        db.session.execute(sa.insert(Occurrence), [row for _ in range(more)])
