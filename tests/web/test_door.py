"""The door as pages: walk-ins, numbers, slips, arrivals in parts, and the sheet to sign."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import audits, checkin, registrations
from scheduler.core.extensions import db, transaction
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Event, Occurrence
from scheduler.models.organization import CHECKIN_LEAD, LEAD
from scheduler.models.registration import CHECKED_IN, CONFIRMED, NO_SHOW, PHONE, WAITLISTED, Registration

from .signing_in import filled, press, save, sign_in
from .test_rosters import roster_of, text_of


@pytest.fixture
def posted(world: ModuleType, at: Any) -> Any:
    """A clinic at 9:30 and 10:00, three places each; the clock says 9:40 of its day."""
    at("2026-11-28 09:00")
    with transaction():
        posted = world.clinic(slots=2, seats=3)
    at("2026-12-12 09:40")
    return posted


@pytest.fixture
def door(client: FlaskClient, posted: Any, world: ModuleType) -> FlaskClient:
    with transaction():
        checkin_lead = world.organizer(CHECKIN_LEAD)
    return sign_in(client, checkin_lead)


def walk_in_page(posted: Any) -> str:
    return f"/console/dates/{posted.occurrence_id}/walk-in"


def attend(world: ModuleType, at: Any, posted: Any, slot: int = 1, **changes: Any) -> uuid.UUID:
    """Somebody signed up on the day before."""
    at("2026-12-11 09:00")
    with transaction():
        place: uuid.UUID = world.attends(posted, slot, **changes)
    at("2026-12-12 09:40")
    return place


def people() -> list[Registration]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Registration).order_by(Registration.number)))


def test_somebody_walks_in_and_gets_a_number(door: FlaskClient, posted: Any) -> None:
    answer = save(door, walk_in_page(posted), name="Luz María", spoken=["pl"], party=["2"])
    assert answer.status_code == 303 and "Luz" not in answer.location
    [luz] = people()
    assert (luz.state, luz.arrived, luz.spoken, luz.door_number, luz.name) == (CHECKED_IN, 2, "pl", 1, "Luz María")
    page = door.get(answer.location)
    assert page.headers["Cache-Control"] == "no-store"
    assert "Your number is 1." in text_of(page.text) and luz.code_shown in page.text
    assert "Luz" not in page.text
    assert "Number 1" in text_of(door.get(f"{roster_of(posted)}?show=here").text)


def test_the_number_comes_with_the_wait_and_in_their_language(door: FlaskClient, posted: Any) -> None:
    for _person in range(3):
        save(door, walk_in_page(posted), name="Ana", spoken=["en"])
    answer = save(door, walk_in_page(posted), name="Luz", spoken=["es"])
    page = door.get(answer.location).text
    assert "Your number is 4. About 20 minutes." in text_of(page)
    card = page[page.index("<article") : page.index("</article>")]
    assert 'lang="es"' in card and "/es/place" in card and "sábado" in card


def test_a_card_says_no_more_than_is_true(client: FlaskClient, world: ModuleType, at: Any) -> None:
    """Of an offered place until when, of a date that is off that it is; and where it is only to who may come in."""
    at("2026-12-09 10:00")
    with transaction():
        hidden = world.venue(world.organization(), hidden=True)
        posted = world.workshop(seats=1, venue_id=hidden, starts_local=datetime(2026, 12, 12, 18, 0))
        first, second = world.attends(posted), world.attends(posted, contact="b@post.example")
        staff = world.organizer(LEAD)

    def card(place: uuid.UUID) -> str:
        page = sign_in(client, staff).get(f"/console/registrations/{place}/number").text
        assert ("Harbor" in page) is ("Su lugar está guardado." in page)
        return page

    assert "Your place is kept." in card(first) and "You are number 1 in line." in card(second)
    with transaction():
        registrations.cancel(first)
    page = text_of(card(second))
    assert "A place is offered to you until Thursday, December 10, 9:00 PM. It is yours once you say yes." in page
    at("2026-12-10 21:01")
    assert "The time to answer is over" in text_of(card(second))
    set_state(second, CONFIRMED)
    assert "Your place is kept." in card(second)
    set_state(second, NO_SHOW)
    assert "We did not see you yet" in card(second)
    at("2026-12-13 10:00")
    assert "This date is over" in card(second)
    at("2026-12-11 10:00")
    set_state(second, CONFIRMED)
    with transaction():
        db.session.get_one(Occurrence, posted.occurrence_id).state = "cancelled"
    assert "This date is canceled" in card(second)


def set_state(place: uuid.UUID, state: str) -> None:
    with transaction():
        db.session.get_one(Registration, place).state = state


def test_three_answers_and_no_more_are_asked(door: FlaskClient, posted: Any) -> None:
    fields = filled(door.get(walk_in_page(posted)).text)
    assert set(fields) - {"csrf_token", "language", "back"} == {"name", "spoken", "party", "nonce"}


def test_what_is_missing_is_said_at_the_field(door: FlaskClient, posted: Any) -> None:
    for changed in ({"name": " "}, {"spoken": ["xx"]}, {"party": ["99"]}, {"party": ["-1"]}, {"nonce": "old"}):
        answer = save(door, walk_in_page(posted), **({"name": "Luz"} | changed))
        assert answer.status_code == 422, changed
        assert "There is 1 problem" in text_of(answer.text)
    assert people() == []


def test_going_back_for_the_next_person_only_needs_another_press(door: FlaskClient, posted: Any) -> None:
    typed = filled(door.get(walk_in_page(posted)).text) | {"name": "Luz"}
    luz = door.post(walk_in_page(posted), data=typed).location
    answer = door.post(walk_in_page(posted), data=typed | {"name": "Ana"})
    assert answer.status_code == 409 and "Press again to take in this one too." in text_of(answer.text)
    shown = filled(answer.text)
    assert shown["name"] == ["Ana"] and shown["nonce"] != typed["nonce"] and len(people()) == 1
    ana = door.post(walk_in_page(posted), data=shown)
    assert ana.status_code == 303 and ana.location != luz
    assert door.post(walk_in_page(posted), data=typed).location == luz
    assert [(one.name, one.door_number) for one in people()] == [("Luz", 1), ("Ana", 2)]


def test_a_form_sent_twice_takes_one_person_in(door: FlaskClient, posted: Any) -> None:
    fields = filled(door.get(walk_in_page(posted)).text) | {"name": "Luz"}
    first, second = (door.post(walk_in_page(posted), data=fields) for _press in range(2))
    assert first.location == second.location
    assert len(people()) == 1


def test_whose_name_was_taken_off_is_taken_in_again_by_the_same_form(door: FlaskClient, posted: Any) -> None:
    typed = filled(door.get(walk_in_page(posted)).text) | {"name": "Luz"}
    door.post(walk_in_page(posted), data=typed)
    with transaction():
        registrations.erase(people()[0].id)
    answer = door.post(walk_in_page(posted), data=typed)
    assert answer.status_code == 409 and "Press the button again" in text_of(answer.text)
    shown = filled(answer.text)
    assert shown["name"] == ["Luz"] and shown["nonce"] != typed["nonce"]
    assert door.post(walk_in_page(posted), data=shown).status_code == 303
    assert [person.erase_asked for person in people()] == [True, False]


def test_when_it_is_full_a_slip_with_the_next_dates_comes_up(door: FlaskClient, world: ModuleType, posted: Any) -> None:
    with transaction():
        world.clinic(host="far-shore", languages=["pl"], sensitive=False, title={"en": "Polish Morning"})
        world.clinic(seats=1, sensitive=False, title={"en": "Too Small"})
        world.workshop(title={"en": "Another Door"})
        for number in range(3):
            world.clinic(sensitive=False, title={"en": f"Later {number}"}, visibility="public")
        world.clinic(sensitive=False, title={"en": "Hidden"}, visibility="unlisted")
    for _group in range(2):
        save(door, walk_in_page(posted), name="Ana", party=["3"])
    answer = save(door, walk_in_page(posted), name="Luz", spoken=["en"], party=["2"])
    assert answer.status_code == 303 and "/slip?" in answer.location and "Luz" not in answer.location
    page = text_of(door.get(answer.location).text)
    for title in ("Later 0", "Later 1", "Later 2"):
        assert title in page
    for title in ("Polish Morning", "Too Small", "Another Door", "Hidden"):
        assert title not in page
    polish = text_of(door.get(f"/console/dates/{posted.occurrence_id}/slip?spoken=pl&party=2").text)
    assert polish.index("Polish Morning") < polish.index("Later"), "what fits best is first"
    assert "Another Door" not in polish and polish.count("Later") == polish.count("Ask for an interpreter") == 2
    assert len(people()) == 2


def test_a_slip_is_filled_from_other_doors_too(door: FlaskClient, world: ModuleType, posted: Any) -> None:
    with transaction():
        world.clinic(sensitive=False, title={"en": "Same Door"})
        world.workshop(title={"en": "Another Door"}, languages=["es"], interpretation=["pl"])
        world.workshop(title={"en": "Neither"}, languages=["es"])
    page = text_of(door.get(f"/console/dates/{posted.occurrence_id}/slip?spoken=pl").text)
    assert page.index("Same Door") < page.index("Another Door") and "Neither" not in page
    assert page.count("Ask for an interpreter") == page.count("This is another kind of event") == 1
    assert page.index("Ask for an interpreter") < page.index("Another Door") < page.index("another kind of event")


def test_a_slip_names_only_what_they_can_take(door: FlaskClient, world: ModuleType, posted: Any) -> None:
    """Nothing for smaller groups than theirs, for who comes for a company, or for who comes to help."""
    with transaction():
        world.clinic(seats=6, sensitive=False, title={"en": "One By One"}, party_max=1)
        world.clinic(seats=6, sensitive=False, title={"en": "For Companies"}, max_per_employer=6)
        world.workshop(title={"en": "For Employers"}, type="employer_training", party_max=6)
        world.workshop(title={"en": "For Helpers"}, type="volunteer_training", party_max=6)
        world.workshop(title={"en": "For Families"}, party_max=4)
        db.session.get_one(Event, posted.event_id).party_max = 4
    page = text_of(door.get(f"/console/dates/{posted.occurrence_id}/slip?spoken=en&party=4").text)
    assert "For Families" in page
    for title in ("One By One", "For Companies", "For Employers", "For Helpers"):
        assert title not in page, title
    assert "One By One" in text_of(door.get(f"/console/dates/{posted.occurrence_id}/slip?spoken=en").text)


def test_whoever_came_to_a_training_is_sent_on_to_another(door: FlaskClient, world: ModuleType) -> None:
    kind = {"type": "employer_training", "max_per_employer": 3}
    with transaction():
        full = world.workshop(seats=1, title={"en": "Full One"}, **kind)
        world.workshop(title={"en": "Next One"}, **kind)
    assert "Next One" in text_of(door.get(f"/console/dates/{full.occurrence_id}/slip?spoken=en").text)


def test_a_slip_of_a_sensitive_event_does_not_name_it(door: FlaskClient, world: ModuleType, posted: Any) -> None:
    with transaction():
        other = world.clinic(title={"en": "Legal Help Evening"})
    page = door.get(f"/console/dates/{posted.occurrence_id}/slip").text
    card = page[page.index("<article") : page.index("</article>")]
    assert "Harbor Street Library" in card and "312-555-0190" in card
    assert "Legal" not in card and other.slug not in card


def test_a_slip_says_no_room_only_where_there_is_none(
    door: FlaskClient, world: ModuleType, posted: Any, at: Any
) -> None:
    slip, full = f"/console/dates/{posted.occurrence_id}/slip", "no room"
    with transaction():
        later = world.clinic(seats=1, slots=1)
        world.attends(later)
        small = world.clinic(seats=1, slots=1, starts_local=world.a_day_ahead(0, "10:30"))
    assert full not in text_of(door.get(slip).text), "there is room"
    assert "These are the next dates." in text_of(door.get(slip).text)
    assert full not in text_of(door.get(f"/console/dates/{later.occurrence_id}/slip").text), "it is not today"
    today = f"/console/dates/{small.occurrence_id}/slip"
    assert full not in text_of(door.get(today).text)
    page = text_of(door.get(f"{today}?party=2").text)
    assert "There is no room now." in page and "There is no room today. These are the next dates." in page


def test_a_slip_opens_in_the_language_of_the_console(door: FlaskClient, posted: Any) -> None:
    press(door, "/console/account", "/console/account/language", language="es")
    slip = f"/console/dates/{posted.occurrence_id}/slip"
    page = door.get(slip).text
    assert "Estas son las próximas fechas." in page[page.index("<article") : page.index("</article>")]
    assert "These are the next dates." in door.get(f"{slip}?spoken=en").text
    assert f"{slip}?spoken=en" in page and f"{slip}?spoken=es" in page


def test_no_printed_page_of_a_sensitive_event_names_it_in_its_title(door: FlaskClient, world: ModuleType) -> None:
    """Browsers print the title above the page, and write it into the name of a file."""
    with transaction():
        posted = world.clinic(starts_local=datetime(2026, 12, 12, 9, 30), title={"en": "Legal Help Day"})
        place_id = checkin.walk_in(posted.occurrence_id, "Ana", "es", 1, "a nonce").id
    date = f"/console/dates/{posted.occurrence_id}"
    for address in (f"/console/registrations/{place_id}/number", f"{date}/slip", f"{date}/sheet"):
        title = re.search(r"<title>(.*?)</title>", door.get(address).text, re.S)
        assert title and "Legal" not in title.group(1) and "Lamplight Community House" in title.group(1), address


def test_a_slip_without_dates_says_whom_to_call(door: FlaskClient, posted: Any) -> None:
    for query in ("", "?spoken=nonsense&party=many", "?party=-5", "?party=99999"):
        page = door.get(f"/console/dates/{posted.occurrence_id}/slip{query}")
        assert page.status_code == 200
        assert "312-555-0190" in page.text


def test_walk_ins_are_turned_off_by_who_may(client: FlaskClient, world: ModuleType, posted: Any) -> None:
    with transaction():
        lead, volunteer = world.organizer(LEAD), world.organizer(CHECKIN_LEAD)
    sign_in(client, lead)
    switch = f"/console/events/{posted.event_id}/walk-ins"
    assert press(client, walk_in_page(posted), switch, on="n", date=posted.occurrence_id).status_code == 303
    page = client.get(walk_in_page(posted)).text
    assert "This event takes no walk-ins." in page and 'name="spoken"' not in page
    sign_in(client, volunteer)
    assert press(client, roster_of(posted), switch, on="y").status_code == 403
    db.session.rollback()
    assert db.session.get_one(Event, posted.event_id).walk_ins is False


def test_on_another_day_nobody_is_taken_in(door: FlaskClient, posted: Any, at: Any) -> None:
    fields = filled(door.get(walk_in_page(posted)).text) | {"name": "Luz"}
    at("2026-12-11 12:00")
    page = door.get(walk_in_page(posted))
    assert page.status_code == 200 and "on the day itself" in page.text and 'name="spoken"' not in page.text
    assert door.post(walk_in_page(posted), data=fields).status_code == 409
    assert people() == []


def test_a_party_arrives_in_parts(door: FlaskClient, world: ModuleType, posted: Any, at: Any) -> None:
    family = attend(world, at, posted, party=3, name="Rosa Méndez")
    page = text_of(door.get(roster_of(posted)).text)
    assert "Check in 3 Rosa M." in page and "1 of 3 here" in page and "2 of 3 here" in page
    one = f"/console/registrations/{family}"
    answer = press(door, roster_of(posted), f"{one}/check-in", here=2)
    page = text_of(door.get(answer.location).text)
    assert "2 of 3 here : Rosa M. is checked in" in page or "2 of 3 here: Rosa M. is checked in" in page
    assert "2 here of 3 signed up" in page
    page = text_of(door.get(f"{roster_of(posted)}?show=here").text)
    assert "2 of 3 here , 9:40 AM" in page or "2 of 3 here, 9:40 AM" in page
    assert "All 3 here" in page
    assert press(door, roster_of(posted), f"{one}/arrivals", here=3).status_code == 303
    assert press(door, roster_of(posted), f"{one}/arrivals", here=3).status_code == 409
    assert press(door, roster_of(posted), f"{one}/arrivals", here="many").status_code == 422
    assert people()[0].arrived == 3
    press(door, roster_of(posted), f"{one}/check-in/removal")
    assert (people()[0].state, people()[0].arrived) == (CONFIRMED, 0)


def test_the_line_is_let_in_by_whoever_keeps_the_door(
    door: FlaskClient, world: ModuleType, posted: Any, at: Any
) -> None:
    attend(world, at, posted, 0, party=3)
    attend(world, at, posted, 1, party=3, contact="b@post.example")
    waiting = attend(world, at, posted, 1, contact="c@post.example", name="Wanda")
    assert "Let in" in text_of(door.get(f"{roster_of(posted)}?show=waiting").text)
    answer = press(door, roster_of(posted), f"/console/registrations/{waiting}/arrival")
    assert answer.status_code == 409 and "Print the next dates" in text_of(answer.text)
    assert people()[2].state == WAITLISTED


def test_who_did_not_come_has_a_tab(door: FlaskClient, world: ModuleType, posted: Any, at: Any) -> None:
    place = attend(world, at, posted, name="Rosa Méndez")
    assert "Did not come" not in text_of(door.get(roster_of(posted)).text)
    at("2026-12-12 13:00")
    with transaction():
        assert checkin.mark_no_shows() == 1
        late = world.organizer(CHECKIN_LEAD)
    assert people()[0].state == NO_SHOW
    sign_in(door, late)
    page = text_of(door.get(f"{roster_of(posted)}?show=absent").text)
    assert "Did not come 1" in page and "Rosa M." in page
    assert press(door, roster_of(posted), f"/console/registrations/{place}/check-in").status_code == 303
    assert people()[0].state == CHECKED_IN


def test_somebody_is_found_by_their_number(door: FlaskClient, posted: Any) -> None:
    for name in ("Ana", "Bea"):
        save(door, walk_in_page(posted), name=name)
    page = press(door, roster_of(posted), roster_of(posted), q="2").text
    assert "Bea" in text_of(page)


def test_the_sheet_to_sign(door: FlaskClient, world: ModuleType, posted: Any, at: Any) -> None:
    attend(world, at, posted, name="Rosa Méndez", contact_kind=PHONE, contact="312-555-0144", needs=["step_free"])
    attend(world, at, posted, 0, name="Ahmad", contact="ahmad@post.example")
    answer = door.get(f"/console/dates/{posted.occurrence_id}/sheet")
    table = answer.text[answer.text.index("<table") : answer.text.index("</table>")]
    assert re.search(r"Ahmad.*Rosa M\.", table, re.S)
    assert "9:30 AM" in table and "10:00 AM" in table and "Signature" in table
    for kept_off in ("Méndez", "0144", "@post.example", "No stairs", "Legal Help"):
        assert kept_off not in table
    assert answer.headers["Cache-Control"] == "no-store"
    acts = db.session.scalars(sa.select(AuditEntry.act)).all()
    assert acts == [audits.SHEET_VIEWED]


def test_a_sheet_of_nobody_is_a_form_to_fill(door: FlaskClient, posted: Any) -> None:
    page = door.get(f"/console/dates/{posted.occurrence_id}/sheet").text
    assert page.count('class="only-print-row"') == 12


def test_another_organization_finds_no_door(client: FlaskClient, world: ModuleType, posted: Any, at: Any) -> None:
    place = attend(world, at, posted)
    with transaction():
        outsider = world.outsider()
    sign_in(client, outsider)
    date, one = f"/console/dates/{posted.occurrence_id}", f"/console/registrations/{place}"
    for address in (f"{date}/walk-in", f"{date}/slip", f"{date}/sheet", f"{one}/number"):
        assert client.get(address).status_code == 404, address
    for act in (f"{date}/walk-in", f"{one}/arrivals", f"{one}/arrival", f"/console/events/{posted.event_id}/walk-ins"):
        assert press(client, "/console/account", act, name="Luz", here=1).status_code == 404, act
    assert [person.state for person in people()] == [CONFIRMED]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0
