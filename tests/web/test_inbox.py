"""The provider's side: requests are read, taken up and answered; and its part of the catalogue is kept."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import trainings
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models import training as states
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import FAILED, Message
from scheduler.models.training import Booking, Training, Wish

from .reading import page, read
from .signing_in import filled, press, save, sign_in

WISHES = [Wish(date(2026, 12, 8), "morning"), Wish(date(2026, 12, 10), "afternoon")]


@pytest.fixture
def provider(app: Flask, client: FlaskClient, world: ModuleType, at: Any) -> uuid.UUID:
    """The coordinator is signed in; returns the organization."""
    at("2026-11-23 10:00")
    with transaction():
        staff = world.organizer("coordinator")
    sign_in(client, staff)
    return staff.organization_id


@pytest.fixture
def booking_id(provider: uuid.UUID) -> uuid.UUID:
    with transaction():
        training_id = employers.offer(provider)
        return trainings.submit(training_id, employers.said(wishes=WISHES), "inbox").id


def booking(booking_id: uuid.UUID) -> Booking:
    return db.session.get_one(Booking, booking_id, populate_existing=True)


def take_up(booking_id: uuid.UUID) -> str:
    with transaction():
        trainings.take_up(booking_id)
    return f"/console/bookings/{booking_id}"


def views() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry.act)))


def test_a_workplace_is_no_place_to_choose_or_change(client: FlaskClient, booking_id: uuid.UUID) -> None:
    assert save(client, f"{take_up(booking_id)}/acceptance", wish="0", starts="09:30").status_code == 303
    occurrence = booking(booking_id).occurrence
    assert occurrence is not None
    assert "At the employer’s place" not in read(page(client, "/console/venues/"))
    assert client.get(f"/console/venues/{occurrence.venue_id}").status_code == 404
    press(client, "/console/account", "/console/account/language", language="es")
    assert "En el lugar de trabajo" in read(page(client, f"/console/dates/{occurrence.id}/roster"))


def test_nobody_but_the_employers_staff_is_put_on_the_list_of_their_session(
    client: FlaskClient, booking_id: uuid.UUID
) -> None:
    assert save(client, f"{take_up(booking_id)}/acceptance", wish="0", starts="09:30").status_code == 303
    occurrence = booking(booking_id).occurrence
    assert occurrence is not None
    roster, phone = f"/console/dates/{occurrence.id}/roster", f"/console/dates/{occurrence.id}/phone"
    words = f"/console/events/{occurrence.event_id}/words"
    assert "Booking by phone" not in read(page(client, roster))
    assert "This session is for one employer." in read(page(client, phone))
    typed = {"name": "Ana", "spoken": "es", "party": "1", "children": "0", "nonce": "none"}
    refused = press(client, roster, phone, **typed)
    assert refused.status_code == 409 and "This session is for one employer." in read(refused.text)
    assert 'name="walk_ins"' not in page(client, words)
    assert save(client, words, title_en="For your team").status_code == 303
    event = db.session.get_one(Event, occurrence.event_id, populate_existing=True)
    assert event.title["en"] == "For your team" and not event.walk_ins


def test_empty_tabs_say_what_will_stand_there(client: FlaskClient, provider: uuid.UUID) -> None:
    empty = {"": "No new requests", "taken_up": "Nothing is taken up", "answered": "Nothing is answered yet"}
    for tab, words in empty.items():
        assert words in read(page(client, f"/console/bookings/?show={tab}"))


def test_the_list_shows_no_contact_and_writes_nothing_down(client: FlaskClient, booking_id: uuid.UUID) -> None:
    text = read(page(client, "/console/bookings/"))
    assert booking(booking_id).reference in text and "Fair Hiring" in text and "New 1" in text
    assert "Fictional Foods" not in text and "hr@foods" not in text and views() == []


def test_a_late_answer_is_marked(client: FlaskClient, booking_id: uuid.UUID) -> None:
    with transaction():
        booking(booking_id).answer_by = date(2026, 11, 20)
    assert "Late: promised by Fri, Nov 20" in read(page(client, "/console/bookings/"))


def test_each_look_at_a_request_is_written_down(client: FlaskClient, booking_id: uuid.UUID) -> None:
    text = read(page(client, f"/console/bookings/{booking_id}"))
    for told in ("Fictional Foods Co.", "Dana Whitfield", "hr@foods.example", "Free", "Take it up"):
        assert told in text
    assert views() == ["booking viewed"]


def test_what_else_there_is_on_the_days_is_shown(client: FlaskClient, booking_id: uuid.UUID, world: ModuleType) -> None:
    with transaction():
        world.workshop(starts_local=datetime(2026, 12, 8, 9, 0))
        world.clinic(starts_local=datetime(2026, 12, 10, 13, 0), host=world.OTHER)
    text = read(page(client, f"/console/bookings/{booking_id}"))
    assert (
        "9:00 AM – 10:30 AM: Paper Evening" in text and "Legal Help Morning" not in text and "1 date of yours" in text
    )


def test_taking_up_locks_the_request_and_opens_the_answers(client: FlaskClient, booking_id: uuid.UUID) -> None:
    address = f"/console/bookings/{booking_id}"
    assert client.get(f"{address}/acceptance").status_code == 303
    assert press(client, address, f"{address}/taking-up").status_code == 303
    assert booking(booking_id).state == states.TAKEN_UP
    text = read(page(client, address))
    assert "Accept one day" in text and "None of these days" in text


def test_somebody_else_was_faster(client: FlaskClient, booking_id: uuid.UUID) -> None:
    address = f"/console/bookings/{booking_id}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    assert token is not None
    with transaction():
        trainings.withdraw(booking_id)
    answer = client.post(f"{address}/taking-up", data={"csrf_token": token.group(1)})
    assert answer.status_code == 409 and "This request is not open any more." in read(answer.text)


def test_accepting_a_day(client: FlaskClient, booking_id: uuid.UUID) -> None:
    address = take_up(booking_id)
    fields = filled(client.get(f"{address}/acceptance").text)
    assert (fields["places"], fields["venue"]) == (["18"], ["theirs"])
    answer = save(client, f"{address}/acceptance", wish="0", starts="12:30")
    assert answer.status_code == 422 and "within the part of the day" in read(answer.text)
    answer = save(client, f"{address}/acceptance", wish="0", starts="09:30")
    assert (answer.status_code, answer.location) == (303, address)
    kept = booking(booking_id)
    assert kept.state == states.CONFIRMED and kept.occurrence is not None
    text = read(page(client, address))
    assert "The session is set" in text and "9:30 AM – 11:30 AM" in text and "No names yet." in text


def test_an_online_session_without_a_link_is_pointed_out(
    client: FlaskClient, booking_id: uuid.UUID, provider: uuid.UUID, world: ModuleType
) -> None:
    """It may follow later, so nothing is refused."""
    missing = "There is no link to join yet."
    with transaction():
        online = str(world.venue(provider, online=True))
    address = take_up(booking_id)
    assert missing not in client.get(f"{address}/acceptance").text
    fields = {"wish": "0", "starts": "12:30", "venue": online}
    assert missing in save(client, f"{address}/acceptance", **fields).text
    assert missing not in save(client, f"{address}/acceptance", **fields, join_link="https://meet.example/a").text
    with transaction():
        db.session.get_one(Booking, booking_id).place = states.ONLINE
    assert missing in client.get(f"{address}/acceptance").text
    assert save(client, f"{address}/acceptance", **fields | {"starts": "09:30"}).status_code == 303


def test_a_place_without_transit_is_refused_in_words(
    client: FlaskClient, booking_id: uuid.UUID, provider: uuid.UUID, world: ModuleType
) -> None:
    from scheduler.models.venue import Venue

    with transaction():
        venue_id = world.venue(provider)
        db.session.get_one(Venue, venue_id).transit = {}
    address = take_up(booking_id)
    answer = save(client, f"{address}/acceptance", wish="0", starts="09:30", venue=str(venue_id))
    assert answer.status_code == 422 and "by train or bus" in read(answer.text)
    assert booking(booking_id).state == states.TAKEN_UP and db.session.scalar(sa.select(Event.id)) is None


def test_declining_with_other_days_and_open_dates(
    client: FlaskClient, booking_id: uuid.UUID, provider: uuid.UUID, world: ModuleType
) -> None:
    with transaction():
        training_id = db.session.scalars(sa.select(Training.id)).one()
        open_to_all = world.workshop(type="employer_training", admission="seats", training_id=training_id)
    address = take_up(booking_id)
    assert save(client, f"{address}/refusal", words=" ").status_code == 422
    answer = save(client, f"{address}/refusal", words="Away.", day_1="2026-12-15")
    assert answer.status_code == 422 and "Choose morning, afternoon or evening." in read(answer.text)
    assert filled(answer.text)["words"] == ["Away."]
    wishes = {"day_1": "2026-12-15", "part_1": "evening", "dates": [str(open_to_all.occurrence_id)]}
    assert save(client, f"{address}/refusal", words="Away.", **wishes).status_code == 303
    kept = booking(booking_id)
    assert (kept.state, kept.told("answer"), kept.dates_offered) == (
        states.DECLINED, "Away.", [open_to_all.occurrence_id.hex],
    )  # fmt: skip
    assert "Away." in read(page(client, address))


def test_other_peoples_dates_cannot_be_offered(client: FlaskClient, booking_id: uuid.UUID, world: ModuleType) -> None:
    with transaction():
        theirs = world.workshop(host=world.OTHER, type="employer_training", admission="seats")
    address = take_up(booking_id)
    answer = save(client, f"{address}/refusal", words="Away.", dates=[str(theirs.occurrence_id)])
    assert answer.status_code in (303, 422) and booking(booking_id).dates_offered == []


def test_a_letter_that_did_not_arrive_is_told(client: FlaskClient, booking_id: uuid.UUID) -> None:
    with transaction():
        db.session.scalars(sa.select(Message)).one().state = FAILED
    assert "could not be delivered" in read(page(client, f"/console/bookings/{booking_id}"))


def test_the_outsider_sees_an_inbox_of_their_own(client: FlaskClient, booking_id: uuid.UUID, world: ModuleType) -> None:
    with transaction():
        outsider = world.outsider()
    reference = booking(booking_id).reference
    press(client, "/console/account", "/sign-out")
    sign_in(client, outsider)
    for tab in ("new", "taken_up", "answered"):
        assert reference not in client.get(f"/console/bookings/?show={tab}").text
    assert client.get(f"/console/bookings/{booking_id}").status_code == 404 and views() == []


def test_a_training_is_added_and_changed(client: FlaskClient, provider: uuid.UUID) -> None:
    assert "You offer no training yet" in read(page(client, "/console/trainings/"))
    assert save(client, "/console/trainings/new").status_code == 422
    words = {"title_en": "Respect at Work", "title_es": "Respeto en el trabajo", "minutes": "90", "audience": ["owner"]}
    assert save(client, "/console/trainings/new", **words).status_code == 303
    kept = db.session.scalars(sa.select(Training)).one()
    assert (kept.slug, kept.minutes, kept.offered, kept.organization_id) == ("respect-at-work", 90, True, provider)
    address = f"/console/trainings/{kept.id}"
    answer = save(client, address, people_max="2")
    assert answer.status_code == 422 and "can’t be smaller" in read(answer.text).replace("'", "’")
    assert save(client, address, offered=None, title_en="Respect").status_code == 303
    assert client.get("/en/trainings/respect-at-work").status_code == 404
    assert "Not offered now" in read(page(client, "/console/trainings/"))


def test_an_event_can_be_a_date_of_a_training(client: FlaskClient, provider: uuid.UUID, world: ModuleType) -> None:
    with transaction():
        training_id = employers.offer(provider)
        posted = world.workshop(type="employer_training", admission="seats", party_max=6)
    address = f"/console/events/{posted.event_id}/words"
    assert save(client, address, max_per_employer="4", training=str(training_id)).status_code == 303
    event = db.session.get_one(Event, posted.event_id, populate_existing=True)
    assert (event.max_per_employer, event.training_id) == (4, training_id)
    assert save(client, address, max_per_employer="0").status_code == 422
    assert save(client, address, max_per_employer="").status_code == 303
    assert db.session.get_one(Event, posted.event_id, populate_existing=True).max_per_employer is None
    occurrence = db.session.get_one(Occurrence, posted.occurrence_id)
    assert occurrence.event.training_id == training_id
