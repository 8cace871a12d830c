"""Keeping a place: the form, the waitlist, and what a second press of the button does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import events, reminders
from scheduler.core import clock, tokens
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.registration import Registration

from .filling import address, answers, code_in, kept, nonce_in, press


def everyone() -> list[Registration]:
    return list(db.session.scalars(sa.select(Registration).order_by(Registration.number)))


def only() -> Registration:
    (found,) = everyone()
    return found


def test_a_place_is_kept(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    response = press(client, clinic, party="2", children="1", needs=["reader", "step_free"], note="Dos\nlíneas")
    assert response.status_code == 303 and response.location.startswith("/en/place/")
    page = client.get(response.location)
    for words in ("You’re in", "9:30 AM", "Chicago time", "1810 S. Harbor St.", "Pink Line 18th", "List checked on"):
        assert words in page.text
    found = only()
    assert (found.name, found.contact, found.spoken, found.language) == ("Ana Vale", "ana@post.example", "es", "en")
    assert (found.party, found.children, found.needs, found.note) == (2, 1, ["reader", "step_free"], "Dos\nlíneas")
    assert (found.state, found.slot_id, found.wording) == ("confirmed", clinic.slot_id, "discreet")
    assert found.code_shown == code_in(page.text)
    assert db.session.scalars(sa.select(Message.letter)).all() == ["confirmation"]


@pytest.mark.parametrize(
    ("days", "today", "english", "spanish"),
    [
        ([3, 1], "2026-11-28 10:00", "We also write 3 days and 1 day before.", "También le escribimos 3 días y 1 día"),
        ([7, 3, 1, 0], "2026-12-03 20:00", "We also write 1 day before, and on the same morning.", "1 día antes, y"),
        ([14], "2026-11-20 10:00", "We also write 14 days before.", "También le escribimos 14 días antes."),
        ([0], "2026-11-28 10:00", "We also write on the same morning.", "También le escribimos esa misma mañana."),
        ([3, 1], "2026-12-04 20:00", "", ""),
        ([], "2026-11-28 10:00", "", ""),
    ],
)
def test_the_page_says_which_reminders_are_still_to_come(
    client: FlaskClient, world: ModuleType, at: Any, days: list[int], today: str, english: str, spanish: str
) -> None:
    at(today)
    with transaction():
        clinic = world.clinic(starts_local=datetime(2026, 12, 5, 14, 0), reminder_days=days)
    mine = kept(client, clinic)
    for page, words, also in (
        (client.get(mine).text, english, "We also write"),
        (client.get(mine.replace("/en/", "/es/")).text, spanish, "También le escribimos"),
    ):
        assert words in page if words else also not in page


@pytest.mark.parametrize(
    ("typed", "contact", "channel"),
    [
        ({"contact_kind": "email", "email": " ana@Post.example "}, "ana@post.example", "email"),
        ({"contact_kind": "helper_email", "email": "jo@post.example", "phone": "nonsense"}, "jo@post.example", "email"),
        ({"contact_kind": "phone", "phone": "(312) 555 0143", "email": "nonsense"}, "312-555-0143", "call"),
        ({"contact_kind": "none", "email": "nonsense", "phone": "nonsense"}, "", "call"),
    ],
)
def test_every_way_to_be_told(
    client: FlaskClient, world: ModuleType, typed: dict[str, str], contact: str, channel: str
) -> None:
    with transaction():
        workshop = world.workshop()
    page = client.get(kept(client, workshop, slot=None, **typed))
    assert "You’re in" in page.text
    assert (only().contact_kind, only().contact) == (typed["contact_kind"], contact)
    assert db.session.scalars(sa.select(Message.channel)).all() == [channel]


def test_the_page_speaks_the_language_of_its_address(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    page = client.get(address(clinic, "es"))
    assert '<html lang="es"' in page.text and "Mañana de ayuda legal" in page.text
    assert re.search(r'<option selected value="es">', page.text), "the language to speak is preset from the page"
    assert kept(client, clinic, "es").startswith("/es/place/")
    assert only().language == "es"


def test_full_words_only_where_the_person_asked_for_them(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic, plain = world.clinic(), world.workshop()
    assert "full_words" in client.get(address(clinic)).text
    assert "full_words" not in client.get(address(plain)).text, "nothing to hide, nothing to ask"
    kept(client, clinic, full_words="y")
    assert only().wording == "full"


def test_the_consent_names_hosts_and_days(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic, other = world.clinic(), world.organization(world.OTHER)
        event = db.session.get_one(Event, clinic.event_id)
        event.cohosts = [db.session.get_one(type(event.organization), other)]
    text = client.get(address(clinic)).text
    assert "Lamplight Community House and Far Shore Community House can see your name, time and contact" in text
    assert "We erase it 30 days after the event." in text and "unless a court makes us" in text


def test_no_cookie_and_nothing_stored_by_caches(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    typed = answers(client, clinic)
    place = client.post(address(clinic), data=typed).location
    for response in (
        client.get(address(clinic)),
        client.post(address(clinic), data={}),
        client.get(place),
        client.get(f"{place}/card"),
        client.get("/en/place"),
        client.post(f"{place}/confirmation"),
        client.get("/en/place/nothing"),
    ):
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers and "Cookie" not in response.headers.get("Vary", "")


def test_the_same_form_twice_keeps_one_place(client: FlaskClient, world: ModuleType) -> None:
    """Also for the very last place, which the first press has filled."""
    with transaction():
        clinic = world.clinic(slots=2, seats=1)
    typed = answers(client, clinic)
    places = {client.post(address(clinic), data=typed).location for _ in range(3)}
    assert len(places) == 1 and None not in places
    assert only().slot_id == clinic.slot_id


def test_the_same_form_with_other_answers_is_refused_in_words(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    typed = answers(client, clinic)
    client.post(address(clinic), data=typed)
    response = client.post(address(clinic), data=typed | {"name": "Somebody Else"})
    assert response.status_code == 409 and "already sent" in response.text and "Somebody Else" in response.text
    assert only().name == "Ana Vale"


@pytest.mark.parametrize("how", ["cancellation", "erasure"])
@pytest.mark.parametrize("name", ["Ana Vale", "Ana V."])
def test_going_back_after_giving_back_keeps_a_new_place(
    client: FlaskClient, world: ModuleType, how: str, name: str
) -> None:
    """The browser still has the form that kept the old one; it only needs another press, and not a third."""
    with transaction():
        clinic = world.clinic(slots=2, seats=1)
    typed = answers(client, clinic, note="Please ring twice")
    old = client.post(address(clinic), data=typed).location
    assert client.post(f"{old}/{how}").status_code == 303
    response = client.post(address(clinic), data=typed | {"name": name})
    assert response.status_code == 409 and "was given back. Press the button again" in response.text
    assert f'value="{name}"' in response.text and "Please ring twice" in response.text
    fresh = typed | {"name": name, "nonce": nonce_in(response.text)}
    assert fresh["nonce"] != typed["nonce"]
    places = {client.post(address(clinic), data=fresh).location for _ in range(2)}
    assert len(places) == 1 and places.isdisjoint({old, None})
    assert [(found.state, found.name) for found in everyone()] == [("cancelled", "Ana Vale"), ("confirmed", name)]
    assert "You’re in" in client.get(places.pop()).text


def test_full_means_the_waitlist(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=1)
        world.attends(workshop)
    form = client.get(address(workshop)).text
    assert "Join the waitlist" in form and "Keep my place" not in form
    for number in (1, 2):
        page = client.get(kept(client, workshop, email=f"ana{number}@post.example")).text
        assert "on the waitlist" in page and f"You are number {number} in line" in page
    assert [found.state for found in everyone()] == ["confirmed", "waitlisted", "waitlisted"]


def test_a_time_that_filled_while_typing_shows_the_others(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slots=3, seats=1)
    typed = answers(client, clinic)
    with transaction():
        world.attends(clinic, 0)
    response = client.post(address(clinic), data=typed)
    assert response.status_code == 422 and "That time just filled" in response.text
    assert 'value="Ana Vale"' in response.text, "what was typed stays"
    assert str(clinic.slot_ids[0]) not in response.text and str(clinic.slot_ids[1]) in response.text
    assert len(everyone()) == 1
    again = client.post(address(clinic), data=typed | {"slot": str(clinic.slot_ids[1])})
    assert again.status_code == 303


def test_the_last_time_filled_while_typing_leads_to_the_line(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slots=2, seats=1)
    typed = answers(client, clinic)
    with transaction():
        world.attends(clinic, 0)
        world.attends(clinic, 1, contact="jo@post.example")
    response = client.post(address(clinic), data=typed)
    assert response.status_code == 303
    assert "You are number 1 in line" in client.get(response.location).text


def test_a_day_old_form_only_needs_another_press(client: FlaskClient, world: ModuleType, at) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        clinic = world.clinic()
    at(clock.now())
    typed = answers(client, clinic, note="Please ring twice")
    at.later(hours=24, minutes=1)
    response = client.post(address(clinic), data=typed)
    assert response.status_code == 422 and "open for too long" in response.text
    assert 'value="Ana Vale"' in response.text and "Please ring twice" in response.text
    assert not everyone()
    fresh = nonce_in(response.text)
    assert fresh != typed["nonce"]
    assert client.post(address(clinic), data=typed | {"nonce": fresh}).status_code == 303


@pytest.mark.parametrize("nonce", ["", "x", "WyJhIiwiYiIsMV0.sig", None])
def test_a_form_without_our_nonce_only_needs_another_press(
    client: FlaskClient, world: ModuleType, nonce: str | None
) -> None:
    with transaction():
        clinic = world.clinic()
    response = press(client, clinic, nonce=nonce)
    assert response.status_code == 422 and not everyone()
    assert press(client, clinic, nonce=nonce_in(response.text)).status_code == 303


def test_a_nonce_is_for_one_event(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic, other = world.clinic(), world.clinic()
    foreign = nonce_in(client.get(address(other)).text)
    assert press(client, clinic, nonce=foreign).status_code == 422
    assert not everyone()


def test_who_fills_the_hidden_box_is_asked_again(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    response = press(client, clinic, homepage="https://spam.example")
    assert response.status_code == 422 and "spam.example" not in response.text and not everyone()


def test_another_site_may_not_send_the_form(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    typed = answers(client, clinic)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    for headers in ({"Origin": "https://evil.example"}, elsewhere, {"Origin": "null", **elsewhere}):
        assert client.post(address(clinic), data=typed, headers=headers).status_code == 403
    assert not everyone()


@pytest.mark.parametrize("words", [{"state": "draft"}, {"visibility": "private"}])
def test_what_is_not_public_looks_missing(client: FlaskClient, world: ModuleType, words: dict[str, str]) -> None:
    with transaction():
        clinic = world.clinic(**words)
    assert client.get(address(clinic)).status_code == 404
    assert client.post(address(clinic), data={}).status_code == 404


@pytest.mark.parametrize("words", [{"admission": "numbers"}, {"admission": "invite_code"}, {"state": "completed"}])
def test_where_no_places_are_given_the_page_says_so(
    client: FlaskClient, world: ModuleType, words: dict[str, str]
) -> None:
    with transaction():
        workshop = world.workshop(**words)
    response = client.get(address(workshop))
    assert response.status_code == 409 and "No places here now" in response.text


def test_a_past_date_takes_nobody(client: FlaskClient, world: ModuleType, at) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        clinic = world.clinic()
    typed = answers(client, clinic)
    at(clock.now() + timedelta(days=20))
    assert client.post(address(clinic), data=typed).status_code == 409
    assert not everyone()


def add_date(posted: object, days: int, seats: int, times: int = 1) -> Occurrence:
    """A further date of the same event."""
    first = db.session.get_one(Occurrence, posted.occurrence_id)  # type: ignore[attr-defined]
    now = clock.now()
    further = Occurrence(
        event_id=first.event_id, venue_id=first.venue_id, zone=first.zone, created_at=now, revised_at=now
    )
    starts = first.starts_local + timedelta(days=days)
    further.schedule(starts, starts + timedelta(hours=3), 30)
    for number in range(times):
        wall = starts + timedelta(minutes=30 * number)
        further.slots.append(Slot(starts_local=wall, starts_at=clock.to_utc(wall, first.zone), seats_limit=seats))
    db.session.add(further)
    db.session.flush()
    return further


def test_several_dates_are_a_choice_on_the_form(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop()
        second = add_date(workshop, 7, seats=5).id
    page = client.get(f"{address(workshop)}?date={second}").text
    assert "Choose a date" in page and f'value="{second}" checked' in page
    assert press(client, workshop, slot=None).status_code == 422, "with several dates one has to be chosen"
    assert press(client, workshop, slot=None, date=str(second)).status_code == 303
    assert only().occurrence_id == second


def test_dates_with_times_are_chosen_by_links(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
        second = add_date(clinic, 7, seats=2, times=3)
        second_id, slot_id = second.id, second.slots[2].id
    page = client.get(f"{address(clinic)}?date={second_id}&slot={slot_id}").text
    assert f'value="{slot_id}" checked' in page and str(clinic.slot_ids[0]) not in page
    assert press(client, clinic, date=str(second_id), slot=str(slot_id)).status_code == 303
    assert only().slot_id == slot_id


def test_a_date_that_closed_is_never_swapped_for_another(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop()
        second = add_date(workshop, 7, seats=5).id
    typed = answers(client, workshop, slot=None, date=str(workshop.occurrence_id))
    with transaction():
        db.session.get_one(Occurrence, workshop.occurrence_id).state = "cancelled"
    response = client.post(address(workshop), data=typed)
    assert response.status_code == 422 and "That date does not take new places now" in response.text
    assert not everyone() and str(second) in response.text


def test_who_gave_a_date_back_is_shown_the_other_dates_of_the_event_first(
    client: FlaskClient, world: ModuleType
) -> None:
    """Those with room; then other events, and what is full."""
    with transaction():
        other, workshop = world.workshop(), world.workshop(title={"en": "Weekly"})
        later, full, soon, over, shut = (
            add_date(workshop, days, seats).id for days, seats in ((21, 5), (1, 0), (7, 5), (-15, 5), (8, 5))
        )
        db.session.get_one(Occurrence, shut).closed_at = clock.now()
    link = kept(client, workshop, slot=None, date=str(workshop.occurrence_id))
    client.post(f"{link}/cancellation")
    page = client.get(link).text
    shown = re.findall(r'<li><a href="(/en/events/[^"]+)"', page)
    event = f"/en/events/{workshop.slug}?date="
    assert shown == [f"{event}{soon}", f"{event}{later}", f"/en/events/{other.slug}"]
    assert not any(str(hidden) in page for hidden in (full, over, shut, workshop.occurrence_id))
    with transaction():
        db.session.get_one(Occurrence, soon).state = "cancelled"
        db.session.get_one(Occurrence, later).state = "cancelled"
    assert re.findall(r'<li><a href="(/en/events/[^"]+)"', client.get(link).text) == [
        f"/en/events/{other.slug}", f"{event}{full}",
    ]  # fmt: skip
    with transaction():
        db.session.get_one(Event, workshop.event_id).visibility = "private"
    assert workshop.slug not in client.get(link).text


def test_where_all_dates_are_off_the_form_says_so(client: FlaskClient, world: ModuleType) -> None:
    """And not before all are."""
    with transaction():
        workshop = world.workshop()
        second = add_date(workshop, 7, seats=5).id
    for occurrence_id, is_off in ((workshop.occurrence_id, False), (second, True)):
        with transaction():
            db.session.get_one(Occurrence, occurrence_id).state = "cancelled"
        assert ("This date is canceled" in client.get(address(workshop)).text) is is_off


def test_the_same_e_mail_is_never_told_that_it_is_known(client: FlaskClient, world: ModuleType, at: Any) -> None:
    """Otherwise anyone could ask whether somebody comes: the sixth page of one e-mail is like the first of another."""
    at.later(minutes=0)
    with transaction():
        clinic = world.clinic(slots=3, seats=9)
    secrets = re.compile(r"[A-Za-z0-9_-]{64}|[2-9A-Z]{4}-[2-9A-Z]{4}")
    known = [secrets.sub("", client.get(kept(client, clinic, email="a@post.example")).text) for _ in range(6)]
    fresh = secrets.sub("", client.get(kept(client, clinic, email="b@post.example")).text)
    assert {page.replace("a@post", "b@post") for page in known} == {fresh}
    assert [found.state for found in everyone()] == ["confirmed"] * 4 + ["held"] * 2 + ["confirmed"]


def test_beyond_four_a_place_waits_for_a_word(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=9)
    place = [kept(client, workshop) for _ in range(5)][-1]
    assert client.post(f"{place}/confirmation").status_code == 303
    assert "You told us that you are coming" in client.get(place).text, "as on every other page"
    assert [found.state for found in everyone()] == ["confirmed"] * 4 + ["held"], "whoever typed it saw this page too"
    held = everyone()[-1]
    letter = f"/en/place/{held.token(tokens.LETTER)}"
    assert "I’m coming" in client.get(letter).text
    assert client.post(f"{letter}/confirmation").status_code == 303
    assert {found.state for found in everyone()} == {"confirmed"}


def test_no_group_is_offered_that_no_time_has_room_for(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    page = client.get(address(clinic)).text
    assert re.findall(r'name="party"[^>]*value="(\d+)"', page) == ["1", "2"]
    response = press(client, clinic, party="3")
    assert response.status_code == 422 and "from 1 to 2" in response.text and not everyone()


def test_a_code_from_the_page_opens_no_mailbox(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=9)
    page = client.get([kept(client, workshop) for _ in range(5)][-1]).text
    assert client.post("/en/place/code/confirmation", data={"code": code_in(page)}).status_code == 200
    assert [found.state for found in everyone()] == ["confirmed"] * 4 + ["held"]


def test_a_form_from_before_the_date_moved_is_shown_again(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop()
    typed = answers(client, workshop, note="Please ring twice")
    with transaction():
        date = db.session.get_one(Occurrence, workshop.occurrence_id)
        week = timedelta(weeks=1)
        events.move_date(date.id, date.starts_local + week, date.ends_local + week, date.venue_id)
    response = client.post(address(workshop), data=typed)
    assert response.status_code == 422 and not everyone()
    assert "Something about this event has changed. Please check the day" in response.text
    assert "Please ring twice" in response.text
    again = {**typed, "nonce": nonce_in(response.text)}
    assert client.post(address(workshop), data=again).status_code == 303 and len(everyone()) == 1


def test_a_reminder_does_not_tell_who_is_only_held(client: FlaskClient, world: ModuleType, at: Any) -> None:
    """Only kept places are reminded, so whoever filled the form is not shown whether one is on its way."""
    at("2026-12-02 17:55")
    with transaction():
        workshop = world.workshop(seats=9, starts_local=world.a_day_ahead(3, "18:00"))
    pages = [kept(client, workshop) for _ in range(5)]
    at.later(minutes=10)
    with transaction():
        assert reminders.write_due() == 4
    secrets = re.compile(r"[A-Za-z0-9_-]{64}|[2-9A-Z]{4}-[2-9A-Z]{4}")
    assert len({secrets.sub("", client.get(page).text) for page in pages}) == 1
    letter = client.get(f"/en/place/{everyone()[0].token(tokens.LETTER)}").text
    assert "Reminder" in letter, "who opened the mailbox sees all that was sent there"
