"""Rosters: decrypted for who may see them, each look written down, and flat in the number of people."""

from __future__ import annotations

import uuid
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import audits, checkin, registrations, rosters, seats
from scheduler.core import keyring
from scheduler.core.errors import Missing
from scheduler.core.extensions import db, transaction
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Occurrence
from scheduler.models.message import FAILED, SENT, Message
from scheduler.models.registration import NONE, PHONE, Registration
from scheduler.rosters import names


def see(posted: Any, staff: Any) -> rosters.Roster:
    with transaction():
        return rosters.view(posted.occurrence_id, staff.user_id)


@pytest.fixture
def staff(world: ModuleType) -> Any:
    with transaction():
        return world.organizer()


def test_a_roster_holds_what_the_door_needs(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.clinic(slots=2, seats=4)
        world.attends(posted, 1, name="Rosa Méndez", spoken="pl", party=3, children=2, needs=["step_free"])
        world.attends(posted, 0, name="Ahmad", contact="ahmad@post.example")
    roster = see(posted, staff)
    rosa = roster.people[0]
    assert (rosa.name, rosa.short_name, rosa.spoken, rosa.party, rosa.children) == (
        "Rosa Méndez",
        "Rosa M.",
        "pl",
        3,
        2,
    )
    assert rosa.needs == ("step_free",)
    assert len(rosa.code) == 8
    assert rosa.starts_local == roster.times[1].starts_local
    assert [(time.taken, time.limit) for time in roster.times] == [(1, 4), (3, 4)]
    assert (roster.heads, roster.room) == (4, 4)
    assert not hasattr(rosa, "contact")


def test_a_time_that_is_over_has_no_room_left(world: ModuleType, staff: Any, at: Any) -> None:
    at("2026-12-01 08:00")
    with transaction():
        posted = world.clinic(slots=2, seats=4, starts_local=world.a_day_ahead(0, "09:30"))
        world.attends(posted)
    assert see(posted, staff).room == 7
    second = see(posted, staff).times[1].starts_local
    at(f"{second:%Y-%m-%d %H:%M}")
    assert see(posted, staff).room == 4, "as the page for people without a place says"
    with transaction():
        assert seats.free_now(db.session.get_one(Occurrence, posted.occurrence_id)) == 4


def test_tabs_and_counts(world: ModuleType, staff: Any, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop(seats=3, starts_local=world.a_day_ahead(0, "18:00"))
        for number in range(5):
            world.attends(posted, name=f"Person {number}", contact=f"p{number}@post.example")
    first = see(posted, staff).people[0].id
    with transaction():
        checkin.check_in(first)
    roster = see(posted, staff)
    assert [roster.count(show) for show in (rosters.COMING, rosters.HERE, rosters.WAITING, rosters.ALL)] == [2, 1, 2, 5]
    assert [person.name for person in roster.shown(rosters.HERE)] == ["Person 0"]
    in_line = roster.shown(rosters.WAITING)
    assert [(person.name, roster.place_in_line(person)) for person in in_line] == [("Person 3", 1), ("Person 4", 2)]


def test_who_cancelled_or_was_erased_is_not_there(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.workshop()
        gone, erased, stays = (world.attends(posted, name=name) for name in ("Gone", "Erased", "Stays"))
    with transaction():
        registrations.cancel(gone)
    with transaction():
        registrations.erase(erased)
    assert [person.id for person in see(posted, staff).people] == [stays]


def test_the_same_contact_is_marked(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.workshop()
        world.attends(posted, name="Elder one", contact="helper@post.example")
        world.attends(posted, name="Elder two", contact="Helper@post.example")
        world.attends(posted, name="Alone", contact="alone@post.example")
        world.attends(posted, name="No contact", contact="", contact_kind=NONE)
        world.attends(posted, name="Also none", contact="", contact_kind=NONE)
    assert {person.name for person in see(posted, staff).people if person.same_contact} == {"Elder one", "Elder two"}


def test_every_look_is_written_down(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.workshop()
        place = world.attends(posted)
    see(posted, staff)
    with transaction():
        rosters.view_person(place, staff.user_id)
    with transaction():
        rosters.letters_log(posted.occurrence_id, staff.user_id)
    with transaction():
        rosters.call_list(posted.occurrence_id, staff.user_id)
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [(entry.act, entry.subject_id) for entry in entries] == [
        (audits.ROSTER_VIEWED, posted.occurrence_id),
        (audits.PERSON_VIEWED, world.registration(place).audited_as),
        (audits.LETTERS_VIEWED, posted.occurrence_id),
        (audits.CALLS_VIEWED, posted.occurrence_id),
    ]
    assert {entry.user_id for entry in entries} == {staff.user_id}
    assert audits.check_chain(posted.organization_id) is None


def statements_of(act: Any) -> int:
    """How many statements the database was given."""
    seen: list[str] = []

    def note(*event: Any) -> None:
        seen.append(event[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_three_hundred_people_cost_no_more_statements_than_three(world: ModuleType, staff: Any) -> None:
    counted = []
    for people in (3, 300):
        with transaction():
            posted = world.clinic(slots=6, seats=60)
            for number in range(people):
                world.attends(posted, number % 6, contact=f"p{number}@post.example")
        counted.append(statements_of(lambda posted=posted: see(posted, staff)))
        assert len(see(posted, staff).people) == people
    assert counted[0] == counted[1] <= 7


def test_an_erased_week_shows_no_roster(world: ModuleType, staff: Any, at: Any) -> None:
    with transaction():
        posted = world.workshop()
        world.attends(posted)
    for week in keyring.current().weeks():
        keyring.current().destroy(week)
    db.session.expire_all()
    with pytest.raises(Missing) as refused:
        see(posted, staff)
    assert "erased" in str(refused.value.words)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0


def test_a_person_in_full(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.clinic()
        place = world.attends(posted, note="I come by bus.", needs=["reader"])
    with transaction():
        card = rosters.view_person(place, staff.user_id)
    assert (card.contact_kind, card.contact, card.note) == ("email", "marisol@post.example", "I come by bus.")
    assert [line.letter for line in card.letters] == ["confirmation"]
    with transaction():
        registrations.cancel(place)
    with pytest.raises(Missing), transaction():
        rosters.view_person(place, staff.user_id)


def test_the_letters_log_counts_what_went_waits_and_failed(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.workshop()
        for number in range(3):
            world.attends(posted, name="Rosa Méndez", contact=f"p{number}@post.example")
    found = db.session.scalars(sa.select(Message.id).order_by(Message.id)).all()
    with transaction():
        db.session.get_one(Message, found[0]).state = SENT
        db.session.get_one(Message, found[1]).state = FAILED
    with transaction():
        log = rosters.letters_log(posted.occurrence_id, staff.user_id)
    assert [log.count(state) for state in ("sent", "waiting", "failed")] == [1, 1, 1]
    assert {line.name for line in log.lines} == {"Rosa M."}


def test_the_call_list_holds_people_without_email(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.workshop()
        world.attends(posted, name="Zofia", contact_kind=PHONE, contact="312-555-0144", spoken="pl", language="en")
        world.attends(posted, name="Nobody", contact_kind=NONE, contact="")
        world.attends(posted, name="Writes")
        gone = world.attends(posted, name="Gone", contact_kind=PHONE, contact="312-555-0145")
    with transaction():
        registrations.cancel(gone)
    with transaction():
        found = rosters.call_list(posted.occurrence_id, staff.user_id)
    assert [(call.name, call.phone, call.letter) for call in [*found.to_make, *found.out_of_reach]] == [
        ("Zofia", "312-555-0144", "confirmation"),
        ("Nobody", "", "confirmation"),
    ]


def test_a_call_that_is_no_longer_true_is_not_listed(world: ModuleType, staff: Any, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted = world.workshop()
        world.attends(posted, contact_kind=PHONE, contact="312-555-0144")
    at("2026-12-20 09:00")
    with transaction():
        assert rosters.call_list(posted.occurrence_id, staff.user_id).to_make == []


@pytest.mark.parametrize(
    ("typed", "name", "found"),
    [
        ("lucja", "Łucja Wójcik", True),
        ("WOJCIK", "Łucja Wójcik", True),
        ("wojc luc", "Łucja Wójcik", True),
        ("mendez", "Rosa Me\u0301ndez", True),
        ("احمد", "أحمد حسن", True),
        ("丽华", "陈丽华", True),
        ("राम", "राम", True),
        ("रमा", "राम", False),
        ("rosario", "Rosa", False),
        ("", "Rosa", False),
        ("💙", "Rosa", False),
    ],
)
def test_names_are_found_in_many_scripts(typed: str, name: str, found: bool) -> None:
    assert names.found_by(typed, name, "ABCD2345") is found


@pytest.mark.parametrize(
    ("typed", "found"),
    [("abcd", True), ("ABCD-2345", True), ("abcd 23", True), ("2345", True), ("a", False), ("bcd", False)],
)
def test_codes_are_found_by_either_half(typed: str, found: bool) -> None:
    assert names.found_by(typed, "Zyx", "ABCD2345") is found


@pytest.mark.parametrize(
    ("name", "short", "letter"),
    [
        ("María José García", "María José G.", "M"),
        ("Ángel", "Ángel", "A"),
        ("Miguel Á. Ruiz", "Miguel Á. R.", "M"),
        ("أحمد حسن", "أحمد ح.", "ا"),
        ("陈丽华", "陈丽华", "陈"),
        ("E\u0301lodie E\u0301", "E\u0301lodie É.", "E"),
        ("💙", "💙", "#"),
        ("  Rosa  ", "Rosa", "R"),
    ],
)
def test_names_are_shortened_and_headed(name: str, short: str, letter: str) -> None:
    assert (names.shortened(name), names.heading(name)) == (short, letter)


def test_the_roster_row_itself_tells_nothing(world: ModuleType) -> None:
    with transaction():
        place = world.attends(world.workshop(), name="Canary Person")
    row = db.session.get_one(Registration, place)
    stored = b"".join((row.name_sealed, row.contact_sealed, row.note_sealed, row.code_sealed))
    assert b"Canary" not in stored and uuid.UUID(bytes=row.id.bytes) == place
