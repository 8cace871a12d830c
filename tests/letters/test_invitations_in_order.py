"""What a calendar program receives for one place, letter after letter over real SMTP, read by two strict parsers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from itertools import pairwise
from types import ModuleType
from typing import Any

import icalendar
import pytest
import sqlalchemy as sa
import vobject
from flask.testing import FlaskClient

from scheduler import events, postman, registrations, waitlist
from scheduler.core.extensions import db, transaction
from scheduler.models.offer import Offer
from scheduler.models.registration import Registration
from scheduler.registrations import Wishes

from ..calendars.reading import assert_octets, instants_by_vobject
from ..ground.mail import Sink
from .conftest import CLINIC, REASON, TODAY
from .reading import part


@dataclass
class Post:
    """One person's place, and the invitations that have come for it."""

    world: ModuleType
    at: Any
    sink: Sink
    registration_id: uuid.UUID | None = None

    def wish(self, **changes: Any) -> None:
        assert self.registration_id is not None
        with transaction():
            now = Wishes.of(self.world.registration(self.registration_id))
            registrations.change(self.registration_id, replace(now, **changes))

    def delivered(self) -> list[EmailMessage]:
        """What arrives now."""
        known = len(self.sink.letters)
        while postman.deliver_due():
            pass
        return self.sink.letters[known:]

    def invited(self) -> icalendar.Event:
        """The one invitation that arrives now."""
        (letter,) = self.delivered()
        return checked(letter)


def checked(letter: EmailMessage) -> icalendar.Event:
    """The entry of a letter's invitation, with everything checked that holds for each of them."""
    shown, file = part(letter, "text/calendar"), part(letter, "application/ics")
    octets = shown.get_payload(decode=True)
    assert isinstance(octets, bytes) and octets == file.get_payload(decode=True)
    assert list(part(letter, "multipart/alternative").iter_parts())[-1].get_content_type() == "text/calendar"
    assert_octets(octets)
    calendar = icalendar.Calendar.from_ical(octets)
    assert isinstance(calendar, icalendar.Calendar) and not calendar.errors
    assert shown["Content-Type"].params["method"] == calendar["METHOD"]
    (entry,) = calendar.walk("VEVENT")
    assert isinstance(entry, icalendar.Event)
    organizer, attendee = entry["ORGANIZER"], entry["ATTENDEE"]
    assert organizer == f"mailto:{letter['From'].addresses[0].addr_spec}" and organizer.params["CN"]
    assert attendee == f"mailto:{letter['To'].addresses[0].addr_spec}" and attendee != organizer
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("ACCEPTED", "FALSE")
    cancel = calendar["METHOD"] == "CANCEL"
    assert cancel == (entry["STATUS"] == "CANCELLED") == (not entry.walk("VALARM"))
    assert entry["TRANSP"] == ("TRANSPARENT" if cancel else "OPAQUE")
    assert not cancel or entry["SEQUENCE"] > 0
    assert entry["CREATED"].dt <= entry["LAST-MODIFIED"].dt == entry["DTSTAMP"].dt
    again = vobject.readOne(octets.decode()).vevent
    assert (again.uid.value, int(again.sequence.value)) == (entry["UID"], entry["SEQUENCE"])
    starts, ends = instants_by_vobject(octets)[str(entry["UID"])]
    assert (starts, ends) == (entry["DTSTART"].dt, entry["DTEND"].dt)
    return entry


def assert_in_order(entries: list[icalendar.Event]) -> None:
    """Each outranks the one before it, and all are one entry of one organizer."""
    assert len({(str(entry["UID"]), str(entry["ORGANIZER"])) for entry in entries}) == 1
    for earlier, later in pairwise(entries):
        assert later["SEQUENCE"] > earlier["SEQUENCE"], (earlier["SEQUENCE"], later["SEQUENCE"])
        assert later["DTSTAMP"].dt > earlier["DTSTAMP"].dt


@pytest.fixture
def post(world: ModuleType, at: Any, letters_sent: Sink) -> Post:
    at(TODAY)
    return Post(world, at, letters_sent)


def test_a_place_that_is_kept_changed_moved_and_given_back(post: Post, client: FlaskClient) -> None:
    with transaction():
        clinic = post.world.clinic(**CLINIC)
        post.registration_id = post.world.attends(clinic)
    kept = post.invited()
    post.wish(slot_id=clinic.slot_ids[2])
    later = post.invited()
    post.wish(wording="full", language="en")
    worded = post.invited()
    post.at.later(minutes=7)
    row = post.world.registration(post.registration_id)
    starts, ends = (wall + timedelta(days=7) for wall in (row.occurrence.starts_local, row.occurrence.ends_local))
    venue_id = row.occurrence.venue_id
    with transaction():
        events.move_date(clinic.occurrence_id, starts, ends, venue_id)
    moved = post.invited()
    post.wish(party=2)
    larger = post.invited()
    token = post.world.registration(post.registration_id).token("feed")
    in_feed = icalendar.Calendar.from_ical(client.get(f"/feeds/{token}.ics").data).walk("VEVENT")[0]
    with transaction():
        registrations.cancel(post.registration_id)
    gone = post.invited()
    everything = [kept, later, worded, moved, larger, gone]
    assert_in_order(everything)
    hours = [entry["DTSTART"].dt.replace(tzinfo=None) for entry in everything]
    assert hours[0] == datetime(2026, 12, 5, 9, 30) and hours[1] == hours[2] == datetime(2026, 12, 5, 10, 30)
    assert hours[3:] == [datetime(2026, 12, 12, 10, 30)] * 3
    titles = [str(entry["SUMMARY"]) for entry in everything]
    assert titles == ["Appointment / Cita"] * 2 + ["DACA Renewal Workshop in Pilsen"] * 4
    assert [entry["STATUS"] for entry in everything] == ["CONFIRMED"] * 5 + ["CANCELLED"]
    for name in ("UID", "SEQUENCE", "DTSTART", "DTSTAMP", "SUMMARY"):
        assert in_feed[name] == larger[name], "the feed and the letters tell one story"


