"""Rosters, check-in, letters and calls as pages: by role, by organization, and without a name in any address."""

from __future__ import annotations

import re
import uuid
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import audits, registrations
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Occurrence
from scheduler.models.message import FAILED, SENT, Message
from scheduler.models.organization import CHECKIN_LEAD, LEAD
from scheduler.models.registration import CHECKED_IN, CONFIRMED, NONE, PHONE, Registration

from .signing_in import press, sign_in

ON_THE_DAY = pytest.mark.parametrize("posted", [0], indirect=True, ids=["on the day"])


@pytest.fixture
def posted(world: ModuleType, at: Any, request: pytest.FixtureRequest) -> Any:
    """A clinic in two weeks, or in as many days as the test says."""
    at("2026-11-28 09:00")
    with transaction():
        return world.clinic(slots=2, seats=3, starts_local=world.a_day_ahead(getattr(request, "param", 14), "09:30"))


@pytest.fixture
def desk(client: FlaskClient, posted: Any, world: ModuleType) -> FlaskClient:
    with transaction():
        lead = world.organizer(LEAD)
    return sign_in(client, lead)


@pytest.fixture
def door(client: FlaskClient, posted: Any, world: ModuleType) -> FlaskClient:
    with transaction():
        checkin_lead = world.organizer(CHECKIN_LEAD)
    return sign_in(client, checkin_lead)


def roster_of(posted: Any) -> str:
    return f"/console/dates/{posted.occurrence_id}/roster"


def attend(world: ModuleType, posted: Any, slot: int = 0, **changes: Any) -> uuid.UUID:
    with transaction():
        place: uuid.UUID = world.attends(posted, slot, **changes)
    return place


