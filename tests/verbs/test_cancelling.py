"""The host calls a date off: who is told, who is called, what stays, and the other dates that can be taken instead."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from scheduler import checkin, events, registrations, reminders, waitlist, worker
from scheduler.calendars import components
from scheduler.core import clock
from scheduler.core.errors import Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import message as kinds
from scheduler.models import registration as states
from scheduler.models.event import CANCELLED, Event, Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.offer import Offer
from scheduler.models.registration import Registration

from ..ground.mail import all_sent

REASON = {"en": "No heat in the building", "es": "El edificio no tiene calefacción"}


@pytest.fixture(autouse=True)
def today(at: Any) -> None:
    at("2026-11-20 10:00")


@pytest.fixture
def clinic(world: ModuleType) -> Posted:
    with transaction():
        posted: Posted = world.clinic(slots=2, seats=3)
    return posted


def the(occurrence_id: uuid.UUID) -> Occurrence:
    db.session.rollback()
    return db.session.get_one(Occurrence, occurrence_id)


def waiting(occurrence_id: uuid.UUID) -> Counter[tuple[str, str]]:
    """Letters and channels that still wait, for one date."""
    db.session.rollback()
    query = sa.select(Message.letter, Message.channel).where(
        Message.occurrence_id == occurrence_id, Message.state == kinds.WAITING
    )
    return Counter((row[0], row[1]) for row in db.session.execute(query))


def call_off(posted: Posted) -> None:
    with transaction():
        events.cancel_date(posted.occurrence_id, REASON)


def test_who_is_there_already_is_not_told_to_stay_at_home(world: ModuleType) -> None:
    with transaction():
        posted = world.workshop(starts_local=world.a_day_ahead(0, "11:00"))
        here, phones = world.attends(posted), world.attends(posted, contact_kind="phone", contact="312-555-0143")
        world.attends(posted, contact="late@post.example")
    with transaction():
        for registration_id in (here, phones):
            checkin.check_in(registration_id)
    call_off(posted)
    assert waiting(posted.occurrence_id) == {(kinds.CANCELLATION_HOST, kinds.EMAIL): 1}


def test_everybody_is_told_in_the_way_they_chose(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        world.attends(clinic)
        world.attends(clinic, contact_kind="helper_email", contact="nephew@post.example")
        world.attends(clinic, contact_kind="phone", contact="312-555-0143")
        world.attends(clinic, slot=1, contact_kind="none", contact="", party=3)
        world.attends(clinic, contact="late@post.example")
        gone = world.attends(clinic, contact="gone@post.example")
        unheard = world.attends(clinic, contact="unheard@post.example")
    with transaction():
        registrations.cancel(unheard)
    all_sent()
    with transaction():
        registrations.cancel(gone)
    call_off(clinic)
    told = waiting(clinic.occurrence_id)
    assert told[kinds.CANCELLATION_HOST, kinds.EMAIL] == 3, "two with a place, one in line"
    assert told[kinds.CANCELLATION_HOST, kinds.CALL] == 2
    assert told[kinds.CANCELLATION_OWN, kinds.EMAIL] == 1, "whom nobody wrote to needs no letter"
    assert set(told) == {
        (kinds.CANCELLATION_HOST, kinds.EMAIL),
        (kinds.CANCELLATION_HOST, kinds.CALL),
        (kinds.CANCELLATION_OWN, kinds.EMAIL),
    }, "no confirmation of a date that is off; who left before is still thanked"


def test_the_date_says_so_and_calendars_can_tell(world: ModuleType, clinic: Posted, at: Any) -> None:
    before = components.sequence(the(clinic.occurrence_id))
    at.later(hours=1)
    call_off(clinic)
    date = the(clinic.occurrence_id)
    assert date.is_cancelled and date.reason_off == REASON
    assert (components.sequence(date), date.revised_at) == (before + 1, clock.now())
    assert not date.accepts(clock.now())


def test_people_keep_their_place_so_that_they_can_exchange_it(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        person = world.attends(clinic)
    call_off(clinic)
    assert world.registration(person).state == states.CONFIRMED


def test_a_second_press_changes_nothing(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        world.attends(clinic)
    call_off(clinic)
    sequence, told = the(clinic.occurrence_id).sequence, waiting(clinic.occurrence_id)
    with transaction():
        events.cancel_date(clinic.occurrence_id, {"en": "Other words", "es": "Otras palabras"})
    assert (the(clinic.occurrence_id).sequence, waiting(clinic.occurrence_id)) == (sequence, told)
    assert the(clinic.occurrence_id).reason_off == REASON


def test_the_whole_event(world: ModuleType, clinic: Posted) -> None:
    with transaction():
        world.attends(clinic)
    with transaction():
        events.cancel_event(clinic.event_id, REASON)
    event = db.session.get_one(Event, clinic.event_id)
    assert (event.state, event.cancel_reason) == (CANCELLED, REASON)
    assert components.sequence(the(clinic.occurrence_id)) == 1, "one step, not one for the event and one for the date"
    assert waiting(clinic.occurrence_id) == {(kinds.CANCELLATION_HOST, kinds.EMAIL): 1}
    with transaction():
        events.cancel_event(clinic.event_id, REASON)
    assert waiting(clinic.occurrence_id).total() == 1


def test_what_took_place_is_not_called_off_afterwards(world: ModuleType, clinic: Posted, at: Any) -> None:
    at(the(clinic.occurrence_id).ends_at)
    with transaction():
        later = events.add_date(
            clinic.event_id,
            events.Timetable(world.a_day_ahead(9, "09:30"), world.a_day_ahead(9, "12:00"), clinic.venue_id, 3,
                             every_minutes=30, last_local=world.a_day_ahead(9, "10:30")),
        ).id  # fmt: skip
    with transaction():
        events.cancel_event(clinic.event_id, REASON)
    assert not the(clinic.occurrence_id).is_cancelled
    assert the(later).is_cancelled
    assert db.session.get_one(Event, clinic.event_id).state == "published"


def test_an_open_offer_is_withdrawn(world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slots=1, seats=1)
        first, second = world.attends(clinic), world.attends(clinic, contact="second@post.example")
    with transaction():
        registrations.cancel(first)
    assert world.registration(second).state == states.OFFERED
    call_off(clinic)
    assert world.registration(second).state == states.WAITLISTED
    assert [offer.state for offer in db.session.scalars(sa.select(Offer))] == ["withdrawn"]
    assert [slot.seats_taken for slot in db.session.scalars(sa.select(Slot))] == [0]
    assert waiting(clinic.occurrence_id)[kinds.CANCELLATION_HOST, kinds.EMAIL] == 1
    assert waiting(clinic.occurrence_id)[kinds.OFFER, kinds.EMAIL] == 0


def test_no_reminder_comes_after_it(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        world.attends(clinic)
    call_off(clinic)
    at(clock.now() + (the(clinic.occurrence_id).starts_at - clock.now()) * 0.9)
    with transaction():
        assert reminders.write_due() == 0


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("missing", ["", "  ", None])
def test_the_reason_is_said_in_both_languages(clinic: Posted, language: str, missing: str | None) -> None:
    reason = {code: text for code, text in {**REASON, language: missing}.items() if text is not None}
    for act, what in ((events.cancel_date, clinic.occurrence_id), (events.cancel_event, clinic.event_id)):
        with pytest.raises(Refusal) as refused, transaction():
            act(what, reason)
        assert refused.value.field == f"reason_{language}"
    assert not the(clinic.occurrence_id).is_cancelled


def test_what_is_over_or_was_never_public_cannot_be_called_off(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        draft = world.clinic(state="draft")
    for act, what in ((events.cancel_date, draft.occurrence_id), (events.cancel_event, draft.event_id)):
        with pytest.raises(Conflict), transaction():
            act(what, REASON)
    at(the(clinic.occurrence_id).ends_at)
    for act, what in ((events.cancel_date, clinic.occurrence_id), (events.cancel_event, clinic.event_id)):
        with pytest.raises(Conflict), transaction():
            act(what, REASON)
    for act in (events.cancel_date, events.cancel_event):
        with pytest.raises(Missing), transaction():
            act(uuid.uuid4(), REASON)


def test_five_hundred_people_are_told_at_once(world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=500)
        for number in range(500):
            world.attends(workshop, contact=f"person{number}@post.example")
    began = time.perf_counter()
    call_off(workshop)
    assert time.perf_counter() - began < 1.0
    assert waiting(workshop.occurrence_id) == {(kinds.CANCELLATION_HOST, kinds.EMAIL): 500}


def test_only_the_news_goes_out(app: Any, world: ModuleType, clinic: Posted, mail_sink: Any) -> None:
    with transaction():
        world.attends(clinic)
    call_off(clinic)
    worker.tick(app)
    (letter,) = mail_sink.letters
    assert letter["Subject"] == "Cambio del viernes / Change to Friday"
    assert 'method="CANCEL"' in letter.as_string()
    assert db.session.scalar(sa.select(sa.func.count(Registration.id))) == 1


def test_nobody_is_asked_to_confirm_a_place_on_a_date_that_is_off(world: ModuleType, clinic: Posted, at: Any) -> None:
    with transaction():
        ids = [world.attends(clinic, slot % 2) for slot in range(5)]
    held = ids[4]
    assert world.registration(held).state == states.HELD
    call_off(clinic)
    with transaction(), pytest.raises(Conflict):
        registrations.reconfirm(held)
    at("2026-11-22 10:01")
    with transaction():
        assert registrations.dates_with_held() == [] and registrations.lapse_holds(clinic.occurrence_id) == 0
    assert world.registration(held).state == states.HELD


def test_nobody_is_given_a_place_on_a_date_that_is_off(world: ModuleType) -> None:
    with transaction():
        posted = world.workshop(seats=1)
        world.attends(posted)
        waits = world.attends(posted, contact="w@post.example")
        db.session.execute(sa.update(Slot).values(seats_limit=2))
    call_off(posted)
    with transaction(), pytest.raises(Conflict):
        waitlist.promote(waits)
