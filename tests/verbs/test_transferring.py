"""A place on one date in exchange for one on another: sealed anew, linked by nothing, and only while there is room."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import events, privacy, registrations
from scheduler.core import clock
from scheduler.core.errors import Closed, Conflict, Missing, Refusal, TimeTaken
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import alternatives
from scheduler.models import message as kinds
from scheduler.models import registration as states
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.registration import Registration
from scheduler.models.venue import Venue

from ..ground.mail import all_sent

REASON = {"en": "No heat", "es": "No hay calefacción"}


@pytest.fixture(autouse=True)
def today(at: Any) -> None:
    at("2026-11-20 10:00")


@pytest.fixture
def off(world: ModuleType) -> Posted:
    """A clinic that is called off in a moment."""
    with transaction():
        posted: Posted = world.clinic(slots=2, seats=3, starts_local=datetime(2026, 12, 5, 9, 30))
    return posted


@pytest.fixture
def other(world: ModuleType) -> Posted:
    with transaction():
        posted: Posted = world.clinic(slots=2, seats=3, starts_local=datetime(2026, 12, 8, 9, 30))
    return posted


def attends(world: ModuleType, posted: Posted, **changes: Any) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.attends(posted, **changes)
    return found


def call_off(posted: Posted) -> None:
    with transaction():
        events.cancel_date(posted.occurrence_id, REASON)


def transfer(*args: Any, **more: Any) -> uuid.UUID:
    with transaction():
        return registrations.transfer(*args, **more).id


def taken(posted: Posted) -> list[int]:
    db.session.rollback()
    query = sa.select(Slot.seats_taken).where(Slot.occurrence_id == posted.occurrence_id).order_by(Slot.starts_at)
    return list(db.session.scalars(query))


def test_the_same_person_with_the_same_answers(world: ModuleType, off: Posted, other: Posted) -> None:
    person = attends(
        world, off, party=2, children=1, needs=["step_free"], note="By bus", language="es", spoken="en", wording="full"
    )
    call_off(off)
    new, old = world.registration(transfer(person, other.occurrence_id, other.slot_ids[1])), world.registration(person)
    for name in (
        "name",
        "contact",
        "note",
        "needs",
        "party",
        "children",
        "language",
        "spoken",
        "contact_kind",
        "wording",
    ):
        assert getattr(new, name) == getattr(old, name), name
    assert (new.state, new.slot_id, old.state) == (states.CONFIRMED, other.slot_ids[1], states.CANCELLED)
    assert (taken(off), taken(other)) == ([0, 0], [0, 2])


def test_nothing_links_the_two(world: ModuleType, off: Posted, other: Posted) -> None:
    person = attends(world, off)
    call_off(off)
    new, old = world.registration(transfer(person, other.occurrence_id, other.slot_id)), world.registration(person)
    assert new.code != old.code and new.token() != old.token()
    for name in ("name_sealed", "contact_sealed", "code_sealed", "contact_index", "code_index", "nonce_index"):
        assert getattr(new, name) != getattr(old, name), name


def test_the_old_one_is_erased_within_the_hour_and_the_new_one_is_told(
    world: ModuleType, off: Posted, other: Posted, at: Any
) -> None:
    person = attends(world, off)
    call_off(off)
    new = transfer(person, other.occurrence_id, other.slot_id)
    waiting = sa.select(Message.letter, Message.registration_id).where(Message.state == kinds.WAITING)
    assert [tuple(row) for row in db.session.execute(waiting)] == [(kinds.CONFIRMATION, new)]
    at.later(hours=1)
    with transaction():
        privacy.erase_due()
    assert list(db.session.scalars(sa.select(Registration.id))) == [new]


def test_from_a_date_that_takes_place_the_old_calendar_entry_is_taken_back(
    world: ModuleType, off: Posted, other: Posted
) -> None:
    person = attends(world, off)
    all_sent()
    transfer(person, other.occurrence_id, other.slot_id)
    query = sa.select(Message.letter).where(Message.registration_id == person, Message.state == kinds.WAITING)
    assert list(db.session.scalars(query)) == [kinds.CANCELLATION_OWN]


def test_pressed_twice_it_is_one_place(world: ModuleType, off: Posted, other: Posted) -> None:
    person = attends(world, off)
    call_off(off)
    first = transfer(person, other.occurrence_id, other.slot_ids[0])
    assert transfer(person, other.occurrence_id, other.slot_ids[1]) == first
    assert taken(other) == [1, 0]


def test_an_old_mailbox_does_not_lead_to_renewed_links(world: ModuleType, off: Posted, other: Posted) -> None:
    person = attends(world, off)
    call_off(off)
    new = transfer(person, other.occurrence_id, other.slot_id)
    with transaction():
        world.registration(new).renew_links()
    with pytest.raises(Conflict), transaction():
        registrations.transfer(person, other.occurrence_id, other.slot_id)


def test_one_place_is_not_exchanged_for_two(world: ModuleType, off: Posted, other: Posted) -> None:
    with transaction():
        third = world.clinic()
    person = attends(world, off)
    call_off(off)
    transfer(person, other.occurrence_id, other.slot_id)
    with pytest.raises(Conflict), transaction():
        registrations.transfer(person, third.occurrence_id, third.slot_id)
    assert taken(third) == [0, 0, 0]


def test_full_in_the_meantime(world: ModuleType, off: Posted, other: Posted) -> None:
    person = attends(world, off, party=2)
    attends(world, other, slot=0, party=2, contact="a@post.example")
    call_off(off)
    with pytest.raises(TimeTaken), transaction():
        registrations.transfer(person, other.occurrence_id, other.slot_ids[0])
    attends(world, other, slot=1, party=2, contact="b@post.example")
    with pytest.raises(registrations.NoRoom) as refused, transaction():
        registrations.transfer(person, other.occurrence_id, other.slot_ids[0])
    assert refused.value.occurrence_id == other.occurrence_id
    assert world.registration(person).state == states.CONFIRMED, "nothing is lost by trying"
    assert db.session.get_one(Occurrence, other.occurrence_id).waiting == 0
    new = world.registration(transfer(person, other.occurrence_id, other.slot_ids[0], or_wait=True))
    assert new.state == states.WAITLISTED
    assert world.registration(person).state == states.CANCELLED


def test_who_waited_in_line_takes_a_place(world: ModuleType, other: Posted) -> None:
    with transaction():
        off = world.clinic(slots=1, seats=1)
    attends(world, off)
    waits = attends(world, off, contact="waits@post.example")
    call_off(off)
    assert world.registration(transfer(waits, other.occurrence_id, other.slot_id)).state == states.CONFIRMED
    assert db.session.get_one(Occurrence, off.occurrence_id).waiting == 0


def test_discreet_stays_discreet_and_is_the_start_where_nobody_was_asked(world: ModuleType, other: Posted) -> None:
    with transaction():
        plain = world.clinic(sensitive=False)
    person = attends(world, other, wording="discreet")
    moved = transfer(person, plain.occurrence_id, plain.slot_id)
    assert world.registration(moved).wording == states.DISCREET
    person = attends(world, plain, contact="b@post.example")
    assert world.registration(person).wording == states.FULL
    moved = transfer(person, other.occurrence_id, other.slot_id)
    assert world.registration(moved).wording == states.DISCREET


def test_only_to_what_is_public_and_open(world: ModuleType, off: Posted, other: Posted, at: Any) -> None:
    person = attends(world, off)
    with transaction():
        private, gone = world.clinic(visibility="private"), world.clinic()
        small = world.clinic(party_max=1)
    call_off(gone)
    couple = attends(world, off, party=2, contact="couple@post.example")
    refusals = [
        (person, private.occurrence_id, private.slot_id, Missing),
        (person, gone.occurrence_id, gone.slot_id, Closed),
        (person, off.occurrence_id, off.slot_id, Missing),
        (person, uuid.uuid4(), None, Missing),
        (uuid.uuid4(), other.occurrence_id, other.slot_id, Missing),
        (person, other.occurrence_id, off.slot_id, Refusal),
        (couple, small.occurrence_id, small.slot_id, Refusal),
    ]
    for registration_id, occurrence_id, slot_id, kind in refusals:
        with pytest.raises(kind), transaction():
            registrations.transfer(registration_id, occurrence_id, slot_id)
    assert world.registration(person).state == states.CONFIRMED
    with transaction():
        registrations.cancel(person)
    with pytest.raises(Conflict), transaction():
        registrations.transfer(person, other.occurrence_id, other.slot_id)


def offered(world: ModuleType, person: uuid.UUID) -> list[uuid.UUID]:
    db.session.rollback()
    return [found.occurrence.id for found in alternatives.for_place(world.registration(person))]


def test_the_nearest_three_in_the_order_of_time(world: ModuleType, off: Posted) -> None:
    person = attends(world, off)
    with transaction():
        posted = {
            days: world.clinic(starts_local=datetime(2026, 12, 5, 9, 30) + timedelta(days=days))
            for days in (30, 5, 12, 1)
        }
        far = world.clinic(starts_local=datetime(2026, 12, 6, 9, 30))
        venue = db.session.get_one(Venue, far.venue_id)
        venue.area = "Uptown"
    assert offered(world, person) == [posted[days].occurrence_id for days in (1, 5, 12)]


def test_only_what_the_person_could_take(world: ModuleType, off: Posted) -> None:
    person = attends(world, off, party=2, spoken="pl")
    with transaction():
        fits = world.clinic(interpretation=["pl"])
        world.clinic(languages=["uk"])
        world.clinic(languages=["pl"], seats=1)
        world.clinic(languages=["pl"], party_max=1)
        world.clinic(languages=["pl"], visibility="private")
        world.clinic(languages=["pl"], visibility="unlisted")
        world.clinic(languages=["pl"], state="draft")
        world.workshop(languages=["pl"])
        closed = world.clinic(languages=["pl"])
        db.session.get_one(Occurrence, closed.occurrence_id).closed_at = clock.now()
        called_off = world.clinic(languages=["pl"])
    call_off(called_off)
    assert offered(world, person) == [fits.occurrence_id]


@pytest.mark.parametrize("spoken_there", [False, True])
def test_who_did_without_their_language_can_do_so_again(world: ModuleType, off: Posted, spoken_there: bool) -> None:
    """Theirs first; then what the date that is off was held in. Who counted on their own is sent nowhere else."""
    with transaction():
        db.session.get_one(Event, off.event_id).interpretation = ["pl"] if spoken_there else []
    person = attends(world, off, spoken="pl")
    with transaction():
        like_it = world.clinic(languages=["en"], starts_local=datetime(2026, 12, 7, 9, 30))
        theirs = world.clinic(languages=["pl"], starts_local=datetime(2026, 12, 28, 9, 30))
    call_off(off)
    both = [like_it.occurrence_id, theirs.occurrence_id]
    assert offered(world, person) == (both[1:] if spoken_there else both)
    found = alternatives.for_place(world.registration(person), most=1)
    assert [one.occurrence.id for one in found] == [theirs.occurrence_id]


def test_another_date_of_the_same_event_counts(world: ModuleType, off: Posted) -> None:
    person = attends(world, off)
    with transaction():
        day = datetime(2026, 12, 19, 9, 30)
        later = events.add_date(
            off.event_id, events.Timetable(day, day + timedelta(hours=3), off.venue_id, 3, 30, day + timedelta(hours=1))
        ).id
    call_off(off)
    assert offered(world, person) == [later]
    (found,) = alternatives.for_place(world.registration(person))
    assert found.asks_time and [slot.starts_local.hour for slot in found.slots] == [9, 10, 10]


def test_an_open_training_needs_the_employer_it_counts_by(world: ModuleType) -> None:
    training = {"type": "employer_training", "admission": "seats", "sensitive": False}
    with transaction():
        off, open_to_all = world.workshop(**training), world.workshop(**training)
        counted = world.workshop(max_per_employer=3, **training)
    plain = attends(world, off)
    staff = attends(world, off, employer="Prairie Bakery", contact="b@post.example", party=2)
    call_off(off)
    assert offered(world, plain) == [open_to_all.occurrence_id]
    assert set(offered(world, staff)) == {open_to_all.occurrence_id, counted.occurrence_id}
    new = world.registration(transfer(staff, counted.occurrence_id, counted.slot_id))
    assert new.employer == "Prairie Bakery"


def test_a_calendar_entry_is_taken_back_also_by_who_was_faster_than_the_letter(
    world: ModuleType, off: Posted, other: Posted
) -> None:
    person = attends(world, off)
    with transaction():
        db.session.execute(sa.update(Message).values(state=kinds.SENT, sent_at=clock.now()))
    call_off(off)
    transfer(person, other.occurrence_id, other.slot_id)
    query = sa.select(Message.letter, Message.state).where(Message.registration_id == person)
    told = {tuple(row) for row in db.session.execute(query)}
    assert (kinds.CANCELLATION_HOST, kinds.VOID) in told and (kinds.CANCELLATION_OWN, kinds.WAITING) in told


def test_a_place_that_was_confirmed_is_not_only_held_elsewhere(world: ModuleType) -> None:
    with transaction():
        one, two = (world.workshop(seats=9, starts_local=datetime(2026, 12, day, 9, 30)) for day in (5, 8))
    people = [attends(world, one) for _ in range(6)]
    with transaction():
        for person in people:
            registrations.reconfirm(person)
    call_off(one)
    moved = [transfer(person, two.occurrence_id, two.slot_id) for person in people]
    assert {world.registration(person).state for person in moved} == {states.CONFIRMED}


def test_who_had_confirmed_before_the_date_moved_keeps_a_kept_place(world: ModuleType, off: Posted) -> None:
    with transaction():
        other = world.clinic(slots=1, seats=9)
        family = [world.attends(off, slot=number % 2) for number in range(4)]
        family += [world.attends(off, slot=0)]
    with transaction():
        for person in family:
            registrations.reconfirm(person)
    later = datetime(2026, 12, 12, 9, 30)
    with transaction():
        events.move_date(off.occurrence_id, later, later + timedelta(hours=3), off.venue_id)
    call_off(off)
    new = [transfer(person, other.occurrence_id, other.slot_id) for person in family]
    assert [world.registration(one).state for one in new] == [states.CONFIRMED] * 5


def test_who_confirmed_nothing_is_asked_elsewhere_too(world: ModuleType) -> None:
    """Else four unproven places on each of two dates would make eight on a third."""
    with transaction():
        one, two = (world.workshop(seats=9, starts_local=datetime(2026, 12, day, 9, 30)) for day in (5, 8))
        for _ in range(4):
            world.attends(two)
    person = attends(world, one)
    moved = transfer(person, two.occurrence_id, two.slot_id)
    assert world.registration(moved).state == states.HELD


@pytest.mark.parametrize("proven", [True, False])
def test_exchanging_proves_nothing(world: ModuleType, proven: bool) -> None:
    """Whoever typed an address can press "I'm coming" on the page, too: that is no yes from its mailbox."""
    with transaction():
        here, there = world.workshop(slug="here"), world.workshop(slug="there")
        for _ in range(4):
            world.attends(there, contact="many@post.example")
        person = world.attends(here, contact="many@post.example")
    with transaction():
        registrations.reconfirm(person, proven=proven)
    new = transfer(person, there.occurrence_id, there.slot_id)
    assert world.registration(new).state == (states.CONFIRMED if proven else states.HELD)


def test_a_place_that_its_owner_said_yes_to_cannot_be_told_by_others(world: ModuleType) -> None:
    """Else a stranger keeps four places with somebody's address, and sees whether the fourth is only held."""
    with transaction():
        posted = world.workshop()
        registrations.reconfirm(world.attends(posted, contact="rosa@post.example"))
    with transaction():
        strangers = [world.attends(posted, contact="rosa@post.example") for _ in range(5)]
    found = [world.registration(one).state for one in strangers]
    assert found == [states.CONFIRMED] * 4 + [states.HELD], "as if they had none"
