"""Behind the link and by code, after news of the host: another date with one press; a moved one kept or given back."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import events
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import registration as states
from scheduler.models.event import Occurrence
from scheduler.models.registration import Registration

from .filling import code_in
from .reading import page, read
from .test_held_places import everything, place

REASON = {"en": "No heat in the building", "es": "El edificio no tiene calefacción"}
FORM = re.compile(r'<form[^>]*action="([^"]*/transfer)">(.*?)</form>', re.S)
FIELD = re.compile(r'<(?:input type="hidden"|option) (?:name="(\w+)" )?value="([^"]*)"')


@pytest.fixture
def off(world: ModuleType, at: Any) -> Posted:
    at("2026-11-20 10:00")
    with transaction():
        posted: Posted = world.clinic(slots=2, seats=3)
    return posted


@pytest.fixture
def other(world: ModuleType, off: Posted) -> Posted:
    with transaction():
        posted: Posted = world.clinic(slots=2, seats=2, starts_local=world.a_day_ahead(17, "09:30"))
    return posted


def attends(world: ModuleType, posted: Posted, **changes: Any) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.attends(posted, **changes)
    return found


def call_off(posted: Posted) -> None:
    with transaction():
        events.cancel_date(posted.occurrence_id, REASON)


def move(posted: Posted, days: int = 7) -> None:
    date = db.session.get_one(Occurrence, posted.occurrence_id)
    wished = (date.starts_local + timedelta(days=days), date.ends_local + timedelta(days=days), date.venue_id)
    with transaction():
        events.move_date(posted.occurrence_id, *wished)


def offers(text: str) -> list[tuple[str, dict[str, str]]]:
    """Where each form of the page leads, and what its button sends: of several times the first one."""
    found = []
    for action, inside in FORM.findall(text):
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', inside))
        times = re.findall(r'<option value="([^"]*)"', inside)
        found.append((action, sent | ({"slot": times[0]} if times else {})))
    return found


def states_of(posted: Posted) -> list[str]:
    db.session.rollback()
    query = sa.select(Registration.state).where(Registration.occurrence_id == posted.occurrence_id)
    return list(db.session.scalars(query))


def test_the_page_says_why_and_what_else_there_is(
    client: FlaskClient, world: ModuleType, off: Posted, other: Posted
) -> None:
    address = place(attends(world, off))
    call_off(off)
    said = read(page(client, address))
    assert "This date is canceled" in said and "You did nothing wrong." in said
    assert "No heat in the building" in said
    assert "Move me to Mon, Dec 7" in said
    assert "Lamplight Community House can see your name" in said, "who will know"
    assert "El edificio no tiene calefacción" in page(client, address.replace("/en/", "/es/"))


def test_one_press_moves_the_person(client: FlaskClient, world: ModuleType, off: Posted, other: Posted) -> None:
    address = place(attends(world, off))
    call_off(off)
    ((action, sent),) = offers(page(client, address))
    answer = client.post(action, data=sent | {"slot": str(other.slot_ids[1])})
    assert answer.status_code == 303
    new = read(page(client, answer.location))
    assert "You’re in" in new and "10:00 AM" in new and "Your code is new" in new
    assert (states_of(off), states_of(other)) == ([states.CANCELLED], [states.CONFIRMED])
    again = client.post(action, data=sent)
    assert again.location == answer.location, "an impatient thumb gets the same place"
    assert "Thank you for telling us" in read(page(client, address))


@pytest.mark.parametrize("by_code", [False, True])
def test_nobody_moves_to_a_day_that_they_never_saw(
    client: FlaskClient, world: ModuleType, off: Posted, other: Posted, by_code: bool
) -> None:
    person = attends(world, off)
    code = world.registration(person).code
    call_off(off)
    told = client.post("/en/place", data={"code": code}).text if by_code else page(client, place(person))
    ((action, sent),) = offers(told)
    move(other)
    refused = client.post(action, data=sent)
    assert refused.status_code == 409 and "has moved since you opened the page" in read(refused.text)
    assert (states_of(off), states_of(other)) == ([states.CONFIRMED], [])
    ((action, sent),) = offers(refused.text)
    assert "Move me to Mon, Dec 14" in read(refused.text)
    assert client.post(action, data=sent).status_code in (200, 303)
    assert (states_of(off), states_of(other)) == ([states.CANCELLED], [states.CONFIRMED])


def test_by_code_too(client: FlaskClient, world: ModuleType, off: Posted, other: Posted) -> None:
    person = attends(world, off, contact_kind="none", contact="")
    code = world.registration(person).code
    call_off(off)
    ((action, sent),) = offers(client.post("/en/place", data={"code": code}).text)
    answer = client.post(action, data=sent)
    assert answer.status_code == 200 and "Your code is new" in answer.text
    assert code_in(answer.text).replace("-", "") != code
    assert states_of(other) == [states.CONFIRMED]
    assert client.post(action, data=sent | {"code": "ABCD2345"}).status_code == 404


def test_looking_changes_nothing(client: FlaskClient, world: ModuleType, off: Posted, other: Posted) -> None:
    address = place(attends(world, off))
    call_off(off)
    before = everything()
    for path in (address, f"{address}/transfer", "/en/place/code/transfer"):
        for _ in range(3):
            assert client.get(path).status_code in (200, 303)
            assert client.head(path).status_code in (200, 303)
    assert everything() == before


def test_full_in_the_meantime_nothing_is_lost(
    client: FlaskClient, world: ModuleType, off: Posted, other: Posted
) -> None:
    address = place(attends(world, off))
    call_off(off)
    ((action, sent),) = offers(page(client, address))
    attends(world, other, slot=0, party=2, contact="a@post.example")
    taken = client.post(action, data=sent)
    assert taken.status_code == 422 and "That time just filled." in taken.text
    assert [sent["slot"] for _action, sent in offers(taken.text)] == [str(other.slot_ids[1])], "the other time is there"
    attends(world, other, slot=1, party=2, contact="b@post.example")
    full = client.post(action, data=sent)
    assert full.status_code == 409 and "wait in line there" in full.text
    assert states_of(off) == [states.CONFIRMED]
    ((action, sent),) = offers(full.text)
    assert sent["wait"] == "yes"
    answer = client.post(action, data=sent)
    assert "You’re on the waitlist" in read(page(client, answer.location))
    assert states_of(off) == [states.CANCELLED]


def test_nothing_else_is_there(client: FlaskClient, world: ModuleType, off: Posted) -> None:
    address = place(attends(world, off))
    call_off(off)
    text = page(client, address)
    assert not offers(text) and "No other date near you has room for you now." in read(text)


@pytest.mark.parametrize(
    "sent", [{}, {"date": "x"}, {"date": str(uuid.uuid4())}, {"date": str(uuid.uuid4()), "slot": "x"}]
)
def test_what_nobody_offered_is_not_there(
    client: FlaskClient, world: ModuleType, off: Posted, sent: dict[str, str]
) -> None:
    address = place(attends(world, off))
    call_off(off)
    assert client.post(f"{address}/transfer", data=sent).status_code == 404
    assert states_of(off) == [states.CONFIRMED]


def test_dead_links_do_nothing(client: FlaskClient, world: ModuleType, off: Posted, other: Posted) -> None:
    person = attends(world, off)
    address = place(person)
    call_off(off)
    ((_action, sent),) = offers(page(client, address))
    with transaction():
        world.registration(person).link_generation += 1
    for path in (address, f"/en/place/{'A' * 64}", "/en/place/x"):
        answer = client.post(f"{path}/transfer", data=sent)
        assert answer.status_code == 404 and "We can&#39;t find that page." in answer.text
    assert states_of(other) == []


def shown(page: str) -> dict[str, str]:
    """What a page says of the last move, which a browser sends back."""
    return dict(re.findall(r'name="(moved)" value="([0-9]+)"', page))


def test_a_moved_date_asks_to_keep_or_give_back(client: FlaskClient, world: ModuleType, off: Posted) -> None:
    stays, goes = attends(world, off), attends(world, off, contact="goes@post.example")
    move(off)
    said = read(page(client, place(stays)))
    assert "There is a new date" in said and "Keep my place" in said
    assert "Old: Friday, December 4, 9:30 AM" in said and "New: Friday, December 11, 9:30 AM (Chicago time)" in said
    assert "Please answer by Wednesday, December 9, 9:30 AM" in said
    assert client.post(f"{place(stays)}/confirmation", data=shown(client.get(place(stays)).text)).status_code == 303
    kept = read(page(client, place(stays)))
    assert "You told us that you are coming." in kept and "There is a new date" not in kept
    sent = {"sure": "yes", **shown(client.get(place(goes)).text)}
    assert client.post(f"{place(goes)}/cancellation", data=sent).status_code == 303
    assert sorted(states_of(off)) == [states.CANCELLED, states.CONFIRMED]


@pytest.mark.parametrize("by_code", [False, True])
def test_nobody_gives_back_a_day_that_they_never_saw(
    client: FlaskClient, world: ModuleType, off: Posted, by_code: bool
) -> None:
    person = attends(world, off)
    code = world.registration(person).code
    address = "/en/place/code/cancellation" if by_code else f"{place(person)}/cancellation"
    asked = client.post(address, data={"code": code}).text if by_code else client.get(address).text
    assert "Give your place back?" in asked and "December 4" in asked
    move(off)
    sent = {"code": code, "sure": "yes", **shown(asked)}
    refused = client.post(address, data=sent)
    assert refused.status_code == 409 and "has moved since you opened the page" in read(refused.text)
    assert states_of(off) == [states.CONFIRMED]
    asked = client.post(address, data={"code": code}).text if by_code else client.get(address).text
    assert client.post(address, data={"code": code, "sure": "yes", **shown(asked)}).status_code in (200, 303)
    assert states_of(off) == [states.CANCELLED]


def test_a_moved_date_by_code(client: FlaskClient, world: ModuleType, off: Posted) -> None:
    person = attends(world, off, contact_kind="phone", contact="312-555-0143")
    move(off)
    code = world.registration(person).code
    page = client.post("/en/place", data={"code": code}).text
    assert "Keep my place" in page
    sent = {"code": code, **shown(page)}
    assert "You told us that you are coming." in client.post("/en/place/code/confirmation", data=sent).text
    assert world.registration(person).keep_asked_at is None
