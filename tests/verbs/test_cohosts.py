"""Co-hosts: named to people who sign up, and only then may they see them; and how long, and who else may come."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from scheduler import events, registrations
from scheduler.core.errors import Conflict, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.events import Announcement
from scheduler.models.event import Event, Occurrence
from scheduler.models.organization import Organization

SAID = Announcement(
    type="education",
    title={"en": "Paper Evening", "es": "Tarde de papeles"},
    summary={"en": "We fill in the forms.", "es": "Llenamos los formularios."},
    languages=["en", "es"],
    format="in_person",
    admission="single_session",
    sensitive=False,
)


@pytest.fixture
def posted(app: Flask, world: ModuleType, at: Any) -> Posted:
    at("2026-11-20 10:00")
    with transaction():
        return world.workshop()  # type: ignore[no-any-return]


@pytest.fixture
def partner(world: ModuleType, posted: Posted) -> uuid.UUID:
    with transaction():
        return world.organization("far-shore")  # type: ignore[no-any-return]


def name(posted: Posted, *organizations: uuid.UUID) -> None:
    with transaction():
        events.name_cohosts(posted.event_id, organizations)


def named(posted: Posted) -> list[uuid.UUID]:
    db.session.rollback()
    return [found.id for found in db.session.get_one(Event, posted.event_id).cohosts]


def test_they_are_named_and_taken_back(posted: Posted, partner: uuid.UUID, at: Any) -> None:
    later = at("2026-11-20 11:00")
    name(posted, partner)
    assert named(posted) == [partner]
    assert db.session.get_one(Event, posted.event_id).revised_at == later
    at("2026-11-20 12:00")
    name(posted, partner)
    assert db.session.get_one(Event, posted.event_id).revised_at == later, "no change, no stamp"
    name(posted)
    assert named(posted) == []


def test_nobody_is_added_once_anybody_has_signed_up(posted: Posted, partner: uuid.UUID, world: ModuleType) -> None:
    with transaction():
        place = world.attends(posted)
    with pytest.raises(Conflict) as found:
        name(posted, partner)
    assert found.value.field == "cohosts" and "were not told" in str(found.value.words)
    with transaction():
        registrations.cancel(place)
    with pytest.raises(Conflict):
        name(posted, partner)
    assert named(posted) == []


def test_who_is_named_may_stay_or_go_while_people_are_signed_up(
    posted: Posted, partner: uuid.UUID, world: ModuleType
) -> None:
    name(posted, partner)
    with transaction():
        world.attends(posted)
    name(posted, partner)
    assert named(posted) == [partner]
    name(posted)
    assert named(posted) == []
    with pytest.raises(Conflict):
        name(posted, partner)


def test_only_organizations_that_are_there_and_not_the_host(posted: Posted) -> None:
    for wrong in (uuid.uuid4(), posted.organization_id):
        with pytest.raises(Refusal) as found:
            name(posted, wrong)
        assert found.value.field == "cohosts"


# How long data is kept


def kept(posted: Posted) -> int:
    db.session.rollback()
    occurrence = db.session.get_one(Occurrence, posted.occurrence_id)
    return (occurrence.keep_until - occurrence.ends_local.date()).days


def say(posted: Posted, **changes: Any) -> None:
    with transaction():
        events.edit(posted.event_id, replace(SAID, **changes))


@pytest.mark.parametrize(
    ("organization", "wish", "sensitive", "days"),
    [
        (30, None, False, 30),
        (30, 7, False, 7),
        (30, 60, False, 30),
        (60, 45, False, 45),
        (60, None, True, 30),
        (60, 14, True, 14),
        (14, 30, True, 14),
    ],
)
def test_the_shortest_of_kind_organization_and_event(
    posted: Posted, organization: int, wish: int | None, sensitive: bool, days: int
) -> None:
    with transaction():
        db.session.get_one(Organization, posted.organization_id).retention_days = organization
    say(posted, retention_days=wish, sensitive=sensitive)
    assert kept(posted) == days
    event = db.session.get_one(Event, posted.event_id)
    assert events.retention_days(event) == days


@pytest.mark.parametrize(
    ("wish", "sensitive", "most"), [(6, False, 60), (61, False, 60), (31, True, 30), (0, True, 30)]
)
def test_a_wish_outside_what_may_be(posted: Posted, wish: int, sensitive: bool, most: int) -> None:
    with pytest.raises(Refusal) as found:
        say(posted, retention_days=wish, sensitive=sensitive)
    assert found.value.field == "retention_days"
    assert str(found.value.words) == f"Write a number from 7 to {most}."


def test_never_longer_than_people_were_told(posted: Posted, world: ModuleType) -> None:
    say(posted, retention_days=10)
    assert kept(posted) == 10
    with transaction():
        place = world.attends(posted)
    say(posted, retention_days=30)
    assert kept(posted) == 10, "people were promised 10 days"
    say(posted, retention_days=7)
    assert kept(posted) == 7, "sooner is always fine"
    say(posted, retention_days=None)
    assert kept(posted) == 7
    assert world.registration(place).name == "Marisol Ortega", "its key moved along with the week"


def test_a_new_date_follows_the_new_wish(posted: Posted, world: ModuleType) -> None:
    say(posted, retention_days=10)
    with transaction():
        world.attends(posted)
    say(posted, retention_days=20)
    timetable = events.Timetable(datetime(2026, 12, 19, 18), datetime(2026, 12, 19, 19), posted.venue_id, places=4)
    with transaction():
        fresh = events.add_date(posted.event_id, timetable)
        assert (fresh.keep_until - fresh.ends_local.date()).days == 20
    assert kept(posted) == 10


def test_walk_ins_are_welcome_unless_the_host_says_no(posted: Posted) -> None:
    assert db.session.get_one(Event, posted.event_id).walk_ins
    say(posted, walk_ins=False)
    assert not db.session.get_one(Event, posted.event_id).walk_ins
