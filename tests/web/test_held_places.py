"""A place that is held: by link, by code, and what nobody else may learn."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import checkin, events, postman, registrations
from scheduler.core import clock, tokens
from scheduler.core.extensions import db, limiter, transaction
from scheduler.models.checklist import Checklist
from scheduler.models.event import Event
from scheduler.models.registration import Registration
from scheduler.web import limits
from scheduler.web.places import codes, holding

from ..ground.mail import Sink
from .filling import code_in, kept, press


def place(registration_id: uuid.UUID, purpose: str = tokens.PLACE) -> str:
    found = db.session.get_one(Registration, registration_id, populate_existing=True)
    token = found.token(purpose)
    return f"/en/place/{token}" if purpose == tokens.PLACE else f"/stop/{token}"


def state(registration_id: uuid.UUID) -> str:
    return db.session.get_one(Registration, registration_id, populate_existing=True).state


def everything() -> dict[str, list[Any]]:
    """All rows of all tables."""
    tables = db.metadata.tables.items()
    return {name: sorted(map(repr, db.session.execute(sa.select(table)).all())) for name, table in tables}


@pytest.fixture
def limited(app: Flask) -> Iterator[None]:
    """Limits are on, with counters of their own."""
    count_in("memory://")
    yield
    limiter.enabled = False


@pytest.fixture(params=["memory://", "shared://"])
def limited_anyhow(app: Flask, at: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """Limits are on, counted in one process and then in all of a machine; it is one hour."""
    at("2026-11-20 10:00")
    count_in(request.param)
    yield
    limiter.enabled = False
    if request.param == "shared://":
        limiter.limiter.storage.close()  # type: ignore[attr-defined]


def count_in(storage: str) -> None:
    fresh = Flask("limits")
    fresh.config.update(RATELIMIT_ENABLED=True, RATELIMIT_STORAGE_URI=storage)
    limiter.init_app(fresh)


def test_looking_changes_nothing(client: FlaskClient, world: ModuleType) -> None:
    """Mail scanners follow every link, many times."""
    with transaction():
        registration_id = world.attends(world.clinic())
    paths = [place(registration_id), place(registration_id, tokens.STOP_REMINDERS)]
    paths += [f"{paths[0]}/{act}" for act in ("confirmation", "cancellation", "erasure", "card", "appointment.ics")]
    before = everything()
    for path in paths:
        for _ in range(5):
            assert client.get(path).status_code in (200, 303)
            assert client.head(path).status_code in (200, 303)
    assert everything() == before


def test_dead_links_look_alike(client: FlaskClient, world: ModuleType) -> None:
    """Unknown, malformed, for another purpose, of another person, erased, revoked: the same octets."""
    with transaction():
        clinic = world.clinic()
        mine, other, erased = (world.attends(clinic, email) for email in (0, 1, 2))
    stop = place(mine, tokens.STOP_REMINDERS).removeprefix("/stop/")
    good = place(mine).removeprefix("/en/place/")
    foreign = place(other).removeprefix("/en/place/")
    gone = place(erased)
    assert client.post(f"{gone}/erasure").status_code == 303
    with transaction():
        db.session.get_one(Registration, other).link_generation += 1
    dead = [
        "/en/place/x", f"/en/place/{'A' * 64}", f"/en/place/{stop}", f"/en/place/{good.swapcase()}",
        f"/en/place/{good[:22]}{foreign[22:]}", f"/en/place/{foreign}", gone, f"/en/place/{good}A", "/en/place/%00%ff",
    ]  # fmt: skip
    bodies = set()
    for path in dead:
        for found in (client.get(path), client.get(f"{path}/cancellation"), client.post(f"{path}/cancellation")):
            assert found.status_code == 404
            bodies.add(found.data)
    assert len(bodies) == 1
    assert client.get(place(mine)).status_code == 200 and state(mine) == "confirmed"


def test_im_coming(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        registration_id = world.attends(world.clinic())
    link = place(registration_id)
    assert 'id="coming"' in client.get(link).text
    response = client.post(f"{link}/confirmation")
    assert (response.status_code, response.location) == (303, f"{link}#coming")
    page = client.get(link).text
    assert "You told us that you are coming" in page and f'action="{link}/confirmation"' not in page


def test_two_taps_give_the_place_back(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(seats=1)
        registration_id = world.attends(clinic)
        world.clinic()
    link = place(registration_id)
    assert f'href="{link}/cancellation"' in client.get(link).text
    question = client.get(f"{link}/cancellation").text
    assert "Give your place back?" in question and f'action="{link}/cancellation"' in question
    for _ in range(2):
        assert client.post(f"{link}/cancellation").location == link
    page = client.get(link).text
    assert "Thank you for telling us" in page and "Other dates" in page and "Legal Help Morning" in page
    assert state(registration_id) == "cancelled"
    with transaction():
        assert state(world.attends(clinic, contact="jo@post.example")) == "confirmed", "the seat is free at once"


def test_erasing_kills_the_link_and_the_code(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        registration_id = world.attends(world.clinic())
    link = place(registration_id)
    code = code_in(client.get(link).text)
    assert "Erase my information?" in client.get(f"{link}/erasure").text
    response = client.post(f"{link}/erasure")
    assert response.location == "/en/place/erased" and "Within the hour" in client.get(response.location).text
    assert client.get(link).status_code == 404
    assert client.post(f"{link}/erasure").status_code == 404
    assert client.post("/en/place", data={"code": code}).status_code == 404


def test_who_presses_erase_twice_reads_what_became_of_it(client: FlaskClient, world: ModuleType) -> None:
    """In words that are the same for every link and code that is dead, whether or not anybody ever had it."""
    twice = "If you pressed “Yes, erase it” twice, the first time counted"
    with transaction():
        clinic = world.clinic()
        mine, other, by_code = (world.attends(clinic, email) for email in (0, 1, 2))
    link, renewed, code = place(mine), place(other), db.session.get_one(Registration, by_code).code
    assert client.post(f"{link}/erasure").location == "/en/place/erased"
    with transaction():
        db.session.get_one(Registration, other).link_generation += 1
    dead = [client.post(f"{path}/erasure") for path in (link, renewed, f"/en/place/{'A' * 64}", "/en/place/x")]
    assert {found.status_code for found in dead} == {404} and len({found.data for found in dead}) == 1
    assert twice in dead[0].text and twice not in client.get(f"{link}/erasure").text
    press = {"sure": "yes"}
    assert client.post("/en/place/code/erasure", data=press | {"code": code}).location == "/en/place/erased"
    dead = [client.post("/en/place/code/erasure", data=press | {"code": wrong}) for wrong in (code, "ABCD-2345")]
    assert [found.status_code for found in dead] == [404, 404] and twice in dead[0].text
    assert dead[0].text.replace(code, "ABCD-2345") == dead[1].text
    assert "check each letter" in client.post("/en/place/code/erasure", data={"code": code}).text
    assert state(other) == "confirmed"


def test_two_presses_of_erase_in_one_moment_lead_to_the_same_page(
    client: FlaskClient, world: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one still found the place, and then waited for the first."""
    with transaction():
        clinic = world.clinic()
        by_link, by_code = world.attends(clinic), world.attends(clinic)
    link, code = place(by_link), db.session.get_one(Registration, by_code).code

    def overtaken(find: Callable[..., Registration]) -> Callable[..., Registration]:
        def found(typed: Any) -> Registration:
            registration = find(typed)
            with transaction():
                registrations.erase(registration.id)
            return db.session.get_one(Registration, registration.id)

        return found

    monkeypatch.setattr(holding, "found", overtaken(holding.found))
    monkeypatch.setattr(codes, "by_code", overtaken(codes.by_code))
    assert client.post(f"{link}/erasure").location == "/en/place/erased"
    answer = client.post("/en/place/code/erasure", data={"code": code, "sure": "yes"})
    assert answer.location == "/en/place/erased"


