"""My calendar: the page that builds a feed's address from wishes."""

from __future__ import annotations

import re
from html import unescape
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler import events
from scheduler.core.extensions import transaction

FEED = re.compile(r'id="feed"[^>]* value="([^"]*)"')


def page(client: FlaskClient, query: str = "", language: str = "en") -> str:
    response = client.get(f"/{language}/calendar{query}")
    assert response.status_code == 200
    return response.text


def feed(text: str) -> str:
    found = FEED.search(text)
    assert found
    return unescape(found[1])


def links(text: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', text)]


@pytest.fixture(autouse=True)
def dates(app: Flask, world: ModuleType) -> None:
    with transaction():
        world.workshop(slug="papers", sensitive=True)
        world.clinic(slug="lawyers", languages=["pl"])


@pytest.mark.parametrize(
    ("query", "language", "address"),
    [
        ("", "en", "/calendar.ics"),
        ("", "es", "/calendar.ics?lang=es"),
        ("?lang=en", "es", "/calendar.ics"),
        ("?topic=legal&topic=daca&area=pilsen&language=es&lang=es", "en",
         "/calendar.ics?topic=daca&topic=legal&area=Pilsen&language=es&lang=es"),
        ("?topic=nonsense&area=Nowhere&language=xx&lang=xx", "en", "/calendar.ics"),
        ("?org=lamplight", "en", "/calendar.ics?org=lamplight"),
    ],
)  # fmt: skip
def test_the_address_says_what_was_wished(client: FlaskClient, query: str, language: str, address: str) -> None:
    found = feed(page(client, query, language))
    assert found == f"http://localhost:8000{address}"
    assert client.get(address).status_code == 200


def test_the_ways_to_add_it(client: FlaskClient) -> None:
    text = page(client, "?topic=daca")
    address = feed(text)
    webcal = address.replace("http://", "webcal://")
    assert webcal in links(text)
    asked = {urlsplit(link).hostname: parse_qs(urlsplit(link).query) for link in links(text)}
    assert asked["calendar.google.com"] == {"cid": [webcal]}
    for site in ("outlook.live.com", "outlook.office.com"):
        assert asked[site]["url"] == [address] and asked[site]["name"] == ["Porchlight: Renew DACA"]
    for site in ("google.com", "outlook.com", "office.com"):
        assert f"pens {site}" in text, "the page says whose site opens"


def test_the_square_is_a_plain_drawing(client: FlaskClient) -> None:
    text = page(client)
    drawn = re.search(r'<div class="qr"[^>]*>(<svg.*?</svg>)', text, re.S)
    assert drawn and "style=" not in drawn[1]
    assert client.get("/en/calendar?" + "&".join(f"org=o{number}{'x' * 70}" for number in range(80))).status_code == 200


def test_it_counts_and_shows_what_matches(client: FlaskClient) -> None:
    assert "2 dates match right now" in page(client)
    text = page(client, "?topic=daca")
    assert "1 date matches right now" in text and "/en/events/papers" in text and "/en/events/lawyers" not in text
    assert "No dates match right now" in page(client, "?topic=wellness")


def test_what_is_called_off_is_dark_and_not_counted(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        off = world.workshop(slug="off", starts_local=world.a_day_ahead(3, "18:00"))
        events.cancel_date(off.occurrence_id, {"en": "No heat", "es": "Sin calefacción"})
    text = page(client)
    assert "2 dates match right now" in text
    month, agenda = text[text.index('<table class="month">') : text.index("</table>")], text[text.index("</table>") :]
    assert "/en/events/off" not in month and "/en/events/off" in agenda and "Canceled" in agenda


def test_a_day_with_several_dates_leads_to_all_of_them(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        day = world.a_day_ahead(3, "18:00")
        for slug in ("one", "two"):
            world.workshop(slug=slug, starts_local=day)
    text = page(client)
    month = text[text.index('<table class="month">') : text.index("</table>")]
    assert f'href="/en/events?from={day.date()}"' in month and "/en/events/one" not in month
    listed = client.get(f"/en/events?from={day.date()}").text
    assert "/en/events/one" in listed and "/en/events/two" in listed


def test_choices_stay_chosen(client: FlaskClient) -> None:
    text = page(client, "?topic=legal_clinic&language=pl&area=Pilsen&org=lamplight", "es")
    for chosen in (
        'name="topic" value="legal" checked',
        'name="language" value="pl" checked',
        'value="Pilsen" selected',
        'name="org" value="lamplight"',
        'name="lang" value="es" checked',
    ):
        assert chosen in text, chosen  # fmt: skip


def test_anyone_may_keep_the_page(client: FlaskClient) -> None:
    response = client.get("/en/calendar?topic=daca")
    assert response.headers["Cache-Control"] == "public, max-age=60" and "Set-Cookie" not in response.headers
    assert 'rel="canonical" href="http://localhost:8000/en/calendar"' in response.text
