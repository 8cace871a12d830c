"""Employers on the public pages: the catalogue, the form, their own page; and their staff behind the invitation."""

from __future__ import annotations

import random
import re
import uuid
from datetime import time
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import checkin, trainings
from scheduler.core import tokens
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models import training as states
from scheduler.models.event import Event
from scheduler.models.message import WAITING, Message
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR, LEAD, Organization
from scheduler.models.registration import Registration
from scheduler.models.training import Booking, Training
from scheduler.models.venue import Venue
from scheduler.trainings import Terms

from .filling import nonce_in
from .reading import page, read
from .signing_in import filled, save, sign_in

SAID = {
    "employer": "Fictional Foods Co.", "name": "Dana Whitfield", "email": "hr@foods.example", "phone": "312 555 0140",
    "place": "theirs", "zip": "60612", "day_1": "2026-12-08", "part_1": "morning", "head_count": "18",
    "languages": ["en"], "audience": ["owner"], "certificates": "yes", "note": "",
}  # fmt: skip
FORM = "/en/trainings/fair-hiring/request"


@pytest.fixture(autouse=True)
def offered(app: Flask, world: ModuleType, at: Any) -> uuid.UUID:
    """Fair Hiring: two hours for 3 to 30 people."""
    at("2026-11-21 10:00")
    with transaction():
        return employers.offer(world.organization())


def send(client: FlaskClient, address: str = FORM, **changes: Any) -> Any:
    typed = {"nonce": nonce_in(client.get(address).text), **SAID, **changes}
    return client.post(address, data={name: value for name, value in typed.items() if value is not None})


def asked(client: FlaskClient, **changes: Any) -> str:
    """The address of the page of a request that was just sent."""
    answer = send(client, **changes)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def booking() -> Booking:
    return db.session.scalars(sa.select(Booking).execution_options(populate_existing=True)).one()


def set_up(places: int = 5) -> None:
    """The provider takes the only request up and sets its session."""
    booking_id = booking().id
    with transaction():
        trainings.take_up(booking_id)
        trainings.accept(booking_id, Terms(0, time(9), None, places))


def invitation(lang: str = "en") -> str:
    return f"/{lang}/invitations/{booking().token(tokens.INVITATION)}"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_catalogue_is_there_for_everyone_and_may_be_kept(client: FlaskClient, lang: str) -> None:
    for path in (f"/{lang}/trainings", f"/{lang}/trainings/fair-hiring"):
        answer = client.get(path)
        assert answer.status_code == 200 and "max-age=60" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers and "<form" not in answer.text
        assert ("Fair Hiring" if lang == "en" else "Contratación justa") in read(answer.text)


def test_an_empty_catalogue_says_so(client: FlaskClient, offered: uuid.UUID) -> None:
    with transaction():
        db.session.get_one(Training, offered).offered = False
    assert "No trainings yet" in read(page(client, "/en/trainings"))
    assert client.get("/en/trainings/fair-hiring").status_code == client.get(FORM).status_code == 404


def test_open_dates_stand_on_the_page_of_their_training(
    client: FlaskClient, offered: uuid.UUID, world: ModuleType
) -> None:
    assert "There is no open date now." in read(page(client, "/en/trainings/fair-hiring"))
    with transaction():
        open_to_all = world.workshop(
            type="employer_training", admission="seats", max_per_employer=3, training_id=offered
        )
        world.workshop(type="employer_training", visibility="private", training_id=offered, slug="hidden-one")
    text = page(client, "/en/trainings/fair-hiring")
    assert f"/en/events/{open_to_all.slug}" in text and "hidden-one" not in text


def test_a_request_leads_to_a_page_of_its_own(client: FlaskClient) -> None:
    address = asked(client)
    assert re.fullmatch(r"/en/bookings/[\w-]{64}", address)
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "no-store" and 'name="robots" content="noindex"' in answer.text
    text = read(answer.text)
    assert f"Reference {booking().reference}" in text and "We answer by Wednesday, November 25." in text
    for told in (
        "Fictional Foods Co.",
        "Dana Whitfield",
        "hr@foods.example",
        "312-555-0140",
        "60612",
        "Tuesday, December 8",
    ):
        assert told in text
    assert "Foods" not in re.findall(r"<title>(.*?)</title>", answer.text, re.S)[0]