def test_a_date_that_the_host_calls_off(post: Post) -> None:
    with transaction():
        clinic = post.world.clinic(**CLINIC)
        post.registration_id = post.world.attends(clinic, wording="full")
    kept = post.invited()
    post.wish(slot_id=clinic.slot_ids[1])
    later = post.invited()
    with transaction():
        events.cancel_date(clinic.occurrence_id, REASON)
    off = post.invited()
    assert_in_order([kept, later, off])
    assert off["DTSTART"].dt == later["DTSTART"].dt


def test_an_offer_that_is_taken_brings_the_first_invitation(post: Post) -> None:
    with transaction():
        clinic = post.world.clinic(slots=1, seats=1, **CLINIC)
        first = post.world.attends(clinic, contact="first@post.example")
        post.registration_id = post.world.attends(clinic)
    post.delivered()
    with transaction():
        registrations.cancel(first)
    assert all("calendar" not in letter.as_string() for letter in post.sink.to("marisol@post.example"))
    post.delivered()
    post.wish(language="en")
    (told,) = post.delivered()
    assert not [piece for piece in told.walk() if piece.get_content_type() == "text/calendar"], "nothing is kept yet"
    with transaction():
        waitlist.accept(db.session.scalars(sa.select(Offer.id)).one())
    kept = post.invited()
    with transaction():
        registrations.cancel(post.registration_id)
    assert_in_order([kept, post.invited()])


def test_a_new_address_is_invited_and_the_old_one_is_left_alone(post: Post) -> None:
    with transaction():
        clinic = post.world.clinic(**CLINIC)
        post.registration_id = post.world.attends(clinic)
    first = post.invited()
    old_token = post.world.registration(post.registration_id).token()
    post.wish(contact="new@post.example", note="typed by somebody")
    (letter,) = post.delivered()
    assert_in_order([first, checked(letter)])
    assert letter["To"] == "new@post.example" and len(post.sink.to("marisol@post.example")) == 1
    said = letter.as_bytes()
    assert b"typed by somebody" not in said and old_token.encode() not in said


def test_a_change_before_the_confirmation_went_makes_one_letter(post: Post) -> None:
    with transaction():
        clinic = post.world.clinic(**CLINIC)
        post.registration_id = post.world.attends(clinic)
    post.wish(slot_id=clinic.slot_ids[1])
    post.wish(slot_id=clinic.slot_ids[2])
    assert post.invited()["DTSTART"].dt.hour == 10 and len(post.sink.letters) == 1


def test_an_address_that_must_still_confirm_is_invited_to_nothing(post: Post) -> None:
    with transaction():
        clinic = post.world.clinic(slots=2, seats=9, **CLINIC)
        for _ in range(4):
            post.world.attends(clinic, contact="many@post.example")
        post.registration_id = post.world.attends(clinic)
    post.delivered()
    post.wish(contact="many@post.example")
    (letter,) = post.delivered()
    assert not [piece for piece in letter.walk() if piece.get_content_type() == "text/calendar"]
    assert db.session.get_one(Registration, post.registration_id).state == "held"


def test_a_held_place_that_is_confirmed_is_told_once_with_an_invitation(post: Post) -> None:
    with transaction():
        clinic = post.world.clinic(slots=1, seats=9)
        for _ in range(5):
            post.registration_id = post.world.attends(clinic)
    (held,) = [letter for letter in post.delivered() if "Please confirm" in letter["Subject"]]
    assert "text/calendar" not in held.as_string()
    post.at.later(minutes=5)
    confirm(post)
    assert post.invited()["SEQUENCE"] == 1
    confirm(post)
    assert post.delivered() == [], "nothing is new"
    post.wish(contact="elsewhere@post.example")
    post.invited()
    post.wish(contact="marisol@post.example")
    (asked,) = post.delivered()
    assert "Please confirm" in asked["Subject"]
    confirm(post)
    assert post.invited()["SEQUENCE"] == 4


def test_a_place_confirmed_before_the_first_letter_went_gets_one_letter(post: Post) -> None:
    with transaction():
        clinic = post.world.clinic(slots=1, seats=9)
        for _ in range(5):
            post.registration_id = post.world.attends(clinic)
    confirm(post)
    assert len(post.delivered()) == 5


def confirm(post: Post) -> None:
    assert post.registration_id is not None
    with transaction():
        registrations.reconfirm(post.registration_id)
