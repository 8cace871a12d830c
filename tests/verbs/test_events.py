"""Events: written, given dates and times, checked, and published."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, registrations, reminders
from scheduler.core import clock, keyring
from scheduler.core.errors import Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.events import Announcement, NotReady, Timetable
from scheduler.models.checklist import Checklist
from scheduler.models.doors import SENSITIVE_TYPES
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.message import Message
from scheduler.models.organization import Organization
from scheduler.models.registration import Registration
from scheduler.models.reminder import Reminder

SAID = Announcement(
    type="legal_clinic",
    title={"en": "Free Legal Clinic: Pilsen", "es": "Clínica legal gratis: Pilsen"},
    summary={"en": "Talk with a lawyer.", "es": "Hable con un abogado."},
    languages=["en", "es"],
    format="in_person",
    admission="timed",
    sensitive=True,
    steps=[
        {"label": {"en": "Talk", "es": "Hablar"}, "minutes": 40},
        {"label": {"en": "Exit", "es": "Salida"}, "minutes": 20},
    ],
)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


CLINIC = Timetable(
    wall("2026-12-05 09:30"),
    wall("2026-12-05 13:00"),
    None,
    places=4,
    every_minutes=30,
    last_local=wall("2026-12-05 12:00"),
)


@pytest.fixture
def host(world: ModuleType, at: Any) -> uuid.UUID:
    at("2026-11-20 10:00")
    with transaction():
        found: uuid.UUID = world.organization()
    return found


@pytest.fixture
def venue(world: ModuleType, host: uuid.UUID) -> uuid.UUID:
    with transaction():
        found: uuid.UUID = world.venue(host)
    return found


def create(host: uuid.UUID, **changes: Any) -> uuid.UUID:
    with transaction():
        return events.create(host, replace(SAID, **changes)).id


def add(event_id: uuid.UUID, timetable: Timetable) -> uuid.UUID:
    with transaction():
        return events.add_date(event_id, timetable).id


def the(event_id: uuid.UUID) -> Event:
    db.session.rollback()
    return db.session.get_one(Event, event_id)


def date_of(event_id: uuid.UUID) -> Occurrence:
    return the(event_id).occurrences[0]


def refused(act: Any, *arguments: Any) -> Refusal:
    with pytest.raises(Refusal) as found, transaction():
        act(*arguments)
    return found.value


@pytest.fixture
def published(world: ModuleType, host: uuid.UUID, venue: uuid.UUID) -> uuid.UUID:
    """A clinic on 5 December, open to all."""
    with transaction():
        checklist_id = world.checklist(host)
    event_id = create(host, checklist_id=checklist_id)
    add(event_id, replace(CLINIC, venue_id=venue))
    with transaction():
        events.publish(event_id)
    return event_id


def attend(event_id: uuid.UUID, world: ModuleType, slot: int = 0, **changes: Any) -> uuid.UUID:
    occurrence = date_of(event_id)
    occurrence_id, slot_id = occurrence.id, occurrence.slots[slot].id
    with transaction():
        return registrations.register(occurrence_id, slot_id, world.attendee(**changes), uuid.uuid4().hex).id


# Writing


def test_a_new_event_is_a_draft(host: uuid.UUID) -> None:
    event = the(create(host))
    assert (event.state, event.slug, event.published_at) == ("draft", "free-legal-clinic-pilsen", None)
    assert event.flow_minutes == 60
    assert event.created_at == event.revised_at == clock.now()


def test_addresses_are_unique_and_plain(host: uuid.UUID) -> None:
    create(host)
    assert the(create(host)).slug == "free-legal-clinic-pilsen-2"
    assert the(create(host)).slug == "free-legal-clinic-pilsen-3"
    assert the(create(host, title={"es": "Niños ¡y más!"})).slug == "ninos-y-mas"
    assert the(create(host, title={"en": "法律诊所"})).slug == "legal-clinic"
    assert len(the(create(host, title={"en": "long " * 100})).slug) <= 80


def test_the_address_stays_once_it_was_public(published: uuid.UUID) -> None:
    with transaction():
        events.edit(published, replace(SAID, title={"en": "Another name", "es": "Otro nombre"}))
    assert the(published).slug == "free-legal-clinic-pilsen"


def test_the_address_of_a_draft_follows_its_title(host: uuid.UUID) -> None:
    event_id = create(host)
    with transaction():
        events.edit(event_id, replace(SAID, title={"en": "Another name"}))
    assert the(event_id).slug == "another-name"


def test_the_search_finds_words_of_all_languages_host_and_area(published: uuid.UUID) -> None:
    text = the(published).search_text
    for words in ("free legal clinic", "clinica legal gratis", "hable con un abogado", "lamplight", "pilsen"):
        assert words in text


def test_only_own_shared_and_current_lists(world: ModuleType, host: uuid.UUID) -> None:
    with transaction():
        foreign = world.checklist(world.organization("far-shore"))
        old = world.checklist(host)
        db.session.get_one(Checklist, old).replaced = True
        shared = world.checklist(host)
        db.session.get_one(Checklist, shared).organization_id = None
    for checklist_id in (foreign, old, uuid.uuid4()):
        assert refused(events.create, host, replace(SAID, checklist_id=checklist_id)).field == "checklist"
    assert the(create(host, checklist_id=shared)).checklist_id == shared


def test_saving_without_a_change_changes_no_stamp(published: uuid.UUID, at: Any) -> None:
    before = the(published).revised_at
    said = replace(SAID, checklist_id=the(published).checklist_id)
    at.later(hours=1)
    with transaction():
        events.edit(published, said)
    assert the(published).revised_at == before
    with transaction():
        events.edit(published, replace(said, summary={"en": "New words.", "es": "Palabras nuevas."}))
    assert the(published).revised_at == clock.now()
    assert the(published).sequence == date_of(published).sequence == 0


def test_calendars_learn_how_long_a_visit_takes_now(published: uuid.UUID) -> None:
    said = replace(SAID, checklist_id=the(published).checklist_id)
    with transaction():
        events.edit(published, replace(said, flow_minutes=20))
    assert the(published).sequence == 1, "DTEND is another one"


def test_whoever_has_a_place_is_told_of_another_way_to_join(published: uuid.UUID, world: ModuleType) -> None:
    place, said = attend(published, world), replace(SAID, checklist_id=the(published).checklist_id)
    told = sa.select(sa.func.count()).where(Message.registration_id == place, Message.letter == "new_address")
    with transaction():
        events.edit(published, replace(said, summary={"en": "New words.", "es": "Palabras nuevas."}))
    assert (db.session.scalar(told), the(published).sequence) == (0, 0)
    with transaction():
        events.edit(published, replace(said, format="hybrid", join_link="https://meet.example/a"))
    assert (db.session.scalar(told), the(published).sequence) == (1, 1)
    with transaction():
        events.edit(published, replace(said, format="hybrid", join_link="https://meet.example/b"))
    assert (db.session.scalar(told), the(published).sequence) == (2, 2)


def test_a_link_that_nobody_is_shown_makes_no_letter(published: uuid.UUID, world: ModuleType) -> None:
    place, said = attend(published, world), replace(SAID, checklist_id=the(published).checklist_id)
    with transaction():
        events.edit(published, replace(said, format="in_person", join_link="https://meet.example/a"))
    told = sa.select(sa.func.count()).where(Message.registration_id == place, Message.letter == "new_address")
    assert (db.session.scalar(told), the(published).sequence) == (0, 0)


@pytest.mark.parametrize("admission", ["numbers", "invite_code"])
def test_whoever_has_a_place_keeps_the_way_in(published: uuid.UUID, world: ModuleType, at: Any, admission: str) -> None:
    said = replace(SAID, checklist_id=the(published).checklist_id)
    with transaction():
        db.session.get_one(Event, published).admission = "single_session"
    attend(published, world)
    assert refused(events.edit, published, replace(said, admission=admission)).field == "admission"
    at("2026-12-20 10:00")
    with transaction():
        events.edit(published, replace(said, admission=admission))
    assert the(published).admission == admission, "guests of the past wait for nothing"


def test_an_online_event_without_a_link_is_warned_of(published: uuid.UUID) -> None:
    there = "There is no link to join yet. People get it with their place."
    assert there not in events.warnings(the(published))
    with transaction():
        db.session.get_one(Event, published).format = "hybrid"
    assert there in events.warnings(the(published))
    with transaction():
        db.session.get_one(Event, published).join_link = "https://meet.example/a"
    assert there not in events.warnings(the(published))


def test_an_event_that_is_over_is_not_changed(published: uuid.UUID) -> None:
    with transaction():
        db.session.get_one(Event, published).state = "cancelled"
    assert isinstance(refused(events.edit, published, SAID), Conflict)
    assert isinstance(refused(events.add_date, published, CLINIC), Conflict)
    assert isinstance(refused(events.edit, uuid.uuid4(), SAID), Missing)


def test_a_published_event_keeps_what_publishing_asks_for(published: uuid.UUID) -> None:
    found = refused(events.edit, published, replace(SAID, title={"en": "Only English"}))
    assert isinstance(found, NotReady) and found.problems == ["Write a title in Spanish."]
    too_slow = refused(events.edit, published, replace(SAID, flow_minutes=90))
    assert isinstance(too_slow, NotReady) and "the last time is 12:00 PM" in too_slow.problems[0]
    assert the(published).title["es"] == SAID.title["es"]


# Dates and times


def test_times_are_generated(host: uuid.UUID) -> None:
    event_id = create(host)
    add(event_id, CLINIC)
    slots = date_of(event_id).slots
    assert [f"{slot.starts_local:%H:%M}" for slot in slots] == ["09:30", "10:00", "10:30", "11:00", "11:30", "12:00"]
    assert {slot.seats_limit for slot in slots} == {4}
    assert slots[0].starts_at == clock.to_utc(wall("2026-12-05 09:30"), "America/Chicago")


def test_one_start_is_one_time(host: uuid.UUID) -> None:
    event_id = create(host, admission="single_session")
    add(event_id, Timetable(wall("2026-12-05 18:00"), wall("2026-12-05 19:30"), None, places=40))
    assert [(slot.starts_local.hour, slot.seats_limit) for slot in date_of(event_id).slots] == [(18, 40)]


def test_a_date_gets_its_key_and_its_reminders(host: uuid.UUID) -> None:
    event_id = create(host)
    add(event_id, CLINIC)
    occurrence = date_of(event_id)
    assert len(occurrence.derived_key("field")) == 32
    assert {reminder.days_before for reminder in db.session.scalars(sa.select(Reminder))} == {1, 3}
    assert occurrence.zone == "America/Chicago"


@pytest.mark.parametrize(
    ("kind", "sensitive", "wish", "days"),
    [
        ("education", True, 60, 30),
        ("education", False, 60, 60),
        ("education", True, 14, 14),
        ("education", False, 14, 14),
        ("legal_clinic", False, 60, 30),
    ],
)
def test_personal_data_is_kept_as_short_as_promised(
    host: uuid.UUID, kind: str, sensitive: bool, wish: int, days: int
) -> None:
    with transaction():
        db.session.get_one(Organization, host).retention_days = wish
    event_id = create(host, type=kind, sensitive=sensitive)
    add(event_id, CLINIC)
    assert date_of(event_id).keep_until == CLINIC.ends_local.date() + timedelta(days=days)


@pytest.mark.parametrize("kind", SENSITIVE_TYPES)
def test_some_kinds_are_sensitive_whatever_is_said(host: uuid.UUID, kind: str) -> None:
    event_id = create(host, type=kind, sensitive=False)
    assert the(event_id).sensitive
    found = refused(events.edit, event_id, replace(SAID, type=kind, sensitive=False, retention_days=31))
    assert (found.field, str(found.words)) == ("retention_days", "Write a number from 7 to 30.")
    with transaction():
        events.edit(event_id, replace(SAID, type="education", sensitive=False, retention_days=60))
    assert not the(event_id).sensitive, "other kinds are what the organizer says"


def test_who_was_never_asked_for_full_words_gets_none_once_it_is_sensitive(
    published: uuid.UUID, world: ModuleType
) -> None:
    open_words = replace(SAID, type="education", sensitive=False, checklist_id=the(published).checklist_id)
    with transaction():
        events.edit(published, open_words)
    person = attend(published, world)
    assert world.registration(person).wording == "full"
    with transaction():
        events.edit(published, replace(open_words, sensitive=True))
    assert world.registration(person).is_discreet


def test_becoming_sensitive_shortens_what_is_kept_of_past_dates_too(
    published: uuid.UUID, world: ModuleType, at: Any
) -> None:
    with transaction():
        db.session.get_one(Organization, the(published).organization_id).retention_days = 60
    checklist_id = the(published).checklist_id
    with transaction():
        events.edit(published, replace(SAID, type="education", sensitive=False, checklist_id=checklist_id))
    attend(published, world)
    at(date_of(published).ends_at + timedelta(days=2))
    with transaction():
        events.edit(published, replace(SAID, type="education", sensitive=True, checklist_id=checklist_id))
    assert (date_of(published).keep_until - CLINIC.ends_local.date()).days == 30


def test_becoming_sensitive_shortens_and_keeps_rosters_readable(published: uuid.UUID, world: ModuleType) -> None:
    with transaction():
        db.session.get_one(Organization, the(published).organization_id).retention_days = 60
    checklist_id = the(published).checklist_id
    with transaction():
        events.edit(published, replace(SAID, type="education", sensitive=False, checklist_id=checklist_id))
    assert (date_of(published).keep_until - CLINIC.ends_local.date()).days == 60
    place = attend(published, world)
    with transaction():
        events.edit(published, replace(SAID, type="education", sensitive=True, checklist_id=checklist_id))
    assert (date_of(published).keep_until - CLINIC.ends_local.date()).days == 30
    assert db.session.get_one(Registration, place).name == "Marisol Ortega"
    with transaction():
        events.edit(published, replace(SAID, type="education", sensitive=False, checklist_id=checklist_id))
    assert (date_of(published).keep_until - CLINIC.ends_local.date()).days == 30, "longer than people were told"


GAP = Timetable(wall("2027-03-14 02:30"), wall("2027-03-14 05:00"), None, places=4)


@pytest.mark.parametrize(
    ("timetable", "field", "words"),
    [
        (GAP, "starts", "Clocks skip 2:30 AM"),
        (
            replace(GAP, starts_local=wall("2027-03-14 01:00"), ends_local=wall("2027-03-14 02:45")),
            "ends",
            "Clocks skip",
        ),
        (
            replace(GAP, starts_local=wall("2027-03-14 01:00"), every_minutes=30, last_local=wall("2027-03-14 03:00")),
            "last",
            "Clocks skip 2:00 AM",
        ),
        (replace(CLINIC, ends_local=wall("2026-12-05 09:30")), "ends", "later than the start"),
        (replace(CLINIC, starts_local=wall("2026-11-20 09:00"), ends_local=wall("2026-11-20 12:00")), "day", "over"),
        (
            replace(CLINIC, starts_local=wall("2029-11-21 09:00"), ends_local=wall("2029-11-21 12:00")),
            "day",
            "two years",
        ),
        (
            replace(CLINIC, starts_local=wall("9999-12-31 20:00"), ends_local=wall("9999-12-31 23:59")),
            "day",
            "two years",
        ),
        (replace(CLINIC, last_local=wall("2026-12-05 13:00")), "last", "between"),
        (replace(CLINIC, last_local=wall("2026-12-05 09:00")), "last", "between"),
        (replace(CLINIC, every_minutes=2), "every", "at least 5 minutes"),
        (
            replace(
                CLINIC, starts_local=wall("2026-12-05 00:00"), ends_local=wall("2026-12-05 23:00"), every_minutes=5
            ),
            "every",
            "more than 60",
        ),
        (replace(CLINIC, venue_id=uuid.uuid4()), "venue", "place"),
    ],
)
def test_times_that_cannot_be_are_refused(host: uuid.UUID, timetable: Timetable, field: str, words: str) -> None:
    event_id = create(host)
    found = refused(events.add_date, event_id, timetable)
    assert found.field == field
    assert words in str(found.words)
    assert the(event_id).occurrences == []


def test_the_hour_that_occurs_twice_takes_the_first(host: uuid.UUID) -> None:
    event_id = create(host, admission="single_session")
    add(event_id, Timetable(wall("2027-11-07 01:30"), wall("2027-11-07 05:00"), None, places=4))
    assert f"{date_of(event_id).starts_at:%H:%M}" == "06:30"


def test_the_venue_of_another_organization_is_refused(world: ModuleType, host: uuid.UUID) -> None:
    with transaction():
        foreign = world.venue(world.organization("far-shore"))
    assert refused(events.add_date, create(host), replace(CLINIC, venue_id=foreign)).field == "venue"


def test_a_date_without_people_moves_and_calendars_learn_it(published: uuid.UUID, at: Any) -> None:
    occurrence_id, venue_id = date_of(published).id, date_of(published).venue_id
    at.later(hours=1)
    moved = Timetable(wall("2026-12-06 10:00"), wall("2026-12-06 13:00"), venue_id, 3, 60, wall("2026-12-06 12:00"))
    with transaction():
        events.change_date(occurrence_id, moved)
    occurrence = date_of(published)
    assert (occurrence.sequence, occurrence.revised_at) == (1, clock.now())
    assert [(slot.starts_local.hour, slot.seats_limit) for slot in occurrence.slots] == [(10, 3), (11, 3), (12, 3)]
    day_before = db.session.scalar(sa.select(Reminder.due_at).where(Reminder.days_before == 1))
    assert day_before == clock.to_utc(wall("2026-12-05 10:00"), "America/Chicago")


def test_a_draft_moves_without_a_new_sequence(host: uuid.UUID) -> None:
    event_id = create(host)
    occurrence_id = add(event_id, CLINIC)
    with transaction():
        events.change_date(occurrence_id, replace(CLINIC, ends_local=wall("2026-12-05 14:00")))
    assert date_of(event_id).sequence == 0


def test_a_date_with_people_stays(published: uuid.UUID, world: ModuleType, venue: uuid.UUID) -> None:
    place = attend(published, world)
    occurrence_id = date_of(published).id
    planned = replace(CLINIC, venue_id=venue)
    with transaction():
        other = world.venue(the(published).organization_id)
    for moved in (
        replace(planned, ends_local=wall("2026-12-05 14:00")),
        replace(planned, venue_id=other),
        replace(planned, starts_local=wall("2026-12-05 09:00")),
    ):
        assert "People have a place" in str(refused(events.change_date, occurrence_id, moved).words)
    assert "People have a place" in str(refused(events.remove_date, occurrence_id).words)
    with transaction():
        registrations.cancel(place)
    with transaction():
        events.remove_date(occurrence_id)
    assert date_of(published).state == "cancelled"


def test_limits_never_fall_below_what_is_taken(published: uuid.UUID, world: ModuleType, venue: uuid.UUID) -> None:
    attend(published, world, party=3)
    occurrence_id = date_of(published).id
    planned = replace(CLINIC, venue_id=venue)
    assert refused(events.change_date, occurrence_id, replace(planned, places=2)).field == "places"
    with transaction():
        events.change_date(occurrence_id, replace(planned, places=3))
    assert [(slot.seats_taken, slot.seats_limit) for slot in date_of(published).slots][:2] == [(3, 3), (0, 3)]
    assert date_of(published).sequence == 0, "numbers are no news for calendars"


def test_times_without_people_may_go_and_others_stay(published: uuid.UUID, world: ModuleType, venue: uuid.UUID) -> None:
    attend(published, world, slot=1)
    cancelled = attend(published, world, slot=3, contact_kind="phone", contact="312-555-0143")
    with transaction():
        registrations.cancel(cancelled)
    occurrence_id = date_of(published).id
    planned = replace(CLINIC, venue_id=venue)
    assert "10:00 AM" in str(refused(events.change_date, occurrence_id, replace(planned, every_minutes=60)).words)
    with transaction():
        events.change_date(occurrence_id, replace(planned, last_local=wall("2026-12-05 10:30")))
    assert [f"{slot.starts_local:%H:%M}" for slot in date_of(published).slots] == ["09:30", "10:00", "10:30"]
    assert db.session.get_one(Registration, cancelled).slot_id is None


def test_no_date_is_there_twice(published: uuid.UUID, venue: uuid.UUID) -> None:
    """Nor is one changed into another; but where one was called off, or at another place, one can be."""
    first = replace(CLINIC, venue_id=venue)
    assert refused(events.add_date, published, replace(first, places=9)).field == "day"
    later = add(published, replace(first, starts_local=wall("2026-12-05 09:45")))
    assert refused(events.change_date, later, first).field == "day"
    with transaction():
        events.change_date(later, replace(first, starts_local=wall("2026-12-05 09:45"), places=9))
        events.change_date(date_of(published).id, replace(first, places=9))
    assert len(the(published).occurrences) == 2
    with transaction():
        events.remove_date(date_of(published).id)
    add(published, first)
    assert [date.state for date in the(published).occurrences].count("scheduled") == 2


def test_a_date_of_a_draft_is_removed_with_all_that_hangs_on_it(host: uuid.UUID) -> None:
    event_id = create(host)
    occurrence_id = add(event_id, CLINIC)
    with transaction():
        events.remove_date(occurrence_id)
    assert the(event_id).occurrences == []
    for noun in (Slot, Reminder):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(noun)) == 0


def test_what_nobody_saw_goes_also_when_it_is_over(host: uuid.UUID, published: uuid.UUID, at: Any) -> None:
    event_id = create(host)
    never_seen, seen = add(event_id, CLINIC), date_of(published).id
    at("2026-12-06 10:00")
    with transaction():
        events.remove_date(never_seen)
    assert the(event_id).occurrences == []
    assert isinstance(refused(events.remove_date, seen), Conflict)
    assert date_of(published).state == "scheduled"


def test_a_draft_is_thrown_away_with_all_that_hangs_on_it(host: uuid.UUID, at: Any) -> None:
    event_id, other = create(host), create(host)
    add(event_id, CLINIC)
    past = add(event_id, replace(CLINIC, starts_local=wall("2026-12-04 09:30"), ends_local=wall("2026-12-04 13:00"),
                                 last_local=wall("2026-12-04 12:00")))  # fmt: skip
    kept = add(other, CLINIC)
    at("2026-12-04 20:00")
    with transaction():
        events.discard(event_id)
    assert isinstance(refused(events.discard, event_id), Missing)
    assert isinstance(refused(events.remove_date, past), Missing)
    assert list(db.session.scalars(sa.select(Event.id))) == [other]
    assert list(db.session.scalars(sa.select(Occurrence.id))) == [kept]
    assert set(db.session.scalars(sa.select(Slot.occurrence_id))) == {kept}
    assert set(db.session.scalars(sa.select(Reminder.occurrence_id))) == {kept}


@pytest.mark.parametrize("state", ["published", "draft", "cancelled", "completed"])
def test_what_was_ever_public_is_not_thrown_away(published: uuid.UUID, state: str) -> None:
    with transaction():
        the(published).state = state
    assert isinstance(refused(events.discard, published), Conflict)
    assert the(published).occurrences


def begin(host: uuid.UUID, *cohosts: uuid.UUID, **changes: Any) -> uuid.UUID:
    with transaction():
        return events.draft(host, replace(SAID, **changes), cohosts).id


def test_the_same_form_twice_begins_one_draft(host: uuid.UUID, world: ModuleType, at: Any) -> None:
    with transaction():
        partner = world.organization("far-shore")
    first = begin(host, partner)
    assert begin(host, partner) == first
    assert (the(first).slug, [cohost.id for cohost in the(first).cohosts]) == ("free-legal-clinic-pilsen", [partner])
    others = [begin(host), begin(host, partner, party_max=2), begin(host, partner, walk_ins=False), begin(partner)]
    assert len({first, *others}) == 5
    add(first, CLINIC)
    assert begin(host, partner) == first, "its dates are no answer of this form"
    at.later(seconds=61)
    assert begin(host, partner) not in (first, *others), "a minute later it is meant"


@pytest.mark.race
@pytest.mark.xdist_group("crowds")
def test_presses_at_the_same_moment_begin_one_draft(app: Flask, host: uuid.UUID) -> None:
    together = threading.Barrier(6)

    def press(_number: int) -> uuid.UUID:
        with app.app_context():
            together.wait(30)
            return begin(host)

    with ThreadPoolExecutor(6) as threads:
        begun = set(threads.map(press, range(6)))
    db.session.rollback()
    assert list(db.session.scalars(sa.select(Event.id))) == [*begun]


def test_what_is_public_already_is_not_begun_again(published: uuid.UUID, host: uuid.UUID) -> None:
    assert begin(host, checklist_id=the(published).checklist_id) != published


def test_a_public_date_is_called_off_so_that_calendars_learn_it(published: uuid.UUID) -> None:
    occurrence_id = date_of(published).id
    with transaction():
        events.remove_date(occurrence_id)
    assert (date_of(published).state, date_of(published).sequence) == ("cancelled", 1)
    assert isinstance(refused(events.change_date, occurrence_id, CLINIC), Conflict)


def test_the_way_in_stays_while_there_are_dates(published: uuid.UUID) -> None:
    assert refused(events.edit, published, replace(SAID, admission="single_session")).field == "admission"
    with transaction():
        events.edit(published, replace(SAID, visibility="unlisted"))


def test_what_people_signed_up_for_is_not_hidden_from_them(published: uuid.UUID, world: ModuleType) -> None:
    """On whichever date; once all gave their place back nobody looks for the page any more."""
    day = {name: getattr(CLINIC, name) + timedelta(days=1) for name in ("starts_local", "ends_local", "last_local")}
    second = add(published, replace(CLINIC, venue_id=date_of(published).venue_id, **day))  # type: ignore[arg-type]
    slot_id = db.session.get_one(Occurrence, second).slots[0].id
    with transaction():
        person = registrations.register(second, slot_id, world.attendee(), "form").id
    hidden = replace(SAID, visibility="private", checklist_id=the(published).checklist_id)
    assert refused(events.edit, published, hidden).field == "visibility"
    assert the(published).visibility == "public"
    with transaction():
        events.edit(published, replace(hidden, visibility="unlisted"))
    with transaction():
        registrations.cancel(person)
    with transaction():
        events.edit(published, hidden)
    assert the(published).visibility == "private"
    attend(published, world)
    with transaction():
        events.edit(published, replace(hidden, summary={"en": "Bring a pen.", "es": "Traiga una pluma."}))


def test_retime_follows_new_rules_of_a_zone(published: uuid.UUID) -> None:
    right = date_of(published).starts_at
    with transaction():
        occurrence = db.session.get_one(Occurrence, date_of(published).id)
        occurrence.starts_at = right - timedelta(hours=1)
    with transaction():
        assert events.retime_future() == 1
    with transaction():
        assert events.retime_future() == 0
    assert date_of(published).starts_at == right


# Publishing


def test_publishing(host: uuid.UUID, venue: uuid.UUID) -> None:
    event_id = create(host)
    add(event_id, replace(CLINIC, venue_id=venue))
    with transaction():
        events.publish(event_id)
    assert (the(event_id).state, the(event_id).published_at) == ("published", clock.now())
    with transaction():
        events.publish(event_id)
    assert the(event_id).state == "published"


def problems_of(event_id: uuid.UUID) -> list[str]:
    found = refused(events.publish, event_id)
    assert isinstance(found, NotReady) and the(event_id).state == "draft"
    return found.problems


def test_an_empty_draft_lacks_titles_and_dates(host: uuid.UUID) -> None:
    assert problems_of(create(host, title={})) == [
        "Write a title in English.",
        "Write a title in Spanish.",
        "Add a date that is still to come.",
    ]


def test_a_date_needs_a_place_an_address_a_way_there_and_room(world: ModuleType, host: uuid.UUID) -> None:
    event_id = create(host)
    occurrence_id = add(event_id, replace(CLINIC, places=0))
    assert problems_of(event_id) == ["Sat, Dec 5: choose a place.", "Sat, Dec 5: say how many places there are."]
    with transaction():
        bare = world.venue(host)
        events.change_date(occurrence_id, replace(CLINIC, venue_id=bare))
        place = date_of_session(event_id).venue
        place.address, place.transit = "", {"en": ""}
    assert problems_of(event_id) == [
        "Sat, Dec 5: the place “Harbor Street Library” has no address.",
        "Sat, Dec 5: say how to get to “Harbor Street Library” by train or bus.",
    ]


def date_of_session(event_id: uuid.UUID) -> Any:
    return db.session.get_one(Event, event_id).occurrences[0]


@pytest.mark.parametrize("kind", ["hidden", "online"])
def test_hidden_and_online_places_need_no_address(world: ModuleType, host: uuid.UUID, kind: str) -> None:
    event_id = create(host)
    with transaction():
        place_id = world.venue(host, **{kind: True})
        events.add_date(event_id, replace(CLINIC, venue_id=place_id))
    with transaction():
        events.publish(event_id)


def test_the_last_time_leaves_enough_for_a_visit(host: uuid.UUID, venue: uuid.UUID) -> None:
    event_id = create(host, flow_minutes=75)
    add(event_id, replace(CLINIC, venue_id=venue))
    assert problems_of(event_id) == [
        "Sat, Dec 5: the last time is 12:00 PM, but a visit takes 75 minutes. Make 11:45 AM the last time."
    ]


def test_an_overdue_list_stops_publishing(world: ModuleType, host: uuid.UUID, venue: uuid.UUID) -> None:
    with transaction():
        checklist_id = world.checklist(host)
        db.session.get_one(Checklist, checklist_id).review_every_days = 5
    event_id = create(host, checklist_id=checklist_id)
    add(event_id, replace(CLINIC, venue_id=venue))
    assert problems_of(event_id) == ["The list of what to bring is due for review. Review it, then publish."]


def test_an_overdue_list_of_a_published_event_is_to_be_reviewed_only(
    world: ModuleType, host: uuid.UUID, venue: uuid.UUID
) -> None:
    with transaction():
        checklist_id = world.checklist(host)
    event_id = create(host, checklist_id=checklist_id)
    add(event_id, replace(CLINIC, venue_id=venue))
    with transaction():
        event = events.publish(event_id)
        db.session.get_one(Checklist, checklist_id).review_every_days = 5
        (found,) = events.problems(event)
    assert found.startswith("The list of what to bring is due for review.") and "publish" not in found


def test_who_takes_numbers_says_for_how_many(host: uuid.UUID, venue: uuid.UUID, world: ModuleType) -> None:
    """Where there are no places, everybody who walks in would be told that it is full."""
    with transaction():
        checklist_id = world.checklist(host)
    event_id = create(host, checklist_id=checklist_id, admission="numbers")
    add(event_id, replace(CLINIC, venue_id=venue, places=0))
    assert any("say how many places there are" in problem for problem in problems_of(event_id))


def test_warnings_do_not_stop_publishing(host: uuid.UUID, venue: uuid.UUID) -> None:
    event_id = create(host, summary={"en": "Only English."}, languages=[])
    add(event_id, replace(CLINIC, venue_id=venue))
    with transaction():
        event = events.publish(event_id)
        assert events.warnings(event) == [
            "There is no summary in Spanish.",
            "Nobody knows yet which languages are spoken there.",
            "There is no list of what to bring.",
        ]


def test_a_date_that_is_over_does_not_count(host: uuid.UUID, venue: uuid.UUID, at: Any) -> None:
    event_id = create(host)
    add(event_id, replace(CLINIC, venue_id=venue))
    at("2026-12-06 10:00")
    assert problems_of(event_id) == ["Add a date that is still to come."]


def test_people_may_come_and_are_reminded_after_publishing(published: uuid.UUID, world: ModuleType, at: Any) -> None:
    attend(published, world)
    at("2026-12-04 10:00")
    with transaction():
        assert reminders.write_due() == 1


def test_a_week_key_stands_before_the_date_needs_it(host: uuid.UUID) -> None:
    event_id = create(host)
    add(event_id, CLINIC)
    assert len(keyring.current().week_key(date_of(event_id).key_week)) == 32
