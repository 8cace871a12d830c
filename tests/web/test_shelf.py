"""The shelf: what it hands out is, octet for octet, what the app would have said, and the app is not asked."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse as Response

from scheduler import events
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import revision
from scheduler.models.checklist import Checklist
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.organization import Organization
from scheduler.models.venue import Venue

from ..ground.statements import counted

FIRST = "2026-12-03 09:00"
PATHS = [
    "/en/", "/es/", "/en/events", "/es/events?topic=legal", "/en/events?when=week", "/en/events?language=es&needs=free",
    "/en/events?q=paper&page=1", "/en/events?from=2026-12-06", "/en/events/clinic", "/es/events/clinic",
    "/en/events/evening", "/en/calendar", "/es/calendar?topic=legal&lang=en", "/calendar.ics",
    "/calendar.ics?lang=es&topic=legal", "/events/clinic.ics", "/events/evening.ics?lang=es", "/en/help", "/es/privacy",
]  # fmt: skip
KINDS = [
    "/en/",
    "/en/events?when=week",
    "/es/events/clinic",
    "/calendar.ics?lang=es&topic=legal",
    "/events/clinic.ics",
    "/en/help",
]
TIMED = ["/en/", "/en/events?when=week", "/en/events/clinic", "/es/events/evening", "/en/calendar", "/calendar.ics"]
TOLD = sorted({*KINDS, *TIMED, "/es/calendar?topic=legal&lang=en", "/es/events?topic=legal"})
WAYS = ["", "gzip", "br, gzip", "gzip;q=0.5, br", "identity", "*", "gzip;q=0.3, identity;q=0.9"]

Said = tuple[str, list[tuple[str, str]], bytes]


@pytest.fixture(autouse=True)
def posted(app: Flask, world: ModuleType, at: Callable[[str], datetime]) -> tuple[Posted, Posted]:
    """A clinic on Saturday and a workshop on the same evening."""
    at(FIRST)
    with transaction():
        clinic = world.clinic(slug="clinic", slots=3, seats=3, starts_local=datetime(2026, 12, 5, 9, 30))
        evening = world.workshop(slug="evening", starts_local=datetime(2026, 12, 5, 18, 0))
    return clinic, evening


@contextmanager
def without_shelf(app: Flask) -> Iterator[None]:
    room = app.config["SHELF_OCTETS"]
    app.config["SHELF_OCTETS"] = 0
    try:
        yield
    finally:
        app.config["SHELF_OCTETS"] = room


def say(client: FlaskClient, path: str, **headers: str) -> Said:
    response = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return response.status, without_date(response), response.data


def without_date(response: Response) -> list[tuple[str, str]]:
    """The date is the server's to write, anew for each answer."""
    return [pair for pair in response.headers if pair[0] != "Date"]


def compare(app: Flask, client: FlaskClient, path: str, **headers: str) -> Said:
    """The answer, which must be the same from the shelf, twice, and without it."""
    first, again = say(client, path, **headers), say(client, path, **headers)
    with without_shelf(app):
        fresh = say(client, path, **headers)
    assert first == fresh, f"{path} {headers}: an old answer was handed out"
    assert again == fresh, f"{path} {headers}: the shelf says something else than the app"
    return fresh


