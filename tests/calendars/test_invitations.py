"""One place in one person's calendar: what the letter brings, and what a stranger who sees it learns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from scheduler.calendars import CANCEL, REQUEST, download, invitation, own_feed
from scheduler.models.registration import Registration

from . import dates
from .reading import assert_golden, instants_by_vobject, read

MATTER = ("daca", "legal", "clinic", "lawyer", "immigra", "renov", "abogado", "monarch", "pilsen", "loomis", "renewal")


def letter(registration: Registration, method: str = REQUEST, discreet: bool = True, language: str = "en") -> bytes:
    return invitation(
        registration, method=method, discreet=discreet, organizer_name="Calendar desk / Agenda",
        organizer_email="desk@porchlight.example", recipient="rosa@mail.example", language=language,
    )  # fmt: skip


def entry_of(body: bytes) -> icalendar.Event:
    (entry,) = read(body).walk("VEVENT")
    assert isinstance(entry, icalendar.Event)
    return entry


@pytest.fixture
def place() -> Registration:
    return dates.place(dates.date(dates.event()))


@pytest.mark.parametrize("method", [REQUEST, CANCEL])
@pytest.mark.parametrize("discreet", [True, False])
def test_golden(place: Registration, method: str, discreet: bool) -> None:
    name = f"invitation-{method.lower()}-{'discreet' if discreet else 'full'}.ics"
    assert_golden(letter(place, method, discreet, "es"), name)


def test_both_parsers_read_the_persons_own_time(place: Registration) -> None:
    body = letter(place)
    starts = datetime(2026, 12, 5, 16, 30, tzinfo=UTC)
    ((begin, end),) = instants_by_vobject(body).values()
    assert begin == entry_of(body)["DTSTART"].dt == starts
    assert end == entry_of(body)["DTEND"].dt == datetime(2026, 12, 5, 19, 45, tzinfo=UTC)


def test_it_ends_when_the_visit_does_where_that_is_known() -> None:
    place = dates.place(dates.date(dates.event(flow_minutes=135)))
    entry = entry_of(letter(place))
    assert entry["DTEND"].dt - entry["DTSTART"].dt == timedelta(minutes=135)


def test_where_all_come_together_it_ends_with_the_date() -> None:
    """As the letter says: the steps of an open door say how long a visit takes, not until when one may come."""
    on = dates.date(dates.event(flow_minutes=45, admission="open_door"))
    assert entry_of(letter(dates.place(on)))["DTEND"].dt.replace(tzinfo=None) == on.ends_local


def test_a_discreet_one_says_nothing_of_the_matter(place: Registration) -> None:
    for body in (letter(place), letter(place, CANCEL), download(place, language="es")):
        entry = entry_of(body)
        assert entry["SUMMARY"] == "Appointment / Cita"
        assert not {"LOCATION", "GEO", "CATEGORIES", "CONFERENCE"} & set(entry)
        said = body.replace(b"\r\n ", b"").decode().lower()
        assert not [word for word in MATTER if word in said]
        assert entry["CLASS"] == "PRIVATE"


def test_the_entry_keeps_one_opaque_name_for_ever(place: Registration) -> None:
    names = {entry_of(body)["UID"] for body in (letter(place), letter(place, CANCEL), download(place, language="en"))}
    assert len(names) == 1
    (name,) = names
    assert name.endswith("@porchlight.example")
    for known in (place.id, place.occurrence.id):
        assert str(known) not in name and known.hex not in name
    assert entry_of(letter(dates.place(place.occurrence, id=dates.number("another"))))["UID"] != name


def test_nobody_is_asked_to_answer_and_nobody_else_is_named(place: Registration) -> None:
    entry = entry_of(letter(place))
    assert entry["ORGANIZER"] == "mailto:desk@porchlight.example"
    assert entry["ORGANIZER"].params["CN"] == "Calendar desk / Agenda"
    attendee = entry["ATTENDEE"]
    assert attendee == "mailto:rosa@mail.example"
    assert dict(attendee.params) == {
        "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE",
        "CN": "rosa@mail.example",
    }  # fmt: skip


def test_a_cancellation_outranks_what_it_takes_back(place: Registration) -> None:
    asked = entry_of(letter(place))
    place.state, place.cancelled_at = "cancelled", place.created_at
    taken_back = entry_of(letter(place, CANCEL))
    assert (asked["STATUS"], taken_back["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert taken_back["SEQUENCE"] == asked["SEQUENCE"] + 1
    assert taken_back["DTSTAMP"].dt > asked["DTSTAMP"].dt
    assert taken_back["DTSTART"].dt == asked["DTSTART"].dt
    assert asked.walk("VALARM") and not taken_back.walk("VALARM")


def test_a_changed_place_outranks_the_old_one_and_a_cancellation_both(place: Registration) -> None:
    first = entry_of(letter(place))
    place.sequence, place.revised_at = 1, place.revised_at + timedelta(seconds=1)
    second = entry_of(letter(place, discreet=False))
    place.state, place.cancelled_at = "cancelled", place.created_at
    third = entry_of(letter(place, CANCEL))
    assert [found["SEQUENCE"] for found in (first, second, third)] == [0, 1, 2]
    assert first["DTSTAMP"].dt < second["DTSTAMP"].dt < third["DTSTAMP"].dt
    assert len({found["UID"] for found in (first, second, third)}) == 1


def test_ones_own_feed_says_nothing_of_its_address_or_of_the_matter(place: Registration) -> None:
    body, changed = own_feed(place)
    calendar = read(body)
    (entry,) = calendar.walk("VEVENT")
    assert not {"METHOD", "SOURCE"} & set(calendar) and not {"ATTENDEE", "ORGANIZER"} & set(entry)
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "Appointment / Cita"
    assert calendar["X-PUBLISHED-TTL"] == "PT1H" and calendar["X-WR-TIMEZONE"] == "America/Chicago"
    assert entry["UID"] == entry_of(letter(place))["UID"], "the letter's entry and the feed's are one"
    assert entry.walk("VALARM") and changed == entry["DTSTAMP"].dt == entry["LAST-MODIFIED"].dt
    assert not [word for word in MATTER if word in body.decode().casefold()]
    assert own_feed(place)[0] == body
    place.wording = "full"
    assert "DACA Renewal Workshop" in own_feed(place)[0].decode()


def test_a_moved_date_outranks_the_old_one(place: Registration) -> None:
    before = entry_of(letter(place))
    place.occurrence.sequence, place.occurrence.revised_at = 1, datetime(2026, 11, 25, 9, tzinfo=UTC)
    after = entry_of(letter(place))
    assert after["SEQUENCE"] > before["SEQUENCE"] and after["DTSTAMP"].dt > before["DTSTAMP"].dt


def test_the_hidden_address_is_for_people_with_a_place_only() -> None:
    date = dates.date(dates.event(), venue=dates.SAFE_HOUSE)
    for state, known in {"confirmed": True, "held": True, "waitlisted": False, "cancelled": False}.items():
        body = letter(dates.place(date, state=state, wording="full"), discreet=False).replace(b"\r\n ", b"")
        assert (b"77 Secret Ave." in body) == known, state
        assert (b"Wilson" in body) == known, state


def test_who_waits_has_a_tentative_entry_and_a_held_place_looks_like_a_kept_one() -> None:
    statuses = {"held": "CONFIRMED", "waitlisted": "TENTATIVE", "offered": "TENTATIVE", "confirmed": "CONFIRMED"}
    for state, status in statuses.items():
        registration = dates.place(dates.date(dates.event()), state=state)
        assert entry_of(download(registration, language="en"))["STATUS"] == status


def test_the_download_is_nobodys_invitation(place: Registration) -> None:
    place.wording = "full"
    calendar = read(download(place, language="en"))
    (entry,) = calendar.walk("VEVENT")
    assert "METHOD" not in calendar and not {"ATTENDEE", "ORGANIZER"} & set(entry)
    assert entry["SUMMARY"] == "DACA Renewal Workshop in Pilsen"
    place.contact_kind = "helper_email"
    assert entry_of(download(place, language="en"))["SUMMARY"] == "Appointment / Cita"


def test_who_has_a_place_gets_the_link_to_join(place: Registration) -> None:
    place.wording = "full"
    event = place.occurrence.event
    event.format, event.join_link = "hybrid", "https://meet.example/room"
    entry = entry_of(download(place, language="en"))
    assert entry["CONFERENCE"] == "https://meet.example/room"
    assert "To join online: https://meet.example/room" in entry["DESCRIPTION"], (
        "for programs that do not know CONFERENCE"
    )
    place.state = "waitlisted"
    assert "meet.example" not in download(place, language="en").decode()


def test_who_gets_no_letter_and_who_is_invited_find_their_way(place: Registration) -> None:
    place.wording, place.contact_kind = "full", "none"
    entry = entry_of(download(place, language="en"))
    assert "use your code: https://porchlight.example/en/place" in entry["DESCRIPTION"]
    place.occurrence.event.visibility = "private"
    entry = entry_of(download(place, language="en"))
    assert entry["URL"] == "https://porchlight.example/en/place" and "/events/" not in entry["DESCRIPTION"]


def test_names_and_addresses_with_odd_letters_stay_whole(place: Registration) -> None:
    body = invitation(
        place, discreet=False, language="en", organizer_name='Casa "Luz", y más; S.A.\r\nX: y',
        organizer_email="desk@porchlight.example", recipient="o'hara+a/b=%@mail.example",
    )  # fmt: skip
    entry = entry_of(body)
    assert entry["ORGANIZER"].params["CN"] == 'Casa "Luz", y más; S.A. X: y'
    assert entry["ATTENDEE"] == "mailto:o'hara+a%2Fb%3D%25@mail.example"
