"""The host's pages for news: a date is off, or moves; who will hear of it stands there before anybody does."""

from __future__ import annotations

import uuid
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import checkin
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import message as kinds
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import Message
from scheduler.models.organization import CHECKIN_LEAD
from scheduler.models.registration import Registration

from .reading import page, read
from .signing_in import press, save, sign_in

WHY = {"reason_en": "No heat in the building", "reason_es": "El edificio no tiene calefacción"}


@pytest.fixture
def clinic(client: FlaskClient, world: ModuleType, at: Any) -> Posted:
    """A clinic with four people, and its lead signed in."""
    at("2026-11-20 10:00")
    with transaction():
        posted: Posted = world.clinic(slots=2, seats=3, starts_local=world.a_day_ahead(15, "09:30"))
        world.attends(posted)
        world.attends(posted, contact="two@post.example")
        world.attends(posted, slot=1, contact_kind="phone", contact="312-555-0143")
        world.attends(posted, slot=1, contact_kind="none", contact="")
        lead = world.organizer()
    sign_in(client, lead)
    return posted


def the(occurrence_id: uuid.UUID) -> Occurrence:
    db.session.rollback()
    return db.session.get_one(Occurrence, occurrence_id)


def letters(letter: str) -> int:
    db.session.rollback()
    return (
        db.session.scalar(sa.select(sa.func.count()).where(Message.letter == letter, Message.state == "waiting")) or 0
    )


def test_the_page_says_who_will_hear_of_it(client: FlaskClient, clinic: Posted) -> None:
    for address in (
        f"/console/events/{clinic.event_id}/cancellation",
        f"/console/dates/{clinic.occurrence_id}/cancellation",
        f"/console/dates/{clinic.occurrence_id}/move",
    ):
        told = read(page(client, address))
        assert "2 letters go out by e-mail." in told
        assert "One person must be called." in told
        assert "One person left no contact" in told
    assert letters(kinds.CANCELLATION_HOST) == 0 and not the(clinic.occurrence_id).is_cancelled


