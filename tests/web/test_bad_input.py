"""Bad input over the place pages: the same page with words that say how to fix it; never a 500.

Nothing is stored by halves.
"""

from __future__ import annotations

import random
import re
from html import unescape
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler.core.extensions import db, transaction
from scheduler.models.message import Message
from scheduler.models.registration import Registration

from .filling import ANSWERS, address, answers, kept, nonce_in, press


def stored() -> tuple[int, int]:
    """How many registrations, and how many letters."""
    return tuple(db.session.scalar(sa.select(sa.func.count(row.id))) for row in (Registration, Message))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "N" * 300, "80 characters or fewer"),
        ("name", "", "Write what we should call you"),
        ("name", " \u200f\u200d ", "Write what we should call you"),
        ("name", "Ana\x00Vale", "a line break or a hidden sign"),
        ("name", "Ana\r\nBcc: eve@evil.example", "a line break or a hidden sign"),
        ("name", "Ana\u2028Vale", "a line break or a hidden sign"),
        ("name", "\u202eelaV anA", "a line break or a hidden sign"),
        ("email", "ana@post.example, eve@evil.example", "only one e-mail address"),
        ("email", "ana@post.example\r\nBcc: eve@evil.example", "a line break or a hidden sign"),
        ("email", "ana at post", "only one e-mail address"),
        ("email", "ana@post", "like ana@example.com"),
        ("email", "", "Write the e-mail address that we may use"),
        ("contact_kind", "pigeon", "Choose how we can tell you"),
        ("contact_kind", None, "Choose how we can tell you"),
        ("party", "0", "from 1 to 2"),
        ("party", "500", "from 1 to 2"),
        ("party", "-1", "from 1 to 2"),
        ("party", "1e3", "from 1 to 2"),
        ("party", "", "from 1 to 2"),
        ("party", "9" * 4000, "from 1 to 2"),
        ("children", "99", "Choose a number from the list"),
        ("spoken", "tlh", "Choose a language from the list"),
        ("needs", "gold", "Choose only from the list"),
        ("note", "n" * 201, "200 characters or fewer"),
        ("note", "a\x00b", "a line break or a hidden sign"),
        ("slot", "", "Choose a time from the list"),
        ("slot", "00000000-0000-0000-0000-000000000000", "Choose a time from the list"),
        ("slot", "' OR 1=1 --", "Choose a time from the list"),
        ("date", "1999-01-01", "That date does not take new places now"),
        ("date", "tomorrow", "That date does not take new places now"),
    ],
)
def test_each_field_says_how_to_fix_it(
    client: FlaskClient, world: ModuleType, field: str, typed: str | None, words: str
) -> None:
    with transaction():
        clinic = world.clinic()
    response = press(client, clinic, **{"note": "Ring twice", field: typed})
    page = unescape(response.text)
    assert response.status_code == 422
    assert words in page and "<title>Error: Keep your place" in page and 'role="alert"' in page
    assert stored() == (0, 0)
    if field != "note":
        assert "Ring twice" in page, "what was typed stays"
    if typed and len(typed) <= 300 and typed.isprintable() and field in ("name", "email", "note"):
        assert typed in page
    links = set(re.findall(r'<li><a href="#([^"]+)">', page))
    assert links <= set(re.findall(r' id="([^"]+)"', page)), "each problem leads to its field"


@pytest.mark.parametrize("phone", ["773 555", "call me", "312 555 0143, 312 555 0144", "١٢٣", "+1 2", "\x00"])
def test_a_phone_that_nobody_can_call(client: FlaskClient, world: ModuleType, phone: str) -> None:
    with transaction():
        clinic = world.clinic()
    response = press(client, clinic, contact_kind="phone", phone=phone)
    assert response.status_code == 422 and ('id="phone-e"' in response.text) and stored() == (0, 0)


@pytest.mark.parametrize(
    "name",
    [
        "🌻", "👩‍👧‍👦 Xóchitl", "نور الهدى\u200f", "李小龙", "O'Brien; DROP TABLE", "<b>Ana</b>", "{{ 7*7 }}", "%s%n",
        "N" * 80, "١",
    ],
)  # fmt: skip
def test_every_name_is_a_name(client: FlaskClient, world: ModuleType, name: str) -> None:
    with transaction():
        clinic = world.clinic()
    page = client.get(kept(client, clinic, name=name)).text
    assert name in unescape(page) and "<b>Ana" not in page and "49" not in re.findall(r"<bdi>(.*?)</bdi>", page)
    assert db.session.scalars(sa.select(Registration)).one().name == name


