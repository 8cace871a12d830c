"""An employer asks, a provider answers, staff come in by the invitation; and everything is forgotten in time."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from scheduler import checkin, events, organizations, privacy, registrations, trainings, worker
from scheduler.core import clock, keyring, tokens
from scheduler.core.errors import Closed, Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.events import Announcement
from scheduler.letters import compose
from scheduler.models import audit, inbox
from scheduler.models import message as letters
from scheduler.models import training as states
from scheduler.models.event import Event
from scheduler.models.message import Message
from scheduler.models.organization import Organization
from scheduler.models.registration import Registration
from scheduler.models.training import Booking, Training, Wish
from scheduler.models.venue import WORKPLACE, Venue
from scheduler.trainings import Alternatives, Offering, Request, Terms

SATURDAY = "2026-11-21 10:00"
FIRST, SECOND = Wish(date(2026, 12, 8), "morning"), Wish(date(2026, 12, 10), "afternoon")


@pytest.fixture(autouse=True)
def today(at: Any) -> None:
    at(SATURDAY)


@pytest.fixture
def training_id(app: Flask, world: ModuleType) -> uuid.UUID:
    """Two hours for 3 to 30 people, given by the host."""
    with transaction():
        return employers.offer(world.organization())


def said(**changes: Any) -> Request:
    return employers.said(wishes=[FIRST, SECOND], **changes)


def asked(training_id: uuid.UUID, **changes: Any) -> uuid.UUID:
    with transaction():
        return trainings.submit(training_id, said(**changes), str(uuid.uuid4())).id


def taken_up(training_id: uuid.UUID, **changes: Any) -> uuid.UUID:
    booking_id = asked(training_id, **changes)
    with transaction():
        trainings.take_up(booking_id)
    return booking_id


def booked(training_id: uuid.UUID, places: int = 18, **changes: Any) -> uuid.UUID:
    booking_id = taken_up(training_id, **changes)
    with transaction():
        trainings.accept(booking_id, Terms(wish=0, starts=time(9), venue_id=None, places=places))
    return booking_id


def booking(booking_id: uuid.UUID) -> Booking:
    return db.session.get_one(Booking, booking_id, populate_existing=True)


def queued() -> list[str]:
    query = (
        sa.select(Message.letter).where(Message.booking_id.is_not(None)).order_by(Message.created_at, Message.letter)
    )
    return list(db.session.scalars(query))


def stored() -> bytes:
    """Everything that a table holds of requests, as octets."""
    return repr(db.session.execute(sa.text("SELECT * FROM booking")).all()).encode()


def test_a_request_gets_a_reference_an_answer_day_and_a_letter(training_id: uuid.UUID) -> None:
    kept = booking(asked(training_id))
    assert kept.reference.startswith("T-") and len(kept.reference) == 8
    assert kept.answer_by == date(2026, 11, 25), "three working days after a Saturday"
    assert kept.keep_until == SECOND.day + timedelta(days=30)
    assert (kept.told("employer"), kept.email, kept.wishes) == (
        "Fictional Foods Co.",
        "hr@foods.example",
        [FIRST, SECOND],
    )
    assert queued() == [letters.BOOKING_RECEIVED]


def test_what_the_employer_told_is_sealed_by_a_key_of_its_own(training_id: uuid.UUID) -> None:
    one, other = booking(asked(training_id)), booking(asked(training_id))
    for canary in (b"Fictional Foods", b"hr@foods", b"Dana Whit", b"555-0140", b"60612", b"elevator"):
        assert canary not in stored()
    assert one.derived_key("field") != other.derived_key("field")
    assert one.employer_sealed != other.employer_sealed


def test_the_same_form_twice_is_one_request(training_id: uuid.UUID) -> None:
    for _press in range(2):
        with transaction():
            booking_id = trainings.submit(training_id, said(), "one nonce").id
    assert db.session.scalars(sa.select(Booking.id)).all() == [booking_id] and queued() == [letters.BOOKING_RECEIVED]
    with pytest.raises(Conflict), transaction():
        trainings.submit(training_id, said(head_count=9), "one nonce")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"wishes": []}, "day_1"),
        ({"wishes": [Wish(date(2026, 11, 21), "evening")]}, "day_1"),
        ({"wishes": [FIRST, Wish(date(2027, 11, 22), "morning")]}, "day_2"),
        ({"wishes": [FIRST, SECOND, FIRST]}, "day_3"),
        ({"head_count": 2}, "head_count"),
        ({"head_count": 31}, "head_count"),
        ({"languages": ["pl"]}, "languages"),
        ({"place": "nowhere"}, "place"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(training_id: uuid.UUID, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused, transaction():
        trainings.submit(training_id, replace(said(), **changes), "nonce")
    assert refused.value.field == field
    assert db.session.scalar(sa.select(Booking.id)) is None


def test_what_is_not_offered_cannot_be_asked_for(training_id: uuid.UUID) -> None:
    with transaction():
        db.session.get_one(Training, training_id).offered = False
    with pytest.raises(Missing), transaction():
        trainings.submit(training_id, said(), "nonce")


def test_it_can_be_changed_until_it_is_taken_up(training_id: uuid.UUID) -> None:
    booking_id = asked(training_id)
    with transaction():
        trainings.change(booking_id, said(head_count=20))
    assert booking(booking_id).head_count == 20 and queued() == [letters.BOOKING_RECEIVED]
    with transaction():
        trainings.change(booking_id, said(head_count=20, email="other@foods.example"))
    assert queued() == [letters.BOOKING_RECEIVED] * 2, "a new address gets the letter too"
    with transaction():
        trainings.take_up(booking_id)
    with pytest.raises(Conflict), transaction():
        trainings.change(booking_id, said(head_count=5))
    assert booking(booking_id).head_count == 20


def test_it_can_be_withdrawn_until_it_is_answered(training_id: uuid.UUID) -> None:
    booking_id = taken_up(training_id)
    for _twice in range(2):
        with transaction():
            trainings.withdraw(booking_id)
    assert booking(booking_id).state == states.WITHDRAWN
    with pytest.raises(Conflict), transaction():
        trainings.take_up(booking_id)
    with pytest.raises(Conflict), transaction():
        trainings.accept(booking_id, Terms(0, time(9), None, 10))
    set_up = booked(training_id)
    with pytest.raises(Conflict), transaction():
        trainings.withdraw(set_up)


def test_a_withdrawn_request_gets_no_letter_any_more(training_id: uuid.UUID) -> None:
    booking_id = asked(training_id)
    with transaction():
        trainings.withdraw(booking_id)
    message = db.session.scalars(sa.select(Message)).one()
    assert not message.is_still_due(message.created_at)


def test_accepting_makes_a_private_session(training_id: uuid.UUID) -> None:
    kept = booking(booked(training_id))
    occurrence = kept.occurrence
    assert kept.state == states.CONFIRMED and occurrence is not None
    event = occurrence.event
    assert (event.visibility, event.state, event.type, event.admission) == (
        "private", "published", "employer_training", "seats",
    )  # fmt: skip
    assert (str(occurrence.starts_local), str(occurrence.ends_local)) == ("2026-12-08 09:00:00", "2026-12-08 11:00:00")
    assert not event.sensitive and event.party_max == 1
    assert [slot.seats_limit for slot in occurrence.slots] == [18]
    assert occurrence.venue is not None and occurrence.venue.hidden and "Foods" not in occurrence.venue.name
    assert "Foods" not in repr((event.title, event.summary, event.slug, event.search_text))
    assert kept.keep_until == date(2026, 12, 8) + timedelta(days=30)
    assert queued() == [letters.BOOKING_ACCEPTED, letters.BOOKING_RECEIVED]


def test_all_sessions_at_workplaces_share_one_place(training_id: uuid.UUID) -> None:
    booked(training_id)
    booked(training_id)
    assert db.session.scalar(sa.select(sa.func.count(Venue.id)).where(Venue.name == WORKPLACE)) == 1


@pytest.mark.parametrize(
    ("hour", "wish", "field"), [(8, 1, "starts"), (12, 0, "starts"), (17, 1, "starts"), (9, 2, "wish")]
)
def test_a_start_lies_within_the_part_of_the_day(training_id: uuid.UUID, hour: int, wish: int, field: str) -> None:
    booking_id = taken_up(training_id)
    with pytest.raises(Refusal) as refused, transaction():
        trainings.accept(booking_id, Terms(wish, time(hour), None, 10))
    assert refused.value.field == field
    assert booking(booking_id).state == states.TAKEN_UP and db.session.scalar(sa.select(Event.id)) is None


def test_only_what_is_taken_up_can_be_answered_and_once(training_id: uuid.UUID) -> None:
    booking_id = asked(training_id)
    with pytest.raises(Conflict), transaction():
        trainings.accept(booking_id, Terms(0, time(9), None, 10))
    with pytest.raises(Conflict), transaction():
        trainings.decline(booking_id, Alternatives("No."))
    done = booked(training_id)
    with pytest.raises(Conflict), transaction():
        trainings.accept(done, Terms(1, time(13), None, 10))
    assert db.session.scalar(sa.select(sa.func.count(Event.id))) == 1


def test_declining_offers_something_else(training_id: uuid.UUID) -> None:
    booking_id = taken_up(training_id)
    other = Wish(date(2026, 12, 15), "evening")
    with transaction():
        trainings.decline(booking_id, Alternatives("Our trainer is away.", [other], [uuid.uuid4()]))
    kept = booking(booking_id)
    assert (kept.state, kept.told("answer"), kept.offered) == (states.DECLINED, "Our trainer is away.", [other])
    assert kept.keep_until == date(2026, 11, 21) + timedelta(days=30)
    assert letters.BOOKING_DECLINED in queued()
    assert b"trainer is away" not in stored()


def test_staff_leave_a_name_and_get_a_place(training_id: uuid.UUID) -> None:
    booking_id = booked(training_id)
    with transaction():
        place_id = trainings.join(booking_id, "Ana Vale", "es", "n1").id
    with transaction():
        assert trainings.join(booking_id, "Ana Vale", "es", "n1").id == place_id, "an impatient thumb"
    place = db.session.get_one(Registration, place_id)
    assert (place.state, place.contact_kind, place.contact, place.note, place.needs, place.party) == (
        "confirmed", "none", "", "", [], 1,
    )  # fmt: skip
    assert len(place.code) == 8


def test_nobody_gets_more_than_there_is(training_id: uuid.UUID) -> None:
    booking_id = booked(training_id, places=2)
    for name in ("Ana", "Beto"):
        with transaction():
            trainings.join(booking_id, name, "en", name)
    with pytest.raises(Conflict), transaction():
        trainings.join(booking_id, "Carla", "en", "third")
    occurrence = booking(booking_id).occurrence
    assert occurrence is not None and (occurrence.waiting, occurrence.slots[0].seats_taken) == (0, 2)


def test_the_invitation_opens_nothing_before_and_after(training_id: uuid.UUID, at: Any) -> None:
    waiting = asked(training_id)
    with pytest.raises(Closed), transaction():
        trainings.join(waiting, "Ana", "en", "n")
    booking_id = booked(training_id)
    at("2026-12-08 11:30")
    with pytest.raises(Closed), transaction():
        trainings.join(booking_id, "Ana", "en", "n")


def test_an_employer_sees_names_and_whether_they_came(training_id: uuid.UUID, at: Any) -> None:
    booking_id = booked(training_id)
    places = []
    for name in ("Zoe Lark", "Ana Vale", "Beto Ruiz"):
        with transaction():
            places.append(trainings.join(booking_id, name, "en", name).id)
    with transaction():
        registrations.cancel(places[2])
    at("2026-12-08 08:55")
    with transaction():
        checkin.check_in(places[0])
    occurrence = booking(booking_id).occurrence
    assert occurrence is not None
    assert trainings.who_came(occurrence) == [
        trainings.Attended("Ana Vale", False),
        trainings.Attended("Zoe Lark", True),
    ]
    assert set(trainings.Attended.__dataclass_fields__) == {"name", "came"}


def test_nobody_walks_into_the_session_of_an_employer(training_id: uuid.UUID, at: Any) -> None:
    """They would get no certificate, and their employer would miss them on its list."""
    booking_id = booked(training_id)
    occurrence = booking(booking_id).occurrence
    assert occurrence is not None and not occurrence.event.walk_ins
    occurrence_id, event_id = occurrence.id, occurrence.event_id
    at("2026-12-08 09:20")
    with pytest.raises(Conflict) as found, transaction():
        checkin.set_walk_ins(event_id, True)
    assert found.value.words is checkin.BY_INVITATION
    with transaction():
        db.session.get_one(Event, event_id).walk_ins = True
    with pytest.raises(Conflict) as found, transaction():
        checkin.walk_in(occurrence_id, "Zoe", "en", 1, "form")
    assert found.value.words is checkin.BY_INVITATION
    with transaction():
        place = trainings.join(booking_id, "Zoe", "en", "form").id
    with transaction():
        checkin.check_in(place)
    occurrence = booking(booking_id).occurrence
    assert occurrence is not None and trainings.who_came(occurrence) == [trainings.Attended("Zoe", True)]


def test_an_employer_sees_nobody_who_did_not_come_by_its_invitation(training_id: uuid.UUID) -> None:
    occurrence = booking(booked(training_id)).occurrence
    assert occurrence is not None
    for source in ("web", "phone", "walk_in"):
        with transaction():
            person = registrations.Attendee("Not Theirs", "none", "", "en", "en")
            registrations.register(occurrence.id, None, person, source, source)
    assert trainings.who_came(occurrence) == []


@pytest.mark.parametrize("changes", [{"visibility": "public"}, {"visibility": "unlisted"}, {"type": "legal_clinic"}])
def test_a_booked_session_stays_what_it_is(training_id: uuid.UUID, changes: dict[str, Any]) -> None:
    """Or names of people at a clinic would stand on an employer's page."""
    occurrence = booking(booked(training_id)).occurrence
    assert occurrence is not None
    event_id, same = occurrence.event_id, announced(occurrence.event)
    with pytest.raises(Refusal) as refused, transaction():
        events.edit(event_id, replace(same, **changes))
    assert refused.value.field in changes
    event = db.session.get_one(Event, event_id, populate_existing=True)
    assert (event.visibility, event.type) == ("private", "employer_training")
    with transaction():
        events.edit(event_id, replace(same, summary={"en": "Bring a pen.", "es": "Traiga una pluma."}))


