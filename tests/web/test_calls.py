"""The call list as a page: scripts that are safe, outcomes, and who may see numbers."""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import events, organizations, registrations, reminders, waitlist
from scheduler.core.extensions import db, transaction
from scheduler.models.checklist import Checklist
from scheduler.models.event import Occurrence
from scheduler.models.message import FAILED, SENT, Message
from scheduler.models.organization import CHECKIN_LEAD, LEAD
from scheduler.models.registration import CANCELLED, CONFIRMED, OFFERED, PHONE, WAITLISTED, Registration

from .signing_in import press, sign_in
from .test_rosters import state_of, text_of


@pytest.fixture
def posted(world: ModuleType, at: Any) -> Any:
    at("2026-11-28 09:00")
    with transaction():
        return world.clinic(slots=1, seats=1)


@pytest.fixture
def desk(client: FlaskClient, posted: Any, world: ModuleType) -> FlaskClient:
    with transaction():
        lead = world.organizer(LEAD)
    return sign_in(client, lead)


def calls_of(posted: Any) -> str:
    return f"/console/dates/{posted.occurrence_id}/calls"


def phones(world: ModuleType, posted: Any, name: str = "Zofia", number: int = 44, **more: Any) -> uuid.UUID:
    with transaction():
        place: uuid.UUID = world.attends(
            posted, name=name, contact_kind=PHONE, contact=f"312-555-01{number}", **({"spoken": "en"} | more)
        )
    return place


def call_for(place: uuid.UUID, letter: str) -> uuid.UUID:
    db.session.rollback()
    query = sa.select(Message.id).where(Message.registration_id == place, Message.letter == letter)
    return db.session.scalars(query).one()


def end(desk: FlaskClient, posted: Any, place: uuid.UUID, letter: str, outcome: str, **more: Any) -> Any:
    return press(desk, calls_of(posted), f"/console/calls/{call_for(place, letter)}", outcome=outcome, **more)