def from_shelf(client: FlaskClient, path: str, **headers: str) -> bool:
    """True if the app was not asked: the revision is the only question to the database."""
    with counted() as statements:
        say(client, path, **headers)
    return len(statements) == 1 and "revision" in statements[0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", KINDS)
def test_the_same_octets_for_every_reader(app: Flask, client: FlaskClient, path: str, way: str) -> None:
    """Whole, and for a reader who has them already, by tag, by any tag, and by time."""
    headers = {"Accept_Encoding": way} if way else {}
    status, said, body = compare(app, client, path, **headers)
    assert status == "200 OK" and body and from_shelf(client, path, **headers)
    stamps = {name.lower(): value for name, value in said}
    conditions = [
        {"If_None_Match": stamps["etag"]},
        {"If_None_Match": f'"other", {stamps["etag"].removeprefix("W/")}'},
        {"If_None_Match": "*"},
        {"If_None_Match": '"other"', "If_Modified_Since": "Sat, 01 Jan 2028 00:00:00 GMT"},
        {"If_Modified_Since": stamps.get("last-modified", "Sat, 01 Jan 2028 00:00:00 GMT")},
        {"If_Modified_Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
        {"If_Match": '"other"'},
        {"Range": "bytes=0-9"},
    ]
    statuses = [compare(app, client, path, **headers, **condition)[0][:3] for condition in conditions]
    assert statuses[:4] == ["304", "304", "304", "200"]
    assert from_shelf(client, path, **headers, If_None_Match=stamps["etag"])


CHANGES: dict[str, Callable[[Posted, Posted], object]] = {
    "title": lambda clinic, _: set_of(Event, clinic.event_id, title={"en": "Another morning"}),
    "unlisted": lambda clinic, _: set_of(Event, clinic.event_id, visibility="unlisted"),
    "private": lambda clinic, _: set_of(Event, clinic.event_id, visibility="private"),
    "draft": lambda _, evening: set_of(Event, evening.event_id, state="draft"),
    "event canceled": lambda _, evening: set_of(Event, evening.event_id, state="cancelled", revised_at=clock.now()),
    "date canceled": lambda clinic, _: set_of(Occurrence, clinic.occurrence_id, state="cancelled"),
    "no more names": lambda clinic, _: set_of(Occurrence, clinic.occurrence_id, closed_at=clock.now()),
    "moved": lambda _, evening: move(evening),
    "few": lambda _, evening: set_of(Slot, evening.slot_id, seats_taken=8),
    "full": lambda _, evening: set_of(Slot, evening.slot_id, seats_taken=10),
    "a time is full": lambda clinic, _: set_of(Slot, clinic.slot_ids[1], seats_taken=3),
    "a line": lambda clinic, _: set_of(Occurrence, clinic.occurrence_id, waiting=1),
    "no seats": lambda _, evening: set_of(Slot, evening.slot_id, seats_limit=0),
    "place": lambda clinic, _: set_of(Venue, clinic.venue_id, name="Town Hall", area="Uptown"),
    "hidden place": lambda clinic, _: set_of(Venue, clinic.venue_id, visibility="after_registration"),
    "host": lambda clinic, _: set_of(Organization, clinic.organization_id, name="Lanterns", phone="312-555-0101"),
    "list": lambda clinic, _: set_of(Checklist, clinic.checklist_id, items=[]),
    "list is late": lambda clinic, _: set_of(Checklist, clinic.checklist_id, review_every_days=1),
}


def set_of(model: type[Any], row: object, **values: object) -> None:
    db.session.execute(
        sa.update(model).where(model.id == row).values(**values).execution_options(synchronize_session=False)
    )


def move(evening: Posted) -> None:
    occurrence = db.session.get_one(Occurrence, evening.occurrence_id)
    occurrence.moved_from_local = occurrence.starts_local
    occurrence.schedule(datetime(2026, 12, 6, 18, 0), datetime(2026, 12, 6, 19, 30), 30)


@pytest.mark.parametrize("change", CHANGES)
def test_no_public_change_is_missed(
    app: Flask, client: FlaskClient, posted: tuple[Posted, Posted], change: str
) -> None:
    before = [compare(app, client, path, Accept_Encoding="gzip") for path in TOLD]
    with transaction():
        CHANGES[change](*posted)
    after = [compare(app, client, path, Accept_Encoding="gzip") for path in TOLD]
    assert before != after


def test_what_is_new_or_gone_is_not_missed(app: Flask, client: FlaskClient, world: ModuleType) -> None:
    lists = [path for path in PATHS if "/events/" not in path]
    before = [compare(app, client, path) for path in lists]
    with transaction():
        late = world.workshop(slug="late", starts_local=datetime(2026, 12, 7, 18, 0))
    during = [compare(app, client, path) for path in lists]
    with transaction():
        for table, column, row in (
            ("reminder", "occurrence_id", late.occurrence_id), ("slot", "occurrence_id", late.occurrence_id),
            ("occurrence", "id", late.occurrence_id), ("event", "id", late.event_id),
        ):  # fmt: skip
            found = db.metadata.tables[table]
            db.session.execute(sa.delete(found).where(found.c[column] == row))
    assert before != during and "404" in say(client, "/en/events/late")[0]
    for path in lists:
        compare(app, client, path)


def test_no_boundary_of_time_is_missed(app: Flask, client: FlaskClient, at: Callable[[datetime], datetime]) -> None:
    """Through the days of both dates: just before, at and just after each boundary, and 90 days on in the feeds."""
    moment, last, changes = clock.now(), clock.now() + timedelta(days=4), 0
    before: list[Said] = []
    while moment < last:
        with db.engine.connect() as connection:
            state = revision.read(connection, moment)
        assert state is not None
        boundary = state.until(moment, app.config["TIMEZONE"])
        for moment in (boundary - timedelta(seconds=1), boundary, boundary + timedelta(seconds=1)):
            at(moment)
            said = [compare(app, client, path) for path in TIMED]
            changes, before = changes + (said != before), said
    assert changes > 5
    for days in range(86, 93):
        for moment in (last + timedelta(days=days, hours=hours) for hours in (0, 7, 15)):
            at(moment)
            compare(app, client, "/calendar.ics")


def test_a_walk_through_changes_and_hours(
    app: Flask, client: FlaskClient, posted: tuple[Posted, Posted], at: Any
) -> None:
    chance = random.Random(5)
    for _ in range(60):
        act = chance.choice(["change", "time", "seats", "nothing"])
        if act == "time":
            at.later(minutes=chance.choice((1, 29, 31, 240, 600)))
        elif act != "nothing":
            with transaction():
                if act == "change":
                    CHANGES[chance.choice(list(CHANGES))](*posted)
                else:
                    set_of(Slot, chance.choice(posted[0].slot_ids), seats_taken=chance.randint(0, 3))
        for path in chance.sample(PATHS, 3):
            compare(app, client, path, Accept_Encoding=chance.choice(WAYS[1:]))


def test_a_clock_put_back_is_not_missed(app: Flask, client: FlaskClient, at: Callable[[str], datetime]) -> None:
    for moment in ("2026-12-05 12:00", FIRST, "2026-12-05 20:00", FIRST):
        at(moment)
        compare(app, client, "/en/")


def test_what_nobody_understands_makes_no_new_page(app: Flask, client: FlaskClient) -> None:
    """Marks that other sites hang on addresses are neither repeated nor kept apart."""
    plain = compare(app, client, "/en/events?topic=legal&page=1")
    for path in ("/en/events?utm_source=x&topic=legal&q=&page=1", "/en/events?topic=legal&page=1&fbclid=secret"):
        assert from_shelf(client, path)
        assert compare(app, client, path) == plain
    shelf = app.extensions["shelf"]
    kept = len(shelf._answers)
    for number in range(50):
        say(client, f"/en/?n{number}={number}")
    assert len(shelf._answers) <= kept + 1


def test_a_cookie_changes_nothing_and_nothing_with_one_is_kept(app: Flask, client: FlaskClient) -> None:
    without = compare(app, client, "/en/help")
    client.set_cookie("porchlight", "x")
    assert compare(app, client, "/en/help") == without and from_shelf(client, "/en/help")
    app.extensions["shelf"].clear()
    assert say(client, "/en/help") == without
    assert not app.extensions["shelf"]._answers


@pytest.mark.parametrize("path", ["/", "/en/place", "/sign-in", "/health", "/robots.txt"])
def test_only_declared_pages_are_kept(app: Flask, client: FlaskClient, path: str) -> None:
    say(client, path)
    assert not app.extensions["shelf"]._answers


def test_faults_and_missing_pages_are_not_kept(app: Flask, client: FlaskClient) -> None:
    for path in ("/en/events/nowhere", "/events/nowhere.ics", "/en/?q=%00", "/en/help%00"):
        assert say(client, path)[0][:1] == "4"
    assert not app.extensions["shelf"]._answers


def test_foreign_hosts_are_refused_beside_a_kept_page(app: Flask, client: FlaskClient) -> None:
    assert compare(app, client, "/en/")[0] == "200 OK"
    assert client.get("/en/", base_url="http://evil.example").status_code == 400
    assert client.get("/en/", base_url="http://127.0.0.1:1234").status_code == 200


def test_a_host_counts_once_however_it_is_spelled(app: Flask, client: FlaskClient) -> None:
    """Only so many are remembered, and whoever is not waits for the app."""
    for name in ("LOCALHOST", "LocalHost", "localhost"):
        assert client.get("/en/", base_url=f"http://{name}:8000").status_code == 200
    assert [host for _, host in app.extensions["shelf"]._hosts if host.lower() == "localhost:8000"] == [
        "localhost:8000"
    ]


@pytest.mark.parametrize("way", ["", "gzip", "br"])
@pytest.mark.parametrize(
    "path", ["/en/", "/en/events/clinic", "/calendar.ics", "/en/place", "/static/app.css", "/en/nothing-here"]
)
def test_head_says_what_get_says(app: Flask, client: FlaskClient, path: str, way: str) -> None:
    whole = client.get(path, headers={"Accept-Encoding": way})
    for _ in range(2):
        head = client.head(path, headers={"Accept-Encoding": way})
        assert (head.status, without_date(head), head.data) == (whole.status, without_date(whole), b"")
    with without_shelf(app):
        head = client.head(path, headers={"Accept-Encoding": way})
        assert (head.status, without_date(head), head.data) == (whole.status, without_date(whole), b"")


@pytest.mark.parametrize("path", ["/en/events/twice", "/en/events"])
def test_an_empty_wish_beside_another_has_its_own_answer(
    app: Flask, client: FlaskClient, world: ModuleType, path: str
) -> None:
    """Else what one reader asks for in a strange way would be kept for all who ask plainly."""
    with transaction():
        twice = world.workshop(slug="twice", starts_local=datetime(2026, 12, 5, 18, 0))
        starts = datetime(2026, 12, 12, 18, 0)
        events.add_date(twice.event_id, events.Timetable(starts, starts + timedelta(hours=2), twice.venue_id, 5))
    wish = {"/en/events/twice": "date=2026-12-12"}.get(path, "topic=legal")
    name = wish.partition("=")[0]
    strange = compare(app, client, f"{path}?{name}=&{wish}")
    plain = compare(app, client, f"{path}?{wish}")
    assert plain != strange


def test_the_shelf_does_not_grow_beyond_its_room(app: Flask, client: FlaskClient) -> None:
    app.config["SHELF_OCTETS"] = 60_000
    shelf = app.extensions["shelf"]
    for number in range(40):
        say(client, f"/en/events?q=word{number}")
        say(client, "/en/help")
        assert shelf._octets == sum(answer.octets for answer in shelf._answers.values()) <= 60_000
    assert from_shelf(client, "/en/help"), "what is asked for all the time stays"


def rename(app: Flask | None = None) -> None:
    """A change that everybody sees. With an app, in a process that was forked from one with open connections."""
    if app is not None:
        db.session.registry.clear()
        db.engine.dispose(close=False)
    with transaction():
        db.session.execute(sa.text("UPDATE organization SET name = 'Lanterns'"))


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in a forked process"])
def test_a_commit_of_this_process_or_its_brother_is_seen_at_once(
    app: Flask, client: FlaskClient, elsewhere: bool
) -> None:
    """Only a change on another machine may stay unseen, and for a hundredth of a second."""
    shelf = app.extensions["shelf"]
    shelf._behind = 3600
    try:
        say(client, "/en/events/clinic")
        with counted() as statements:
            say(client, "/en/events/clinic")
        assert statements == []
        if elsewhere:
            brother = multiprocessing.get_context("fork").Process(target=rename, args=(app,))
            brother.start()
            brother.join(20)
            assert brother.exitcode == 0
        else:
            rename()
        compare(app, client, "/en/events/clinic")
        assert "Lanterns" in client.get("/en/events/clinic").text
    finally:
        shelf._behind = 0


def test_the_form_is_drawn_once_with_a_nonce_for_each(
    app: Flask, client: FlaskClient, posted: tuple[Posted, Posted]
) -> None:
    """Its page comes from the shelf with a gap: nobody sees another person's nonce, or a time that is gone."""

    def form(path: str = "/en/events/clinic/place") -> tuple[str, str, str]:
        before, _name, after = client.get(path).get_data(as_text=True).partition('name="nonce"')
        start, _value, rest = after.partition('value="')
        nonce, _end, rest = rest.partition('"')
        return nonce, before + start, rest

    first = form()
    with counted() as statements:
        second = form()
    assert first[1:] == second[1:] and first[0] != second[0] and len(first[0]) > 40
    assert all("FROM revision" in statement for statement in statements), "nothing else is asked for"
    with without_shelf(app):
        assert form()[1:] == first[1:]
    assert form("/es/events/clinic/place")[1:] != first[1:]
    assert form(f"/en/events/clinic/place?slot={posted[0].slot_ids[2]}")[1:] != first[1:]
    with transaction():
        set_of(Slot, posted[0].slot_ids[1], seats_taken=3)
    assert f'value="{posted[0].slot_ids[1]}"' in "".join(first)
    assert f'value="{posted[0].slot_ids[1]}"' not in "".join(form())
    response = client.get("/en/events/clinic/place")
    assert response.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in response.headers


def test_the_longest_query_is_drawn_for_itself(app: Flask, client: FlaskClient) -> None:
    for ending in ("a", "b"):
        assert client.get(f"/en/events/clinic/place?date={'x' * 600}{ending}").status_code == 200
    assert not app.extensions["shelf"]._values and not app.extensions["shelf"]._answers
