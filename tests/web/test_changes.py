"""The page on which a place is changed, and the calendar of one's own: behind the link, and nowhere else."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from html import unescape
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from icalendar import Calendar

from scheduler import events, registrations
from scheduler.core import clock, tokens
from scheduler.core.extensions import db, transaction
from scheduler.models.checklist import Checklist
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.registration import Registration
from scheduler.registrations import Wishes

from ..calendars.reading import read
from .filling import code_in
from .reading import read as words_of

NO_LETTERS = [("none", ""), ("phone", "312-555-0144")]
FEEDS = re.compile(r'value="http://localhost:8000(/feeds/[\w-]{64}\.ics)"')


def row(registration_id: uuid.UUID) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, registration_id, populate_existing=True)


def link(registration_id: uuid.UUID, lang: str = "en") -> str:
    return f"/{lang}/place/{row(registration_id).token()}"


def typed_in(page: str) -> dict[str, Any]:
    """What a browser would send if the person only pressed the button."""
    form = page[page.index('class="card reg') :].partition("</form>")[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<(?:input|option)[^>]*>", form):
        value = re.search(r'value="([^"]*)"', tag)
        name = re.search(r'name="([^"]+)"', tag)
        if "radio" in tag or "checkbox" in tag:
            if " checked" in tag and name and value:
                found[name[1]] = unescape(value[1])
        elif tag.startswith("<input") and name:
            found[name[1]] = unescape(value[1]) if value else ""
    for select in re.findall(r'<select[^>]*name="([^"]+)".*?</select>', form, re.S):
        chosen = re.search(rf'name="{select}".*?<option selected value="([^"]*)"', form, re.S)
        found[select] = unescape(chosen[1]) if chosen else ""
    note = re.search(r'<textarea[^>]*name="note"[^>]*>\s*(.*?)</textarea>', form, re.S)
    return found | {"note": unescape(note[1]) if note else ""}


def press(client: FlaskClient, address: str, **typed: Any) -> Any:
    """Open the form, type this, press the button."""
    page = client.get(f"{address}/changes")
    assert page.status_code == 200
    return client.post(f"{address}/changes", data=typed_in(page.text) | typed)


@pytest.fixture
def clinic(world: ModuleType, at: Any) -> Any:
    at("2026-11-20 10:00")
    with transaction():
        return world.clinic()


@pytest.fixture
def marisol(world: ModuleType, clinic: Any) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.attends(clinic, party=2, needs=["large_print"], note="Two\nlines")
        return found


def test_the_form_shows_what_holds_and_pressing_the_button_changes_nothing(
    client: FlaskClient, marisol: uuid.UUID
) -> None:
    before, address = row(marisol), link(marisol)
    sealed, revised_at = before.contact_sealed, before.revised_at
    page = client.get(f"{address}/changes")
    assert "9:30 AM (yours)" in page.text and 'value="marisol@post.example"' in page.text
    assert "no-store" in page.headers["Cache-Control"] and page.headers["X-Robots-Tag"] == "noindex"
    sent = client.post(f"{address}/changes", data=typed_in(page.text))
    assert (sent.status_code, sent.location) == (303, f"{address}?said=changed")
    after = row(marisol)
    assert (after.contact_sealed, after.revised_at, after.sequence) == (sealed, revised_at, 0)


def test_everything_at_once(client: FlaskClient, marisol: uuid.UUID, clinic: Any) -> None:
    sent = press(
        client, link(marisol), slot=str(clinic.slot_ids[1]), party="1", children="2", contact_kind="helper_email",
        email="nephew@post.example", language="en", spoken="en", note="", full_words="y",
    )  # fmt: skip
    assert sent.status_code == 303 and sent.location == f"{link(marisol)}?said=renewed"
    found = row(marisol)
    assert (found.slot_id, found.party, found.children) == (clinic.slot_ids[1], 1, 2)
    assert (found.contact_kind, found.contact, found.note) == ("helper_email", "nephew@post.example", "")
    assert (found.language, found.spoken, found.wording) == ("en", "en", "full")
    page = client.get(sent.location).text
    assert "your code is new" in page and "10:00 AM" in page


def test_an_impatient_thumb_on_a_link_that_has_just_died(client: FlaskClient, marisol: uuid.UUID) -> None:
    old = link(marisol)
    sent = typed_in(client.get(f"{old}/changes").text) | {"email": "new@post.example"}
    answers = [client.post(f"{old}/changes", data=sent) for _ in range(3)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"{link(marisol)}?said=renewed")}
    assert row(marisol).link_generation == 2
    stranger = client.post(f"{old}/changes", data=sent | {"email": "other@post.example"})
    again = client.post(f"{old}/changes", data=sent | {"nonce": "x"})
    assert {stranger.status_code, again.status_code, client.get(old).status_code} == {404}
    assert client.get(f"{old}/changes").status_code == 404


def test_the_old_mailbox_learns_nothing_even_with_an_open_form(client: FlaskClient, marisol: uuid.UUID) -> None:
    """Whoever opened the form before, and now sends what the person probably chose, is not let in."""
    old = link(marisol)
    prepared = typed_in(client.get(f"{old}/changes").text) | {"contact_kind": "none", "email": ""}
    assert press(client, old, contact_kind="none", email="").status_code == 303
    assert client.post(f"{old}/changes", data=prepared).status_code == 404


def test_a_full_time_keeps_what_was_typed(client: FlaskClient, marisol: uuid.UUID, clinic: Any) -> None:
    typed = typed_in(client.get(f"{link(marisol)}/changes").text)
    with transaction():
        db.session.get_one(Slot, clinic.slot_ids[1]).seats_taken = 2
        db.session.get_one(Slot, clinic.slot_ids[2]).seats_limit = 3
    refused = client.post(
        f"{link(marisol)}/changes", data=typed | {"slot": str(clinic.slot_ids[1]), "note": "In the blue coat"}
    )
    assert refused.status_code == 422 and "That time just filled" in refused.text
    assert "In the blue coat" in refused.text and "10:00 AM" not in refused.text
    assert "<title>Error:" in refused.text
    refused = press(client, link(marisol), party="3")
    assert refused.status_code == 422 and "We can keep your place for 2." in refused.text
    assert row(marisol).slot_id == clinic.slot_ids[0]


def test_bad_input_keeps_what_was_typed(client: FlaskClient, marisol: uuid.UUID) -> None:
    bad = press(client, link(marisol), email="not an address", note="Hello", party="99", slot=str(uuid.uuid4()))
    assert bad.status_code == 422 and 'value="not an address"' in bad.text and "Hello" in bad.text
    assert "There are 3 problems" in bad.text
    stale = press(client, link(marisol), nonce="made up", note="Hello")
    assert stale.status_code == 422 and "open for too long" in stale.text and "Hello" in stale.text
    assert row(marisol).note == "Two\nlines"


def test_an_older_tab_shows_how_it_is_now(client: FlaskClient, marisol: uuid.UUID, clinic: Any) -> None:
    older = typed_in(client.get(f"{link(marisol)}/changes").text)
    assert press(client, link(marisol), slot=str(clinic.slot_ids[2])).status_code == 303
    refused = client.post(f"{link(marisol)}/changes", data=older | {"note": "x"})
    assert refused.status_code == 409 and "changed after you opened this page" in refused.text
    assert "10:30 AM (yours)" in refused.text and row(marisol).slot_id == clinic.slot_ids[2]


def test_what_cannot_be_changed_is_not_asked(client: FlaskClient, world: ModuleType, marisol: uuid.UUID) -> None:
    with transaction():
        workshop = world.workshop(seats=1)
        seated, waiting = world.attends(workshop), world.attends(workshop, contact="jo@post.example")
    page = client.get(f"{link(seated)}/changes").text
    assert 'name="slot"' not in page and 'name="full_words"' not in page and 'name="party"' in page
    assert "Change my answers" in client.get(f"{link(waiting)}/changes").text
    with transaction():
        registrations.cancel(seated)
    page = client.get(f"{link(waiting)}/changes").text
    assert row(waiting).state == "offered" and 'name="party"' not in page
    assert press(client, link(waiting), spoken="en").status_code == 303


def test_who_is_here_or_gone_reads_why_not(client: FlaskClient, marisol: uuid.UUID, clinic: Any) -> None:
    typed = typed_in(client.get(f"{link(marisol)}/changes").text)
    with transaction():
        row(marisol).state = "checked_in"
    looked, same = client.get(f"{link(marisol)}/changes"), client.post(f"{link(marisol)}/changes", data=typed)
    assert looked.status_code == 409 and "already checked in" in looked.text
    assert same.status_code == 303, "nothing was to be changed"
    changed = client.post(f"{link(marisol)}/changes", data=typed | {"note": "x"})
    assert changed.status_code == 409 and "already checked in" in changed.text
    with transaction():
        row(marisol).state = "confirmed"
        db.session.get_one(Occurrence, clinic.occurrence_id).state = "cancelled"
    assert "This date is canceled. There is nothing to change" in client.get(f"{link(marisol)}/changes").text


def test_looking_changes_nothing_and_a_code_changes_nothing(client: FlaskClient, marisol: uuid.UUID) -> None:
    before = repr(db.session.execute(sa.select(Registration.__table__)).all())
    for path in ("/changes", "/feed"):
        assert client.get(link(marisol) + path).status_code in (200, 303)
        assert client.head(link(marisol) + path).status_code in (200, 303)
    page = client.post("/en/place", data={"code": row(marisol).code}).text
    assert "/changes" not in page and "/feeds/" not in page and "use the link in your letter" in page
    assert client.post("/en/place/code/changes", data={"code": row(marisol).code}).status_code == 404
    assert repr(db.session.execute(sa.select(Registration.__table__)).all()) == before


def test_who_gets_no_letters_is_sent_to_no_letter(
    client: FlaskClient, world: ModuleType, clinic: Any, marisol: uuid.UUID
) -> None:
    with transaction():
        bare = [world.attends(clinic, 1, contact_kind=kind, contact=at) for kind, at in NO_LETTERS]
    for place in bare:
        page = words_of(client.post("/en/place", data={"code": row(place).code}).text)
        assert "your letter" not in page and "To change the time or anything else, call the host." in page
    assert "use the link in your letter" in client.post("/en/place", data={"code": row(marisol).code}).text


def test_a_new_code_is_the_only_one(client: FlaskClient, marisol: uuid.UUID) -> None:
    old = code_in(client.get(link(marisol)).text)
    press(client, link(marisol), email="new@post.example")
    new = code_in(client.get(link(marisol)).text)
    assert new != old and client.post("/en/place", data={"code": old}).status_code == 404
    assert client.post("/en/place", data={"code": new}).status_code == 200


# What do you have about me?


def test_a_person_sees_what_became_of_the_place(client: FlaskClient, marisol: uuid.UUID, clinic: Any) -> None:
    press(client, link(marisol), slot=str(clinic.slot_ids[1]))
    with transaction():
        found = db.session.get_one(Registration, marisol)
        found.arrived, found.door_number, found.lapses = 1, 27, 1
    page = words_of(client.get(link(marisol)).text)
    for words in (
        "Changed: Friday, November 20, 10:00 AM", "Number at the door: 27", "1 person is here",
        "1 offer without an answer", "Your place now : to be sent".replace(" :", ":"), "Confirmation: not sent",
        "You were told the list that was checked on November 10, 2026.", "changes told to calendars 1",
    ):  # fmt: skip
        assert words in page, words


def test_what_is_new_on_the_list_is_marked(client: FlaskClient, marisol: uuid.UUID, clinic: Any) -> None:
    assert "New on the list" not in client.get(link(marisol)).text
    with transaction():
        old = db.session.get_one(Checklist, clinic.checklist_id)
        fresh = Checklist(
            id=uuid.uuid4(), series=old.series, version=2, organization_id=old.organization_id, title=old.title,
            items=[*old.items, {"text": {"en": "A bank card.", "es": "Una tarjeta."}, "need": "bring"}],
            reviewed_on=clock.today("America/Chicago"),
        )  # fmt: skip
        db.session.add(fresh)
        db.session.flush()
        db.session.get_one(Event, clinic.event_id).checklist_id = fresh.id
    assert "A bank card. New on the list" in words_of(client.get(link(marisol)).text)
    assert words_of(client.get(link(marisol)).text).count("New on the list") == 1


# One's own calendar


def feed_on(client: FlaskClient, registration_id: uuid.UUID) -> str:
    found = FEEDS.search(client.get(link(registration_id)).text)
    assert found
    return found[1]


def entry(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200
    (found,) = read(answer.data).walk("VEVENT")
    return found


def test_a_calendar_program_comes_again_and_again(client: FlaskClient, marisol: uuid.UUID) -> None:
    path = feed_on(client, marisol)
    first, second = client.get(path), client.get(path, headers={"User-Agent": "", "Accept": "x/y"})
    assert first.data == second.data and first.content_type == "text/calendar; charset=utf-8"
    headers = first.headers
    assert headers["Cache-Control"] == "no-store" and headers["X-Robots-Tag"] == "noindex"
    assert headers["Referrer-Policy"] == "no-referrer" and "Access-Control-Allow-Origin" not in headers
    assert headers["Content-Disposition"] == "inline; filename=appointment.ics" and "Set-Cookie" not in headers
    assert client.get(path, headers={"If-None-Match": headers["ETag"]}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": headers["Last-Modified"]}).status_code == 304
    assert client.head(path).headers["Content-Length"] == headers["Content-Length"]
    assert client.post(path).status_code == 405 and client.get(f"{path}?utm=1").data == first.data
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"] == "Accept-Encoding"
    assert path.split("/")[-1].removesuffix(".ics").encode() not in first.data.replace(b"\r\n ", b"")


def test_it_follows_the_place_in_the_wished_words(client: FlaskClient, marisol: uuid.UUID, clinic: Any) -> None:
    path = feed_on(client, marisol)
    before = entry(client, path)
    assert before["SUMMARY"] == "Appointment / Cita" and "LOCATION" not in before
    press(client, link(marisol), slot=str(clinic.slot_ids[2]), full_words="y", language="en")
    after = entry(client, path)
    assert after["SUMMARY"] == "Legal Help Morning" and after["DTSTART"].dt.hour == 10
    assert after["SEQUENCE"] > before["SEQUENCE"] and after["DTSTAMP"].dt > before["DTSTAMP"].dt
    assert after["UID"] == before["UID"] and after.walk("VALARM")
    client.post(f"{link(marisol)}/cancellation")
    gone = entry(client, path)
    assert (gone["STATUS"], gone["UID"]) == ("CANCELLED", before["UID"]) and not gone.walk("VALARM")
    assert gone["SEQUENCE"] > after["SEQUENCE"]


def test_it_holds_this_place_and_nobody_elses(client: FlaskClient, world: ModuleType, clinic: Any) -> None:
    with transaction():
        mine, same_mailbox = world.attends(clinic), world.attends(clinic, 1)
    paths = {feed_on(client, one) for one in (mine, same_mailbox)}
    assert len(paths) == 2
    for path in paths:
        assert len(Calendar.from_ical(client.get(path).data).walk("VEVENT")) == 1


def test_a_new_address_ends_the_old_one_at_once(client: FlaskClient, marisol: uuid.UUID) -> None:
    old = feed_on(client, marisol)
    known = client.get(old).headers["ETag"]
    sent = client.post(f"{link(marisol)}/feed")
    assert (sent.status_code, sent.location) == (303, f"{link(marisol)}?said=feed#calendar")
    new = feed_on(client, marisol)
    assert new != old and client.get(new).status_code == 200
    assert client.get(old, headers={"If-None-Match": known}).status_code == 404, "asked before anything else"
    assert "The old one shows nothing" in client.get(sent.location).text


def test_dead_addresses_look_alike(client: FlaskClient, world: ModuleType, clinic: Any, marisol: uuid.UUID) -> None:
    with transaction():
        revoked, erased, moved = (world.attends(clinic, 1 + n // 2, contact=f"{n}@post.example") for n in range(3))
    good = feed_on(client, marisol)
    dead = [feed_on(client, one) for one in (revoked, erased, moved)]
    client.post(f"{link(revoked)}/feed")
    client.post(f"{link(erased)}/erasure")
    press(client, link(moved), email="new@post.example")
    dead += [
        "/feeds/x.ics", f"/feeds/{'A' * 64}.ics", f"/feeds/{row(marisol).token()}.ics",
        f"/feeds/{row(marisol).token(tokens.STOP_REMINDERS)}.ics", f"{good[:30]}{dead[0][30:]}",
    ]  # fmt: skip
    answers = [client.get(path) for path in dead]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    feed_token = good.removeprefix("/feeds/").removesuffix(".ics")
    assert client.get(f"/en/place/{feed_token}").status_code == 404, "a calendar's address opens nothing else"
    assert client.get(good).status_code == 200


def test_a_page_from_before_the_date_moved_keeps_and_changes_nothing(
    client: FlaskClient, world: ModuleType, clinic: Any, marisol: uuid.UUID
) -> None:
    """It speaks of another day: neither "I'm coming" nor a change made there is an answer about the new one."""
    page, form = client.get(link(marisol)).text, typed_in(client.get(f"{link(marisol)}/changes").text)
    with transaction():
        date = db.session.get_one(Occurrence, clinic.occurrence_id)
        week = timedelta(weeks=1)
        events.move_date(date.id, date.starts_local + week, date.ends_local + week, date.venue_id)
    assert 'name="moved"' not in page
    for path, typed in (("confirmation", {}), ("changes", form | {"note": "By bus"})):
        answer = client.post(f"{link(marisol)}/{path}", data=typed)
        assert answer.status_code == 409, path
        assert row(marisol).keep_asked_at is not None and row(marisol).note != "By bus"
    code = {"code": row(marisol).code_shown}
    assert "This date has moved since you opened the page" in client.post("/en/place/code/confirmation", data=code).text
    assert row(marisol).keep_asked_at is not None
    now = client.get(link(marisol)).text
    moved = re.search(r'name="moved" value="([0-9]+)"', now)
    assert "There is a new date" in now and moved
    assert client.post(f"{link(marisol)}/confirmation", data={"moved": moved[1]}).status_code == 303
    assert row(marisol).keep_asked_at is None


def test_a_change_from_the_letter_keeps_its_link(client: FlaskClient, world: ModuleType, marisol: uuid.UUID) -> None:
    letter = f"/en/place/{row(marisol).token(tokens.LETTER)}"
    sent = press(client, letter, note="By bus")
    assert (sent.status_code, sent.location) == (303, f"{letter}?said=changed"), "the code and the links are as before"
    renewed = press(client, letter, email="new@post.example")
    assert renewed.location == f"{link(marisol)}?said=renewed" and client.get(letter).status_code == 404
    again = client.post(f"{letter}/changes", data={})
    assert again.status_code == 404


def test_a_held_place_with_another_address_has_a_day_from_then_on(world: ModuleType, clinic: Any, at: Any) -> None:
    with transaction():
        place = world.attends(clinic)
        held = db.session.get_one(Registration, place)
        held.state, held.held_until = "held", clock.now() + timedelta(hours=24)
    at.later(hours=23)
    wishes = replace(Wishes.of(row(place)), contact="right@post.example")
    with transaction():
        registrations.change(place, wishes)
    assert row(place).held_until == clock.now() + timedelta(hours=24)
