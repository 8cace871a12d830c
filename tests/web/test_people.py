"""Staff change a place for somebody who calls: what the person could change, no more, and who looks is written down."""

from __future__ import annotations

import re
import uuid
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import audits, checkin, events, registrations, rosters
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Staff
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.message import CALL, CHANGE, CONFIRMATION, EMAIL, VOID, WAITING, WRONG_NUMBER, Message
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR, LEAD, Organization
from scheduler.models.registration import CONFIRMED, HELD, INVITED, NO_SHOW, NONE, PHONE, WAITLISTED, Registration

from .signing_in import filled, press, save, sign_in
from .test_rosters import text_of

LOOKED, CHANGED = audits.PERSON_VIEWED, audits.PERSON_CHANGED


@pytest.fixture
def posted(world: ModuleType, at: Any) -> Any:
    """Three times with two seats each, in two weeks."""
    at("2026-11-28 09:00")
    with transaction():
        return world.clinic()


@pytest.fixture
def staff(world: ModuleType, posted: Any) -> Staff:
    with transaction():
        found: Staff = world.organizer(COORDINATOR)
    return found


@pytest.fixture
def desk(client: FlaskClient, staff: Staff) -> FlaskClient:
    return sign_in(client, staff)


@pytest.fixture
def zofia(world: ModuleType, posted: Any) -> uuid.UUID:
    """Who has a telephone and nothing else."""
    return attend(world, posted, name="Zofia Kowal", contact_kind=PHONE, contact="312-555-0144", spoken="pl")


@pytest.fixture
def marisol(world: ModuleType, posted: Any) -> uuid.UUID:
    """Whose address was mistyped."""
    return attend(world, posted, contact="marisol@pots.example", note="By bus")


def attend(world: ModuleType, posted: Any, slot: int = 0, **changes: Any) -> uuid.UUID:
    with transaction():
        place: uuid.UUID = world.attends(posted, slot, **changes)
    return place


def page_of(place: uuid.UUID) -> str:
    return f"/console/registrations/{place}/changes"


def row(place: uuid.UUID) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, place, populate_existing=True)


def acts() -> list[tuple[str, uuid.UUID]]:
    db.session.rollback()
    return [tuple(found) for found in db.session.execute(
        sa.select(AuditEntry.act, AuditEntry.subject_id).order_by(AuditEntry.number)
    )]  # fmt: skip


def told(place: uuid.UUID) -> list[tuple[str, str, str]]:
    db.session.rollback()
    query = sa.select(Message.letter, Message.channel, Message.state).where(Message.registration_id == place)
    return sorted(tuple(found) for found in db.session.execute(query))  # type: ignore[arg-type]


def test_the_form_shows_what_holds_and_pressing_the_button_changes_nothing(desk: FlaskClient, zofia: uuid.UUID) -> None:
    before = repr(db.session.execute(sa.select(Registration.__table__)).all())
    person = desk.get(f"/console/registrations/{zofia}")
    assert f'href="{page_of(zofia)}"' in person.text
    page = desk.get(page_of(zofia))
    assert "Zofia Kowal" in text_of(page.text) and 'value="312-555-0144"' in page.text
    assert page.headers["Cache-Control"] == "no-store" and page.headers["X-Robots-Tag"] == "noindex"
    assert "Zofia" not in re.search(r"<title>.*?</title>", page.text, re.S).group(0)  # type: ignore[union-attr]
    assert 'autocomplete="tel"' not in page.text and 'autocomplete="email"' not in page.text
    sent = save(desk, page_of(zofia))
    assert (sent.status_code, sent.location) == (303, f"/console/registrations/{zofia}")
    assert "The change is saved." in text_of(desk.get(sent.location).text)
    assert repr(db.session.execute(sa.select(Registration.__table__)).all()) == before
    assert acts() == [(LOOKED, row(zofia).audited_as)] * 4, "nothing was changed, and whoever looks is written down"


def test_a_wrong_number_is_put_right(desk: FlaskClient, zofia: uuid.UUID, posted: Any, staff: Staff) -> None:
    with transaction():
        [call] = db.session.scalars(sa.select(Message.id))
        rosters.record_call(call, WRONG_NUMBER, staff.user_id)
    person, code = f"/console/registrations/{zofia}", row(zofia).code
    assert "Wrong number" in text_of(desk.get(person).text)
    sent = save(desk, page_of(zofia), phone="(312) 555 0199")
    assert sent.status_code == 303 and "312" not in sent.location
    assert (row(zofia).contact, row(zofia).code) == ("312-555-0199", code), "the card that they have stays good"
    page = text_of(desk.get(person).text)
    assert "312-555-0199" in page and "Wrong number" not in page and "Their code is new" not in page
    assert acts()[-2:] == [(CHANGED, row(zofia).audited_as), (LOOKED, row(zofia).audited_as)]
    assert audits.check_chain(posted.organization_id) is None