def announced(event: Event) -> Announcement:
    """What was said of an event, to be said again."""
    shared = [name for name in Announcement.__dataclass_fields__ if name != "flow_minutes"]
    return Announcement(**{name: getattr(event, name) for name in shared})


def test_links_are_for_one_purpose_and_can_be_forged_by_nobody(training_id: uuid.UUID) -> None:
    kept, other = booking(booked(training_id)), booking(asked(training_id))
    own, invitation = kept.token(), kept.token(tokens.INVITATION)
    assert trainings.by_token(own).id == kept.id
    assert trainings.by_token(invitation, tokens.INVITATION).id == kept.id
    for token, purpose in (
        (own, tokens.INVITATION),
        (invitation, tokens.BOOKING),
        (own[:-2] + ("AA" if own[-2:] != "AA" else "BB"), tokens.BOOKING),
        (other.token()[:22] + own[22:], tokens.BOOKING),
        ("", tokens.BOOKING),
    ):
        with pytest.raises(Missing):
            trainings.by_token(token, purpose)
    with transaction():
        booking(kept.id).link_generation += 1
    with pytest.raises(Missing):
        trainings.by_token(own)


def test_an_employer_hears_when_the_session_is_called_off(training_id: uuid.UUID) -> None:
    booking_id = booked(training_id)
    worker.do_chores()
    assert letters.BOOKING_CHANGED not in queued()
    occurrence_id = booking(booking_id).occurrence_id
    assert occurrence_id is not None
    with transaction():
        events.cancel_date(occurrence_id, {"en": "The trainer is ill.", "es": "El capacitador está enfermo."})
    for _round in range(2):
        worker.do_chores()
    assert booking(booking_id).state == states.CANCELLED and queued().count(letters.BOOKING_CHANGED) == 1
    with pytest.raises(Closed), transaction():
        trainings.join(booking_id, "Ana", "en", "n")