def test_the_form_has_the_labels_of_the_study(client: FlaskClient) -> None:
    text = read(page(client, FORM))
    for label in ("Training", "Company name", "Your name", "Work e-mail", "Phone", "Where", "Three dates that work",
                  "How many people", "Language(s) of the group", "Who comes", "Screen, sound, step-free",
                  "Certificates needed?", "Anything else", "Do not send employee papers.", "Send request"):  # fmt: skip
        assert label in text, label
    assert client.get(FORM).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"employer": " "}, "Write the name of your company."),
        ({"email": "hr-at-foods"}, "Write an e-mail address like"),
        ({"phone": "12"}, "Write a phone with 10 numbers"),
        ({"place": None}, "Choose where."),
        ({"zip": ""}, "Write the ZIP code of your workplace."),
        ({"day_1": ""}, "Choose at least one day."),
        ({"day_1": "2026-11-21"}, "Choose a day after today."),
        ({"day_1": "2027-12-01"}, "Choose a day within one year."),
        ({"day_1": "tomorrow"}, "Choose a day, or write it like 2026-12-05."),
        ({"part_1": None}, "Choose morning, afternoon or evening."),
        ({"day_2": "2026-12-09"}, "Choose morning, afternoon or evening."),
        ({"day_3": "2026-12-08", "part_3": "morning"}, "You named this day and time already."),
        ({"head_count": "2"}, "Write a number from 3 to 30."),
        ({"languages": []}, "Choose at least one."),
        ({"languages": ["pl"]}, "Choose only from the list."),
        ({"audience": []}, "Choose at least one."),
        ({"note": "x" * 501}, "Please use 500 characters or fewer."),
    ],
)
def test_bad_input_is_named_and_loses_nothing(client: FlaskClient, changes: dict[str, Any], words: str) -> None:
    typed = {"note": "Ring twice.", "day_3": "2027-01-12", "part_3": "evening", **changes}
    answer = send(client, **typed)
    assert answer.status_code == 422 and words in read(answer.text), read(answer.text)
    assert "<title>Error:" in answer.text
    kept = filled(answer.text)
    for name in ("name", "certificates", "part_3"):
        assert kept[name] == [{**SAID, **typed}[name]], name
    assert kept["day_3"] == [typed["day_3"]]
    assert db.session.scalar(sa.select(Booking.id)) is None


def test_a_program_and_an_old_page_are_asked_again(client: FlaskClient, at: Any) -> None:
    assert send(client, homepage="https://spam.example").status_code == 422
    assert send(client, nonce="forged").status_code == 422
    typed = {**SAID, "nonce": nonce_in(client.get(FORM).text)}
    at.later(hours=25)
    assert client.post(FORM, data=typed).status_code == 422
    assert db.session.scalar(sa.select(Booking.id)) is None


def test_an_impatient_thumb_asks_once(client: FlaskClient) -> None:
    typed = {**SAID, "nonce": nonce_in(client.get(FORM).text)}
    first, second = client.post(FORM, data=typed), client.post(FORM, data=typed)
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, first.location)
    assert client.post(FORM, data={**typed, "head_count": "9"}).status_code == 409
    assert booking().head_count == 18


