"""Feeds over HTTP: what stands in them, and how they answer the programs that come for them again and again."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import icalendar
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scheduler import events
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.events.dates import Timetable
from scheduler.models.event import Event, Occurrence

from ..calendars.reading import read

Seen = dict[str, icalendar.Event]


def seen(response: TestResponse) -> Seen:
    """The entries of a feed by their address' last part."""
    assert response.status_code == 200
    return {str(entry["URL"]).rpartition("/")[2]: entry for entry in read(response.data).walk("VEVENT")}


def by_uid(client: FlaskClient) -> Seen:
    """The entries of the whole feed by their own names."""
    return {str(entry["UID"]): entry for entry in read(client.get("/calendar.ics").data).walk("VEVENT")}


@pytest.fixture
def posted(world: ModuleType) -> Any:
    with transaction():
        return world.workshop(sensitive=True, slug="renewal-evening")


# What stands in the feed


@pytest.mark.parametrize(
    ("state", "visibility", "listed", "own_file"),
    [
        ("published", "public", True, 200), ("cancelled", "public", True, 200), ("completed", "public", True, 200),
        ("published", "unlisted", False, 200), ("published", "private", False, 404),
        ("draft", "public", False, 404), ("in_review", "public", False, 404), ("draft", "unlisted", False, 404),
    ],
)  # fmt: skip
def test_only_what_is_public_is_listed(
    client: FlaskClient, world: ModuleType, state: str, visibility: str, listed: bool, own_file: int
) -> None:
    with transaction():
        world.workshop(slug="this-one", state=state, visibility=visibility)
        world.workshop(slug="another-one")
    assert set(seen(client.get("/calendar.ics"))) == {"another-one"} | ({"this-one"} if listed else set())
    assert client.get("/events/this-one.ics").status_code == own_file


def test_an_events_own_file_holds_its_dates_only(client: FlaskClient, posted: Any, world: ModuleType) -> None:
    with transaction():
        world.clinic()
    response = client.get("/events/renewal-evening.ics?lang=es")
    (entry,) = seen(response).values()
    assert str(entry["UID"]).startswith(str(posted.occurrence_id))
    assert (entry["SUMMARY"], entry["SUMMARY"].params["LANGUAGE"]) == ("Tarde de papeles", "es")
    assert entry["URL"] == "http://localhost:8000/es/events/renewal-evening"
    assert client.get("/events/no-such-event.ics").status_code == 404