def test_a_hidden_address_of_the_provider_is_no_workplace(training_id: uuid.UUID, world: ModuleType) -> None:
    booking_id = taken_up(training_id)
    with transaction():
        venue_id = world.venue(db.session.get_one(Training, training_id).organization_id)
        db.session.get_one(Venue, venue_id).visibility = "after_registration"
        trainings.accept(booking_id, Terms(wish=0, starts=time(9), venue_id=venue_id, places=18))
    accepted = db.session.scalars(sa.select(Message).where(Message.letter == letters.BOOKING_ACCEPTED)).one()
    text = compose(accepted).words.text
    assert db.session.get_one(Venue, venue_id).address in text and "At your place" not in text


def test_an_employer_hears_of_another_address(training_id: uuid.UUID, world: ModuleType) -> None:
    booking_id = taken_up(training_id)
    with transaction():
        host = db.session.get_one(Training, training_id).organization_id
        venue_id = world.venue(host)
        trainings.accept(booking_id, Terms(wish=0, starts=time(9), venue_id=venue_id, places=18))
    worker.do_chores()
    assert letters.BOOKING_CHANGED not in queued()
    with transaction():
        venue = db.session.get_one(Venue, venue_id)
        told = {name: getattr(venue, name) for name in organizations.VenueFacts.__annotations__}
        organizations.save_venue(host, organizations.VenueFacts(**told | {"parking": "Behind it"}), venue_id)
    worker.do_chores()
    assert letters.BOOKING_CHANGED not in queued(), "nothing that they read has changed"
    with transaction():
        organizations.save_venue(host, organizations.VenueFacts(**told | {"address": "7 Other St."}), venue_id)
    for _round in range(2):
        worker.do_chores()
    assert queued().count(letters.BOOKING_CHANGED) == 1


