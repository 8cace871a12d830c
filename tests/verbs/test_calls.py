"""The call list: what is still to be told, how each call ended, and what follows from it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import audits, events, outbox, registrations, reminders, rosters, waitlist
from scheduler.core.errors import Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models import message as letters
from scheduler.models import registration as states
from scheduler.models.audit import AuditEntry
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.registration import NONE, PHONE, Registration
from scheduler.models.tally import CALLS
from scheduler.privacy import tallying
from scheduler.registrations import Wishes


@pytest.fixture
def staff(world: ModuleType, at: Any) -> Any:
    at("2026-11-28 09:00")
    with transaction():
        return world.organizer()


@pytest.fixture
def posted(world: ModuleType, staff: Any) -> Any:
    with transaction():
        return world.workshop(seats=5)


def phones(world: ModuleType, posted: Any, name: str = "Zofia", number: int = 44, **more: Any) -> uuid.UUID:
    """Somebody with a telephone only keeps a place; returns the registration."""
    with transaction():
        place: uuid.UUID = world.attends(posted, name=name, contact_kind=PHONE, contact=f"312-555-01{number}", **more)
    return place


def call_for(place: uuid.UUID) -> Message:
    db.session.rollback()
    return db.session.scalars(sa.select(Message).where(Message.registration_id == place)).one()


def calls(posted: Any, staff: Any) -> rosters.CallList:
    with transaction():
        return rosters.call_list(posted.occurrence_id, staff.user_id)


def ended(place: uuid.UUID, outcome: str, staff: Any, tries: int | None = None) -> Message:
    message_id = call_for(place).id
    with transaction():
        rosters.record_call(message_id, outcome, staff.user_id, tries)
    return call_for(place)


def test_who_was_reached_is_told(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    message = ended(place, letters.REACHED, staff)
    assert (message.state, message.outcome, message.attempts) == (letters.SENT, letters.REACHED, 1)
    assert message.sent_at is not None and message.outcome_at is not None
    found = calls(posted, staff)
    assert found.to_make == [] and [made.outcome for made in found.made] == [letters.REACHED]


def test_no_answer_sinks_below_fresh_calls_and_three_to_the_end(
    world: ModuleType, posted: Any, staff: Any, at: Any
) -> None:
    often, once, fresh = (phones(world, posted, name, number) for number, name in enumerate(("Ana", "Bo", "Cleo"), 10))
    for _try in range(3):
        ended(often, letters.NO_ANSWER, staff)
    at.later(hours=2)
    ended(once, letters.NO_ANSWER, staff)
    found = calls(posted, staff).to_make
    assert [call.name for call in found] == ["Cleo", "Bo", "Ana"]
    assert [(call.tries, call.many_tries) for call in found] == [(0, False), (1, False), (3, True)]
    assert [str(call.tried_local) for call in found] == ["None", "2026-11-28 11:00:00", "2026-11-28 09:00:00"]
    assert call_for(fresh).state == call_for(often).state == letters.WAITING


def test_a_wrong_number_fails_and_marks_the_roster(world: ModuleType, posted: Any, staff: Any) -> None:
    place, other = phones(world, posted), phones(world, posted, "Other", 45)
    assert ended(place, letters.WRONG_NUMBER, staff).state == letters.FAILED
    with transaction():
        roster = rosters.view(posted.occurrence_id, staff.user_id)
    assert {person.id: person.wrong_number for person in roster.people} == {place: True, other: False}
    with transaction():
        assert rosters.view_person(place, staff.user_id).person.wrong_number


def test_a_new_number_is_not_the_wrong_one(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    ended(place, letters.WRONG_NUMBER, staff)
    wishes = Wishes.of(db.session.get_one(Registration, place))
    with transaction():
        registrations.change(place, replace(wishes, contact="312-555-0199"))
    with transaction():
        assert not rosters.view_person(place, staff.user_id).person.wrong_number


def come_back(place: uuid.UUID, letter: str = letters.CONFIRMATION) -> Message:
    """The mail server of this person refused the letter for good."""
    with transaction():
        query = sa.select(Message).where(Message.registration_id == place, Message.letter == letter)
        message = db.session.scalars(query).one()
        message.state, message.attempts, message.failure = letters.FAILED, 1, "550"
    return message


def roster_mark(place: uuid.UUID, posted: Any, staff: Any) -> tuple[bool, bool]:
    """What the roster and the person's own card say of their mail."""
    with transaction():
        lines = {person.id: person.mail_failed for person in rosters.view(posted.occurrence_id, staff.user_id).people}
    with transaction():
        return lines[place], rosters.view_person(place, staff.user_id).person.mail_failed


