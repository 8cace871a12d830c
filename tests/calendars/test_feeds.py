"""What a public feed says, read back by two parsers that nobody here wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.calendars import Site, event_feed, feed
from scheduler.models.event import Event, Occurrence
from scheduler.models.feeds import Choice
from scheduler.models.venue import Venue

from . import dates
from .reading import assert_golden, assert_octets, instants_by_vobject, offset_said, read

ALL = Choice()


def entries(body: bytes) -> dict[str, icalendar.Event]:
    return {str(entry["SUMMARY"]): entry for entry in read(body).walk("VEVENT")}


@pytest.mark.parametrize("language", ["en", "es", "ar", "zh"])
def test_golden(language: str, site: Site) -> None:
    assert_golden(feed(dates.winter(), ALL, language=language, site=site), f"winter-{language}.ics")


def test_golden_event(site: Site) -> None:
    workshop = [date for date in dates.winter() if date.event.slug == "daca-renewal-pilsen"]
    assert_golden(event_feed(workshop, language="es", site=site), "event-es.ics")


def test_golden_empty(site: Site) -> None:
    body = feed([], Choice.of(area=["Pilsen"]), language="en", site=site, changed_at=dates.REVISED)
    assert_golden(body, "empty.ics")
    assert [part.name for part in read(body).subcomponents] == ["VTIMEZONE"]


@pytest.mark.parametrize("language", ["en", "es", "ar", "zh"])
def test_both_parsers_read_the_instants_that_zoneinfo_gives(language: str, site: Site) -> None:
    body = feed(dates.winter(), ALL, language=language, site=site)
    wanted = {site.uid(date.id): (date.starts_at, date.ends_at) for date in dates.winter()}
    assert instants_by_vobject(body) == wanted
    calendar = read(body)
    found = {
        str(entry["UID"]): (entry["DTSTART"].dt.astimezone(UTC), entry["DTEND"].dt.astimezone(UTC))
        for entry in calendar.walk("VEVENT")
    }
    assert found == wanted


def test_every_zone_that_is_named_is_described_once_and_agrees_with_zoneinfo(site: Site) -> None:
    calendar = read(feed(dates.winter(), ALL, language="en", site=site))
    described = {str(part["TZID"]): part for part in calendar.walk("VTIMEZONE")}
    used = set()
    for entry in calendar.walk("VEVENT"):
        for name in ("DTSTART", "DTEND"):
            zone, wall = entry[name].params["TZID"], entry[name].dt.replace(tzinfo=None)
            used.add(zone)
            assert offset_said(described[zone], wall) == wall.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    assert used == set(described) == {"America/Chicago", "America/New_York"}
    assert len(calendar.walk("VTIMEZONE")) == 2


def test_the_same_rows_in_any_order_give_the_same_octets(site: Site) -> None:
    first = feed(dates.winter(), ALL, language="en", site=site)
    assert feed(reversed(dates.winter()), ALL, language="en", site=site) == first
    starts = [entry["DTSTART"].dt.astimezone(UTC) for entry in read(first).walk("VEVENT")]
    assert starts == sorted(starts)


def test_the_calendar_tells_its_name_source_and_pace(site: Site) -> None:
    choice = Choice.of(topic=["daca"], area=["Pilsen"], language=["es"])
    calendar = read(feed(dates.winter(), choice, language="en", site=site))
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "Porchlight: Renew DACA · Pilsen · Español"
    assert calendar["DESCRIPTION"] == calendar["X-WR-CALDESC"]
    assert calendar["SOURCE"].params["VALUE"] == "URI"
    query = "topic=daca&area=Pilsen&language=es"
    assert calendar["SOURCE"] == f"https://porchlight.example/calendar.ics?{query}"
    assert calendar["URL"] == f"https://porchlight.example/en/calendar?{query}"
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1) and calendar["X-PUBLISHED-TTL"] == "PT1H"
    assert calendar["X-WR-TIMEZONE"] == "America/Chicago"
    assert "METHOD" not in calendar and "UID" not in calendar


def test_an_edit_raises_the_stamps_and_leaves_the_other_dates_alone(site: Site) -> None:
    before, after = dates.winter(), dates.winter()
    later = datetime(2026, 11, 20, 8, tzinfo=UTC)
    after[0].revised_at, after[0].sequence = later, 1
    old, new = (
        {str(entry["UID"]): entry for entry in read(feed(rows, ALL, language="en", site=site)).walk("VEVENT")}
        for rows in (before, after)
    )
    changed = [uid for uid in old if old[uid].to_ical() != new[uid].to_ical()]
    assert changed == [site.uid(before[0].id)]
    (uid,) = changed
    assert new[uid]["DTSTAMP"].dt == new[uid]["LAST-MODIFIED"].dt == later
    assert new[uid]["SEQUENCE"] == old[uid]["SEQUENCE"] + 1
    assert new[uid]["CREATED"].dt <= new[uid]["LAST-MODIFIED"].dt


def test_a_cancelled_date_stays_and_says_so(site: Site) -> None:
    entry = entries(feed(dates.winter(), ALL, language="en", site=site))["Canceled: Citizenship day"]
    assert (entry["STATUS"], entry["TRANSP"], entry["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 1)
    assert entry["DESCRIPTION"].startswith("Canceled. Please do not travel.\nThe building has no heat.\n")
    assert not entry.subcomponents


def test_one_cancelled_date_of_an_event_leaves_the_others(site: Site) -> None:
    workshop = dates.event()
    kept, gone = dates.date(workshop), dates.date(workshop, "2026-12-19 09:30", "2026-12-19 13:45", state="cancelled")
    statuses = [part["STATUS"] for part in read(feed([kept, gone], ALL, language="en", site=site)).walk("VEVENT")]
    assert statuses == ["CONFIRMED", "CANCELLED"]


def test_a_hidden_place_shows_its_area_only(site: Site) -> None:
    for language in ("en", "es"):
        body = feed(dates.winter(), ALL, language=language, site=site)
        entry = next(part for part in read(body).walk("VEVENT") if "talking-circle" in part["URL"])
        assert entry["LOCATION"] == "Uptown, Chicago"
        assert "GEO" not in entry and "X-APPLE-STRUCTURED-LOCATION" not in entry
        unfolded = body.replace(b"\r\n ", b"")
        for secret in (b"Blue House", b"Secret", b"60699", b"Back door", b"Wilson", b"41.9;", b"41.9,"):
            assert secret not in unfolded


def test_places_can_be_found_by_maps_and_by_people(site: Site) -> None:
    entry = entries(feed(dates.winter(), ALL, language="en", site=site))["Lawyer day, \\north side; bring papers"]
    address = "1805 S. Loomis St., Chicago, IL 60608"
    assert entry["LOCATION"] == f"Lozano Branch, Chicago Public Library, Meeting room, {address}"
    assert entry["GEO"].to_ical() == "41.8576;-87.6612"
    apple = entry["X-APPLE-STRUCTURED-LOCATION"]
    assert apple == "geo:41.8576,-87.6612" and apple.params["X-ADDRESS"] == address
    assert entry["CONFERENCE"].params["VALUE"] == "URI"


def test_online_dates_say_how_to_join(site: Site) -> None:
    entry = entries(feed(dates.winter(), ALL, language="en", site=site))["Know your rights, on video"]
    page = "https://porchlight.example/en/events/know-your-rights-video"
    assert entry["LOCATION"] == "Online" and entry["CONFERENCE"] == page
    assert entry["CONFERENCE"].params["FEATURE"] == "VIDEO" and page in entry["DESCRIPTION"]


def test_texts_fall_back_to_english_and_name_their_language(site: Site) -> None:
    body = feed(dates.winter(), ALL, language="ar", site=site)
    found = {str(part["URL"]): part for part in read(body).walk("VEVENT")}
    circle = found["https://porchlight.example/en/events/talking-circle"]
    assert circle["SUMMARY"] == dates.winter()[3].event.title["ar"] and circle["SUMMARY"].params["LANGUAGE"] == "ar"
    workshop = found["https://porchlight.example/en/events/daca-renewal-pilsen"]
    assert workshop["SUMMARY"] == "DACA Renewal Workshop in Pilsen" and workshop["SUMMARY"].params["LANGUAGE"] == "en"


def test_nothing_personal_and_nothing_that_wakes_people(site: Site) -> None:
    for entry in read(feed(dates.winter(), ALL, language="en", site=site)).walk("VEVENT"):
        assert not {"ATTENDEE", "ORGANIZER"} & set(entry)
        assert not entry.subcomponents


def days(of: Event, count: int) -> list[Occurrence]:
    """So many dates in a row, one a day."""
    starts = (datetime(2026, 12, 1, 9) + timedelta(days=day) for day in range(count))
    return [dates.date(of, f"{start}", f"{start + timedelta(hours=2)}") for start in starts]


def test_a_large_reader_is_never_overfed_and_what_comes_first_stays(site: Site) -> None:
    rows = days(dates.event(summary={"en": "word " * 3000}), 300)
    body = feed(rows, ALL, language="en", site=site)
    held = body.count(b"BEGIN:VEVENT")
    assert len(body) < 1_000_000 and 90 < held < 300
    assert f"UID:{site.uid(rows[held - 1].id)}".encode() in body and str(rows[held].id).encode() not in body
    (entry,) = read(feed(rows[:1], ALL, language="en", site=site)).walk("VEVENT")
    assert len(entry["DESCRIPTION"]) <= 8192


def test_a_feed_holds_a_thousand_entries_at_most(site: Site) -> None:
    bare = dates.event(summary={}, languages=[], interpretation=[])
    body = feed(days(bare, 1100), ALL, language="en", site=site)
    assert body.count(b"BEGIN:VEVENT") == 1000 and len(body) < 1_000_000


def test_a_start_in_the_spring_gap_moves_past_it(site: Site) -> None:
    body = feed([dates.date(dates.event(), "2027-03-14 02:30", "2027-03-14 05:00")], ALL, language="en", site=site)
    (entry,) = read(body).walk("VEVENT")
    assert entry["DTSTART"].dt.replace(tzinfo=None) == datetime(2027, 3, 14, 3, 30)


def test_old_zone_names_are_not_passed_on(site: Site) -> None:
    body = feed([dates.date(dates.event(), zone="US/Central")], ALL, language="en", site=site)
    assert b"US/Central" not in body and b"DTSTART;TZID=America/Chicago:20261205T093000\r\n" in body


def test_typed_control_characters_do_not_reach_the_feed(site: Site) -> None:
    title = "One\rEND:VEVENT\r\nBEGIN:VALARM\x00\x1b\x85\u2028two\ud800 e\u0301"
    (entry,) = read(feed([dates.date(dates.event(title={"en": title}))], ALL, language="en", site=site)).walk("VEVENT")
    assert entry["SUMMARY"] == "One END:VEVENT BEGIN:VALARM two é"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(max_size=300), summary=st.text(max_size=900), name=st.text(max_size=120))
def test_whatever_is_typed_reads_back(title: str, summary: str, name: str, site: Site) -> None:
    venue = Venue(name=name, address=title, city=summary[:60], latitude=1.5, longitude=-2.5, online=False)
    date = dates.date(dates.event(title={"en": title}, summary={"en": summary}), venue=venue)
    body = feed([date], ALL, language="en", site=site)
    assert_octets(body)
    assert list(instants_by_vobject(body)) == [site.uid(date.id)]
    (entry,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert 1 <= len(entry["SUMMARY"]) <= 255
    assert entry["DTSTART"].dt.astimezone(UTC) == date.starts_at
