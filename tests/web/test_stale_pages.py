"""A page that was opened before a colleague changed the same thing does not undo it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from flask.testing import FlaskClient

from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.demo.cast import Posted
from scheduler.models.event import Event, Occurrence
from scheduler.models.training import Training
from scheduler.models.venue import Venue

from .signing_in import filled, sign_in

MEANWHILE = "Somebody else changed this while you were typing."


@pytest.fixture
def posted(client: FlaskClient, world: ModuleType, at: Any) -> Posted:
    at("2026-11-20 10:00")
    with transaction():
        made: Posted = world.clinic(slots=2, seats=5, starts_local=world.a_day_ahead(15, "09:30"))
        lead = world.organizer()
    sign_in(client, lead)
    return made


def opened(client: FlaskClient, address: str) -> dict[str, list[str]]:
    """What a browser would send if nothing were typed."""
    fields = filled(client.get(address).text)
    assert fields["seen"]
    return fields


def the(kind: Any, row: Any) -> Any:
    db.session.rollback()
    return db.session.get_one(kind, row, populate_existing=True)


def test_words(client: FlaskClient, posted: Posted) -> None:
    address = f"/console/events/{posted.event_id}/words"
    old = opened(client, address)
    assert client.post(address, data=old | {"join_link": "https://meet.example/new"}).status_code == 303
    mine = old | {"summary_en": "Mine."}
    refused = client.post(address, data=mine)
    assert refused.status_code == 409 and MEANWHILE in refused.text and "Mine." in refused.text
    event = the(Event, posted.event_id)
    assert event.join_link == "https://meet.example/new" and event.summary["en"] != "Mine."
    again = mine | {"seen": filled(refused.text)["seen"]}
    assert client.post(address, data=again).status_code == 303, "who was told decides"
    assert the(Event, posted.event_id).summary["en"] == "Mine."


def test_pressed_twice_it_is_no_conflict(client: FlaskClient, posted: Posted) -> None:
    address = f"/console/events/{posted.event_id}/words"
    mine = opened(client, address) | {"summary_en": "Mine."}
    assert [client.post(address, data=mine).status_code for _ in range(2)] == [303, 303]


def test_a_typing_error_does_not_make_an_old_page_a_new_one(client: FlaskClient, posted: Posted) -> None:
    address = f"/console/events/{posted.event_id}/words"
    old = opened(client, address)
    assert client.post(address, data=old | {"join_link": "https://meet.example/new"}).status_code == 303
    wrong = client.post(address, data=old | {"party_max": "many"})
    assert wrong.status_code == 422
    mended = old | {"party_max": "3", "seen": filled(wrong.text)["seen"]}
    assert client.post(address, data=mended).status_code == 409


def test_times(client: FlaskClient, posted: Posted) -> None:
    address = f"/console/dates/{posted.occurrence_id}/times"
    old = opened(client, address)
    [first, _second] = [name for name in old if name.startswith(("limit-", "places-"))][:2]
    assert client.post(address, data=old | {first: "2"}).status_code == 303
    refused = client.post(address, data=old)
    assert refused.status_code == 409 and MEANWHILE in refused.text
    assert the(Occurrence, posted.occurrence_id).slots[0].seats_limit == 2


def test_somebody_who_keeps_a_place_makes_no_page_old(client: FlaskClient, world: ModuleType, posted: Posted) -> None:
    address = f"/console/dates/{posted.occurrence_id}/times"
    old = opened(client, address)
    with transaction():
        world.attends(posted)
    assert client.post(address, data=old).status_code == 303


@pytest.mark.parametrize("path", ["", "/move"])
def test_a_date(client: FlaskClient, posted: Posted, path: str) -> None:
    address = f"/console/dates/{posted.occurrence_id}{path}"
    old = opened(client, address)
    assert client.post(address, data=old | {"day": "2026-12-06"}).status_code == 303
    refused = client.post(address, data=old | {"ends": "13:00"})
    assert refused.status_code == 409 and MEANWHILE in refused.text
    assert the(Occurrence, posted.occurrence_id).starts_local.day == 6


def test_another_conflict_does_not_make_an_old_page_a_new_one(
    client: FlaskClient, world: ModuleType, posted: Posted
) -> None:
    with transaction():
        talk = world.workshop(starts_local=world.a_day_ahead(15, "18:00"))
    address = f"/console/dates/{talk.occurrence_id}"
    old = opened(client, address)
    assert client.post(address, data=old | {"places": "2"}).status_code == 303
    with transaction():
        world.attends(talk)
    refused = client.post(address, data=old | {"day": "2026-12-09"})
    assert refused.status_code == 409 and MEANWHILE not in refused.text
    told = client.post(address, data=filled(refused.text))
    assert told.status_code == 409 and MEANWHILE in told.text
    assert the(Occurrence, talk.occurrence_id).slots[0].seats_limit == 2
    assert client.post(address, data=filled(told.text)).status_code == 303, "who was told decides"


def test_a_place(client: FlaskClient, posted: Posted) -> None:
    """An old page must not bring back the old address, and have everybody told of it."""
    address = f"/console/venues/{posted.venue_id}"
    old = opened(client, address)
    assert client.post(address, data=old | {"address": "2 W. Pier St."}).status_code == 303
    mine = old | {"parking": "Behind the house"}
    refused = client.post(address, data=mine)
    assert refused.status_code == 409 and MEANWHILE in refused.text and "Behind the house" in refused.text
    venue = the(Venue, posted.venue_id)
    assert (venue.address, venue.parking) == ("2 W. Pier St.", "")
    again = mine | {"address": "2 W. Pier St.", "seen": filled(refused.text)["seen"]}
    assert client.post(address, data=again).status_code == 303
    assert the(Venue, posted.venue_id).parking == "Behind the house"


def test_a_training(client: FlaskClient, posted: Posted) -> None:
    with transaction():
        training_id = employers.offer(posted.organization_id)
    address = f"/console/trainings/{training_id}"
    old = opened(client, address)
    assert client.post(address, data=old | {"people_max": "29"}).status_code == 303
    refused = client.post(address, data=old | {"title_en": "Mine"})
    assert refused.status_code == 409 and MEANWHILE in refused.text
    training = the(Training, training_id)
    assert training.people_max == 29 and training.title["en"] != "Mine"
