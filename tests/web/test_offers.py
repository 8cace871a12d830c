"""An offered place, as the person in line meets it: the mailed link, the own page, and the typed code."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import registrations, waitlist
from scheduler.core import clock, tokens
from scheduler.core.extensions import db, transaction
from scheduler.models.message import Message
from scheduler.models.offer import Offer
from scheduler.models.registration import CANCELLED, CONFIRMED, OFFERED, WAITLISTED

from ..conftest import Clock
from .reading import page, read

START = datetime(2026, 9, 19, 9, 30)
Waits = Callable[..., uuid.UUID]


@pytest.fixture
def waits(world: ModuleType, at: Clock) -> Waits:
    """Somebody in line behind two taken times of a clinic; with `offered` the first time came free for them."""
    at("2026-09-01 10:00")

    def wait(*, offered: bool = True, slots: int = 2, **person: Any) -> uuid.UUID:
        with transaction():
            posted = world.clinic(slots=slots, seats=1, starts_local=START)
            inside = [world.attends(posted, slot, contact=f"in{slot}@post.example") for slot in range(slots)]
            found: uuid.UUID = world.attends(posted, **{"language": "en"} | person)
        if offered:
            with transaction():
                registrations.cancel(inside[0])
        return found

    return wait


def state(world: ModuleType, registration_id: uuid.UUID) -> str:
    db.session.rollback()
    return str(world.registration(registration_id).state)


def offer_of(registration_id: uuid.UUID) -> Offer:
    db.session.rollback()
    return db.session.scalars(sa.select(Offer).where(Offer.registration_id == registration_id)).one()


def link(registration_id: uuid.UUID, lang: str = "en") -> str:
    return f"/{lang}/place/offer/{offer_of(registration_id).token()}"


def own(world: ModuleType, registration_id: uuid.UUID) -> str:
    db.session.rollback()
    return f"/en/place/{world.registration(registration_id).token()}"


def test_the_page_says_what_and_until_when(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first = waits()
    said = read(page(client, link(first)))
    for words in ("A place opened for you", "until Wednesday, September 2, 9:00 PM", "9:30 AM", "Take it", "No, thank"):
        assert words in said
    assert "1810 S. Harbor St." in said
    own_page = read(page(client, own(world, first)))
    assert "until Wednesday, September 2, 9:00 PM" in own_page and "Take it" in own_page


def test_following_links_changes_nothing(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    """Mail scanners follow every link, and some follow them again with HEAD."""
    first = waits()
    address = link(first)
    before = offer_of(first).state, state(world, first), db.session.scalar(sa.select(sa.func.count(Message.id)))
    for path in (address, f"{address}/acceptance", f"{address}/refusal", "/en/place/code/acceptance"):
        for method in ("GET", "HEAD"):
            assert client.open(path, method=method).status_code in (200, 303)
    assert (offer_of(first).state, state(world, first)) == before[:2]
    assert db.session.scalar(sa.select(sa.func.count(Message.id))) == before[2]


def test_taking_it_by_the_mailed_link(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first = waits()
    address = link(first)
    response = client.post(f"{address}/acceptance")
    assert response.status_code == 303 and response.location == own(world, first)
    assert "You’re in" in read(page(client, response.location))
    assert state(world, first) == CONFIRMED
    again = client.post(f"{address}/acceptance")
    assert (again.status_code, again.location) == (303, own(world, first)), "pressed twice: the same place"
    assert client.get(address).location == own(world, first)
    assert client.post(f"{address}/refusal", data={"stay": "no"}).location == own(world, first)
    assert state(world, first) == CONFIRMED, "an old page cannot give the place back"


def test_taking_it_too_late(client: FlaskClient, waits: Waits, world: ModuleType, at: Clock) -> None:
    first = waits()
    address = link(first)
    at("2026-09-02 21:00")
    response = client.post(f"{address}/acceptance")
    assert response.status_code == 409 and "this place goes to whoever is next in line" in read(response.text)
    assert "Take it" not in read(page(client, own(world, first)))
    with transaction():
        waitlist.lapse_offers(world.registration(first).occurrence_id)
    said = read(page(client, address))
    assert "This offer has ended" in said and "You are still in line." in said
    assert state(world, first) == WAITLISTED


def test_not_this_time(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first = waits()
    address = f"{link(first)}/refusal"
    assert "Keep me in line" in read(page(client, address)) and "Take me off the list" in read(page(client, address))
    response = client.post(address, data={"stay": "yes"})
    assert response.status_code == 303 and "You are number 1 in line." in read(page(client, response.location))
    assert state(world, first) == WAITLISTED


def test_who_took_the_offer_was_not_too_late_whatever_came_then(
    client: FlaskClient, waits: Waits, world: ModuleType
) -> None:
    first = waits()
    address = link(first)
    client.post(f"{address}/acceptance")
    client.post(f"{own(world, first)}/cancellation")
    assert state(world, first) == CANCELLED
    assert client.get(address).location == own(world, first)


def test_who_would_wait_is_asked_again_when_there_is_nothing_to_wait_for(
    client: FlaskClient, waits: Waits, world: ModuleType, at: Clock
) -> None:
    first = waits()
    address = f"{link(first)}/refusal"
    assert "Keep me in line" in read(page(client, address))
    with transaction():
        other = next(slot for slot in world.registration(first).occurrence.slots if slot.id != offer_of(first).slot_id)
        other.starts_at = clock.now()
    refused = client.post(address, data={"stay": "yes"})
    assert refused.status_code == 409 and "no other time to wait for" in read(refused.text)
    assert state(world, first) == OFFERED and "Take it" in read(refused.text)


def test_not_at_all(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first = waits()
    response = client.post(f"{link(first)}/refusal", data={"stay": "no"})
    assert response.status_code == 303 and "Thank you for telling us" in read(page(client, response.location))
    assert state(world, first) == CANCELLED


def test_a_date_with_one_time_has_no_other_to_wait_for(client: FlaskClient, waits: Waits) -> None:
    first = waits(slots=1)
    assert "Keep me in line" not in read(page(client, f"{link(first)}/refusal"))


def test_a_press_without_an_answer_is_asked_again(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first = waits()
    assert "Take me off the list" in read(client.post(f"{link(first)}/refusal").text)
    assert state(world, first) == OFFERED


def code_forms(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', text))


def test_by_code(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first = waits(contact_kind="none", contact="")
    code = world.registration(first).code_shown
    shown = client.post("/en/place", data={"code": code})
    assert "A place opened for you" in read(shown.text)
    fields = code_forms(shown.text)
    asked = client.post("/en/place/code/refusal", data=fields)
    assert "Keep me in line" in read(asked.text) and state(world, first) == OFFERED
    taken = client.post("/en/place/code/acceptance", data=fields)
    assert taken.status_code == 200 and "You’re in" in read(taken.text)
    assert state(world, first) == CONFIRMED


def test_an_old_page_behind_a_code_takes_no_other_time(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first, other = waits(), waits(contact="other@post.example")
    code = world.registration(first).code_shown
    for wrong in (str(offer_of(other).id), str(uuid.uuid4()), "nonsense", ""):
        response = client.post("/en/place/code/acceptance", data={"code": code, "offer": wrong})
        assert response.status_code == 409 and "This offer has ended." in read(response.text)
    assert state(world, first) == state(world, other) == OFFERED
    refused = client.post("/en/place/code/refusal", data={"code": code, "offer": str(offer_of(first).id), "stay": "no"})
    assert refused.status_code == 200 and state(world, first) == CANCELLED


def test_every_wrong_link_is_the_same_page(client: FlaskClient, waits: Waits, world: ModuleType) -> None:
    first = waits()
    token = offer_of(first).token()
    registration = world.registration(first)
    wrong = {"x" * 64, "nonsense", token[:-4] + "AAAA", registration.token(), registration.token("stop-reminders")}
    for tail in ("", "/acceptance", "/refusal"):
        pages = {client.open(f"/en/place/offer/{one}{tail}", method=how).text for one in wrong for how in ("GET",)}
        pages |= {client.post(f"/en/place/offer/{one}{tail}").text for one in wrong if tail}
        assert len(pages) == 1
        assert {client.get(f"/en/place/offer/{one}{tail}").status_code for one in wrong} == {404}
    assert client.get(f"/en/place/{token}").status_code == 404, "an offer's link does not open the place"
    with transaction():
        registrations.erase(first)
    assert client.get(f"/en/place/offer/{token}").text in pages


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ({}, "We write to your e-mail when it is your turn."),
        ({"contact_kind": "helper_email"}, "We write to the person who helps you"),
        ({"contact_kind": "phone", "contact": "312-555-0143"}, "We call you when it is your turn."),
        ({"contact_kind": "none", "contact": ""}, "Please look here once a day"),
    ],
)
def test_everyone_in_line_sees_where_they_stand_and_how_they_are_told(
    client: FlaskClient, waits: Waits, world: ModuleType, person: dict[str, Any], told: str
) -> None:
    said = read(page(client, own(world, waits(offered=False, **person))))
    for words in ("You are number 1 in line.", told, "24 hours", "3 hours", "9 PM to 8 AM", "end of the line"):
        assert words in said


def test_spanish(client: FlaskClient, waits: Waits) -> None:
    assert '<html lang="es"' in page(client, link(waits(), "es"))


def test_open_offers_are_named_in_no_address_of_the_open_web(client: FlaskClient, waits: Waits) -> None:
    response = client.get(link(waits()))
    assert response.headers["Cache-Control"] == "no-store" and "noindex" in response.text
    assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("purpose", [tokens.OFFER, tokens.OFFER_LETTER])
def test_only_the_link_in_the_letter_proves_a_mailbox(
    client: FlaskClient, world: ModuleType, waits: Waits, purpose: str
) -> None:
    first = waits()
    offered = f"/en/place/offer/{offer_of(first).token(purpose)}"
    assert client.post(f"{offered}/acceptance").status_code == 303
    assert world.registration(first).proven is (purpose == tokens.OFFER_LETTER)