def test_an_employer_hears_of_each_new_link_and_of_nothing_else(training_id: uuid.UUID, world: ModuleType) -> None:
    booking_id = taken_up(training_id, place="online")
    with transaction():
        venue_id = world.venue(db.session.get_one(Training, training_id).organization_id, online=True)
        trainings.accept(booking_id, Terms(wish=0, starts=time(9), venue_id=venue_id, places=18))
    other = booked(training_id)

    def say(**changes: Any) -> None:
        occurrence = booking(booking_id).occurrence
        assert occurrence is not None
        with transaction():
            events.edit(occurrence.event_id, replace(announced(occurrence.event), **changes))
        worker.do_chores()

    for number, link in enumerate(("https://meet.example/a", "https://meet.example/b", ""), 1):
        say(join_link=link)
        say(summary={"en": f"Words {number}", "es": f"Palabras {number}"})
        assert queued().count(letters.BOOKING_LINK) == number and letters.BOOKING_CHANGED not in queued()
    told = db.session.scalars(sa.select(Message.booking_id).where(Message.letter == letters.BOOKING_LINK)).all()
    assert set(told) == {booking_id} and other not in told


def test_an_employer_hears_once_that_the_list_is_there(training_id: uuid.UUID, at: Any) -> None:
    booking_id = booked(training_id)
    nobody = booked(training_id)
    with transaction():
        trainings.join(booking_id, "Ana Vale", "en", "n")
    at("2026-12-08 11:59")
    worker.do_chores()
    assert letters.BOOKING_OVER not in queued(), "people are still checked in"
    at("2026-12-08 12:00")
    for _round in range(2):
        worker.do_chores()
    told = db.session.scalars(sa.select(Message.booking_id).where(Message.letter == letters.BOOKING_OVER)).all()
    assert told == [booking_id] and nobody not in told, "where nobody had a place there is no list"