def test_a_mistyped_address_is_put_right_and_whoever_got_the_letters_is_left_out(
    desk: FlaskClient, marisol: uuid.UUID
) -> None:
    token, code = row(marisol).token(), row(marisol).code
    sent = save(desk, page_of(marisol), email="marisol@post.example")
    page = text_of(desk.get(sent.location).text)
    assert "Their code is new: read it to them letter by letter." in page and row(marisol).code_shown in page
    assert row(marisol).contact == "marisol@post.example" and row(marisol).code != code
    assert desk.get(f"/en/place/{token}").status_code == 404
    assert told(marisol) == [(CHANGE, EMAIL, WAITING), (CONFIRMATION, EMAIL, VOID)]


def test_another_time_without_losing_the_place(desk: FlaskClient, zofia: uuid.UUID, posted: Any) -> None:
    sent = save(desk, page_of(zofia), slot=[str(posted.slot_ids[2])], party=["2"], children=["1"], note="With a cane")
    assert sent.status_code == 303
    found = row(zofia)
    assert (found.state, found.slot_id, found.party, found.children) == (CONFIRMED, posted.slot_ids[2], 2, 1)
    assert (found.note, found.contact, found.spoken) == ("With a cane", "312-555-0144", "pl")
    taken = sa.select(Slot.seats_taken).where(Slot.occurrence_id == posted.occurrence_id).order_by(Slot.starts_at)
    assert list(db.session.scalars(taken)) == [0, 0, 2]
    assert told(zofia) == [(CONFIRMATION, CALL, WAITING)], "nobody is called about what they asked for themselves"


def test_who_has_nothing_gets_a_letter_from_now_on(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    bare = attend(world, posted, contact_kind=NONE, contact="")
    assert save(desk, page_of(bare), contact_kind=["helper_email"], email="niece@post.example").status_code == 303
    assert (CHANGE, EMAIL, WAITING) in told(bare) and row(bare).contact == "niece@post.example"


def test_a_full_time_keeps_what_was_typed(desk: FlaskClient, world: ModuleType, zofia: uuid.UUID, posted: Any) -> None:
    fields = filled(desk.get(page_of(zofia)).text)
    attend(world, posted, 1, party=2)
    refused = desk.post(page_of(zofia), data=fields | {"slot": str(posted.slot_ids[1]), "note": "In the blue coat"})
    page = text_of(refused.text)
    assert refused.status_code == 422 and "That time just filled" in page and "10:00 AM" not in page
    assert "In the blue coat" in page and "<title>Error:" in refused.text
    assert (row(zofia).slot_id, row(zofia).note) == (posted.slot_ids[0], "")
    assert acts() == [(LOOKED, row(zofia).audited_as)] * 2


def test_what_cannot_stand_is_said_at_the_field(desk: FlaskClient, zofia: uuid.UUID) -> None:
    before = repr(db.session.execute(sa.select(Registration.__table__)).all())
    for wrong in (
        {"phone": "12"}, {"contact_kind": ["email"]}, {"contact_kind": []}, {"slot": [str(uuid.uuid4())]},
        {"party": ["99"]}, {"spoken": ["xx"]}, {"language": ["xx"]}, {"nonce": "x"},
    ):  # fmt: skip
        refused = save(desk, page_of(zofia), note="Second floor", **wrong)
        assert refused.status_code == 422 and "Second floor" in text_of(refused.text), wrong
    assert repr(db.session.execute(sa.select(Registration.__table__)).all()) == before


def test_an_older_tab_shows_how_it_is_now(desk: FlaskClient, zofia: uuid.UUID, posted: Any) -> None:
    older = filled(desk.get(page_of(zofia)).text)
    save(desk, page_of(zofia), slot=[str(posted.slot_ids[2])])
    refused = desk.post(page_of(zofia), data=older | {"phone": "312 555 0199"})
    assert refused.status_code == 409 and row(zofia).contact == "312-555-0144"
    page = text_of(refused.text)
    assert "This place was changed after you opened this page." in page and "Your place" not in page
    assert f'value="{posted.slot_ids[2]}" checked' in refused.text


def test_a_button_pressed_twice_changes_once(desk: FlaskClient, marisol: uuid.UUID) -> None:
    fields = filled(desk.get(page_of(marisol)).text) | {"email": "marisol@post.example"}
    answers = [desk.post(page_of(marisol), data=fields) for _press in range(2)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"/console/registrations/{marisol}")}
    assert (row(marisol).link_generation, row(marisol).sequence) == (2, 1)
    assert [act for act, _place in acts()].count(CHANGED) == 1
    assert [letter for letter, _channel, state in told(marisol) if state == WAITING] == [CHANGE]