def text_of(page: str) -> str:
    """What a person reads, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def state_of(place: uuid.UUID) -> str:
    db.session.rollback()
    return db.session.get_one(Registration, place).state


@pytest.mark.parametrize(
    ("moment", "status"),
    [("2026-12-12 07:29", 403), ("2026-12-12 07:30", 200), ("2026-12-12 13:30", 200), ("2026-12-12 13:31", 403)],
)
def test_who_works_at_the_door_sees_its_lists_while_they_are_there(
    client: FlaskClient, posted: Any, world: ModuleType, at: Any, moment: str, status: int
) -> None:
    """Two hours before the date until two hours after: weeks ahead and at home nobody needs the names."""
    place = attend(world, posted)
    at(moment)
    with transaction():
        volunteer, lead = world.organizer(CHECKIN_LEAD), world.organizer(LEAD)
    sign_in(client, volunteer)
    for path in (roster_of(posted), f"/console/dates/{posted.occurrence_id}/sheet"):
        answer = client.get(path)
        assert answer.status_code == status and ("from two hours before the date" in answer.text) == (status == 403)
    undone = press(client, "/console/account", f"/console/registrations/{place}/check-in/removal")
    assert (undone.status_code == 403) == (status == 403)
    assert client.get(f"/console/dates/{posted.occurrence_id}/slip").status_code == 200, "it names nobody"
    listed = [client.get(f"/console/{tab}").text for tab in ("", "?show=past")]
    assert any(f'href="{roster_of(posted)}"' in text for text in listed) == (status == 200)
    words = {"07:29": "The list opens Sat, Dec 12, 7:30 AM", "13:31": "The list is closed"}.get(moment[-5:], "")
    assert any(words in text for text in listed)
    looked = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    assert bool(looked) == (status == 200)
    assert client.get(f"/console/registrations/{place}/number").status_code != 403, "nor does a number name anybody"
    if moment.endswith("07:29"):
        assert f"/console/dates/{posted.occurrence_id}/walk-in" in listed[0], "who comes early gets a number"
    assert sign_in(client, lead).get(roster_of(posted)).status_code == 200


def test_an_empty_roster_says_so(desk: FlaskClient, posted: Any) -> None:
    page = text_of(desk.get(roster_of(posted)).text)
    assert "Nobody has signed up yet" in page
    assert "0 here of 0 signed up" in page


def test_the_waitlist_is_one_number_everywhere(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        full = world.workshop(seats=1)
        first, *_waiting = [world.attends(full, contact=f"{number}@post.example") for number in range(4)]
        registrations.cancel(first)
    date = f"/console/dates/{full.occurrence_id}"
    assert "Waitlist 3" in text_of(desk.get(f"{date}/roster").text)
    assert "1 of 1 place taken · 3 on the waitlist" in text_of(desk.get("/console/").text)
    assert "3 on the waitlist" in text_of(desk.get(f"{date}/times").text)


def test_people_are_counted_in_spanish_too(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    press(desk, "/console/account", "/console/account/language", language="es")
    for party, words in ((1, "0 aquí, de 1 persona registrada"), (2, "0 aquí, de 3 personas registradas")):
        with transaction():
            world.attends(posted, party=party)
        assert words in text_of(desk.get(roster_of(posted)).text)


@ON_THE_DAY
def test_a_line_holds_what_the_door_needs(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    attend(world, posted, name="Rosa Méndez", spoken="pl", party=2, children=1, needs=["step_free"])
    attend(world, posted, slot=1, name="Rosa's sister")
    answer = desk.get(roster_of(posted))
    page = text_of(answer.text)
    for words in (
        "Rosa M.",
        "Polski",
        "Group of 2",
        "Care for one child",
        "No stairs",
        "Same contact",
        "Check in 2 Rosa M.",
    ):
        assert words in page
    assert "9:30 AM · 2 of 3 places" in page and "10:00 AM · 1 of 3 places" in page
    assert "Méndez" not in answer.text and "marisol@post.example" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Rosa" not in re.search(r"<title>.*?</title>", answer.text, re.S).group(0)  # type: ignore[union-attr]


@ON_THE_DAY
def test_check_in_and_undo(desk: FlaskClient, world: ModuleType, posted: Any, at: Any) -> None:
    place = attend(world, posted, name="Rosa Méndez")
    at("2026-11-28 09:21")
    answer = press(desk, roster_of(posted), f"/console/registrations/{place}/check-in", show="coming")
    assert answer.status_code == 303
    assert "Rosa" not in answer.location and "show=coming" in answer.location
    page = text_of(desk.get(answer.location).text)
    assert "Rosa M. is checked in (9:21 AM)." in page and "Undo" in page
    assert "1 here of 1 signed up" in page and "Everybody is here" in page
    assert "Here 9:21 AM" in text_of(desk.get(f"{roster_of(posted)}?show=here").text)
    undone = press(desk, roster_of(posted), f"/console/registrations/{place}/check-in/removal")
    assert undone.status_code == 303 and state_of(place) == CONFIRMED
    assert "Rosa M. has a place and is not checked in." in text_of(desk.get(undone.location).text)


def test_before_the_day_nobody_can_be_checked_in(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = attend(world, posted, name="Rosa Méndez", party=3)
    for page in (desk.get(roster_of(posted)).text, desk.get(f"/console/registrations/{place}").text):
        assert "Group of 3" in page and "/check-in" not in page
    refused = press(desk, roster_of(posted), f"/console/registrations/{place}/check-in")
    assert refused.status_code == 409 and state_of(place) == CONFIRMED
    assert "Rosa M. : It is too early. People are checked in on the day itself: Sat, Dec 12." in text_of(refused.text)


@ON_THE_DAY
def test_a_second_check_in_says_already_in(desk: FlaskClient, world: ModuleType, posted: Any, at: Any) -> None:
    place = attend(world, posted, name="Rosa Méndez")
    at("2026-11-28 09:21")
    for _time in range(2):
        answer = press(desk, roster_of(posted), f"/console/registrations/{place}/check-in")
        at.later(minutes=20)
    assert answer.status_code == 409
    assert "Rosa M. : Already in, 9:21 AM." in text_of(answer.text)
    assert f'name="back" value="{roster_of(posted)}"' in answer.text, "another language leads to a page, no button"
    assert state_of(place) == CHECKED_IN


@pytest.mark.parametrize("typed", ["mendez", "MÉN", "rosa m", "Méndez Rosa"])
def test_somebody_is_found_by_name(desk: FlaskClient, world: ModuleType, posted: Any, typed: str) -> None:
    attend(world, posted, name="Rosa Méndez")
    attend(world, posted, name="Zofia Kowal")
    page = press(desk, roster_of(posted), q=typed)
    assert page.status_code == 200
    assert "Rosa M." in text_of(page.text) and "Zofia" not in text_of(page.text)


@ON_THE_DAY
def test_somebody_is_found_by_code_wherever_they_are(
    desk: FlaskClient, world: ModuleType, posted: Any, at: Any
) -> None:
    place = attend(world, posted, name="Rosa Méndez")
    attend(world, posted, name="Zofia Kowal")
    code = db.session.get_one(Registration, place).code
    press(desk, roster_of(posted), f"/console/registrations/{place}/check-in")
    for typed in (code, code.lower(), f"{code[:4]} {code[4:]}", code[:4]):
        page = text_of(press(desk, roster_of(posted), q=typed).text)
        assert "undo check-in of Rosa M." in page and "Zofia" not in page


def test_a_search_without_an_answer_keeps_what_was_typed(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    attend(world, posted)
    for typed in ("nobody", "<script>", "\x00", "💙" * 200, "%", "'"):
        page = press(desk, roster_of(posted), q=typed)
        assert page.status_code == 200
        assert "<script>" not in page.text
    assert 'value="nobody"' in press(desk, roster_of(posted), q="nobody").text


def test_who_waits_gets_a_place_when_there_is_room(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    taken = [attend(world, posted, slot, party=3, contact=f"p{slot}@post.example") for slot in (0, 1)]
    waiting = attend(world, posted, name="Zofia Kowal", contact="zofia@post.example")
    page = text_of(desk.get(f"{roster_of(posted)}?show=waiting").text)
    assert "Number 1 in line" in page and "Give a place" in page
    refused = press(desk, roster_of(posted), f"/console/registrations/{waiting}/place")
    assert refused.status_code == 409 and "No time has room" in text_of(refused.text)
    with transaction():
        # A date that takes no names makes no offers: whoever gets a place gets it by hand.
        db.session.execute(sa.update(Occurrence).values(closed_at=clock.now()))
        registrations.cancel(taken[0])
    assert press(desk, roster_of(posted), f"/console/registrations/{waiting}/place").status_code == 303
    assert state_of(waiting) == CONFIRMED


@pytest.mark.parametrize("posted", [0], indirect=True)
def test_on_the_day_a_place_can_still_be_given_by_phone(
    desk: FlaskClient, world: ModuleType, posted: Any, at: Any
) -> None:
    """Letting in would say that they are here."""
    taken = [attend(world, posted, slot, party=3, contact=f"p{slot}@post.example") for slot in (0, 1)]
    waits = attend(world, posted, contact="waits@post.example")
    at("2026-11-28 09:05")
    with transaction():
        db.session.execute(sa.update(Occurrence).values(closed_at=clock.now()))
        registrations.cancel(taken[1])
    page = desk.get(f"{roster_of(posted)}?show=waiting").text
    place = f"/console/registrations/{waits}/place"
    assert place in page and "On the phone" in page and "Let in" in page
    assert place in desk.get(f"/console/registrations/{waits}").text
    assert press(desk, roster_of(posted), place).status_code == 303
    assert state_of(waits) == CONFIRMED


def test_each_view_is_in_the_audit(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = attend(world, posted)
    for address in (
        roster_of(posted),
        f"/console/registrations/{place}",
        f"/console/dates/{posted.occurrence_id}/letters",
        f"/console/dates/{posted.occurrence_id}/calls",
    ):
        assert desk.get(address).status_code == 200
    acts = db.session.scalars(sa.select(AuditEntry.act).order_by(AuditEntry.number)).all()
    assert acts == [audits.ROSTER_VIEWED, audits.PERSON_VIEWED, audits.LETTERS_VIEWED, audits.CALLS_VIEWED]
    assert audits.check_chain(posted.organization_id) is None


def test_a_person_in_full(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = attend(world, posted, note="I come <b>late</b>.", needs=["quiet_room"])
    answer = desk.get(f"/console/registrations/{place}")
    page = text_of(answer.text)
    for words in (
        "Marisol Ortega",
        "marisol@post.example",
        "Quiet room",
        "Letters are discreet.",
        "Confirmation · E-mail",
    ):
        assert words in page
    assert "&lt;b&gt;late" in answer.text
    assert "Marisol" not in re.search(r"<title>.*?</title>", answer.text, re.S).group(0)  # type: ignore[union-attr]


def test_the_letters_log(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    for number in range(3):
        attend(world, posted, slot=number % 2, name="Rosa Méndez", contact=f"p{number}@post.example")
    attend(world, posted, contact_kind=PHONE, contact="312-555-0144")
    mailed = sa.select(Message.id).where(Message.channel == "email").order_by(Message.id)
    first, second = db.session.scalars(mailed).all()[:2]
    with transaction():
        message = db.session.get_one(Message, first)
        message.state, message.sent_at = SENT, message.created_at
        message = db.session.get_one(Message, second)
        message.state, message.failure = FAILED, "550 unknown"
    address = f"/console/dates/{posted.occurrence_id}/letters"
    page = text_of(desk.get(address).text)
    for words in (
        "All 4",
        "Went 1",
        "Waiting 2",
        "Failed 1",
        "Went Sat, Nov 28, 9:00 AM",
        "Waits until",
        "On the call list",
    ):
        assert words in page
    assert "@post.example" not in page and "Méndez" not in page
    assert "550 unknown" in text_of(desk.get(f"{address}?show=failed").text)
    assert "Went Sat" not in text_of(desk.get(f"{address}?show=failed").text)


def test_the_call_list_says_what_to_say(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    attend(world, posted, name="Zofia", contact_kind=PHONE, contact="312-555-0144", spoken="pl", language="en")
    attend(world, posted, name="Nadie", contact_kind=NONE, contact="")
    answer = desk.get(f"/console/dates/{posted.occurrence_id}/calls")
    page = text_of(answer.text)
    assert 'href="tel:+13125550144"' in answer.text
    assert "Hello, may I speak with Zofia? I&#39;m calling about your appointment on Saturday." in page
    assert "Polski" in page and "Your place on Saturday, December 12, 9:30 AM is kept." in page
    assert "Leave no details." in page and "No call can reach them" in page
    assert "lawyer" not in page.lower().split("calls", 1)[1]


def test_nobody_to_call(desk: FlaskClient, world: ModuleType, posted: Any) -> None:
    attend(world, posted)
    assert "Nobody to call" in desk.get(f"/console/dates/{posted.occurrence_id}/calls").text


@ON_THE_DAY
def test_the_door_sees_first_names_and_checks_in_but_no_contact(
    door: FlaskClient, world: ModuleType, posted: Any
) -> None:
    place = attend(world, posted, name="Rosa Méndez")
    page = door.get(roster_of(posted))
    assert page.status_code == 200
    assert "Rosa M." in text_of(page.text) and "Méndez" not in page.text
    assert f'href="/console/registrations/{place}"' not in page.text
    assert "/letters" not in page.text and "/calls" not in page.text
    assert press(door, roster_of(posted), f"/console/registrations/{place}/check-in").status_code == 303
    assert press(door, roster_of(posted), f"/console/registrations/{place}/check-in/removal").status_code == 303
    for address in (
        f"/console/registrations/{place}",
        f"/console/dates/{posted.occurrence_id}/letters",
        f"/console/dates/{posted.occurrence_id}/calls",
    ):
        assert door.get(address).status_code == 403
    assert press(door, roster_of(posted), f"/console/registrations/{place}/place").status_code == 403


def test_another_organization_finds_nothing(client: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = attend(world, posted)
    with transaction():
        outsider = world.outsider()
    sign_in(client, outsider)
    date, one = f"/console/dates/{posted.occurrence_id}", f"/console/registrations/{place}"
    for address in (f"{date}/roster", f"{date}/letters", f"{date}/calls", one):
        assert client.get(address).status_code == 404, address
    for act in (f"{date}/roster", f"{one}/check-in", f"{one}/check-in/removal", f"{one}/place"):
        assert press(client, "/console/account", act).status_code == 404, act
    assert state_of(place) == CONFIRMED
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0


def test_what_is_not_there_is_missing(desk: FlaskClient, posted: Any) -> None:
    nowhere = uuid.uuid4()
    for address in (f"/console/dates/{nowhere}/roster", f"/console/registrations/{nowhere}"):
        assert desk.get(address).status_code == 404
    assert press(desk, roster_of(posted), f"/console/registrations/{nowhere}/check-in").status_code == 404
    assert desk.get(f"{roster_of(posted)}?show=magic&done=nonsense").status_code == 200


def test_without_signing_in_or_token_nothing_happens(client: FlaskClient, world: ModuleType, posted: Any) -> None:
    place = attend(world, posted)
    assert client.get(roster_of(posted)).status_code == 303
    assert client.post(f"/console/registrations/{place}/check-in").status_code == 303
    with transaction():
        lead = world.organizer(LEAD)
    sign_in(client, lead)
    assert client.post(f"/console/registrations/{place}/check-in").status_code == 400
    assert state_of(place) == CONFIRMED


def test_a_roster_of_three_hundred_costs_as_many_statements_as_one_of_three(
    desk: FlaskClient, world: ModuleType
) -> None:
    counted = []
    for people in (3, 300):
        with transaction():
            big = world.clinic(slots=6, seats=60)
            for number in range(people):
                world.attends(big, number % 6, contact=f"p{number}@post.example")
        seen: list[str] = []

        def note(*event: Any, seen: list[str] = seen) -> None:
            seen.append(event[2])

        sa.event.listen(db.engine, "before_cursor_execute", note)
        page = desk.get(roster_of(big))
        sa.event.remove(db.engine, "before_cursor_execute", note)
        counted.append(len(seen))
        assert page.text.count('class="person"') == people
        assert len(page.data) < 1000 * people + 12_000
    assert counted[0] == counted[1] <= 20