def test_who_is_here_already_gets_no_letter_and_is_not_counted(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-12-01 09:00")
    with transaction():
        posted = world.workshop(starts_local=world.a_day_ahead(0, "18:00"))
        here, _coming = world.attends(posted), world.attends(posted, contact="two@post.example")
        lead = world.organizer()
    at("2026-12-01 17:45")
    with transaction():
        checkin.check_in(here)
    sign_in(client, lead)
    address = f"/console/dates/{posted.occurrence_id}/cancellation"
    assert "One letter goes out by e-mail." in read(page(client, address))
    press(client, address, **WHY)
    assert letters(kinds.CANCELLATION_HOST) == 1


def test_an_event_is_canceled(client: FlaskClient, clinic: Posted) -> None:
    address = f"/console/events/{clinic.event_id}/cancellation"
    answer = press(client, address, **WHY)
    assert (answer.status_code, answer.location) == (303, f"/console/events/{clinic.event_id}")
    assert "The event is canceled." in page(client, answer.location)
    assert db.session.get_one(Event, clinic.event_id).state == "cancelled"
    assert letters(kinds.CANCELLATION_HOST) == 4
    assert "nothing to cancel here" in read(page(client, address))


def test_one_date_is_canceled(client: FlaskClient, clinic: Posted) -> None:
    answer = press(client, f"/console/dates/{clinic.occurrence_id}/cancellation", **WHY)
    assert answer.status_code == 303
    assert the(clinic.occurrence_id).reason_off == {"en": WHY["reason_en"], "es": WHY["reason_es"]}


@pytest.mark.parametrize("missing", ["reason_en", "reason_es"])
def test_both_languages_are_needed_and_what_was_typed_stays(client: FlaskClient, clinic: Posted, missing: str) -> None:
    answer = press(client, f"/console/events/{clinic.event_id}/cancellation", **(WHY | {missing: " "}))
    assert answer.status_code == 422
    (kept,) = set(WHY) - {missing}
    assert WHY[kept] in answer.text and "Write the reason in" in answer.text
    assert not the(clinic.occurrence_id).is_cancelled and letters(kinds.CANCELLATION_HOST) == 0


def test_a_date_is_moved(client: FlaskClient, clinic: Posted) -> None:
    answer = save(client, f"/console/dates/{clinic.occurrence_id}/move", day="2026-12-12", starts="10:30", ends="14:00")
    assert (answer.status_code, answer.location) == (303, f"/console/events/{clinic.event_id}/dates")
    assert the(clinic.occurrence_id).starts_local.isoformat() == "2026-12-12T10:30:00"
    assert letters(kinds.MOVE) == 4


def test_a_date_moves_to_an_evening_that_ends_at_midnight(client: FlaskClient, clinic: Posted) -> None:
    address = f"/console/dates/{clinic.occurrence_id}/move"
    assert save(client, address, starts="20:00", ends="00:00").status_code == 303
    assert the(clinic.occurrence_id).ends_local.isoformat() == "2026-12-06T00:00:00"
    assert "8:00 PM – 12:00 AM" in client.get(address).text
    assert "That is what the date says now." in save(client, address).text


def test_what_cannot_be_moved_says_why(client: FlaskClient, clinic: Posted) -> None:
    address = f"/console/dates/{clinic.occurrence_id}/move"
    assert "That is what the date says now." in save(client, address).text
    wrong = save(client, address, day="2026-12-12", starts="10:30", ends="10:00")
    assert wrong.status_code == 422 and "The end must be later than the start." in wrong.text
    assert 'value="2026-12-12"' in wrong.text
    assert "Choose the day." in save(client, address, day="").text
    assert letters(kinds.MOVE) == 0


def test_the_pages_lead_there(client: FlaskClient, clinic: Posted) -> None:
    assert f"/console/events/{clinic.event_id}/cancellation" in page(client, f"/console/events/{clinic.event_id}")
    date = page(client, f"/console/dates/{clinic.occurrence_id}")
    assert f"/console/dates/{clinic.occurrence_id}/move" in date
    assert f"/console/dates/{clinic.occurrence_id}/cancellation" in date


def test_a_draft_has_nothing_to_cancel_or_move(client: FlaskClient, world: ModuleType, clinic: Posted) -> None:
    with transaction():
        draft = world.clinic(state="draft")
    assert "nothing to cancel here" in read(page(client, f"/console/dates/{draft.occurrence_id}/cancellation"))
    assert "has not begun can be moved" in read(page(client, f"/console/dates/{draft.occurrence_id}/move"))
    assert (
        press(client, "/console/account", f"/console/dates/{draft.occurrence_id}/cancellation", **WHY).status_code
        == 409
    )


def test_the_door_may_not(client: FlaskClient, world: ModuleType, clinic: Posted) -> None:
    with transaction():
        door = world.organizer(CHECKIN_LEAD)
    sign_in(client, door)
    for path in (f"events/{clinic.event_id}/cancellation", f"dates/{clinic.occurrence_id}/cancellation",
                 f"dates/{clinic.occurrence_id}/move"):  # fmt: skip
        assert client.get(f"/console/{path}").status_code == 403


def test_the_public_page_stays_with_the_reason_in_the_readers_language(client: FlaskClient, clinic: Posted) -> None:
    press(client, f"/console/events/{clinic.event_id}/cancellation", **WHY)
    assert "This date is canceled No heat in the building . Please do not travel." in read(
        page(client, f"/en/events/{clinic.slug}")
    )
    assert "El edificio no tiene calefacción" in page(client, f"/es/events/{clinic.slug}")
    assert "Canceled" in page(client, "/en/")
    feed = client.get(f"/events/{clinic.slug}.ics").text
    assert "STATUS:CANCELLED" in feed and "SEQUENCE:1" in feed and "TRANSP:TRANSPARENT" in feed
    assert "No heat in the building" in feed.replace("\r\n ", "")
    assert "STATUS:CANCELLED" in client.get("/calendar.ics").text


def test_the_public_page_says_what_moved(client: FlaskClient, world: ModuleType, clinic: Posted) -> None:
    save(client, f"/console/dates/{clinic.occurrence_id}/move", day="2026-12-12", ends="14:00")
    said = read(page(client, f"/en/events/{clinic.slug}"))
    assert "It was: Saturday, December 5, 9:30 AM Now it is: Saturday, December 12, 9:30 AM" in said
    feed = client.get(f"/events/{clinic.slug}.ics").text.replace("\r\n ", "")
    assert "SEQUENCE:1" in feed and "New date. It was Sat\\, Dec 5\\, 9:30 AM." in feed
    with transaction():
        elsewhere = world.venue(clinic.organization_id)
    save(client, f"/console/dates/{clinic.occurrence_id}/move", venue=str(elsewhere))
    assert "This date has a new address" in read(page(client, f"/en/events/{clinic.slug}"))


def test_the_tag_says_what_is_new_and_not_more(client: FlaskClient, world: ModuleType, clinic: Posted) -> None:
    """A Saturday that stays is not said to have moved to another day."""
    move, shown = f"/console/dates/{clinic.occurrence_id}/move", f"/en/events/{clinic.slug}"
    save(client, move, ends="15:00")
    for address in ("/en/", shown):
        assert ">New hours</span>" in page(client, address) and ">Moved</span>" not in page(client, address)
    with transaction():
        elsewhere = world.venue(clinic.organization_id)
    save(client, move, venue=str(elsewhere))
    for address in ("/en/", shown):
        assert ">New address</span>" in page(client, address) and ">Moved</span>" not in page(client, address)
    save(client, move, day="2026-12-12")
    for address in ("/en/", shown):
        assert ">Moved</span>" in page(client, address)


def test_the_public_page_does_not_call_another_hour_another_address(client: FlaskClient, clinic: Posted) -> None:
    save(client, f"/console/dates/{clinic.occurrence_id}/move", ends="14:00")
    said = read(page(client, f"/en/events/{clinic.slug}"))
    assert "This date has new hours Day and start stay as they were. It ends at another hour now: 2:00 PM." in said
    assert "new address" not in said


@pytest.mark.parametrize("heard", [False, True])
def test_whoever_did_not_hear_of_the_move_learns_that_their_day_is_off(
    client: FlaskClient, clinic: Posted, heard: bool
) -> None:
    save(client, f"/console/dates/{clinic.occurrence_id}/move", day="2026-12-12")
    if heard:
        with transaction():
            db.session.execute(sa.update(Message).where(Message.letter == kinds.MOVE).values(state="sent"))
    press(client, f"/console/dates/{clinic.occurrence_id}/cancellation", **WHY)
    first = "It was first planned for Saturday, December 5, 9:30 AM. It does not take place then either."
    calls = read(page(client, f"/console/dates/{clinic.occurrence_id}/calls"))
    assert "Saturday, December 12, 10:00 AM will not take place." in calls
    assert "Why, if they want to hear it: No heat in the building" in calls, "their words are discreet"
    assert (first.replace("9:30", "10:00") in calls) is not heard
    for place in db.session.scalars(sa.select(Registration).order_by(Registration.number)).all()[:1]:
        assert (first in read(client.get(f"/en/place/{place.token()}").text)) is not heard
