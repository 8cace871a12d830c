"""A person changes a place: all of it or nothing, no seat lost or sold twice, and the old mailbox is left out."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import registrations
from scheduler.core import clock, tokens
from scheduler.core.errors import Closed, Conflict, Missing, Refusal, TimeTaken
from scheduler.core.extensions import db, transaction
from scheduler.models import message as letters
from scheduler.models import registration as states
from scheduler.models.event import Occurrence, Slot
from scheduler.models.registration import Registration
from scheduler.registrations import SAME_CONTACT_LIMIT, Wishes

TODAY = "2026-11-20 10:00"


def row(registration_id: uuid.UUID) -> Registration:
    db.session.rollback()
    return db.session.get_one(Registration, registration_id, populate_existing=True)


def change(registration_id: uuid.UUID, *, nonce: str = "", seen_at: Any = None, **wishes: Any) -> Registration:
    """Change just this."""
    wished = replace(Wishes.of(row(registration_id)), **wishes)
    with transaction():
        registrations.change(registration_id, wished, nonce=nonce, seen_at=seen_at)
    return row(registration_id)


def taken(posted: Any) -> list[int]:
    query = sa.select(Slot.seats_taken).where(Slot.occurrence_id == posted.occurrence_id).order_by(Slot.starts_at)
    db.session.rollback()
    return list(db.session.scalars(query))


def told(registration_id: uuid.UUID) -> list[tuple[str, str, str]]:
    """Letter, channel and state of all that is or was to be told, in the order of the alphabet."""
    db.session.rollback()
    return sorted((found.letter, found.channel, found.state) for found in letters.letters_of(registration_id))


@pytest.fixture(autouse=True)
def today(at: Any) -> None:
    at(TODAY)


@pytest.fixture
def clinic(world: ModuleType, today: None) -> Any:
    """Three times with two seats each."""
    with transaction():
        return world.clinic()


def come(world: ModuleType, posted: Any, slot: int = 0, **person: Any) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.attends(posted, slot, **person)
        return found


# Time


def test_another_time_takes_the_new_seats_and_gives_back_the_old(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic, party=2)
    found = change(marisol, slot_id=clinic.slot_ids[2])
    assert found.slot_id == clinic.slot_ids[2] and taken(clinic) == [0, 0, 2]
    assert (found.state, found.sequence) == (states.CONFIRMED, 1)
    assert told(marisol) == [("change", "email", "waiting"), ("confirmation", "email", "void")]


def test_a_full_time_is_refused_and_the_old_one_stays(world: ModuleType, clinic: Any) -> None:
    come(world, clinic, 1, party=2, contact="first@post.example")
    marisol = come(world, clinic)
    with pytest.raises(TimeTaken):
        change(marisol, slot_id=clinic.slot_ids[1], language="en")
    found = row(marisol)
    assert (found.slot_id, found.language, found.sequence) == (clinic.slot_ids[0], "es", 0), "all or nothing"
    assert taken(clinic) == [1, 2, 0] and told(marisol) == [("confirmation", "email", "waiting")]


def test_a_time_of_another_date_is_none(world: ModuleType, clinic: Any) -> None:
    with transaction():
        other = world.clinic()
    marisol = come(world, clinic)
    with pytest.raises(Refusal) as refused:
        change(marisol, slot_id=other.slot_ids[0])
    assert refused.value.field == "slot" and taken(other) == [0, 0, 0]


def test_once_the_time_has_come_it_stays(world: ModuleType, clinic: Any, at: Any) -> None:
    marisol = come(world, clinic)
    at(row(marisol).slot.starts_at)  # type: ignore[union-attr]
    for wish in ({"slot_id": clinic.slot_ids[2]}, {"party": 2}):
        with pytest.raises(Conflict):
            change(marisol, **wish)
    assert change(marisol, note="In the blue coat").note == "In the blue coat"
    assert taken(clinic) == [1, 0, 0]


# Party


def test_a_larger_party_takes_more_seats_and_a_smaller_one_gives_them_back(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    assert change(marisol, party=2, children=3).party == 2 and taken(clinic) == [2, 0, 0]
    assert change(marisol, party=1).children == 3 and taken(clinic) == [1, 0, 0]


def test_a_party_that_does_not_fit_learns_what_would(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    come(world, clinic, slot=1, contact="other@post.example")
    with pytest.raises(Refusal) as refused:
        change(marisol, party=3)
    assert refused.value.field == "party" and "up to 2 people" in str(refused.value.words), "no time has room for more"
    with pytest.raises(Refusal) as refused:
        change(marisol, party=2, slot_id=clinic.slot_ids[1])
    assert refused.value.field == "party" and "We can keep your place for 1." in str(refused.value.words)
    assert taken(clinic) == [1, 1, 0] and row(marisol).party == 1


def test_a_host_who_takes_no_more_names_takes_no_larger_groups(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    with transaction():
        db.session.get_one(Occurrence, clinic.occurrence_id).closed_at = clock.now()
    with pytest.raises(Closed):
        change(marisol, party=2)
    assert change(marisol, slot_id=clinic.slot_ids[1]).slot_id == clinic.slot_ids[1], "another time is no more people"


def test_what_comes_free_is_offered_to_the_line(world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=3)
    marisol = come(world, workshop, party=3)
    waiting = come(world, workshop, contact="jo@post.example", party=2)
    assert row(waiting).state == states.WAITLISTED
    change(marisol, party=1)
    assert row(waiting).state == states.OFFERED and taken(workshop) == [3]
    with pytest.raises(Refusal):
        change(marisol, party=2)


def test_a_party_with_a_place_does_not_pass_the_line(world: ModuleType) -> None:
    """At night nothing is offered, and still what is free belongs to those who wait."""
    with transaction():
        clinic = world.clinic(slots=2, seats=2)
    marisol = come(world, clinic, party=2)
    other = come(world, clinic, 1, contact="bo@post.example", party=2)
    waiting = come(world, clinic, contact="jo@post.example", party=2)
    with transaction():
        db.session.get_one(Occurrence, clinic.occurrence_id).closed_at = clock.now()
        registrations.cancel(other)
    assert (row(waiting).state, taken(clinic)) == (states.WAITLISTED, [2, 0]), "no offers while it is closed"
    with pytest.raises(TimeTaken):
        change(marisol, slot_id=clinic.slot_ids[1])
    assert taken(clinic) == [2, 0]


def test_who_waits_may_come_with_fewer_and_then_fit(world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=2)
    come(world, workshop)
    waiting = come(world, workshop, contact="jo@post.example", party=2)
    assert row(waiting).state == states.WAITLISTED
    line = row(waiting).line
    found = change(waiting, party=1)
    assert (found.state, found.party, found.line) == (states.OFFERED, 1, line) and taken(workshop) == [2]
    with pytest.raises(Conflict):
        change(waiting, party=2)
    assert change(waiting, spoken="pl").spoken == "pl"


# Contact


def test_the_old_mailbox_can_do_nothing_any_more(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    before = row(marisol)
    old_code, old_index = before.code, before.contact_index
    old = {purpose: before.token(purpose) for purpose in (tokens.PLACE, tokens.STOP_REMINDERS, tokens.FEED)}
    sealed = (before.name_sealed, before.contact_sealed, before.note_sealed, before.needs_sealed, before.code_sealed)
    found = change(marisol, contact="new@post.example")
    assert (found.contact, found.name) == ("new@post.example", "Marisol Ortega")
    assert found.contact_index != old_index and found.code != old_code
    now = (found.name_sealed, found.contact_sealed, found.note_sealed, found.needs_sealed, found.code_sealed)
    assert not set(sealed) & set(now), "everything is sealed anew"
    for purpose, token in old.items():
        with pytest.raises(Missing):
            registrations.by_token(token, purpose)
        assert registrations.by_token(found.token(purpose), purpose).id == marisol
    with pytest.raises(Missing):
        registrations.by_code(old_code)
    assert registrations.by_code(found.code).id == marisol
    assert told(marisol) == [("change", "email", "waiting"), ("confirmation", "email", "void")]


def test_a_paper_card_stays_good_when_there_was_no_mailbox(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic, contact_kind="none", contact="")
    before = row(marisol).code
    found = change(marisol, contact_kind="email", contact="new@post.example")
    assert found.code == before and found.link_generation == 1
    assert told(marisol)[0] == ("change", "email", "waiting")


def test_who_wants_to_be_called_gets_no_letter_any_more(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    found = change(marisol, contact_kind="phone", contact="312-555-0143")
    assert found.link_generation == 2 and told(marisol) == [("confirmation", "call", "waiting")]
    other = come(world, clinic, 1)
    change(other, language="en")
    change(other, contact_kind="phone", contact="312-555-0144")
    assert told(other) == [("change", "email", "void"), ("confirmation", "email", "void")], "nobody calls about it"


def test_beyond_four_places_a_new_address_must_confirm(world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=20)
        for _ in range(SAME_CONTACT_LIMIT):
            world.attends(workshop, contact="many@post.example")
    marisol = come(world, workshop)
    with transaction():
        registrations.reconfirm(marisol)
    found = change(marisol, contact="many@post.example")
    assert found.state == states.HELD and found.held_until == clock.now() + timedelta(hours=24)
    assert found.reconfirmed_at is None
    other = come(world, workshop, contact="else@post.example")
    with transaction():
        registrations.reconfirm(other)
    assert change(other, contact="else2@post.example").reconfirmed_at is None, "so that nobody learns who is held"


def test_a_held_place_without_an_address_is_a_kept_one(world: ModuleType, clinic: Any) -> None:
    """Nobody could ask for a confirmation any more, so the place would go after a day."""
    with transaction():
        place = world.attends(clinic)
        held = db.session.get_one(Registration, place)
        held.state, held.held_until = states.HELD, clock.now() + timedelta(hours=24)
    found = change(place, contact_kind=states.PHONE, contact="312-555-0143")
    assert (found.state, found.held_until) == (states.CONFIRMED, None)


# What is told


def test_wording_and_language_are_told_needs_and_notes_are_not(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    found = change(marisol, needs=["large_print"], note="Ring twice", spoken="en", children=2)
    assert (found.needs, found.note, found.sequence) == (["large_print"], "Ring twice", 0)
    assert found.revised_at > found.created_at and len(told(marisol)) == 1
    assert change(marisol, wording="full").sequence == 1
    assert change(marisol, language="en").sequence == 2
    assert told(marisol) == [
        ("change", "email", "void"), ("change", "email", "waiting"), ("confirmation", "email", "void"),
    ], "only the last one is still true"  # fmt: skip


def test_stamps_rise_within_the_same_minute(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    stamps = [row(marisol).revised_at]
    for number in range(3):
        stamps.append(change(marisol, party=1 + number % 2, wording=("full", "discreet")[number % 2]).revised_at)
    assert stamps == sorted(set(stamps))


def test_the_wording_of_a_harmless_event_is_always_full(world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop()
    marisol = come(world, workshop)
    found = change(marisol, wording="discreet")
    assert (found.wording, found.sequence) == ("full", 0)


# Twice, too late, too many


def test_a_form_that_comes_twice_does_it_once(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    wished = replace(Wishes.of(row(marisol)), contact="new@post.example", party=2)
    seen_at, old = row(marisol).revised_at, row(marisol).token()
    for _ in range(3):
        with transaction():
            registrations.change(marisol, wished, nonce="once", seen_at=seen_at)
    found = row(marisol)
    assert (found.link_generation, found.sequence, taken(clinic)) == (2, 1, [2, 0, 0])
    again = registrations.by_token_before(old, lambda place: wished.index(place.occurrence, "once"))
    assert again.id == marisol
    for nonce, wishes in (("other", wished), ("once", replace(wished, party=1))):
        with pytest.raises(Missing):
            registrations.by_token_before(old, lambda place, w=wishes, n=nonce: w.index(place.occurrence, n))  # type: ignore[misc]


def test_the_form_of_an_older_tab_overwrites_nothing(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    seen_at = row(marisol).revised_at
    change(marisol, slot_id=clinic.slot_ids[1], seen_at=seen_at)
    with pytest.raises(Conflict):
        change(marisol, slot_id=clinic.slot_ids[0], note="x", seen_at=seen_at)
    assert row(marisol).slot_id == clinic.slot_ids[1]


@pytest.mark.parametrize("state", ["checked_in", "cancelled", "no_show"])
def test_some_places_cannot_be_changed(world: ModuleType, clinic: Any, state: str) -> None:
    marisol = come(world, clinic)
    with transaction():
        row_now = db.session.get_one(Registration, marisol)
        row_now.state = state
    for wish in ({"slot_id": clinic.slot_ids[1]}, {"party": 2}, {"contact": "x@post.example"}, {"note": "x"}):
        with pytest.raises(Conflict):
            change(marisol, **wish)
    assert taken(clinic) == [1, 0, 0]


def test_nor_can_those_of_a_date_that_is_over_or_canceled(world: ModuleType, clinic: Any, at: Any) -> None:
    marisol = come(world, clinic)
    with transaction():
        db.session.get_one(Occurrence, clinic.occurrence_id).state = "cancelled"
    with pytest.raises(Conflict):
        change(marisol, note="x")
    with transaction():
        db.session.get_one(Occurrence, clinic.occurrence_id).state = "scheduled"
    at(clock.now() + timedelta(days=30))
    with pytest.raises(Conflict):
        change(marisol, note="x")


def test_who_gave_a_name_only_is_asked_nothing_more(world: ModuleType) -> None:
    with transaction():
        training = world.workshop(visibility="private")
        person = world.attendee(contact_kind="none", contact="")
        invited = registrations.register(training.occurrence_id, None, person, "by invitation", states.INVITED).id
    with pytest.raises(Conflict):
        change(invited, contact_kind="email", contact="x@post.example")
    marisol = come(world, training)
    assert change(marisol, party=2).party == 2, "who signed up in another way was asked for more"


def test_another_time_of_a_moved_date_is_an_answer(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    with transaction():
        db.session.get_one(Registration, marisol).keep_asked_at = clock.now()
    assert change(marisol, contact="new@post.example").keep_asked_at is not None
    assert change(marisol, slot_id=clinic.slot_ids[1]).keep_asked_at is None


def test_the_form_that_kept_the_place_does_not_lead_to_it_any_more(world: ModuleType, clinic: Any) -> None:
    """Whoever keeps that page open, on a borrowed phone say, gets no new link by sending it once more."""
    person = world.attendee()
    with transaction():
        marisol = registrations.register(clinic.occurrence_id, clinic.slot_id, person, "first form").id
    wished = replace(Wishes.of(row(marisol)), contact="new@post.example")
    with transaction():
        registrations.change(marisol, wished, nonce="second form")
    with pytest.raises(Conflict), transaction():
        registrations.register(clinic.occurrence_id, clinic.slot_id, person, "first form")
    assert taken(clinic) == [1, 0, 0]


def test_erased_people_are_not_there(world: ModuleType, clinic: Any) -> None:
    marisol = come(world, clinic)
    wished = Wishes.of(row(marisol))
    with transaction():
        registrations.erase(marisol)
    with pytest.raises(Missing), transaction():
        registrations.change(marisol, replace(wished, party=2))
    with pytest.raises(Missing), transaction():
        registrations.renew_feed(marisol)


# What was there before, with the new states


def test_giving_up_an_offer_passes_it_on(world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=1)
    first = come(world, workshop)
    second, third = (come(world, workshop, contact=f"{name}@post.example") for name in ("jo", "bo"))
    with transaction():
        registrations.cancel(first)
    assert (row(second).state, row(third).state) == (states.OFFERED, states.WAITLISTED)
    with transaction():
        registrations.erase(second)
    assert (row(second).state, row(third).state, taken(workshop)) == (states.CANCELLED, states.OFFERED, [1])
    with transaction():
        registrations.stop_reminders(third)
    assert not row(third).reminders and row(third).state == states.OFFERED