def test_the_words_are_safe_and_in_their_language(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    phones(world, posted, "Luz", spoken="es", language="es")
    answer = desk.get(calls_of(posted))
    page = text_of(answer.text)
    assert "Hola, ¿puedo hablar con Luz? Llamo por su cita del sábado." in page
    assert "Vuelvo a llamar, gracias." in page
    assert "The same in your language" in page
    assert "Hello, may I speak with Luz? I&#39;m calling about your appointment on Saturday." in page
    said = page[page.index("Ask for the person") :].lower()
    for word in ("legal", "lawyer", "clinic", "daca", "immigration", "abogad"):
        assert word not in said


def test_without_words_in_their_language_an_interpreter_is_asked(
    desk: FlaskClient, world: ModuleType, posted: Any
) -> None:
    phones(world, posted, spoken="pl", language="en")
    page = text_of(desk.get(calls_of(posted)).text)
    assert "Ask an interpreter to join the call." in page and "The same in your language" not in page


def test_outcomes_and_undo(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = phones(world, posted)
    answer = end(desk, posted, place, "confirmation", "no_answer", tries=0)
    assert answer.status_code == 303 and answer.location.endswith("/calls")
    assert "No answer, 1 call" in text_of(desk.get(answer.location).text)
    assert end(desk, posted, place, "confirmation", "no_answer", tries=0).status_code == 409
    end(desk, posted, place, "confirmation", "reached", tries=1)
    page = text_of(desk.get(calls_of(posted)).text)
    assert "Called in the last hour" in page and "Nobody to call" in page
    undo = f"/console/calls/{call_for(place, 'confirmation')}/removal"
    assert press(desk, calls_of(posted), undo).status_code == 303
    assert "No answer, 1 call" in text_of(desk.get(calls_of(posted)).text)
    assert press(desk, calls_of(posted), undo).status_code == 409


def test_will_not_come_gives_the_place_back_and_the_next_one_is_offered_it(
    desk: FlaskClient, world: ModuleType, posted: Any
) -> None:
    place, waiting = phones(world, posted), phones(world, posted, "Wanda", 45)
    assert end(desk, posted, place, "confirmation", "will_not_come").status_code == 303
    assert (state_of(place), state_of(waiting)) == (CANCELLED, OFFERED)
    page = text_of(desk.get(calls_of(posted)).text)
    assert "Good news. A place opened on Saturday, December 12, 9:30 AM for you." in page and "Takes the place" in page
    assert end(desk, posted, waiting, "offer", "takes_it").status_code == 303
    assert state_of(waiting) == CONFIRMED


def offered_on_the_phone(world: ModuleType, times: int) -> tuple[Any, uuid.UUID]:
    """A clinic with so many times of one place each, the first of which is offered to Wanda."""
    with transaction():
        posted = world.clinic(slots=times, seats=1)
        taken = [world.attends(posted, slot, contact=f"{slot}@post.example") for slot in range(times)]
    waiting = phones(world, posted, "Wanda", 45)
    with transaction():
        registrations.cancel(taken[0])
    return posted, waiting


def test_no_thanks_passes_the_place_on_and_they_wait_for_another_time(desk: FlaskClient, world: ModuleType) -> None:
    posted, waiting = offered_on_the_phone(world, times=2)
    page = text_of(desk.get(calls_of(posted)).text)
    assert "No thanks" in page and "Take off the list" not in page and "Will not come" in page
    answer = end(desk, posted, waiting, "offer", "no_thanks")
    assert (answer.status_code, state_of(waiting)) == (303, WAITLISTED)
    assert "Written down: no thanks." in text_of(desk.get(answer.location).text)


def test_who_has_no_other_time_to_wait_for_is_asked_before_they_leave(desk: FlaskClient, world: ModuleType) -> None:
    posted, waiting = offered_on_the_phone(world, times=1)
    page = text_of(desk.get(calls_of(posted)).text)
    assert "There is no other time to wait for" in page and "This cannot be undone." in page
    assert "Will not come" not in page, "it would be the same"
    assert end(desk, posted, waiting, "offer", "no_thanks").status_code == 409
    assert state_of(waiting) == OFFERED, "no slip of the thumb, and no old page, takes anybody off the list"
    answer = end(desk, posted, waiting, "offer", "off_the_list")
    assert (answer.status_code, state_of(waiting)) == (303, CANCELLED)
    assert "they are off the list" in text_of(desk.get(answer.location).text)


@pytest.mark.parametrize(("times", "outcome"), [(1, "takes_it"), (1, "off_the_list"), (2, "no_thanks")])
def test_an_answered_offer_cannot_be_taken_back(desk: FlaskClient, world: ModuleType, times: int, outcome: str) -> None:
    posted, waiting = offered_on_the_phone(world, times)
    undo = f"/console/calls/{call_for(waiting, 'offer')}/removal"
    end(desk, posted, waiting, "offer", "no_answer", tries=0)
    assert undo in desk.get(calls_of(posted)).text
    end(desk, posted, waiting, "offer", outcome, tries=1)
    page = desk.get(calls_of(posted)).text
    assert "Called in the last hour" in page and undo not in page
    assert press(desk, calls_of(posted), undo).status_code == 409


@pytest.fixture
def silent(world: ModuleType, posted: Any, at: Any) -> uuid.UUID:
    """Somebody with an e-mail only, who said nothing when the date moved, two days before it."""
    with transaction():
        place: uuid.UUID = world.attends(posted, name="Berta", contact="berta@post.example")
    starts = world.registration(place).occurrence.starts_local + timedelta(days=1)
    with transaction():
        events.move_date(posted.occurrence_id, starts, starts + timedelta(hours=2), posted.venue_id)
    with transaction():
        for message in db.session.scalars(sa.select(Message)):
            message.state, message.sent_at = SENT, message.created_at
    at("2026-12-12 09:30")
    with transaction():
        assert events.ask_by_phone() == 1
    return place


def call_of(place: uuid.UUID) -> str:
    db.session.rollback()
    query = sa.select(Message.id).where(Message.registration_id == place, Message.channel == "call")
    return f"/console/calls/{db.session.scalars(query).one()}"


def test_who_has_e_mail_only_can_be_written_to_and_ticked_off(
    posted: Any, silent: uuid.UUID, desk: FlaskClient
) -> None:
    source = desk.get(calls_of(posted)).text
    assert f'href="/console/registrations/{silent}"' in source and "berta@post.example" not in source
    page = text_of(source)
    assert "Only e-mail, no answer yet" in page and "No call can reach them" not in page
    assert "Keeps the place" in page and "Wrong number" not in page and "Give the place back" in page
    assert press(desk, calls_of(posted), call_of(silent), outcome="no_answer", tries=0).status_code == 303
    assert "Written to, no answer: Sat, Dec 12, 9:30 AM" in text_of(desk.get(calls_of(posted)).text)
    assert press(desk, calls_of(posted), call_of(silent), outcome="coming", tries=1).status_code == 303
    page = text_of(desk.get(calls_of(posted)).text)
    assert "Only e-mail, no answer yet" not in page and "Nobody to call" in page and "Undo" not in page
    assert press(desk, calls_of(posted), f"{call_of(silent)}/removal").status_code == 409
    assert db.session.get_one(Registration, silent).reconfirmed_at is not None


def test_whose_letter_came_back_is_told_of_apart(posted: Any, silent: uuid.UUID, desk: FlaskClient) -> None:
    with transaction():
        move = db.session.scalars(sa.select(Message).where(Message.letter == "move", Message.channel == "email")).one()
        move.state, move.failure, move.sent_at = FAILED, "550", None
        db.session.execute(
            sa.update(Message).where(Message.letter == "confirmation").values(state=FAILED, sent_at=None)
        )
    page = text_of(desk.get(calls_of(posted)).text)
    assert "Only e-mail, no answer yet" not in page
    assert page.count("E-mail did not arrive") == 1 and page.count("Berta") == 1
    assert "E-mail did not arrive" in text_of(desk.get(f"/console/dates/{posted.occurrence_id}/roster").text)


def test_a_wrong_number_shows_on_the_roster(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = phones(world, posted)
    end(desk, posted, place, "confirmation", "wrong_number")
    assert "Wrong number" in text_of(desk.get(f"/console/dates/{posted.occurrence_id}/roster").text)
    assert "Wrong number" in text_of(desk.get(f"/console/dates/{posted.occurrence_id}/letters").text)


def test_who_says_that_they_come_is_confirmed(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = phones(world, posted)
    end(desk, posted, place, "confirmation", "coming")
    db.session.rollback()
    assert db.session.get_one(Registration, place).reconfirmed_at is not None
    undo = f"/console/calls/{call_for(place, 'confirmation')}/removal"
    assert press(desk, calls_of(posted), undo).status_code == 303
    db.session.rollback()
    assert db.session.get_one(Registration, place).reconfirmed_at is None, "nobody spoke to them after all"


@pytest.mark.parametrize("offered", [False, True], ids=["in line", "offered"])
def test_nobody_on_the_phone_keeps_a_place_that_they_do_not_have(
    desk: FlaskClient, world: ModuleType, posted: Any, offered: bool
) -> None:
    with transaction():
        holds = world.attends(posted)
    phones(world, posted)
    if offered:
        with transaction():
            registrations.cancel(holds)
    date = db.session.get_one(Occurrence, posted.occurrence_id)
    starts, ends = (wall + timedelta(weeks=1) for wall in (date.starts_local, date.ends_local))
    with transaction():
        events.move_date(posted.occurrence_id, starts, ends, posted.venue_id)
    with transaction():
        assert waitlist.offer_due(posted.occurrence_id) == offered
    page = text_of(desk.get(calls_of(posted)).text)
    assert "The date that you wait for has moved from" in page and "You are still in line." in page
    assert "Keeps the place" not in page and "Can you come then?" not in page


STREET, HOUSE = "Room 2, 1810 S. Harbor St., Chicago, IL 60608", "Harbor Street Library, "


@pytest.mark.parametrize("wording", ["full", "discreet"])
@pytest.mark.parametrize("hidden", [False, True])
def test_a_move_to_another_house_is_no_move_to_another_time(
    desk: FlaskClient, world: ModuleType, posted: Any, wording: str, hidden: bool
) -> None:
    phones(world, posted, "Has", wording=wording)
    phones(world, posted, "Waits", 45, wording=wording)
    with transaction():
        date = db.session.get_one(Occurrence, posted.occurrence_id)
        elsewhere = world.venue(posted.organization_id, hidden=hidden)
        events.move_date(posted.occurrence_id, date.starts_local, date.ends_local, elsewhere)
    has, waits = (
        text_of(f"<main>{card}") for card in desk.get(calls_of(posted)).text.split('<li class="card stack">')[1:]
    )
    stays = "Your appointment on Saturday, December 12, 9:30 AM stays. The address has changed."
    assert stays in has and "Can you come there?" in has and "has moved" not in has + waits
    assert "New address" in has and "New date" not in has + waits
    assert "The date that you wait for, Saturday, December 12, 9:30 AM, has a new address." in waits
    told = f"Where it is now: {HOUSE if wording == 'full' else ''}{STREET}"
    assert told in has and (told in waits) == (not hidden) and ("Harbor" in waits) == (not hidden)


def test_another_end_is_no_other_address(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    phones(world, posted, "Has")
    phones(world, posted, "Waits", 45)
    with transaction():
        date = db.session.get_one(Occurrence, posted.occurrence_id)
        events.move_date(date.id, date.starts_local, date.ends_local.replace(hour=15, minute=0), date.venue_id)
    has, waits = (
        text_of(f"<main>{card}") for card in desk.get(calls_of(posted)).text.split('<li class="card stack">')[1:]
    )
    assert "Saturday, December 12, 9:30 AM stays. It ends at another hour now: 3:00 PM. Can you come?" in has
    assert "The date that you wait for, Saturday, December 12, 9:30 AM, ends at another hour now: 3:00 PM." in waits
    assert "address" not in has + waits and "New address" not in has + waits


def bank_card_is_new(posted: Any) -> None:
    with transaction():
        card = {"text": {"en": "A bank card.", "es": "Una tarjeta."}, "need": "bring"}
        old = db.session.get_one(Checklist, posted.checklist_id)
        more = organizations.ChecklistContent(title=old.title, items=[*old.items, card], reviewed_on=old.reviewed_on)
        organizations.save_checklist(posted.organization_id, more, old.id)


@pytest.mark.parametrize(("wording", "aloud"), [("full", "New on the list: A bank"), ("discreet", "May I tell")])
def test_a_call_about_a_move_tells_what_is_new_on_the_list(
    desk: FlaskClient, world: ModuleType, posted: Any, wording: str, aloud: str
) -> None:
    """No reminder is called after it. Who waits in line hears of the list with the place."""
    phones(world, posted, "Has", wording=wording)
    phones(world, posted, "Waits", 45, wording=wording)
    bank_card_is_new(posted)
    with transaction():
        date = db.session.get_one(Occurrence, posted.occurrence_id)
        week = timedelta(weeks=1)
        events.move_date(date.id, date.starts_local + week, date.ends_local + week, date.venue_id)
    has, waits = desk.get(calls_of(posted)).text.split('<li class="card stack">')[1:]
    said, _end, beside = has.partition("</blockquote>")
    assert f"Can you come then? {'' if wording == 'full' else 'What to bring has changed. '}{aloud}" in said
    assert ("bank card" in said) == (wording == "full") and ("bank card" in beside) == (wording == "discreet")
    assert "bank card" not in waits and aloud not in waits


@pytest.mark.parametrize("wording", ["full", "discreet"])
def test_whoever_waits_in_line_has_no_appointment_that_could_be_off(
    desk: FlaskClient, world: ModuleType, posted: Any, wording: str
) -> None:
    """The host's reason may say what the appointment is about: where words are discreet it is not read out."""
    phones(world, posted, "Has", wording=wording)
    phones(world, posted, "Waits", 45, wording=wording)
    with transaction():
        events.cancel_date(posted.occurrence_id, {"en": "No heat in the building.", "es": "No hay calefacción."})
    has, waits = (
        text_of(f"<main>{card}") for card in desk.get(calls_of(posted)).text.split('<li class="card stack">')[1:]
    )
    why = ": No heat in the building." if wording == "full" else "."
    off = f"on Saturday, December 12, 9:30 AM will not take place{why}"
    assert f"We are sorry. Your appointment {off}" in has
    assert f"We are sorry. The appointment you wait for {off}" in waits and "Your appointment on" not in waits
    assert all("Please do not travel. You did nothing wrong." in card for card in (has, waits))
    asked = "Why, if they want to hear it: No heat in the building"
    assert all((asked in card) == (wording == "discreet") for card in (has, waits))


@pytest.mark.parametrize(("wording", "aloud"), [("full", "New on the list: A bank"), ("discreet", "May I tell")])
def test_a_reminder_on_the_phone_tells_what_is_new_on_the_list(
    client: FlaskClient, world: ModuleType, posted: Any, at: Any, wording: str, aloud: str
) -> None:
    phones(world, posted, wording=wording)
    bank_card_is_new(posted)
    at("2026-12-11 10:00")
    with transaction():
        reminders.write_due()
        lead = world.organizer(LEAD)
    page = sign_in(client, lead).get(calls_of(posted)).text
    (reminder,) = [one for one in page.split("<blockquote")[1:] if "We expect you" in one]
    said, _end, beside = reminder.partition("</blockquote>")
    assert aloud in said and ("bank card" in said) == (wording == "full")
    assert ("New on the list, if they want to hear it:" in beside) == (wording == "discreet") == ("bank card" in beside)


def test_each_is_told_of_dates_for_their_group_and_language(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    with transaction():
        off = world.clinic(slots=1, seats=5)
        for title, languages in (("In English", ["en"]), ("In Polish", ["pl"])):
            world.clinic(slots=1, seats=5, languages=languages, title={"en": title, "es": title})
    phones(world, off, "Ewa", 45, spoken="pl")
    phones(world, off, "Pair", 46, party=2)
    phones(world, off, "One", 47)
    with transaction():
        events.cancel_date(off.occurrence_id, {"en": "No heat.", "es": "Sin calefacción."})
    small = "Legal Help Morning"
    titles = {"In English", "In Polish", small}
    told = {}
    for card in desk.get(calls_of(off)).text.split('<li class="card stack">')[1:]:
        name = next(name for name in ("Ewa", "Pair", "One") if f"<bdi>{name}</bdi>" in card)
        told[name] = {title for title in titles if title in card}
    assert told == {"Ewa": titles, "Pair": {"In English"}, "One": {"In English", small}}


def test_one_list_for_all_dates(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    with transaction():
        second = world.clinic(slots=1)
        db.session.get_one(Occurrence, second.occurrence_id).event_id = posted.event_id
    phones(world, posted, "First")
    place = phones(world, second, "Second", 45)
    assert "Calls for all dates" in text_of(desk.get(calls_of(posted)).text)
    whole = f"/console/events/{posted.event_id}/calls"
    page = text_of(desk.get(whole).text)
    assert "First" in page and "Second" in page
    act = f"/console/calls/{call_for(place, 'confirmation')}"
    assert press(desk, whole, act, outcome="reached", list="event").location == whole


def test_nonsense_is_refused(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = phones(world, posted)
    for outcome in ("", "maybe", "takes_it now"):
        assert end(desk, posted, place, "confirmation", outcome).status_code == 422
    assert press(desk, calls_of(posted), f"/console/calls/{uuid.uuid4()}", outcome="reached").status_code == 404


def test_only_leads_and_coordinators_of_the_host_call(client: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = phones(world, posted)
    act = f"/console/calls/{call_for(place, 'confirmation')}"
    addresses = (calls_of(posted), f"/console/events/{posted.event_id}/calls")
    with transaction():
        volunteer, outsider = world.organizer(CHECKIN_LEAD), world.outsider()
    for staff, status in ((volunteer, 403), (outsider, 404)):
        sign_in(client, staff)
        for address in addresses:
            assert client.get(address).status_code == status
        for address in (act, f"{act}/removal"):
            assert press(client, "/console/account", address, outcome="reached").status_code == status
    assert state_of(place) == CONFIRMED