def test_a_person_sees_every_field(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        registration_id = world.attends(
            world.clinic(), name="Marisol Ortega", party=2, children=3, needs=["large_print"], note="Two\nlines"
        )
    page = client.get(place(registration_id)).text
    for words in (
        "Marisol Ortega", "marisol@post.example", "Words that do not say what it is about", "Español", "3 children",
        "Large print", "Two\nlines", "On this site", "consent text 1", "Confirmation: to be sent", "Place kept",
    ):  # fmt: skip
        assert words in page, words


def test_nothing_of_the_matter_in_title_or_calendar(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        registration_id = world.attends(world.clinic())
    link = place(registration_id)
    title = re.search("<title>(.*)</title>", client.get(link).text)
    assert title and title.group(1).startswith("Your place ")
    calendar = client.get(f"{link}/appointment.ics")
    assert calendar.mimetype == "text/calendar" and "attachment" in calendar.headers["Content-Disposition"]
    assert "SUMMARY:Appointment / Cita" in calendar.text and "Legal" not in calendar.text
    assert "Legal Help" not in client.get(f"{link}/card").text.partition("<main")[2]


def test_a_hidden_address_is_for_people_with_a_place(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        hidden = world.venue(world.organization(), hidden=True)
        workshop = world.workshop(seats=1, venue_id=hidden)
        seated, waiting = world.attends(workshop), world.attends(workshop, contact="jo@post.example")
    assert "1810 S. Harbor" in client.get(place(seated)).text
    assert "1810 S. Harbor" in client.get(f"{place(seated)}/card").text
    for path in (place(waiting), f"{place(waiting)}/card", f"/en/events/{workshop.slug}/place"):
        assert "1810 S. Harbor" not in client.get(path).text, path
    client.post(f"{place(seated)}/cancellation")
    assert "1810 S. Harbor" not in client.get(place(seated)).text


def test_the_link_of_an_online_event_is_for_people_with_a_place(client: FlaskClient, world: ModuleType) -> None:
    link = "https://meet.example/papers"
    with transaction():
        online = world.venue(world.organization(), online=True)
        workshop = world.workshop(seats=1, venue_id=online, format="online", join_link=link)
        seated, waiting = world.attends(workshop), world.attends(workshop, contact="jo@post.example")
    assert link in client.get(place(seated)).text
    event = f"/en/events/{workshop.slug}"
    for path in (place(waiting), event, f"{event}/place", "/calendar.ics", f"/events/{workshop.slug}.ics"):
        assert link not in client.get(path).text, path


def test_who_may_come_or_join_from_home_gets_both(client: FlaskClient, world: ModuleType) -> None:
    link = "https://meet.example/papers"
    with transaction():
        workshop = world.workshop(seats=1, format="hybrid", join_link=link)
        seated, waiting = world.attends(workshop), world.attends(workshop, contact="jo@post.example")
    page = client.get(place(seated)).text
    assert link in page and "1810 S. Harbor St." in page and "You can also join online." in page
    event = f"/en/events/{workshop.slug}"
    for path in (place(waiting), event):
        told = client.get(path).text
        assert link not in told and "You get the link when you have a place." in told, path


def test_a_list_that_nobody_checked_says_so(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
        registration_id = world.attends(clinic)
    assert "due for a check" not in client.get(place(registration_id)).text
    with transaction():
        db.session.get_one(Checklist, clinic.checklist_id).reviewed_on = clock.now().date() - timedelta(days=100)
    assert "due for a check" in client.get(place(registration_id)).text


def test_other_states_have_their_own_words(client: FlaskClient, world: ModuleType, at: Any) -> None:
    with transaction():
        clinic = world.clinic()
        registration_id, here = world.attends(clinic), world.attends(clinic)
    with transaction():
        db.session.get_one(Registration, here).state = "checked_in"
    page = client.get(place(here)).text
    assert "checked in" in page and "can’t come" not in page
    refused = client.post(f"{place(here)}/cancellation")
    assert refused.status_code == 409 and "already checked in" in refused.text and state(here) == "checked_in"
    with transaction():
        event = db.session.get_one(Event, clinic.event_id)
        event.state, event.cancel_reason = "cancelled", {"en": "The boiler broke.", "es": "Se rompió la caldera."}
    page = client.get(place(registration_id)).text
    assert "This date is canceled" in page and "The boiler broke." in page and "Please do not travel" in page
    with transaction():
        db.session.get_one(Event, clinic.event_id).state = "completed"
    at(clock.now() + timedelta(days=15))
    assert "This date is over" in client.get(place(registration_id)).text
    assert "Thank you for coming" in client.get(place(here)).text and "Erase my" in client.get(place(here)).text


def test_the_card_says_when_there_is_nothing_to_come_to(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-20 10:00")
    with transaction():
        clinic = world.clinic()
        stays, goes = world.attends(clinic), world.attends(clinic, contact_kind="none", contact="")
    card = client.get(f"{place(stays)}/card").text
    assert "At the door, show this card" in card and "Harbor" in card
    client.post(f"{place(goes)}/cancellation")
    card = client.get(f"{place(goes)}/card").text
    assert "no longer kept" in card and "Harbor St" not in card and "waitlist" not in card and "show this" not in card
    with transaction():
        events.cancel_date(clinic.occurrence_id, {"en": "No heat", "es": "Sin calefacción"})
    card = client.get(f"{place(stays)}/card").text
    assert "This date is canceled" in card and "Please do not travel" in card and "Harbor St" not in card


def test_what_a_place_given_back_is_said_to_be(client: FlaskClient, world: ModuleType, at: Any) -> None:
    """It is free for somebody else only where somebody else can have it."""
    at("2026-11-20 10:00")
    with transaction():
        clinic = world.clinic(slots=1, seats=1)
        seated, waits = world.attends(clinic), world.attends(clinic, contact="w@post.example")
    client.post(f"{place(waits)}/cancellation")
    page = client.get(place(waits)).text
    assert "no longer in line" in page and "free for someone else" not in page
    client.post(f"{place(seated)}/cancellation")
    assert "free for someone else" in client.get(place(seated)).text
    again = client.get(f"{place(seated)}/cancellation")
    assert again.status_code == 303, "there is nothing to give back any more"
    with transaction():
        events.cancel_date(clinic.occurrence_id, {"en": "No heat", "es": "Sin calefacción"})
    page = client.get(place(seated)).text
    assert "free for someone else" not in page and "This date will not take place" in page


def test_after_the_date_nothing_is_given_back_by_code_either(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-20 10:00")
    with transaction():
        clinic = world.clinic()
        registration_id = world.attends(clinic)
    code = world.registration(registration_id).code
    at("2026-12-05 20:00")
    answer = client.post("/en/place/code/cancellation", data={"code": code, "sure": "yes"})
    assert answer.status_code == 409 and "too late to give this place back" in answer.text
    assert state(registration_id) == "confirmed"


def test_dates_that_nobody_can_join_are_no_other_dates(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-20 10:00")
    with transaction():
        clinic = world.clinic()
        registration_id = world.attends(clinic)
        invited = world.clinic(slug="invited")
        db.session.get_one(Event, invited.event_id).admission = "invite_code"
        open_to_all = world.clinic(slug="open-to-all")
    client.post(f"{place(registration_id)}/cancellation")
    page = client.get(place(registration_id)).text
    assert "/events/open-to-all" in page and "/events/invited" not in page and open_to_all


def test_who_came_can_have_everything_erased(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-21 10:00")
    with transaction():
        clinic = world.clinic(starts_local=world.a_day_ahead(0, "11:00"))
        here, later = world.attends(clinic), world.attends(clinic)
    code = db.session.get_one(Registration, later).code
    for registration_id in (here, later):
        with transaction():
            checkin.check_in(registration_id)
    page = client.get(place(here)).text
    assert "Please wait until you are called" in page and f"{place(here)}/erasure" in page
    question = client.get(f"{place(here)}/erasure").text
    assert "no longer find you on their list" in question
    assert "free for someone else" not in question and "last e-mail" not in question
    assert client.post(f"{place(here)}/erasure").location == "/en/place/erased"
    at(clock.now() + timedelta(days=2))
    page = client.get(place(later)).text
    assert "Thank you for coming" in page and "Please wait" not in page and f"{place(later)}/erasure" in page
    assert "no longer find you" not in client.get(f"{place(later)}/erasure").text
    assert client.post("/en/place/code/erasure", data={"code": code, "sure": "yes"}).location == "/en/place/erased"
    assert {client.get(place(one)).status_code for one in (here, later)} == {404}


def test_one_click_stops_reminders_and_keeps_the_place(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        registration_id = world.attends(world.clinic())
    path = place(registration_id, tokens.STOP_REMINDERS)
    page = client.get(path).text
    assert '<html lang="es"' in page, "in the language of the person's letters"
    one_click = client.post(path, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"})
    assert (one_click.status_code, one_click.mimetype) == (200, "text/plain")
    found = db.session.get_one(Registration, registration_id, populate_existing=True)
    assert (found.reminders, found.state) == (False, "confirmed")
    by_hand = client.post(path, data={"by_hand": "yes"})
    assert by_hand.status_code == 200 and by_hand.mimetype == "text/html"
    assert client.post(place(registration_id).replace("/en/place/", "/stop/")).status_code == 404, "another purpose"


@pytest.mark.parametrize("shape", ["{0}-{1}", "{0} {1}", "  {0}{1}  ", "{0}–{1}", "lower"])
def test_a_code_is_forgiving(client: FlaskClient, world: ModuleType, shape: str) -> None:
    with transaction():
        clinic = world.clinic()
    code = code_in(client.get(kept(client, clinic, name="Ana Vale", note="Ring twice")).text)
    typed = code.lower() if shape == "lower" else shape.format(*code.split("-"))
    page = client.post("/en/place", data={"code": typed})
    assert page.status_code == 200 and "9:30 AM" in page.text and "1810 S. Harbor St." in page.text
    for secret in ("ana@post.example", "Ana Vale", "Ring twice", "/en/place/"):
        assert secret not in page.text.partition("<main")[2].replace('action="/en/place/code/', ""), secret
    assert "a***@p***" in page.text


def test_a_code_confirms_gives_back_and_erases(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
        first, second = world.attends(clinic, contact_kind="none", contact=""), world.attends(clinic)
    codes = [db.session.get_one(Registration, one).code for one in (first, second)]
    page = client.post("/en/place/code/confirmation", data={"code": codes[0]})
    assert page.status_code == 200 and "You told us that you are coming" in page.text
    question = client.post("/en/place/code/cancellation", data={"code": codes[0]})
    assert "Give your place back?" in question.text and state(first) == "confirmed"
    page = client.post("/en/place/code/cancellation", data={"code": codes[0], "sure": "yes"})
    assert "Thank you for telling us" in page.text and state(first) == "cancelled"
    assert "Erase my information?" in client.post("/en/place/code/erasure", data={"code": codes[1]}).text
    assert client.post("/en/place/code/erasure", data={"code": codes[1], "sure": "yes"}).location == "/en/place/erased"
    assert client.post("/en/place", data={"code": codes[1]}).status_code == 404
    assert client.get("/en/place/code/erasure").location == "/en/place"


@pytest.mark.parametrize(
    ("typed", "status"),
    [("", 422), ("ABCD", 422), ("ABCD-23456", 422), ("ABCD-234O", 422), ("ABCD\x002345", 422), ("ABCD-2345", 404)],
)
def test_a_wrong_code_gets_words_on_the_same_page(
    client: FlaskClient, world: ModuleType, typed: str, status: int
) -> None:
    response = client.post("/en/place", data={"code": typed})
    assert response.status_code == status
    assert "<title>Error: Find my place" in response.text and 'id="code-e"' in response.text


def test_guessing_codes_ends_soon(client: FlaskClient, world: ModuleType, limited: None) -> None:
    with transaction():
        registration_id = world.attends(world.clinic())
    code = db.session.get_one(Registration, registration_id).code
    assert {client.post("/en/place", data={"code": f"ABCD-23{n + 20}"}).status_code for n in range(30)} <= {404, 422}
    for number in range(40):
        client.post("/en/place", data={"code": f"ABCDEF{'23456789'[number % 8]}{'QRTUVWXYZ'[number % 9]}"})
    refused = client.post("/en/place", data={"code": code})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert "Many tries" in refused.text and "9:30" not in refused.text
    elsewhere = client.post("/en/place", data={"code": code}, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 200, "other networks go on"


def test_guessing_from_many_networks_ends_too(
    client: FlaskClient, world: ModuleType, limited: None, app: Flask
) -> None:
    with app.test_request_context("/"):
        for _ in range(1000):
            limits.count(limits.ALL_WRONG_CODES, limits.EVERYBODY)
    assert client.post("/en/place", data={"code": "ABCD-2346"}).status_code == 404, "the first of this network"
    assert client.post("/en/place", data={"code": "ABCD-2345"}).status_code == 429


@pytest.fixture
def code(world: ModuleType, limited_anyhow: None) -> str:
    """Of a place that somebody keeps without e-mail."""
    with transaction():
        registration_id = world.attends(world.clinic(), contact_kind="none", contact="")
    return db.session.get_one(Registration, registration_id).code


def there(address: str) -> dict[str, dict[str, str]]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


def guess(app: Flask, times: int, address: str) -> None:
    """So many wrong codes came from there."""
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        for _ in range(times):
            limits.count_crowd(limits.WRONG_CODES_OF_ALL, limits.EVERYBODY)


def test_strangers_who_guess_keep_nobody_from_their_place(app: Flask, client: FlaskClient, code: str, at: Any) -> None:
    guess(app, 1000, "198.18.0.1")
    seen = client.post("/en/place", data={"code": code}, **there("203.0.113.9"))
    assert seen.status_code == 200 and "1810 S. Harbor St." in seen.text and "Retry-After" not in seen.headers
    given = {"code": code, "sure": "yes"}
    page = client.post("/en/place/code/cancellation", data=given, **there("203.0.113.9"))
    assert page.status_code == 200 and "Thank you for telling us" in page.text
    refused = client.post("/en/place", data={"code": code}, **there("198.18.0.99"))
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0, "they have guessed"
    at.later(hours=1)
    assert client.post("/en/place", data={"code": code}, **there("198.18.0.99")).status_code == 200


def test_each_network_guesses_once_more_and_all_of_them_five_thousand_times(
    app: Flask, client: FlaskClient, code: str
) -> None:
    guess(app, 1000, "198.18.0.1")
    tries = [("203.0.113.9", "ABCD-2345"), ("203.0.113.10", code), ("192.0.2.1", code)]
    tries += [("2001:db8:1::1", "ABCD-2345"), ("2001:db8:2::1", code), ("2001:db9::1", code)]
    said = [client.post("/en/place", data={"code": typed}, **there(place)).status_code for place, typed in tries]
    assert said == [404, 429, 200] * 2, "one customer may have all networks of 2001:db8"
    guess(app, 3997, "198.18.0.1")
    assert client.post("/en/place", data={"code": code}, **there("192.0.2.1")).status_code == 200
    guess(app, 1, "198.18.0.1")
    assert client.post("/en/place", data={"code": code}, **there("192.0.2.1")).status_code == 429


def test_hoarding_is_told_to_wait_and_loses_nothing(
    client: FlaskClient, world: ModuleType, limited: None, app: Flask
) -> None:
    with transaction():
        workshop = world.workshop()
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        for _ in range(300):
            limits.count(limits.PLACES)
    refused = press(client, workshop, slot=None)
    assert refused.status_code == 429 and 'value="Ana Vale"' in refused.text and "Retry-After" in refused.headers
    assert db.session.scalar(sa.select(sa.func.count(Registration.id))) == 0


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:77:1::9", "2001:db8:77::/48"),
        ("", "unknown"),
    ],
)
def test_limits_know_networks_not_addresses(app: Flask, address: str, prefix: str) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert limits.network() == prefix


def test_counters_keep_no_address(app: Flask, limited: None) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "203.0.113.77"}):
        limits.take(limits.PLACES)
    kept_keys = " ".join(map(str, limiter.limiter.storage.storage))  # type: ignore[attr-defined]
    assert kept_keys and "203.0" not in kept_keys


def test_without_counters_registration_goes_on_and_codes_stop(
    client: FlaskClient, world: ModuleType, limited: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> bool:
        raise ConnectionError

    with transaction():
        workshop = world.workshop()
    monkeypatch.setattr(limiter.limiter, "test", broken)
    monkeypatch.setattr(limiter.limiter, "hit", broken)
    assert kept(client, workshop, slot=None)
    assert client.post("/en/place", data={"code": "ABCD-2345"}).status_code == 503


def test_who_did_not_answer_is_not_thanked_for_an_answer(
    client: FlaskClient, world: ModuleType, letters_sent: Sink, at: Any
) -> None:
    at("2026-12-01 10:00")
    with transaction():
        posted = world.workshop(starts_local=world.a_day_ahead(9, "18:00"))
        silent, told = [world.attends(posted) for _ in range(5)][4], world.attends(posted, contact="x@post.example")
    postman.deliver_due()
    at("2026-12-02 10:01")
    with transaction():
        assert registrations.lapse_holds(posted.occurrence_id) == 1
        registrations.cancel(told)
    page = client.get(place(silent)).text
    assert "This place is no longer kept" in page and "Thank you for telling us" not in page
    assert "Thank you for telling us" in client.get(place(told)).text


def test_who_is_late_finds_words_and_nothing_to_give_back(client: FlaskClient, world: ModuleType, at: Any) -> None:
    """They were marked as one who did not come; the door still lets them in, and nobody else gets the place."""
    at("2026-11-28 09:00")
    with transaction():
        registration_id = world.attends(world.clinic(slots=3))
    own = place(registration_id)
    with transaction():
        db.session.get_one(Registration, registration_id).state = "no_show"
    at("2026-12-12 10:00")
    page = client.get(own).text
    assert "We did not see you yet" in page and "go to the door" in page and code_in(page)
    asked, pressed = client.get(f"{own}/cancellation"), client.post(f"{own}/cancellation")
    by_code = client.post("/en/place/code/cancellation", data={"code": code_in(page), "sure": "1"})
    assert (pressed.status_code, by_code.status_code) == (409, 409)
    assert all("too late to give this place back" in answer.text for answer in (asked, pressed, by_code))
    assert "Somebody else gets it" not in asked.text and state(registration_id) == "no_show"
    with transaction():
        db.session.get_one(Registration, registration_id).state = "confirmed"
    at("2026-12-13 10:00")
    assert client.post(f"{own}/cancellation").location == own
    assert state(registration_id) == "confirmed"
    assert client.post(f"{own}/erasure").status_code == 303, "erasing is never too late"


def test_whoever_has_no_letter_is_not_sent_to_one(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
        ways = {"phone": "312-555-0143", "email": "ana@post.example"}
        codes = [db.session.get_one(Registration, world.attends(clinic, contact_kind=kind, contact=contact)).code
                 for kind, contact in ways.items()]  # fmt: skip
    by_phone, by_mail = (client.post("/en/place", data={"code": code}, follow_redirects=True).text for code in codes)
    assert "Call us to hear them." in by_phone and "The link in your e-mail shows them." in by_mail


def test_who_waits_reads_that_a_closed_date_offers_nothing(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop(seats=1)
        world.attends(posted, contact="inside@post.example")
        waits = world.attends(posted)
    assert "takes no names now" not in client.get(place(waits)).text
    with transaction():
        events.close(posted.occurrence_id)
    assert "no place is offered until that changes" in client.get(place(waits)).text