def test_nobody_hears_of_a_list_of_a_session_that_is_off_or_long_over(training_id: uuid.UUID, at: Any) -> None:
    booking_ids = [booked(training_id), booked(training_id)]
    with transaction():
        for booking_id in booking_ids:
            trainings.join(booking_id, "Ana Vale", "en", f"{booking_id}")
    off = booking(booking_ids[0]).occurrence_id
    assert off is not None
    with transaction():
        events.cancel_date(off, {"en": "Ice.", "es": "Hielo."})
    at("2026-12-15 11:00")
    worker.do_chores()
    assert letters.BOOKING_OVER not in queued()


@pytest.mark.parametrize("fault", ["its key is gone", "something else"])
def test_one_request_with_a_fault_stops_no_other_employer(
    training_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A key ring that was put back may lack a key."""
    first, second = sorted(booked(training_id) for _ in range(2))
    for booking_id in (first, second):
        occurrence_id = booking(booking_id).occurrence_id
        assert occurrence_id is not None
        with transaction():
            events.cancel_date(occurrence_id, {"en": "The trainer is ill.", "es": "El capacitador está enfermo."})
    if fault == "its key is gone":
        with transaction():
            booking(first).key_wrapped = bytes(40)
    else:
        keep = Booking.keep
        monkeypatch.setattr(Booking, "keep", lambda self, day: keep(self, day) if self.id == second else 1 / 0)
    worker.do_chores()
    assert [booking(booking_id).state for booking_id in (first, second)] == [states.CONFIRMED, states.CANCELLED]
    assert queued().count(letters.BOOKING_CHANGED) == 1


def test_a_look_at_a_request_is_written_down(training_id: uuid.UUID, world: ModuleType) -> None:
    booking_id = asked(training_id)
    with transaction():
        staff = world.organizer()
        trainings.view(booking_id, staff.user_id)
    entry = db.session.scalars(sa.select(audit.AuditEntry)).one()
    known_as = db.session.get_one(Booking, booking_id).audited_as
    assert (entry.act, entry.subject_id, entry.user_id) == ("booking viewed", known_as, staff.user_id)


def test_free_and_busy(training_id: uuid.UUID, world: ModuleType) -> None:
    booking_id = asked(training_id)
    asked(training_id)
    with transaction():
        host = world.workshop(starts_local=datetime(2026, 12, 8, 11, 30)).organization_id
        world.workshop(starts_local=datetime(2026, 12, 10, 17, 0))
        world.workshop(starts_local=datetime(2026, 12, 8, 9, 0), host=world.OTHER)
    first, second = inbox.busy(host, [FIRST, SECOND], booking_id)
    assert (len(first.dates), first.others, second.is_free) == (1, 1, True)


def test_requests_are_erased_with_their_letters_when_their_day_has_come(training_id: uuid.UUID, at: Any) -> None:
    booking_id = asked(training_id)
    kept = booking(booking_id)
    at(f"{kept.keep_until} 23:00")
    with transaction():
        assert trainings.erase_due() == 0
    at(f"{kept.keep_until + timedelta(days=1)} 01:00")
    with transaction():
        assert trainings.erase_due() == 1
    assert db.session.scalar(sa.select(Booking.id)) is None and queued() == []


@pytest.mark.parametrize(("organization", "days"), [(7, 7), (30, 30), (60, 60)])
def test_a_request_is_kept_no_longer_than_its_provider_says(
    training_id: uuid.UUID, world: ModuleType, organization: int, days: int
) -> None:
    with transaction():
        db.session.get_one(Organization, world.organization()).retention_days = organization
    today, kept = date(2026, 11, 21), booking(booked(training_id))
    assert kept.keep_until == FIRST.day + timedelta(days=days)
    assert kept.occurrence is not None and kept.occurrence.keep_until == kept.keep_until
    said_no = taken_up(training_id)
    with transaction():
        trainings.decline(said_no, Alternatives("Not this year."))
    withdrawn = asked(training_id)
    with transaction():
        trainings.withdraw(withdrawn)
    for booking_id in (said_no, withdrawn):
        assert booking(booking_id).keep_until == today + timedelta(days=days)


def test_what_nobody_answers_is_not_kept_for_a_year(training_id: uuid.UUID, at: Any) -> None:
    far = replace(said(), wishes=[Wish(date(2027, 11, 20), "morning")])
    with transaction():
        booking_id = trainings.submit(training_id, far, "nonce").id
    assert booking(booking_id).keep_until == date(2027, 1, 20), "sixty days from today"
    at("2026-12-01 10:00")
    with transaction():
        trainings.take_up(booking_id)
    assert booking(booking_id).keep_until == date(2027, 1, 30), "somebody works on it"
    with transaction():
        trainings.accept(booking_id, Terms(wish=0, starts=time(9), venue_id=None, places=10))
    assert booking(booking_id).keep_until == date(2027, 12, 20)


def test_a_request_goes_when_its_session_was_purged(training_id: uuid.UUID, at: Any) -> None:
    """An event may say that it keeps less than its organization does."""
    occurrence = booking(booked(training_id)).occurrence
    assert occurrence is not None
    with transaction():
        events.edit(occurrence.event_id, replace(announced(occurrence.event), retention_days=7))
    at("2026-12-16 09:00")
    assert privacy.purge_due() == 1 and trainings.due() == 1
    with transaction():
        assert trainings.erase_due() == 1
    assert db.session.scalar(sa.select(Booking.id)) is None


def test_a_request_without_its_key_is_not_there(training_id: uuid.UUID) -> None:
    kept = booking(asked(training_id))
    token, booking_id = kept.token(), kept.id
    keyring.current().destroy(kept.key_week)
    db.session.expire_all()
    db.session.expunge_all()
    with pytest.raises(Missing):
        trainings.by_token(token)
    with pytest.raises(Missing), transaction():
        trainings.withdraw(booking_id)


def test_the_catalogue_is_kept_by_its_provider_only(training_id: uuid.UUID, world: ModuleType) -> None:
    words = {"en": "Respect at Work", "es": "Respeto en el trabajo"}
    wording = Offering(words, {}, 90, 8, 25, ["onsite"], ["en", "es"])
    with transaction():
        other = world.organization(world.OTHER)
        first, second = trainings.save(other, wording), trainings.save(other, wording)
        assert (first.slug, second.slug) == ("respect-at-work", "respect-at-work-2")
    with pytest.raises(Missing), transaction():
        trainings.save(world.organization(world.OTHER), wording, training_id)
    with pytest.raises(Refusal) as refused, transaction():
        trainings.save(world.organization(), replace(wording, people_max=3), training_id)
    assert refused.value.field == "people_max"


def test_a_corrected_address_ends_the_old_link(training_id: uuid.UUID) -> None:
    """It went to a stranger, who could read what comes later, and withdraw the request."""
    booking_id = asked(training_id, email="typo@post.example")
    old = db.session.get_one(Booking, booking_id).token()
    with transaction():
        trainings.change(booking_id, said(email="right@post.example"))
    with pytest.raises(Missing):
        trainings.by_token(old)
    assert trainings.by_token(db.session.get_one(Booking, booking_id).token()).id == booking_id


def test_a_wish_for_tomorrow_is_not_over_in_the_evening(training_id: uuid.UUID, at: Any) -> None:
    """The next day of UTC has begun then, but not the one in Chicago."""
    booking_id = asked(training_id)
    at("2026-12-07 19:30")
    booking = db.session.get_one(Booking, booking_id)
    [first, _second] = inbox.busy(booking.training.organization_id, booking.wishes, booking_id)
    assert not first.is_over


def test_an_employer_is_kept_no_longer_than_the_form_promised(training_id: uuid.UUID, at: Any) -> None:
    """The organization may keep more later: that is for those who ask after it."""
    host_id = db.session.get_one(Training, training_id).organization_id
    with transaction():
        db.session.get_one(Organization, host_id).retention_days = 7
    booking_id = asked(training_id)
    with transaction():
        events.keep_for(host_id, 60)
    with transaction():
        trainings.withdraw(booking_id)
    booking = db.session.get_one(Booking, booking_id, populate_existing=True)
    today = clock.today(current_app.config["TIMEZONE"])
    assert booking.keep_until == today + timedelta(days=7) and booking.training.keep_days == 60
