"""The console: an organization's events, places and lists."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import organizations
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Staff
from scheduler.models import board
from scheduler.models.checklist import Checklist
from scheduler.models.event import Event, Occurrence
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR, LEAD
from scheduler.models.user import User
from scheduler.models.venue import Venue

from ..ground.statements import counted
from .signing_in import press, save, sign_in

VENUE = {
    "name": "Harbor Street Library",
    "address": "1810 S. Harbor St.",
    "zip_code": "60608",
    "area": "Pilsen",
    "transit_en": "Bus 60",
    "transit_es": "Autobús 60",
    "access": ["step_free", "seating"],
}
LIST = {
    "title_en": "Papers",
    "title_es": "Papeles",
    "items-0-text_en": "Your letters.",
    "items-0-text_es": "Sus cartas.",
    "items-0-need": "if_you_have_it",
    "reviewed_on": "2026-11-19",
    "review_every_days": "60",
    "reviewed_by_role": "Supervising attorney",
}


@pytest.fixture
def robin(world: ModuleType, at: Any) -> Staff:
    at("2026-11-20 10:00")
    with transaction():
        return world.organizer(COORDINATOR)


@pytest.fixture
def desk(client: FlaskClient, robin: Staff) -> FlaskClient:
    return sign_in(client, robin)


def titles(page: str) -> list[str]:
    return [re.sub("<[^>]+>", "", found) for found in re.findall(r"<h3.*?</h3>", page)]


class TestEvents:
    def test_dates_stand_on_their_tabs(self, desk: FlaskClient, world: ModuleType) -> None:
        with transaction():
            world.clinic(title={"en": "Later"}, starts_local=world.a_day_ahead(9, "09:30"))
            world.clinic(title={"en": "Sooner"}, starts_local=world.a_day_ahead(2, "09:30"))
            world.clinic(title={"en": "Over"}, starts_local=world.a_day_ahead(-2, "09:30"))
            world.workshop(title={"en": "Unfinished"}, state="draft")
            world.workshop(title={"en": "Waiting for eyes"}, state="in_review")
            world.workshop(title={"en": "Theirs"}, host="far-shore")
        assert titles(desk.get("/console/").text) == ["Sooner", "Later"]
        assert set(titles(desk.get("/console/?show=drafts").text)) == {"Unfinished", "Waiting for eyes"}
        assert titles(desk.get("/console/?show=past").text) == ["Over"]
        assert titles(desk.get("/console/?show=nonsense&page=-7").text) == ["Sooner", "Later"]

    def test_staff_see_numbers_and_the_line(self, desk: FlaskClient, world: ModuleType) -> None:
        with transaction():
            posted = world.clinic(slots=1, seats=2)
            for name in ("Ana", "Bo", "Cai"):
                world.attends(posted, name=name, contact=f"{name}@post.example")
        page = desk.get("/console/").text
        assert "2 of 2 places taken" in page and "1 on the waitlist" in page
        assert '<progress class="bar" max="2" value="2"' in page

    def test_states_are_said_in_words(self, desk: FlaskClient, world: ModuleType) -> None:
        with transaction():
            world.clinic(visibility="unlisted")
            off, moved = world.clinic(), world.clinic()
            db.session.get_one(Event, off.event_id).state = "cancelled"
            sitting = db.session.get_one(Occurrence, moved.occurrence_id)
            sitting.moved_from_local = sitting.starts_local - timedelta(days=7)
        page = desk.get("/console/").text
        for words in ("Only with the link", "Canceled", "Moved", "Published"):
            assert f">{words}<" in page

    def test_links_lead_to_the_editor_and_the_roster(self, desk: FlaskClient, world: ModuleType) -> None:
        with transaction():
            posted = world.clinic()
        page = desk.get("/console/").text
        assert f'href="/console/events/{posted.event_id}"' in page
        assert f'href="/console/dates/{posted.occurrence_id}/roster"' in page
        assert 'href="/console/events/new"' in page

    def test_who_checks_in_sees_rosters_only(self, client: FlaskClient, world: ModuleType, at: Any) -> None:
        at("2026-11-20 10:00")
        with transaction():
            posted = world.clinic()
            world.workshop(title={"en": "Unfinished"}, state="draft")
            staff = world.organizer(CHECKIN_LEAD)
        sign_in(client, staff)
        for tab in ("", "?show=drafts", "?show=past"):
            page = client.get(f"/console/{tab}").text
            assert "/console/events/" not in page and "Drafts" not in page and "Unfinished" not in page
            assert "/console/venues/" not in page and "/console/checklists/" not in page
        assert "The list opens Fri, Dec 4, 7:30 AM" in client.get("/console/").text
        at("2026-12-04 08:00")
        sign_in(client, staff)
        assert f"/console/dates/{posted.occurrence_id}/roster" in client.get("/console/").text

    def test_roles_count_for_their_organization_only(self, client: FlaskClient, world: ModuleType, at: Any) -> None:
        at("2026-11-20 10:00")
        with transaction():
            staff = world.organizer(LEAD)
            organizations.add_member(world.organization("far-shore"), staff.user_id, CHECKIN_LEAD)
            own, theirs = world.clinic(), world.clinic(host="far-shore")
            world.workshop(title={"en": "Their draft"}, state="draft", host="far-shore")
        page = sign_in(client, staff).get("/console/").text
        assert f"/console/events/{own.event_id}" in page and f"/console/events/{theirs.event_id}" not in page
        assert f"/console/dates/{theirs.occurrence_id}/roster" in page and "Far Shore" in page
        assert titles(client.get("/console/?show=drafts").text) == []

    def test_an_empty_board_says_so(self, desk: FlaskClient) -> None:
        for tab, words in (("", "Nothing is coming yet"), ("drafts", "No drafts"), ("past", "Nothing has passed yet")):
            assert words in desk.get(f"/console/?show={tab}").text

    def test_long_boards_have_pages(
        self, desk: FlaskClient, world: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(board, "PAGE_SIZE", 2)
        with transaction():
            for number in range(5):
                world.workshop(title={"en": f"No. {number}"}, starts_local=world.a_day_ahead(number + 1, "10:00"))
        assert titles(desk.get("/console/?page=2").text) == ["No. 2", "No. 3"]
        last = desk.get("/console/?page=99").text
        assert titles(last) == ["No. 4"] and "Page 3 of 3" in last and 'rel="next"' not in last

    @pytest.mark.parametrize("tab", board.TABS)
    def test_as_many_statements_for_many_dates_as_for_one(self, desk: FlaskClient, world: ModuleType, tab: str) -> None:
        def post(number: int) -> None:
            with transaction():
                for _event in range(number):
                    world.clinic()
                    world.clinic(starts_local=world.a_day_ahead(-5, "09:30"))
                    world.clinic(state="draft")

        counts = []
        for number in (1, 6):
            post(number)
            with counted() as statements:
                assert desk.get(f"/console/?show={tab}").status_code == 200
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 6, counts


class TestLanguage:
    def test_the_switcher_keeps_the_page(self, desk: FlaskClient, robin: Staff) -> None:
        there = press(desk, "/console/venues/", "/console/account/language", language="es", back="/console/venues/?x=1")
        assert (there.status_code, there.location) == (303, "/console/venues/?x=1")
        assert '<html lang="es"' in desk.get("/console/venues/").text
        assert db.session.scalar(sa.select(User.language).where(User.id == robin.user_id)) == "es"

    def test_it_leads_nobody_away_and_knows_its_languages(self, desk: FlaskClient) -> None:
        path = "/console/account/language"
        assert (
            press(desk, "/console/account", path, language="es", back="//evil.example").location == "/console/account"
        )
        unopened = f"/console/registrations/{uuid.uuid4()}/check-in"
        assert press(desk, "/console/account", path, language="es", back=unopened).location == "/console/"
        for wrong in ("xx", "", "ar-XB"):
            assert press(desk, "/console/account", path, language=wrong).status_code == 422


class TestVenues:
    def test_a_venue_is_made_and_changed(self, desk: FlaskClient, robin: Staff) -> None:
        done = save(desk, "/console/venues/new", **VENUE)
        assert (done.status_code, done.location) == (303, "/console/venues/")
        assert "The place is saved." in desk.get("/console/venues/").text
        venue = db.session.scalars(sa.select(Venue)).one()
        assert (venue.organization_id, venue.city, venue.access) == (
            robin.organization_id,
            "Chicago",
            ["seating", "step_free"],
        )
        assert venue.transit == {"en": "Bus 60", "es": "Autobús 60"}
        path = f"/console/venues/{venue.id}"
        opened = desk.get(path).text
        assert 'value="Autobús 60"' in opened
        ticked = re.findall(r"<input[^>]*checked[^>]*>", opened)
        assert [box for box in ticked if 'value="seating"' in box], "opening a venue keeps its boxes ticked"
        assert save(desk, path, room="Room 3", access=["restroom"]).status_code == 303
        assert db.session.execute(sa.select(Venue.room, Venue.access, Venue.name)).one() == (
            "Room 3", ["restroom"], "Harbor Street Library",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"name": ""}, "Write what people call this place."),
            ({"name": "x" * 300}, "Please use 200 characters or fewer."),
            ({"name": "a\r\nb"}, "We took it out"),
            ({"address": ""}, "Write the street and number"),
            ({"zip_code": "606"}, "like 60608"),
            ({"zip_code": "６０６０８"}, "like 60608"),
            ({"transit_es": ""}, "Write it in Spanish too."),
            ({"transit_en": ""}, "Write it in English too."),
            ({"visibility": "nobody"}, "Choose one from the list."),
            ({"access": ["step_free", "magic"]}, "Choose only from the list."),
            ({"organization": str(uuid.uuid4())}, "Choose one from the list."),
        ],
    )
    def test_what_cannot_stand_comes_back_with_words(
        self, desk: FlaskClient, changes: dict[str, Any], words: str
    ) -> None:
        page = save(desk, "/console/venues/new", **{**VENUE, "parking": "Behind <the> house", **changes})
        assert page.status_code == 422 and words in page.text and 'role="alert"' in page.text
        assert "Behind &lt;the&gt; house" in page.text and "<title>Error: " in page.text
        assert db.session.scalar(sa.select(Venue.id)) is None

    @pytest.mark.parametrize("kind", [{"online": "y"}, {"visibility": "after_registration"}])
    def test_places_online_or_hidden_need_no_address(self, desk: FlaskClient, kind: dict[str, str]) -> None:
        bare = {"name": "Somewhere", "address": "", "zip_code": "", "transit_en": "", "transit_es": ""}
        assert save(desk, "/console/venues/new", **bare, **kind).status_code == 303

    def test_shared_places_are_read_and_not_changed(self, desk: FlaskClient) -> None:
        with transaction():
            shared = Venue(id=uuid.uuid4(), organization_id=None, name="Everybody's hall", address="1 A St.")
            db.session.add(shared)
        path = f"/console/venues/{shared.id}"
        assert "Everybody" in desk.get("/console/venues/").text
        page = desk.get(path).text
        assert "Everybody&#39;s hall" in page and 'name="address"' not in page
        assert press(desk, "/console/venues/new", path, **VENUE).status_code == 403
        assert db.session.scalar(sa.select(Venue.name)) == "Everybody's hall"


class TestChecklists:
    def test_a_list_is_made_and_each_change_is_a_version(self, desk: FlaskClient, robin: Staff) -> None:
        assert save(desk, "/console/checklists/new", **LIST).status_code == 303
        first = db.session.scalars(sa.select(Checklist)).one()
        assert (first.organization_id, first.version, first.review_every_days) == (robin.organization_id, 1, 60)
        assert first.items == [{"text": {"en": "Your letters.", "es": "Sus cartas."}, "need": "if_you_have_it"}]
        path = f"/console/checklists/{first.id}"
        more = {"items-1-text_en": "Water", "items-1-text_es": "Agua", "items-1-need": "comfort"}
        assert save(desk, path, **more).status_code == 303
        newest = db.session.scalars(sa.select(Checklist).where(Checklist.version == 2)).one()
        assert [item["text"]["en"] for item in newest.items] == ["Your letters.", "Water"]
        assert "A newer one has replaced it." in desk.get(path).text
        listing = desk.get("/console/checklists/").text
        assert f"/console/checklists/{newest.id}" in listing and path not in listing

    def test_adding_rows_keeps_what_is_typed(self, desk: FlaskClient) -> None:
        before = desk.get("/console/checklists/new").text.count("<legend>Row ")
        page = save(desk, "/console/checklists/new", **{**LIST, "title_es": ""}, more="yes")
        assert page.status_code == 200 and 'role="alert"' not in page.text
        assert page.text.count("<legend>Row ") == before + 3
        assert 'value="Your letters."' in page.text and '<option selected value="if_you_have_it"' in page.text
        assert 'value="2026-11-19"' in page.text and db.session.scalar(sa.select(Checklist.id)) is None

    def test_a_list_does_not_grow_for_ever(self, desk: FlaskClient) -> None:
        typed = {f"items-{number}-text_en": f"Thing {number}" for number in range(60)}
        page = save(desk, "/console/checklists/new", **{**LIST, **typed}, more="yes")
        assert page.status_code == 200 and page.text.count("<legend>Row ") == 40

    def test_empty_rows_are_left_out_and_emptied_ones_go(self, desk: FlaskClient) -> None:
        typed = {
            **LIST,
            "items-0-text_en": "",
            "items-0-text_es": "",
            "items-2-text_en": "Water",
            "items-2-text_es": "Agua",
        }
        assert save(desk, "/console/checklists/new", **typed).status_code == 303
        assert [item["text"]["en"] for item in db.session.scalars(sa.select(Checklist.items)).one()] == ["Water"]

    @pytest.mark.parametrize(
        ("changes", "words", "field"),
        [
            ({"title_es": ""}, "Write the name in Spanish.", "title_es"),
            ({"items-0-text_es": ""}, "Write it in Spanish too.", "items-0-text_es"),
            ({"items-0-text_en": "", "items-0-text_es": ""}, "Write at least one thing to bring.", "items-0-text_en"),
            ({"items-0-need": "magic"}, "Choose one from the list.", "items-0-need"),
            ({"reviewed_on": "2026-11-21"}, "Choose today or an earlier day.", "reviewed_on"),
            ({"reviewed_on": "2026-02-30"}, "write it like 2026-12-05", "reviewed_on"),
            ({"reviewed_on": "0001-01-01"}, "write it like 2026-12-05", "reviewed_on"),
            ({"reviewed_on": ""}, "Choose the day when", "reviewed_on"),
            ({"review_every_days": "0"}, "Write a number from 7 to 730.", "review_every_days"),
            ({"review_every_days": "9" * 5000}, "Write a number from 7 to 730.", "review_every_days"),
            ({"review_every_days": "soon"}, "Write a number from 7 to 730.", "review_every_days"),
            ({"reviewed_by_role": ""}, "Write the role", "reviewed_by_role"),
            ({"items-0-text_en": "x" * 400}, "Please use 300 characters or fewer.", "items-0-text_en"),
        ],
    )
    def test_what_cannot_stand_comes_back_with_words(
        self, desk: FlaskClient, changes: dict[str, str], words: str, field: str
    ) -> None:
        page = save(desk, "/console/checklists/new", **{**LIST, "source_label": "A <source>", **changes})
        assert page.status_code == 422 and words in page.text
        assert f'<a href="#{field}">' in page.text and f'id="{field}-e"' in page.text
        assert 'value="A &lt;source&gt;"' in page.text and db.session.scalar(sa.select(Checklist.id)) is None

    @pytest.mark.parametrize("odd", ["items-²-text_en", f"items-{'9' * 5000}-text_en", "items--1-need", "items"])
    def test_odd_names_of_fields_are_no_fault(self, desk: FlaskClient, odd: str) -> None:
        assert save(desk, "/console/checklists/new", **{**LIST, odd: "x"}).status_code == 303
        assert press(desk, "/console/checklists/new", **{odd: "x"}).status_code == 422

    def test_two_people_do_not_overwrite_each_other(self, desk: FlaskClient) -> None:
        save(desk, "/console/checklists/new", **LIST)
        path = f"/console/checklists/{db.session.scalars(sa.select(Checklist.id)).one()}"
        assert save(desk, path, title_en="First").status_code == 303
        late = press(desk, "/console/account", path, **{**LIST, "title_en": "Second"})
        assert late.status_code == 409 and "Somebody else changed this list" in late.text
        assert 'value="Second"' in late.text

    def test_a_list_that_waits_for_a_check_says_so(self, desk: FlaskClient) -> None:
        save(desk, "/console/checklists/new", **{**LIST, "reviewed_on": "2026-08-01"})
        assert "Waits for a check since September 30, 2026" in desk.get("/console/checklists/").text
        path = f"/console/checklists/{db.session.scalars(sa.select(Checklist.id)).one()}"
        assert "This list waits for a check" in desk.get(path).text

    def test_shared_lists_are_read_and_one_makes_an_own_one_from_them(self, desk: FlaskClient, robin: Staff) -> None:
        with transaction():
            shared = Checklist(
                id=uuid.uuid4(),
                organization_id=None,
                title={"en": "For all", "es": "Para todos"},
                items=[{"text": {"en": "A pen", "es": "Una pluma"}, "need": "bring"}],
                reviewed_on=date(2026, 11, 1),
            )
            db.session.add(shared)
        path = f"/console/checklists/{shared.id}"
        assert "A pen" in desk.get(path).text
        assert press(desk, "/console/checklists/new", path, **LIST).status_code == 403
        copy = f"/console/checklists/new?like={shared.id}"
        assert 'value="Una pluma"' in desk.get(copy).text
        assert save(desk, copy).status_code == 422, "who copies a list checks it anew"
        assert save(desk, copy, reviewed_on="2026-11-20", reviewed_by_role="Lead").status_code == 303
        own = db.session.scalars(sa.select(Checklist).where(Checklist.organization_id == robin.organization_id)).one()
        assert (own.title["es"], own.version, own.series != shared.series) == ("Para todos", 1, True)


def test_whatever_is_typed_no_page_breaks(app: Flask, desk: FlaskClient) -> None:
    odd = [
        "\0",
        "\u202e",
        "😀" * 200,
        "a\r\nBcc: b@c.example",
        "\u2028",
        "' OR 1=1 --",
        "{{ 7 * 7 }}",
        "x" * 20_000,
        "\ud7ff",
    ]
    for text in odd:
        for path, fields in (("/console/venues/new", VENUE), ("/console/checklists/new", LIST)):
            for name in fields:
                answer = press(desk, path, **{**fields, name: text})
                assert answer.status_code in (303, 422), (path, name, text)