def test_numbers_in_any_script(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(seats=4)
    kept(client, clinic, party="٣", children="２")
    found = db.session.scalars(sa.select(Registration)).one()
    assert (found.party, found.children) == (3, 2)


def test_a_time_of_another_event(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic, other = world.clinic(), world.clinic()
    response = press(client, clinic, slot=str(other.slot_id))
    assert response.status_code == 422 and "Choose a time from the list" in response.text
    response = press(client, clinic, date=str(other.occurrence_id))
    assert response.status_code == 422 and stored() == (0, 0)


def test_fields_that_come_twice(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    typed = answers(client, clinic)
    doubled = {name: [value, "x"] for name, value in typed.items()}
    response = client.post(address(clinic), data=doubled | {"party[]": "9", "name[0]": "x", "constructor": "y"})
    assert response.status_code == 303 and stored() == (1, 1)


def test_bodies_that_are_no_form(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    form = "application/x-www-form-urlencoded"
    bodies: list[tuple[bytes, str]] = [
        (b"", form), (b"{}", "application/json"), (b"\xff\xfe\x00", form), (b"name=%ED%A0%80&name=%FF", form),
        (b"name", "text/plain"), (b"--x\r\nbroken", "multipart/form-data; boundary=x"), (b"x", "multipart/form-data"),
        (b"&".join(b"f%d=1" % number for number in range(5000)), form), (b"name=" + b"a" * 900_000, form),
        (b"name=%00%0d%0a%e2%80%a8" * 1000, form),
    ]  # fmt: skip
    for body, kind in bodies:
        response = client.post(address(clinic), data=body, content_type=kind)
        assert response.status_code in (400, 413, 422), (body[:20], response.status_code)
        assert "<h1" in response.text
    too_much = client.post(address(clinic), data=b"name=" + b"a" * (1024 * 1024), content_type=form)
    assert too_much.status_code == 413 and "too much" in too_much.text
    assert stored() == (0, 0)


@pytest.mark.parametrize(
    "path",
    [
        "/en/events/%00/place", "/en/events/%ff%fe/place", "/en/events/" + "a" * 5000 + "/place",
        "/en/events/{slug}/place?date=%00&slot=%ff", "/en/events/{slug}/place?date=a&date=b&slot[]=c",
        "/en/place/%00", "/en/place/%e2%80%ae", "/en/place/" + "A" * 5000, "/en/place/../../etc/passwd",
        "/stop/%00", "/stop/x", "/xx/place", "/en/place/code/confirmation", "/en/place/x/card", "/en/place/x/y",
    ],
)  # fmt: skip
def test_addresses_that_nobody_made(client: FlaskClient, world: ModuleType, path: str) -> None:
    with transaction():
        clinic = world.clinic()
    for call in (client.get, client.post, client.head):
        assert call(path.format(slug=clinic.slug)).status_code in (200, 303, 400, 404, 405, 422), path
    assert stored() == (0, 0)


NASTY = [
    "", " ", "\x00", "\r\n", "\u2028", "\u202e", "\u200f", "🌻" * 90, "a" * 3000, "0", "-1", "500", "1e9", "١", "NaN",
    "None", "true", "[]", "{}", "a,b@c.example", "ana@post.example", "' OR ''='", "<script>", "{{x}}", "%s", "../..",
    "\ufffd", "\ue000", "e\u0301" * 100, "\u0301", "2027-03-14T02:30", "9999-99-99", "x" * 64,
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip
FIELDS = ["nonce", "slot", *ANSWERS, "date", "needs", "phone", "note", "full_words", "homepage"]


@pytest.mark.parametrize("forms", [150, pytest.param(3000, marks=pytest.mark.drill)])
def test_wild_forms(client: FlaskClient, world: ModuleType, forms: int) -> None:
    """Any of the answers may be anything, missing or doubled: a place is kept whole, or not at all."""
    with transaction():
        clinic = world.clinic(slots=3, seats=50)
    chance = random.Random(20261205)
    page = client.get(address(clinic)).text
    kept_places = 0
    for _ in range(forms):
        typed: dict[str, Any] = {"nonce": nonce_in(page), "slot": str(clinic.slot_id), **ANSWERS}
        for name in chance.sample(FIELDS, chance.randint(1, 4)):
            typed[name] = chance.choices(NASTY, k=chance.randint(0, 3))
        response = client.post(address(clinic), data=typed)
        assert response.status_code in (303, 409, 422), (typed, response.status_code)
        if response.status_code == 303:
            page = client.get(address(clinic)).text
            kept_places += 1
    assert stored() == (kept_places, kept_places)


@pytest.mark.parametrize("forms", [60, pytest.param(3000, marks=pytest.mark.drill)])
def test_wild_codes(client: FlaskClient, world: ModuleType, forms: int) -> None:
    with transaction():
        registration_id = world.attends(world.clinic())
    chance = random.Random(20261205)
    for _ in range(forms):
        wild = {name: chance.choices(NASTY, k=2) for name in ("code", "sure", "by_hand")}
        path = chance.choice(["/en/place", "/en/place/code/confirmation", "/en/place/code/cancellation", "/stop/x"])
        assert client.post(path, data=wild).status_code in (404, 422), wild
    assert db.session.get_one(Registration, registration_id).state == "confirmed"