def test_who_waits_in_line_has_no_time_to_choose(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        full = world.workshop(seats=2)
        _seated, waits = world.attends(full, party=2), world.attends(full, contact="jo@post.example")
    page = desk.get(page_of(waits)).text
    assert 'name="slot"' not in page and 'name="party"' in page
    assert save(desk, page_of(waits), party=["2"]).status_code == 303
    assert (row(waits).state, row(waits).party) == (WAITLISTED, 2)


def test_an_address_that_stands_often_must_still_be_confirmed(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop()
        for number in range(registrations.SAME_CONTACT_LIMIT):
            world.attends(workshop, name=f"Elder {number}", contact="helper@post.example")
        fifth = world.attends(workshop, contact="typo@post.example")
    save(desk, page_of(fifth), email="helper@post.example")
    assert row(fifth).state == HELD


def test_a_company_gets_no_more_than_its_share(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        training = world.workshop(seats=50, type="employer_training", admission="seats", max_per_employer=3)
        ours = [world.attends(training, party=1, employer="Acme", contact=f"{n}@post.example") for n in range(2)]
    refused = save(desk, page_of(ours[0]), party=["3"])
    assert refused.status_code == 422 and "up to 3 places here" in text_of(refused.text)
    assert save(desk, page_of(ours[0]), party=["2"]).status_code == 303 and row(ours[0]).party == 2


def test_a_date_that_takes_no_more_names_takes_no_larger_group(
    desk: FlaskClient, zofia: uuid.UUID, posted: Any
) -> None:
    with transaction():
        events.close(posted.occurrence_id)
    refused = save(desk, page_of(zofia), party=["2"], note="With my sister")
    assert refused.status_code == 409 and "With my sister" in text_of(refused.text)
    assert save(desk, page_of(zofia), phone="312 555 0199").status_code == 303


def refused_here(desk: FlaskClient, place: uuid.UUID, fields: dict[str, Any]) -> None:
    """No way there, no form there, and what was sent from an older page is refused."""
    before = row(place).note_sealed
    person = desk.get(f"/console/registrations/{place}")
    assert person.status_code == 200 and page_of(place) not in person.text
    for answer in (desk.get(page_of(place)), desk.post(page_of(place), data=fields | {"note": "x"})):
        assert answer.status_code == 409 and "Nothing about this place can be changed now." in text_of(answer.text)
        assert 'name="phone"' not in answer.text
    assert row(place).note_sealed == before


def test_who_is_here_is_not_changed(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        today = world.clinic(starts_local=world.a_day_ahead(0, "09:30"))
        place = world.attends(today)
    fields = filled(desk.get(page_of(place)).text)
    with transaction():
        checkin.check_in(place)
    refused_here(desk, place, fields)


def test_who_was_not_there_is_not_changed(desk: FlaskClient, zofia: uuid.UUID) -> None:
    fields = filled(desk.get(page_of(zofia)).text)
    with transaction():
        row(zofia).state = NO_SHOW
    refused_here(desk, zofia, fields)


def test_nor_a_place_of_a_date_that_is_off_or_over(
    desk: FlaskClient, zofia: uuid.UUID, posted: Any, at: Any, staff: Staff
) -> None:
    fields = filled(desk.get(page_of(zofia)).text)
    with transaction():
        db.session.get_one(Occurrence, posted.occurrence_id).state = "cancelled"
    refused_here(desk, zofia, fields)
    with transaction():
        db.session.get_one(Occurrence, posted.occurrence_id).state = "scheduled"
    at("2026-12-12 20:00")
    sign_in(desk, staff)
    refused_here(desk, zofia, fields | {"csrf_token": filled(desk.get("/console/account").text)["csrf_token"]})


def test_who_gave_a_name_only_is_asked_nothing_more(desk: FlaskClient, zofia: uuid.UUID) -> None:
    fields = filled(desk.get(page_of(zofia)).text)
    with transaction():
        db.session.get_one(Registration, zofia).source = INVITED
    refused_here(desk, zofia, fields)


def test_who_gave_the_place_back_is_not_there(desk: FlaskClient, zofia: uuid.UUID) -> None:
    fields = filled(desk.get(page_of(zofia)).text)
    with transaction():
        registrations.cancel(zofia)
    assert desk.get(page_of(zofia)).status_code == 404
    assert desk.post(page_of(zofia), data=fields | {"note": "x"}).status_code == 404
    with transaction():
        registrations.erase(zofia)
    assert desk.post(page_of(zofia), data=fields).status_code == 404


def test_numbers_are_for_those_who_may_see_contacts(
    client: FlaskClient, world: ModuleType, posted: Any, zofia: uuid.UUID
) -> None:
    with transaction():
        lead, volunteer, outsider = world.organizer(LEAD), world.organizer(CHECKIN_LEAD), world.outsider()
        partner = world.organizer(LEAD, "next-door")
        db.session.get_one(Event, posted.event_id).cohosts = [db.session.get_one(Organization, partner.organization_id)]
    for staff, status in ((volunteer, 403), (outsider, 404), (partner, 404)):
        sign_in(client, staff)
        assert client.get(page_of(zofia)).status_code == status
        sent = press(client, "/console/account", page_of(zofia), phone="312 555 0199")
        assert sent.status_code == status and "Zofia" not in sent.text
    assert row(zofia).contact == "312-555-0144" and acts() == []
    sign_in(client, lead)
    fields = filled(client.get(page_of(zofia)).text)
    assert client.post(page_of(zofia), data=fields | {"csrf_token": "guess", "phone": "3125550199"}).status_code == 400
    assert save(client, page_of(zofia), phone="312 555 0199").status_code == 303
    assert row(zofia).contact == "312-555-0199"


STOP = "Stop the reminders"


def stop_of(place: uuid.UUID) -> str:
    return f"/console/registrations/{place}/reminders/removal"


def test_reminders_stop_for_somebody_who_asks(desk: FlaskClient, marisol: uuid.UUID, posted: Any, staff: Staff) -> None:
    person, before = f"/console/registrations/{marisol}", told(marisol)
    assert STOP in desk.get(person).text and f'action="{stop_of(marisol)}"' in desk.get(person).text
    sent = press(desk, person, stop_of(marisol))
    assert (sent.status_code, sent.location) == (303, person)
    page = desk.get(person)
    assert "Reminders are stopped." in text_of(page.text) and STOP not in page.text
    found = row(marisol)
    assert (found.reminders, found.state, found.contact) == (False, CONFIRMED, "marisol@pots.example")
    assert told(marisol) == before and (CHANGED, row(marisol).audited_as) in acts()
    press(desk, person, stop_of(marisol))
    assert acts().count((CHANGED, row(marisol).audited_as)) == 1, "nothing was changed"
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == CHANGED)).one()
    assert entry.user_id == staff.user_id and audits.check_chain(posted.organization_id) is None


def test_no_reminders_are_stopped_that_do_not_come(
    desk: FlaskClient, world: ModuleType, zofia: uuid.UUID, marisol: uuid.UUID, posted: Any, at: Any, staff: Staff
) -> None:
    bare = attend(world, posted, 1, contact_kind=NONE, contact="")
    helped = attend(world, posted, 1, contact_kind="helper_email", contact="niece@post.example")
    shown = {place: STOP in desk.get(f"/console/registrations/{place}").text for place in (zofia, bare, helped)}
    assert shown == {zofia: False, bare: False, helped: True}
    with transaction():
        db.session.get_one(Occurrence, posted.occurrence_id).state = "cancelled"
    assert STOP not in desk.get(f"/console/registrations/{marisol}").text
    with transaction():
        db.session.get_one(Occurrence, posted.occurrence_id).state = "scheduled"
    at("2026-12-12 20:00")
    sign_in(desk, staff)
    page = desk.get(f"/console/registrations/{marisol}")
    assert page.status_code == 200 and STOP not in page.text


def test_only_those_who_may_see_contacts_stop_reminders(
    client: FlaskClient, world: ModuleType, marisol: uuid.UUID
) -> None:
    with transaction():
        lead, volunteer, outsider = world.organizer(LEAD), world.organizer(CHECKIN_LEAD), world.outsider()
    for staff, status in ((volunteer, 403), (outsider, 404)):
        sign_in(client, staff)
        assert press(client, "/console/account", stop_of(marisol)).status_code == status
    sign_in(client, lead)
    assert client.post(stop_of(marisol)).status_code == 400 and client.get(stop_of(marisol)).status_code == 405
    assert row(marisol).reminders and acts() == []
    assert press(client, "/console/account", stop_of(marisol)).status_code == 303 and not row(marisol).reminders