def test_whose_letter_came_back_is_named_and_marked(world: ModuleType, posted: Any, staff: Any) -> None:
    with transaction():
        place, other = world.attends(posted, name="Berta"), world.attends(posted, contact="other@post.example")
    come_back(place)
    found = calls(posted, staff)
    assert found.to_make == [] and [(call.name, call.mail_failed) for call in found.out_of_reach] == [("Berta", True)]
    assert roster_mark(place, posted, staff) == (True, True)
    assert roster_mark(other, posted, staff) == (False, False)


def test_a_new_address_or_a_letter_that_arrives_takes_the_mark_away(
    world: ModuleType, posted: Any, staff: Any, at: Any
) -> None:
    with transaction():
        corrected, reached = world.attends(posted), world.attends(posted, contact="full@post.example")
    for place in (corrected, reached):
        come_back(place)
    at.later(hours=1)
    wishes = Wishes.of(db.session.get_one(Registration, corrected))
    with transaction():
        registrations.change(corrected, replace(wishes, contact="right@post.example"))
    with transaction():
        outbox.enqueue(letters.CHANGE, db.session.get_one(Registration, reached))
    assert [call.registration_id for call in calls(posted, staff).out_of_reach] == [reached], "it is still under way"
    with transaction():
        query = sa.select(Message).where(Message.registration_id == reached, Message.letter == letters.CHANGE)
        message = db.session.scalars(query).one()
        message.state, message.sent_at = letters.SENT, at.later(minutes=1)
    assert calls(posted, staff).out_of_reach == []
    assert roster_mark(corrected, posted, staff) == roster_mark(reached, posted, staff) == (False, False)


def test_a_letter_that_is_no_longer_true_is_not_missed(world: ModuleType, posted: Any, staff: Any) -> None:
    with transaction():
        place = world.attends(posted)
    come_back(place)
    with transaction():
        registrations.cancel(place)
    assert calls(posted, staff).out_of_reach == []


def test_who_answered_a_move_need_not_be_told_of_it(world: ModuleType, posted: Any, staff: Any) -> None:
    with transaction():
        answered, silent = world.attends(posted), world.attends(posted, name="Berta", contact="b@post.example")
    with transaction():
        date = db.session.get_one(Occurrence, posted.occurrence_id)
        wall = date.starts_local + timedelta(days=1)
        events.move_date(date.id, wall, wall + timedelta(hours=2), date.venue_id)
    come_back(silent)
    for place in (answered, silent):
        come_back(place, letters.MOVE)
    with transaction():
        registrations.reconfirm(answered)
    assert [(call.name, call.letter) for call in calls(posted, staff).out_of_reach] == [("Berta", letters.MOVE)]