def test_filters(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        world.workshop(slug="daca", sensitive=True)
        world.clinic(slug="polish", languages=["pl"], interpretation=["uk"])
        world.workshop(slug="far", host=world.OTHER, languages=["en"])
    wanted = {
        "topic=daca": {"daca"},
        "topic=daca_renewal": {"daca"},
        "topic=daca&topic=legal": {"daca", "polish"},
        "language=pl": {"polish"},
        "language=uk": {"polish"},
        "language=es": {"daca"},
        "area=pilsen": {"daca", "polish", "far"},
        "area=Nowhere": set(),
        "org=far-shore": {"far"},
        "org=nobody": set(),
        "topic=learning&org=far-shore&language=en": {"far"},
        "topic=nonsense": {"daca", "polish", "far"},
        "language=xx&utm_source=mail&topic=": {"daca", "polish", "far"},
    }
    for query, slugs in wanted.items():
        assert set(seen(client.get(f"/calendar.ics?{query}"))) == slugs, query


def test_the_past_leaves_after_ninety_days(client: FlaskClient, posted: Any, at: Any) -> None:
    ended = db.session.get_one(Occurrence, posted.occurrence_id).ends_at
    for days, held in {1: True, 31: True, 89: True, 92: False}.items():
        at(ended + timedelta(days=days))
        assert ("renewal-evening" in seen(client.get("/calendar.ics"))) == held, days


def test_of_an_old_series_its_own_file_keeps_what_other_feeds_keep(
    client: FlaskClient, posted: Any, world: ModuleType, at: Any
) -> None:
    first = db.session.get_one(Occurrence, posted.occurrence_id)
    starts, ends = first.starts_local, first.ends_local
    with transaction():
        later = Occurrence(event_id=posted.event_id, zone=first.zone, created_at=clock.now(), revised_at=clock.now())
        db.session.add(later)
        later.schedule(starts + timedelta(days=60), ends + timedelta(days=60), 30)
    for days, held in {1: 2, 92: 1, 200: 1}.items():
        at(first.ends_at + timedelta(days=days))
        assert client.get("/events/renewal-evening.ics").text.count("BEGIN:VEVENT") == held, days


def test_nothing_of_a_registration_reaches_a_feed(client: FlaskClient, posted: Any, world: ModuleType) -> None:
    before = {path: client.get(path).data for path in ("/calendar.ics", "/events/renewal-evening.ics")}
    with transaction():
        for _ in range(3):
            world.attends(posted)
    for path, body in before.items():
        assert client.get(path).data == body


def test_a_hidden_place_stays_hidden(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        venue_id = world.venue(world.organization(), hidden=True)
        world.workshop(slug="hidden", venue_id=venue_id)
    for path in ("/calendar.ics", "/events/hidden.ics", "/calendar.ics?lang=es"):
        body = client.get(path).data.replace(b"\r\n ", b"")
        assert b"LOCATION:Pilsen\\, Chicago\r\n" in body
        for secret in (b"Harbor", b"Room 2", b"60608", b"Pink Line", "Línea".encode()):
            assert secret not in body


def test_moving_one_date_is_told_and_everything_else_stays(client: FlaskClient, posted: Any, at: Any) -> None:
    occurrence = db.session.get_one(Occurrence, posted.occurrence_id)
    starts, ends = occurrence.starts_local, occurrence.ends_local
    week, plan = timedelta(days=7), {"venue_id": posted.venue_id, "places": 10}
    with transaction():
        events.add_date(posted.event_id, Timetable(starts + week, ends + week, **plan))
    old = by_uid(client)
    at(clock.now() + timedelta(minutes=5))
    with transaction():
        events.change_date(posted.occurrence_id, Timetable(starts, ends + timedelta(hours=1), **plan))
    new = by_uid(client)
    assert set(new) == set(old)
    (moved,) = [uid for uid in old if old[uid].to_ical() != new[uid].to_ical()]
    assert moved.startswith(str(posted.occurrence_id))
    assert new[moved]["SEQUENCE"] == old[moved]["SEQUENCE"] + 1
    for name in ("DTSTAMP", "LAST-MODIFIED", "DTEND"):
        assert new[moved][name].dt > old[moved][name].dt


def test_a_removed_date_stays_as_cancelled(client: FlaskClient, posted: Any) -> None:
    old = by_uid(client)
    with transaction():
        events.remove_date(posted.occurrence_id)
    (uid,) = new = by_uid(client)
    assert (new[uid]["STATUS"], new[uid]["SEQUENCE"]) == ("CANCELLED", old[uid]["SEQUENCE"] + 1)


def test_a_called_off_event_stays_as_cancelled(client: FlaskClient, posted: Any) -> None:
    with transaction():
        event = db.session.get_one(Event, posted.event_id)
        event.state, event.sequence, event.cancel_reason = "cancelled", 1, {"en": "No heat.", "es": "No hay calor."}
        event.revised_at = clock.now()
    entry = seen(client.get("/calendar.ics"))["renewal-evening"]
    assert (entry["STATUS"], entry["SEQUENCE"], entry["TRANSP"]) == ("CANCELLED", 1, "TRANSPARENT")
    assert "No heat." in entry["DESCRIPTION"]


# How it answers


def test_the_answer(client: FlaskClient, posted: Any) -> None:
    for path, name in {"/calendar.ics": "calendar.ics", "/events/renewal-evening.ics": "renewal-evening.ics"}.items():
        response = client.get(path)
        headers = response.headers
        assert headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert headers["Content-Disposition"] == f"inline; filename={name}"
        assert headers["Content-Length"] == str(len(response.data))
        assert headers["Cache-Control"] == "public, max-age=300"
        assert headers["Vary"] == "Accept-Encoding"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers and "Content-Encoding" not in headers and "X-Robots-Tag" not in headers
        assert response.last_modified is not None and response.last_modified <= clock.now()
        assert client.get(path).data == response.data and client.get(path).headers["ETag"] == headers["ETag"]


def test_head_is_get_without_the_body(client: FlaskClient, posted: Any) -> None:
    got, head = client.get("/calendar.ics"), client.head("/calendar.ics")
    assert head.data == b"" and head.status_code == 200
    volatile = {"Date"}
    assert {name: value for name, value in head.headers if name not in volatile} == {
        name: value for name, value in got.headers if name not in volatile
    }


def test_tags(client: FlaskClient, posted: Any) -> None:
    tag = client.get("/calendar.ics").headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', f'W/"other",W/{tag}', "*"):
        response = client.get("/calendar.ics", headers={"If-None-Match": known})
        assert (response.status_code, response.data) == (304, b""), known
        assert response.headers["ETag"] == tag
        assert response.headers["Cache-Control"] == "public, max-age=300"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert "Content-Length" not in response.headers and "Content-Type" not in response.headers
        assert client.head("/calendar.ics", headers={"If-None-Match": known}).status_code == 304
    for unknown in ('"other"', 'W/"other"', ""):
        assert client.get("/calendar.ics", headers={"If-None-Match": unknown}).status_code == 200


def test_times(client: FlaskClient, posted: Any) -> None:
    response = client.get("/calendar.ics")
    stamp, tag = response.headers["Last-Modified"], response.headers["ETag"]
    assert client.get("/calendar.ics", headers={"If-Modified-Since": stamp}).status_code == 304
    assert (
        client.get("/calendar.ics", headers={"If-Modified-Since": "Mon, 02 Jan 2006 15:04:05 GMT"}).status_code == 200
    )
    assert client.get("/calendar.ics", headers={"If-Modified-Since": "yesterday"}).status_code == 200
    both = {"If-Modified-Since": stamp, "If-None-Match": '"other"'}
    assert client.get("/calendar.ics", headers=both).status_code == 200, "the tag outranks the time"
    old = {"If-Modified-Since": "Mon, 02 Jan 2006 15:04:05 GMT", "If-None-Match": tag}
    assert client.get("/calendar.ics", headers=old).status_code == 304


def test_what_left_the_feed_changed_it_too(client: FlaskClient, posted: Any, at: Any) -> None:
    stamp = client.get("/calendar.ics?topic=daca").headers["Last-Modified"]
    at(clock.now() + timedelta(minutes=1))
    with transaction():
        event = db.session.get_one(Event, posted.event_id)
        event.visibility, event.revised_at = "private", clock.now()
    response = client.get("/calendar.ics?topic=daca", headers={"If-Modified-Since": stamp})
    assert response.status_code == 200 and b"VEVENT" not in response.data


def test_gzip_only_on_request(client: FlaskClient, posted: Any) -> None:
    plain = client.get("/calendar.ics")
    for asked in ("gzip", "deflate, gzip;q=0.5", "gzip, identity;q=0.2", "GZIP"):
        packed = client.get("/calendar.ics", headers={"Accept-Encoding": asked})
        assert packed.headers["Content-Encoding"] == "gzip", asked
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
        assert packed.headers["Content-Length"] == str(len(packed.data))
        for tag in (packed.headers["ETag"], plain.headers["ETag"]):
            again = client.get("/calendar.ics", headers={"Accept-Encoding": asked, "If-None-Match": tag})
            assert (again.status_code, again.headers["ETag"]) == (304, packed.headers["ETag"])
            assert "Content-Encoding" not in again.headers
    for asked in ("", "identity", "br", "*", "gzip;q=0", "identity, gzip;q=0.5"):
        response = client.get("/calendar.ics", headers={"Accept-Encoding": asked})
        assert "Content-Encoding" not in response.headers and response.data == plain.data, asked


@pytest.mark.parametrize(
    "agent",
    [None, "Google-Calendar-Importer", "iOS/17.4 (21E219) dataaccessd/1.0", "macOS/14 CalendarAgent", "Outlook/16",
     "Microsoft Exchange/15.20", "Thunderbird/128", "Nextcloud-CalDAV-Sync", "vdirsyncer/0.21", "curl/8"],
)  # fmt: skip
def test_every_program_gets_the_same(client: FlaskClient, posted: Any, agent: str | None) -> None:
    plain = client.get("/calendar.ics").data
    headers = {"User-Agent": agent} if agent else {}
    for accept in ("*/*", "text/html", "text/calendar", "application/json"):
        languages = {"Accept": accept, "Accept-Language": "es"}
        assert client.get("/calendar.ics", headers=headers | languages).data == plain


def test_other_methods_are_refused(client: FlaskClient, posted: Any) -> None:
    for path in ("/calendar.ics", "/events/renewal-evening.ics"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            response = client.open(path, method=method)
            assert response.status_code == 405 and "Set-Cookie" not in response.headers
            assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_an_empty_house_answers_too(client: FlaskClient) -> None:
    response = client.get("/calendar.ics")
    assert [part.name for part in read(response.data).subcomponents] == ["VTIMEZONE"]
    assert "Last-Modified" not in response.headers


def test_a_long_query_is_no_trouble(client: FlaskClient, posted: Any) -> None:
    for query in ("area=" + "x" * 4000, "&".join(f"area=a{number}" for number in range(500)), "lang=" + "e" * 999):
        assert client.get(f"/calendar.ics?{query}").status_code == 200


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def test_queries_stay_few_however_many_dates(app: Flask, client: FlaskClient, world: ModuleType) -> None:
    counts = []
    for _ in range(2):
        with transaction():
            for _ in range(4):
                world.workshop(slug=uuid.uuid4().hex)
        with statements(app) as asked:
            assert client.get("/calendar.ics").status_code == 200
        counts.append(len([one for one in asked if one.startswith("SELECT")]))
    assert counts[0] == counts[1] <= 4


def test_summer_and_winter(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2027-03-01 09:00")
    with transaction():
        world.workshop(slug="spring", starts_local=datetime(2027, 3, 14, 9))
        world.workshop(slug="autumn", starts_local=datetime(2027, 11, 7, 9))
    entries = seen(client.get("/calendar.ics"))
    assert str(entries["spring"]["DTSTART"].dt) == "2027-03-14 09:00:00-05:00"
    assert str(entries["autumn"]["DTSTART"].dt) == "2027-11-07 09:00:00-06:00"