def test_other_sites_cannot_send_it(client: FlaskClient) -> None:
    typed = {**SAID, "nonce": nonce_in(client.get(FORM).text)}
    assert client.post(FORM, data=typed, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_it_can_be_changed_with_everything_in_its_place(client: FlaskClient) -> None:
    address = asked(client, day_2="2026-12-09", part_2="evening", note="Ring twice.", equipment=["screen"])
    fields = filled(client.get(f"{address}/change").text)
    assert {name: fields[name] for name in ("employer", "note", "day_2", "part_2", "languages", "equipment")} == {
        "employer": ["Fictional Foods Co."], "note": ["Ring twice."], "day_2": ["2026-12-09"], "part_2": ["evening"],
        "languages": ["en"], "equipment": ["screen"],
    }  # fmt: skip
    assert client.post(f"{address}/change", data={**fields, "head_count": "1"}).status_code == 422
    answer = client.post(f"{address}/change", data={**fields, "head_count": "20", "day_2": ""})
    assert (answer.status_code, answer.location) == (303, address)
    assert booking().head_count == 20 and len(booking().wishes) == 1


def test_a_corrected_address_leads_to_a_page_of_its_own(client: FlaskClient) -> None:
    address = asked(client)
    strangers = filled(client.get(f"{address}/change").text)
    fields = filled(client.get(f"{address}/change").text)
    answer = client.post(f"{address}/change", data={**fields, "email": "right@post.example"})
    assert answer.status_code == 303 and answer.location != address
    guessed = client.post(f"{address}/change", data={**strangers, "email": "right@post.example"})
    assert guessed.status_code == 404, "whoever opened the form by the old link, and guesses the new address"
    assert client.get(answer.location).status_code == 200 and client.get(address).status_code == 404
    again = client.post(f"{address}/change", data={**fields, "email": "right@post.example"})
    assert (again.status_code, again.location) == (303, answer.location), "an impatient thumb: its answer got lost"
    for other in ({"head_count": "9"}, {"email": "other@post.example"}, {"head_count": "none"}):
        sent = client.post(f"{address}/change", data={**fields, "email": "right@post.example", **other})
        assert sent.status_code == 404, "whoever has only the old link learns nothing"
    assert booking().addressed == 2


def test_after_it_is_taken_up_the_page_says_why_it_cannot_be_changed(client: FlaskClient) -> None:
    address = asked(client)
    fields = filled(client.get(f"{address}/change").text)
    booking_id = booking().id
    with transaction():
        trainings.take_up(booking_id)
    assert "Change your request" not in read(page(client, address))
    assert client.get(f"{address}/change").status_code == 303
    answer = client.post(f"{address}/change", data={**fields, "head_count": "20"})
    assert answer.status_code == 303 and booking().head_count == 18


def test_it_can_be_withdrawn(client: FlaskClient) -> None:
    address = asked(client)
    assert "Withdraw your request?" in read(page(client, f"{address}/withdrawal"))
    assert booking().state == states.SUBMITTED, "looking changes nothing"
    assert client.post(f"{address}/withdrawal").status_code == 303
    assert "Your request is withdrawn" in read(page(client, address)) and booking().state == states.WITHDRAWN


def test_after_acceptance_there_is_an_invitation_and_nothing_about_people(client: FlaskClient) -> None:
    address = asked(client)
    set_up()
    assert client.get(f"{address}/withdrawal").status_code == 303, "there is nothing to withdraw any more"
    text = client.get(address).text
    assert (
        "Your training is set" in read(text)
        and invitation() in text
        and "<svg" in text
        and "No names yet." in read(text)
    )
    joined = client.post(invitation(), data={"name": "Ana Vale", "nonce": nonce_in(client.get(invitation()).text)})
    assert joined.status_code == 303
    place = client.get(joined.location)
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", read(place.text))
    assert place.status_code == 200 and code is not None, "staff get a code"
    shown = client.get(address).text
    assert "Ana Vale" in shown and "Not yet" in read(shown)
    assert code.group(0) not in shown and joined.location not in shown


@pytest.mark.parametrize(("lang", "where"), [("en", "At the employer’s place"), ("es", "En el lugar de trabajo")])
def test_a_workplace_is_named_in_the_language_of_whoever_reads(client: FlaskClient, lang: str, where: str) -> None:
    asked(client)
    set_up()
    invited = invitation(lang)
    joined = client.post(invited, data={"name": "Ana Vale", "nonce": nonce_in(client.get(invited).text)})
    place = page(client, joined.location)
    assert where in read(place) and " / " not in read(place)
    appointment = re.search(r'href="([^"]+\.ics[^"]*)"', place)
    assert appointment, "staff can keep it in their calendar"
    calendar = client.get(appointment.group(1)).text
    assert f"LOCATION:{where}\r\n" in calendar and " / " not in calendar


def test_a_booked_session_is_not_turned_into_a_clinic(client: FlaskClient, app: Flask, world: ModuleType) -> None:
    asked(client)
    set_up()
    with transaction():
        staff = world.organizer("coordinator")
    desk = sign_in(app.test_client(), staff)
    occurrence = booking().occurrence
    assert occurrence is not None
    address = f"/console/events/{occurrence.event_id}/words"
    answer = save(desk, address, visibility="public", type="legal_clinic", summary_en="Kept as typed.")
    assert answer.status_code == 422 and "An employer booked this session." in read(answer.text)
    assert "Kept as typed." in answer.text
    kept = booking().occurrence
    assert kept is not None and (kept.event.visibility, kept.event.type) == ("private", "employer_training")


def test_attended_yes_or_no(client: FlaskClient, at: Any) -> None:
    address = asked(client)
    set_up()
    for name in ("Ana Vale", "Beto Ruiz"):
        client.post(invitation(), data={"name": name, "nonce": nonce_in(client.get(invitation()).text)})
    first = db.session.scalars(sa.select(Registration).order_by(Registration.number)).first()
    assert first is not None
    person_id = first.id
    at("2026-12-08 09:05")
    with transaction():
        checkin.check_in(person_id)
    at("2026-12-08 12:00")
    text = read(page(client, address))
    assert "Ana Vale Yes" in text and "Beto Ruiz No" in text and "Your training is over" in text


def test_online_nobody_is_absent_whom_nobody_looked_for(client: FlaskClient, world: ModuleType, at: Any) -> None:
    address = asked(client, place="online", zip="")
    booking_id = booking().id
    with transaction():
        trainings.take_up(booking_id)
        venue_id = world.venue(booking().training.organization_id, online=True)
        trainings.accept(booking_id, Terms(0, time(9), venue_id, 5))
        for name in ("Ana Vale", "Beto Ruiz"):
            trainings.join(booking_id, name, "en", name)
        staff = world.organizer()
    assert "Ana Vale Not yet" in read(page(client, address))
    at("2026-12-08 12:00")
    desk = sign_in(client, staff)
    theirs, ours = read(page(client, address)), read(page(desk, f"/console/bookings/{booking_id}"))
    for text in (theirs, ours):
        assert "Ana Vale Not noted" in text and "Beto Ruiz Not noted" in text
        assert "This session was online, and nobody noted who came." in text
    assert "Please ask Lamplight Community House to note who came." in theirs and "on the roster until" in ours
    certificates = read(page(client, f"{address}/certificates"))
    assert "nobody noted who came. Please ask" in certificates
    assert "on the roster until" in read(page(desk, f"/console/bookings/{booking_id}/certificates"))
    with transaction():
        person_id = db.session.scalars(sa.select(Registration.id).order_by(Registration.number)).first()
        assert person_id is not None
        checkin.check_in(person_id)
    text = read(page(client, address))
    assert "Ana Vale Yes" in text and "Beto Ruiz No" in text and "nobody noted" not in text


@pytest.mark.parametrize("taken_up", [False, True])
def test_a_late_answer_is_not_promised_any_more(client: FlaskClient, at: Any, taken_up: bool) -> None:
    address = asked(client)
    booking_id = booking().id
    if taken_up:
        with transaction():
            trainings.take_up(booking_id)
    at("2026-11-25 23:00")
    assert "We answer by Wednesday, November 25." in read(page(client, address))
    at("2026-11-26 00:30")
    text = read(page(client, address))
    assert "We promised an answer by Wednesday, November 25 and are late." in text
    assert "Please call Lamplight Community House. 312-555-0190" in text and "We answer by" not in text
    with transaction():
        db.session.scalars(sa.select(Organization)).one().phone = ""
    text = read(page(client, address))
    assert "Please reply to our letter, to Lamplight Community House." in text and "312-555-0190" not in text


def test_when_all_its_days_are_over_other_days_can_be_asked_for(
    client: FlaskClient, offered: uuid.UUID, at: Any
) -> None:
    words, again = "The days that you asked for are over.", "Ask again with other days"
    address = asked(client)
    at("2026-12-08 11:59")
    assert words not in read(page(client, address))
    at("2026-12-08 12:00")
    text = page(client, address)
    assert words in read(text) and "Please choose other days." in read(text) and f'href="{address}/change"' in text
    booking_id = booking().id
    with transaction():
        trainings.take_up(booking_id)
    text = page(client, address)
    assert words in read(text) and again in read(text) and f'href="{FORM}"' in text
    assert "looking for a trainer" not in read(text) and f'href="{address}/withdrawal"' in text
    with transaction():
        db.session.get_one(Training, offered).offered = False
    assert f'href="{FORM}"' not in page(client, address) and again not in read(page(client, address))


@pytest.mark.parametrize(("role", "is_shown"), [(LEAD, True), (COORDINATOR, True), (CHECKIN_LEAD, False)])
def test_at_the_door_they_come_in_by_the_link(
    client: FlaskClient, world: ModuleType, at: Any, role: str, is_shown: bool
) -> None:
    asked(client)
    set_up()
    with transaction():
        db.session.get_one(Event, booking().occurrence.event_id).walk_ins = True  # type: ignore[union-attr]
        staff = world.organizer(role)
    at("2026-12-08 09:20")
    shown = sign_in(client, staff).get(f"/console/dates/{booking().occurrence_id}/walk-in").text
    assert "Its staff come in by the employer’s link." in shown
    assert (invitation() in shown) is is_shown
    assert 'name="party"' not in shown and "Take no walk-ins" not in shown and "Take in walk-ins" not in shown
    at("2026-12-08 11:30")
    assert invitation() not in sign_in(client, staff).get(f"/console/dates/{booking().occurrence_id}/walk-in").text


def test_staff_are_asked_for_a_name_and_nothing_else(client: FlaskClient) -> None:
    asked(client)
    set_up()
    shown = client.get(invitation("es"))
    assert shown.headers["Cache-Control"] == "no-store"
    assert set(filled(shown.text)) == {"name", "nonce", "homepage"}
    assert "Fictional Foods" not in shown.text and "60612" not in shown.text
    answer = client.post(invitation("es"), data={"name": " ", "nonce": nonce_in(shown.text)})
    assert answer.status_code == 422
    client.post(invitation("es"), data={"name": "Ana Vale", "nonce": nonce_in(shown.text)})
    kept = db.session.scalars(sa.select(Registration)).one()
    assert (kept.name, kept.contact_kind, kept.contact, kept.language) == ("Ana Vale", "none", "", "es")
    waiting = sa.select(Message.id).where(Message.registration_id == kept.id, Message.state == WAITING)
    assert kept.source == "invitation" and db.session.scalar(waiting) is None, "nobody has to call them"


def test_who_gave_their_place_back_joins_again_with_the_same_form(client: FlaskClient) -> None:
    asked(client)
    set_up()
    typed = {"name": "Ana Vale", "nonce": nonce_in(client.get(invitation()).text)}
    old = client.post(invitation(), data=typed).location
    client.post(f"{old}/cancellation")
    answer = client.post(invitation(), data=typed)
    assert answer.status_code == 409 and "Press the button again" in read(answer.text)
    again = client.post(invitation(), data=typed | {"nonce": nonce_in(answer.text)})
    assert again.status_code == 303 and again.location != old


def test_all_who_see_a_name_are_named(client: FlaskClient, world: ModuleType) -> None:
    """A co-host opens the roster of the session as its host does."""
    asked(client)
    set_up()
    with transaction():
        helper = db.session.get_one(Organization, world.organization("third-shore"))
        event = booking().occurrence.event
        event.cohosts = [helper]
        names = f"{event.organization.name} and {helper.name}"
    assert f"Your employer and {names} see your name and whether you came." in read(client.get(invitation()).text)


def test_when_the_session_is_full_the_invitation_says_so(client: FlaskClient) -> None:
    asked(client)
    set_up(places=1)
    fields = [{"name": name, "nonce": nonce_in(client.get(invitation()).text)} for name in ("Ana", "Beto")]
    assert client.post(invitation(), data=fields[0]).status_code == 303
    answer = client.post(invitation(), data=fields[1])
    assert answer.status_code == 409 and "All places are taken." in read(answer.text)
    assert filled(answer.text)["name"] == ["Beto"]


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_poster_speaks_both_languages_and_names_no_company(client: FlaskClient, lang: str) -> None:
    asked(client)
    set_up()
    text = client.get(f"{invitation(lang)}/poster").text
    said = read(text)
    assert "Fair Hiring" in said and "Contratación justa" in said and "December" in said and "diciembre" in said
    assert invitation(lang) in said and "Fictional Foods" not in text and booking().token() not in text


def test_a_declined_request_shows_other_ways(client: FlaskClient) -> None:
    address = asked(client)
    booking_id = booking().id
    with transaction():
        trainings.take_up(booking_id)
        trainings.decline(booking_id, trainings.Alternatives("Our <b>trainer</b> is away.", [employers.a_wish(40)]))
    text = client.get(address).text
    assert "Our &lt;b&gt;trainer&lt;/b&gt; is away." in text and "Thursday, December 31, morning" in read(text)


@pytest.mark.parametrize("state", ["declined", "withdrawn", "cancelled"])
def test_what_is_not_offered_any_more_cannot_be_asked_for_again(
    client: FlaskClient, offered: uuid.UUID, state: str
) -> None:
    address = asked(client)
    with transaction():
        booking().state = state
    again = {"declined": FORM}.get(state, FORM.removesuffix("/request"))
    text = client.get(address).text
    assert f'href="{again}"' in text and client.get(again).status_code == 200
    with transaction():
        db.session.get_one(Training, offered).offered = False
    text = client.get(address).text
    assert "/trainings/fair-hiring" not in text
    main = text[text.index("<main") :]
    assert 'href="/en/trainings">All trainings</a>' in main


def test_the_private_session_is_nowhere_to_be_found(client: FlaskClient) -> None:
    asked(client)
    set_up()
    slug = db.session.scalars(sa.select(Event.slug)).one()
    assert client.get(f"/en/events/{slug}").status_code == client.get(f"/en/events/{slug}/place").status_code == 404
    assert client.get(f"/events/{slug}.ics").status_code == 404
    for path in ("/en/", "/en/events?topic=work", "/en/trainings", "/en/trainings/fair-hiring", "/sitemap.xml"):
        assert f"/events/{slug}" not in client.get(path).text, path
    assert "Fair Hiring" not in client.get("/calendar.ics").text


def test_wrong_links_all_look_alike(client: FlaskClient) -> None:
    address = asked(client)
    token = address.rpartition("/")[2]
    set_up()
    other = invitation().rpartition("/")[2]
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    pages = [
        client.get(path)
        for wrong in (forged, other, "x", "a" * 64)
        for path in (f"/en/bookings/{wrong}{end}" for end in ("", "/change", "/withdrawal", "/certificates"))
    ] + [client.get(f"/en/invitations/{wrong}{end}") for wrong in (forged, token, "x") for end in ("", "/poster")]
    assert {answer.status_code for answer in pages} == {404}
    assert len({re.sub(r'(href|value|content)="[^"]*"', "", answer.text) for answer in pages}) == 1
    assert client.post(f"/en/invitations/{token}", data={"name": "Ana"}).status_code == 404
    assert client.post(f"/en/bookings/{other}/withdrawal").status_code == 404


def test_looking_changes_nothing(client: FlaskClient) -> None:
    address = asked(client)
    set_up()

    def rows() -> list[str]:
        db.session.rollback()
        return sorted(repr(row) for table in db.metadata.sorted_tables for row in db.session.execute(sa.select(table)))

    before = rows()
    own = [f"{address}{end}" for end in ("", "/change", "/withdrawal", "/certificates")]
    for path in (*own, invitation(), f"{invitation()}/poster"):
        for _look in range(3):
            client.get(path)
            client.head(path)
    assert rows() == before


def test_a_place_in_an_open_training_asks_for_the_company(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop(seats=50, type="employer_training", admission="seats", max_per_employer=3)
    address = f"/en/events/{posted.slug}/place"
    person = {"name": "Ana", "contact_kind": "none", "spoken": "en", "children": "0", "slot": str(posted.slot_id)}

    def keep(employer: str, party: str) -> Any:
        nonce = nonce_in(client.get(address).text)
        return client.post(address, data={**person, "nonce": nonce, "employer": employer, "party": party})

    assert "Each company can have up to 3 places." in read(page(client, address))
    assert "Write the name of your company." in read(keep("", "1").text)
    assert keep("Fictional Foods Co.", "2").status_code == 303
    refused = keep("fictional foods, LLC", "2")
    assert refused.status_code == 422 and "Each company can have up to 3 places here." in read(refused.text)
    assert keep("fictional foods, LLC", "1").status_code == 303
    assert keep("Another Bakery", "3").status_code == 303
    kept = db.session.scalars(sa.select(Registration).order_by(Registration.number)).all()
    assert [(row.employer, row.party) for row in kept] == [
        ("Fictional Foods Co.", 2), ("fictional foods, LLC", 1), ("Another Bakery", 3),
    ]  # fmt: skip
    assert b"ictional" not in repr(db.session.execute(sa.text("SELECT * FROM registration")).all()).encode()


def test_other_events_do_not_ask_for_a_company(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.workshop()
    assert 'name="employer"' not in client.get(f"/en/events/{posted.slug}/place").text


ODD = [
    "", " ", "\x00", "a\r\nBcc: eve@evil.example", "\u202eelaV", "\U0001f600" * 40, "x" * 5000, "-1", "1e9",
    "9" * 400, "None", "2026-13-45", "0001-01-01", "9999-12-31", "' OR 1=1 --", "<script>", "[]", "\u0663",
    "theirs\x00", "\u2028",
]  # fmt: skip


def test_no_odd_input_breaks_the_forms_or_stores_by_halves(client: FlaskClient) -> None:
    chance = random.Random(23)
    names = [*SAID, "day_2", "part_2", "day_3", "part_3", "equipment", "homepage", "nonce", "unknown"]
    nonce = nonce_in(client.get(FORM).text)
    for _try in range(300):
        typed: dict[str, Any] = {**SAID, "nonce": nonce}
        for name in chance.sample(names, chance.randint(1, 5)):
            typed[name] = chance.choice([chance.choice(ODD), [chance.choice(ODD), chance.choice(ODD)], None])
        answer = client.post(FORM, data={name: value for name, value in typed.items() if value is not None})
        assert answer.status_code in (303, 409, 422), (answer.status_code, typed)
        for kept in db.session.scalars(sa.select(Booking)):
            assert kept.told("employer") and kept.wishes and "@" in kept.email
        db.session.rollback()


def test_no_odd_name_breaks_the_invitation(client: FlaskClient) -> None:
    asked(client)
    set_up(places=3)
    for odd in ODD:
        answer = client.post(invitation(), data={"name": odd, "nonce": nonce_in(client.get(invitation()).text)})
        assert answer.status_code in (303, 409, 422), (answer.status_code, odd)


def test_a_hidden_address_is_for_the_employer_and_for_who_has_a_place(client: FlaskClient, world: ModuleType) -> None:
    """The invitation and the poster go from hand to hand."""
    own = asked(client)
    set_up()
    with transaction():
        session = booking().occurrence
        assert session is not None
        venue = db.session.get_one(Venue, world.venue(session.event.organization_id))
        venue.visibility = "after_registration"
        session.venue = venue
        address, area = venue.address, venue.area
    for text in (client.get(invitation()).text, client.get(f"{invitation()}/poster").text):
        assert address not in text and area in text and "You get the address when you have a place." in text
    assert address in client.get(own).text