def test_the_next_call_to_a_wrong_number_is_listed_apart(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    ended(place, letters.WRONG_NUMBER, staff)
    with transaction():
        db.session.get_one(Message, call_for(place).id).dedupe_key = "before"
    with transaction():
        outbox.enqueue(letters.CONFIRMATION, db.session.get_one(Registration, place))
    found = calls(posted, staff)
    assert (found.to_make, [call.name for call in found.out_of_reach]) == ([], ["Zofia"])


def test_who_will_not_come_gives_the_place_to_the_line(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.workshop(seats=1)
    place = phones(world, posted)
    waiting = phones(world, posted, "Next", 45)
    message = ended(place, letters.WILL_NOT_COME, staff)
    assert (message.state, message.outcome) == (letters.SENT, letters.WILL_NOT_COME)
    assert db.session.get_one(Registration, place).state == states.CANCELLED
    assert db.session.get_one(Registration, waiting).state == states.OFFERED
    assert db.session.get_one(Slot, posted.slot_id).seats_taken == 1
    [offer] = calls(posted, staff).to_make
    assert (offer.name, offer.letter, offer.until_local is not None) == ("Next", letters.OFFER, True)
    with pytest.raises(Conflict), transaction():
        rosters.undo_call(message.id, staff.user_id)


def test_who_is_checked_in_cannot_give_the_place_back(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    with transaction():
        db.session.get_one(Registration, place).state = states.CHECKED_IN
    with pytest.raises(Conflict):
        ended(place, letters.WILL_NOT_COME, staff)
    assert call_for(place).outcome is None


def test_a_button_pressed_twice_counts_once(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    assert ended(place, letters.NO_ANSWER, staff, tries=0).attempts == 1
    with pytest.raises(Conflict):
        ended(place, letters.NO_ANSWER, staff, tries=0)
    ended(place, letters.REACHED, staff, tries=1)
    with pytest.raises(Conflict):
        ended(place, letters.WRONG_NUMBER, staff)


@pytest.mark.parametrize("outcome", [letters.REACHED, letters.NO_ANSWER, letters.WRONG_NUMBER])
def test_an_outcome_can_be_taken_back_within_the_hour(
    world: ModuleType, posted: Any, staff: Any, at: Any, outcome: str
) -> None:
    place = phones(world, posted)
    message = ended(place, outcome, staff)
    at.later(minutes=59)
    with transaction():
        rosters.undo_call(message.id, staff.user_id)
    again = call_for(place)
    assert (again.state, again.outcome, again.attempts, again.sent_at) == (letters.WAITING, None, 0, None)
    assert [call.name for call in calls(posted, staff).to_make] == ["Zofia"]
    with pytest.raises(Conflict), transaction():
        rosters.undo_call(message.id, staff.user_id)


def test_an_offer_that_was_taken_is_no_call_to_make_again(world: ModuleType, staff: Any) -> None:
    with transaction():
        posted = world.workshop(seats=1)
    place, waiting = phones(world, posted), phones(world, posted, "Next", 45)
    ended(place, letters.WILL_NOT_COME, staff)
    [offer] = calls(posted, staff).to_make
    assert offer.registration_id == waiting and offer.offer_id is not None and not offer.may_wait
    for take, can_undo in ((False, True), (True, False)):
        with transaction():
            rosters.record_call(offer.message_id, letters.REACHED, staff.user_id)
            if take:
                waitlist.accept(offer.offer_id)
        assert {made.name: made.can_undo for made in calls(posted, staff).made}["Next"] == can_undo
        if can_undo:
            with transaction():
                rosters.undo_call(offer.message_id, staff.user_id)
    with pytest.raises(Conflict), transaction():
        rosters.undo_call(offer.message_id, staff.user_id)


def test_earlier_tries_survive_the_undo(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    ended(place, letters.NO_ANSWER, staff)
    message = ended(place, letters.REACHED, staff)
    with transaction():
        rosters.undo_call(message.id, staff.user_id)
    assert [call.tries for call in calls(posted, staff).to_make] == [1]


def test_after_an_hour_it_stands(world: ModuleType, posted: Any, staff: Any, at: Any) -> None:
    message = ended(phones(world, posted), letters.REACHED, staff)
    at.later(minutes=61)
    with pytest.raises(Conflict), transaction():
        rosters.undo_call(message.id, staff.user_id)
    assert calls(posted, staff).made == []


def test_letters_are_no_calls_and_nonsense_is_no_outcome(world: ModuleType, posted: Any, staff: Any) -> None:
    with transaction():
        mailed = world.attends(posted)
    place = phones(world, posted)
    for message_id in (call_for(mailed).id, uuid.uuid4()):
        with pytest.raises(Missing), transaction():
            rosters.record_call(message_id, letters.REACHED, staff.user_id)
        with pytest.raises(Missing), transaction():
            rosters.undo_call(message_id, staff.user_id)
    with pytest.raises(Refusal):
        ended(place, "maybe", staff)


def test_who_was_erased_is_not_called(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    message_id = call_for(place).id
    with transaction():
        registrations.erase(place)
    with pytest.raises(Missing), transaction():
        rosters.record_call(message_id, letters.REACHED, staff.user_id)
    assert calls(posted, staff).to_make == []


def test_people_without_a_number_are_listed_apart(world: ModuleType, posted: Any, staff: Any) -> None:
    phones(world, posted)
    with transaction():
        world.attends(posted, name="Nadie", contact_kind=NONE, contact="")
    found = calls(posted, staff)
    assert [call.name for call in found.to_make] == ["Zofia"]
    assert [call.name for call in found.out_of_reach] == ["Nadie"]


def test_all_dates_of_an_event_on_one_list(world: ModuleType, posted: Any, staff: Any) -> None:
    with transaction():
        second = world.workshop(starts_local=world.a_day_ahead(15, "18:00"))
        db.session.get_one(Occurrence, second.occurrence_id).event_id = posted.event_id
    phones(world, second, "Second", 45)
    phones(world, posted, "First")
    with transaction():
        found = rosters.event_call_list(posted.event_id, staff.user_id)
    assert [(call.name, call.occurrence_id) for call in found.to_make] == [
        ("First", posted.occurrence_id),
        ("Second", second.occurrence_id),
    ]
    with pytest.raises(Missing), transaction():
        rosters.event_call_list(uuid.uuid4(), staff.user_id)


def test_looking_and_calling_are_written_down(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    message = ended(place, letters.REACHED, staff)
    with transaction():
        rosters.undo_call(message.id, staff.user_id)
    calls(posted, staff)
    with transaction():
        rosters.event_call_list(posted.event_id, staff.user_id)
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()
    known_as = world.registration(place).audited_as
    assert [(entry.act, entry.subject_id) for entry in entries] == [
        (audits.CALL_RECORDED, known_as),
        (audits.CALL_RECORDED, known_as),
        (audits.CALLS_VIEWED, posted.occurrence_id),
        (audits.CALLS_VIEWED, posted.event_id),
    ]
    assert audits.check_chain(posted.organization_id) is None


def test_the_sheet_and_a_number_hold_no_contact_and_are_written_down(
    world: ModuleType, posted: Any, staff: Any
) -> None:
    place = phones(world, posted, "Zofia Nowak")
    with transaction():
        sheet = rosters.sign_in_sheet(posted.occurrence_id, staff.user_id, timed=False)
    assert [(person.short_name, hasattr(person, "contact")) for person in sheet.people] == [("Zofia N.", False)]
    with transaction():
        card = rosters.number_card(place, staff.user_id)
    assert (card.number, len(card.code_shown)) == (None, 9)
    acts = db.session.scalars(sa.select(AuditEntry.act).order_by(AuditEntry.number)).all()
    assert acts == [audits.SHEET_VIEWED, audits.NUMBER_VIEWED]
    with transaction():
        registrations.cancel(place)
    with pytest.raises(Missing), transaction():
        rosters.number_card(place, staff.user_id)


def test_whoever_is_reached_is_called_once(world: ModuleType, posted: Any, staff: Any, at: Any) -> None:
    """They kept a place by phone and were not called yet when the reminder came due: one card, one call, one undo."""
    place = phones(world, posted)
    at("2026-12-09 18:01")
    with transaction():
        assert reminders.write_due() == 1
    found = calls(posted, staff)
    [card] = found.to_make
    assert card.letter == letters.REMINDER and not card.mail_failed and found.out_of_reach == []
    with transaction():
        rosters.record_call(card.message_id, letters.NO_ANSWER, staff.user_id)
    assert [one.letter for one in calls(posted, staff).to_make] == [letters.REMINDER]
    with transaction():
        rosters.record_call(card.message_id, letters.REACHED, staff.user_id)
    found = calls(posted, staff)
    assert found.to_make == [] and [made.message_id for made in found.made] == [card.message_id]
    with transaction():
        rosters.undo_call(card.message_id, staff.user_id)
    left = sa.select(Message.letter).where(Message.registration_id == place, Message.state == letters.WAITING)
    assert set(db.session.scalars(left)) == {letters.REMINDER, letters.CONFIRMATION}


def told(place: uuid.UUID, *which: str) -> None:
    """So many letters to this person more."""
    with transaction():
        for letter in which:
            outbox.enqueue(letter, db.session.get_one(Registration, place))


def about(place: uuid.UUID, letter: str) -> Message:
    db.session.rollback()
    return db.session.scalars(sa.select(Message).filter_by(registration_id=place, letter=letter)).one()


def record(place: uuid.UUID, letter: str, outcome: str, staff: Any) -> uuid.UUID:
    message_id = about(place, letter).id
    with transaction():
        rosters.record_call(message_id, outcome, staff.user_id)
    return message_id


def test_one_card_for_each_person_with_what_is_most_urgent(world: ModuleType, posted: Any, staff: Any) -> None:
    place, other = phones(world, posted), phones(world, posted, "Other", 45)
    told(place, letters.CHANGE)
    assert [(call.name, call.letter) for call in calls(posted, staff).to_make] == [
        ("Zofia", letters.CONFIRMATION),
        ("Other", letters.CONFIRMATION),
    ]
    told(place, letters.NEW_ADDRESS)
    told(other, letters.NEW_ADDRESS, letters.CHANGE)
    found = calls(posted, staff).to_make
    assert [call.letter for call in found] == [letters.NEW_ADDRESS, letters.NEW_ADDRESS]
    record(place, letters.NEW_ADDRESS, letters.REACHED, staff)
    found = calls(posted, staff).to_make
    assert [(call.name, call.letter) for call in found] == [("Other", letters.NEW_ADDRESS)]
    record(other, letters.NEW_ADDRESS, letters.WRONG_NUMBER, staff)
    after = calls(posted, staff)
    assert after.to_make == [] and [call.name for call in after.out_of_reach] == ["Other"]


def test_who_did_not_answer_is_not_called_about_the_next_thing_at_once(
    world: ModuleType, posted: Any, staff: Any, at: Any
) -> None:
    """What they were called about is no longer true; what still is waits as long as if that call had been about it."""
    silent = phones(world, posted)
    told(silent, letters.NEW_ADDRESS)
    at.later(minutes=5)
    phones(world, posted, "Fresh", 45)
    record(silent, letters.NEW_ADDRESS, letters.NO_ANSWER, staff)
    with transaction():
        outbox.void_for_date(posted.occurrence_id, letters.NEW_ADDRESS)
    found = calls(posted, staff).to_make
    assert [(call.name, call.letter, call.tries, call.attempts) for call in found] == [
        ("Fresh", letters.CONFIRMATION, 0, 0),
        ("Zofia", letters.CONFIRMATION, 1, 0),
    ]
    assert str(found[1].tried_local) == "2026-11-28 09:05:00"
    at.later(minutes=5)
    told(silent, letters.MOVE)
    with transaction():
        db.session.get_one(Registration, silent).keep_asked_at = at.later(minutes=0)
    found = calls(posted, staff).to_make
    assert [(call.name, call.tries) for call in found if call.letter == letters.MOVE] == [("Zofia", 0)], "it is news"


def test_undo_brings_back_all_that_the_call_has_told(world: ModuleType, posted: Any, staff: Any, at: Any) -> None:
    """Also what they had been called about before without an answer."""
    place = phones(world, posted)
    record(place, letters.CONFIRMATION, letters.NO_ANSWER, staff)
    told(place, letters.CHANGE, letters.NEW_ADDRESS)
    at.later(minutes=10)
    reached = record(place, letters.NEW_ADDRESS, letters.REACHED, staff)
    assert about(place, letters.CONFIRMATION).state == about(place, letters.CHANGE).state == letters.SENT
    [made] = calls(posted, staff).made
    assert made.message_id == reached, "one call was made, and can be taken back once"
    with transaction():
        rosters.undo_call(reached, staff.user_id)
    again = {letter: about(place, letter) for letter in (letters.CONFIRMATION, letters.CHANGE, letters.NEW_ADDRESS)}
    assert {one.state for one in again.values()} == {letters.WAITING}
    assert {one.sent_at for one in again.values()} == {None}
    confirmation, change = again[letters.CONFIRMATION], again[letters.CHANGE]
    assert (confirmation.outcome, confirmation.attempts) == (letters.NO_ANSWER, 1)
    assert (change.outcome, change.attempts) == (None, 0)


def test_undoing_a_call_that_nobody_answered_changes_no_other(world: ModuleType, posted: Any, staff: Any) -> None:
    place = phones(world, posted)
    record(place, letters.CONFIRMATION, letters.REACHED, staff)
    told(place, letters.CHANGE, letters.NEW_ADDRESS)
    slip = record(place, letters.NEW_ADDRESS, letters.NO_ANSWER, staff)
    with transaction():
        rosters.undo_call(slip, staff.user_id)
    assert about(place, letters.CONFIRMATION).state == letters.SENT
    assert about(place, letters.CHANGE).state == about(place, letters.NEW_ADDRESS).state == letters.WAITING


def test_what_a_call_has_told_besides_is_counted_as_no_call(
    world: ModuleType, posted: Any, staff: Any, at: Any
) -> None:
    for number in range(5):
        phones(world, posted, f"P{number}", 40 + number)
    at("2026-12-09 18:01")
    with transaction():
        reminders.write_due()
    for card in calls(posted, staff).to_make:
        with transaction():
            rosters.record_call(card.message_id, letters.REACHED, staff.user_id)
    counted = tallying.tally(db.session.get_one(Occurrence, posted.occurrence_id))
    assert [(row.value, row.count) for row in counted if row.dimension == CALLS] == [(letters.REACHED, 5)]


def moved_and_reminded(posted: Any, at: Any) -> None:
    """The date moved, and before anybody was called its reminder came due."""
    with transaction():
        date = db.session.get_one(Occurrence, posted.occurrence_id)
        day = timedelta(days=1)
        events.move_date(date.id, date.starts_local + day, date.ends_local + day, date.venue_id)
    at("2026-12-10 18:01")
    with transaction():
        assert reminders.write_due() == 1


def test_who_keeps_the_place_on_the_new_date_is_not_called_again_to_ask_if_they_come(
    world: ModuleType, posted: Any, staff: Any, at: Any
) -> None:
    place = phones(world, posted)
    record(place, letters.CONFIRMATION, letters.REACHED, staff)
    moved_and_reminded(posted, at)
    assert [call.letter for call in calls(posted, staff).to_make] == [letters.MOVE]
    with transaction():
        rosters.record_call(about(place, letters.MOVE).id, letters.REACHED, staff.user_id)
        registrations.reconfirm(place)
    found = calls(posted, staff)
    assert found.to_make == [] and [made.outcome for made in found.made] == [letters.REACHED], "one call was made"
    reminder = about(place, letters.REMINDER)
    assert (reminder.state, reminder.outcome, reminder.attempts) == (letters.SENT, letters.REACHED, 0)


def test_undoing_the_call_about_a_move_brings_the_reminder_back(
    world: ModuleType, posted: Any, staff: Any, at: Any
) -> None:
    place = phones(world, posted)
    moved_and_reminded(posted, at)
    reached = record(place, letters.MOVE, letters.REACHED, staff)
    assert about(place, letters.REMINDER).state == letters.SENT
    with transaction():
        rosters.undo_call(reached, staff.user_id)
    again = about(place, letters.REMINDER)
    assert (again.state, again.outcome, again.sent_at) == (letters.WAITING, None, None)
    assert [call.letter for call in calls(posted, staff).to_make] == [letters.MOVE]


def test_a_call_about_a_move_that_nobody_answers_settles_no_reminder(
    world: ModuleType, posted: Any, staff: Any, at: Any
) -> None:
    place = phones(world, posted)
    moved_and_reminded(posted, at)
    record(place, letters.MOVE, letters.NO_ANSWER, staff)
    assert about(place, letters.REMINDER).state == letters.WAITING
