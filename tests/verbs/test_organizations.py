"""Organizations: members, places and lists."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import organizations
from scheduler.core.errors import Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import checklist as lists
from scheduler.models import message as letters
from scheduler.models import venue as places
from scheduler.models.checklist import Checklist
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import Message
from scheduler.models.user import Membership
from scheduler.models.venue import Venue
from scheduler.organizations import ChecklistContent, VenueFacts

LIBRARY = VenueFacts(
    name="Harbor Street Library",
    address="1810 S. Harbor St.",
    zip_code="60608",
    area="Pilsen",
    transit={"en": "Bus 60", "es": "Autobús 60"},
    access=["step_free"],
)
PAPERS = ChecklistContent(
    title={"en": "Papers", "es": "Papeles"},
    items=[{"text": {"en": "Your letters.", "es": "Sus cartas."}, "need": "bring"}],
    reviewed_on=date(2026, 11, 1),
    reviewed_by_role="Supervising attorney",
)


@pytest.fixture
def host(app: Flask, world: ModuleType) -> uuid.UUID:
    with transaction():
        return world.organization()


@dataclass
class People:
    """A date at a place of the host, and who is on it: with a place by mail, by phone, without contact; and in line."""

    posted: Posted
    places: dict[uuid.UUID, str]

    def save(self, **facts: Any) -> None:
        """Change the place: all that is not named stays as it was."""
        venue = fresh(Venue, self.posted.venue_id)
        same = {name: getattr(venue, name) for name in VenueFacts.__dataclass_fields__}
        with transaction():
            organizations.save_venue(self.posted.organization_id, VenueFacts(**(same | facts)), self.posted.venue_id)

    def told(self) -> dict[str, str]:
        """Who is to be told of the address, and how."""
        return {self.places[row[0]]: row[1] for row in self.letters()}

    def letters(self) -> list[Any]:
        """Each letter or call about the address."""
        query = sa.select(Message.registration_id, Message.channel).where(Message.letter == letters.NEW_ADDRESS)
        return list(db.session.execute(query))


@pytest.fixture
def people(world: ModuleType, at: Any) -> People:
    at("2026-11-20 10:00")
    with transaction():
        posted = world.workshop(seats=3)
        kinds = {"mailed": {}, "phones": {"contact_kind": "phone", "contact": "312-555-0144"},
                 "none": {"contact_kind": "none", "contact": ""}, "in line": {"contact": "w@post.example"}}  # fmt: skip
        found = People(posted, {world.attends(posted, **more): who for who, more in kinds.items()})
        for message in db.session.scalars(sa.select(Message)):
            message.state = letters.SENT
    return found


def fresh(kind: Any, row_id: uuid.UUID) -> Any:
    return db.session.get_one(kind, row_id, populate_existing=True)


def test_an_organization_is_made_once(app: Flask) -> None:
    with transaction():
        made = organizations.create_organization(slug="dawn", name="Dawn House", area="Pilsen", languages=["en"])
        assert (made.slug, made.area, made.retention_days) == ("dawn", "Pilsen", 30)
    with pytest.raises(Refusal) as refused, transaction():
        organizations.create_organization(slug="dawn", name="Another")
    assert refused.value.field == "slug"


def test_a_member_has_one_role_which_can_change(world: ModuleType) -> None:
    with transaction():
        robin = world.organizer("checkin_lead")
    with transaction():
        organizations.add_member(robin.organization_id, robin.user_id, "coordinator")
    assert [member.role for member in db.session.scalars(sa.select(Membership))] == ["coordinator"]


def test_a_member_can_be_taken_out_of_one_organization(world: ModuleType) -> None:
    with transaction():
        robin, other = world.organizer(), world.organization("far-shore")
        organizations.add_member(other, robin.user_id, "coordinator")
        stays = world.organizer()
    with transaction():
        organizations.remove_member(robin.organization_id, robin.user_id)
    left = {(member.user_id, member.organization_id) for member in db.session.scalars(sa.select(Membership))}
    assert left == {(robin.user_id, other), (stays.user_id, stays.organization_id)}
    for nobody in (robin.user_id, uuid.uuid4()):
        with pytest.raises(Missing), transaction():
            organizations.remove_member(robin.organization_id, nobody)


class TestVenues:
    def test_a_place_is_made_and_changed(self, host: uuid.UUID) -> None:
        with transaction():
            venue_id = organizations.save_venue(host, LIBRARY).id
        with transaction():
            organizations.save_venue(host, replace(LIBRARY, room="Room 3"), venue_id)
        kept = fresh(Venue, venue_id)
        assert (kept.organization_id, kept.room, kept.access) == (host, "Room 3", ["step_free"])

    def test_nobody_changes_anothers_place_or_a_shared_one(self, host: uuid.UUID, world: ModuleType) -> None:
        with transaction():
            other = world.organization("far-shore")
            theirs = organizations.save_venue(other, LIBRARY).id
            shared = Venue(id=uuid.uuid4(), organization_id=None, name="Everybody's hall")
            db.session.add(shared)
        for venue_id in (theirs, shared.id, uuid.uuid4()):
            with pytest.raises(Missing), transaction():
                organizations.save_venue(host, replace(LIBRARY, name="Stolen"), venue_id)
        assert "Stolen" not in db.session.scalars(sa.select(Venue.name)).all()

    def test_own_places_come_first_then_the_shared_ones(self, host: uuid.UUID, world: ModuleType) -> None:
        with transaction():
            organizations.save_venue(host, replace(LIBRARY, name="Zinnia Room"))
            organizations.save_venue(world.organization("far-shore"), replace(LIBRARY, name="Theirs"))
            db.session.add(Venue(organization_id=None, name="A hall"))
        assert [venue.name for venue in places.within_reach([host])] == ["Zinnia Room", "A hall"]

    def test_calendars_and_search_learn_of_a_change(self, world: ModuleType, at: Any) -> None:
        at("2026-07-20 10:00")
        with transaction():
            long_ago = world.clinic()
        at("2026-11-20 10:00")
        with transaction():
            coming = world.clinic(venue_id=long_ago.venue_id)
            past = world.clinic(starts_local=world.a_day_ahead(-30, "09:00"), venue_id=coming.venue_id)
        now = at("2026-11-21 10:00")
        with transaction():
            organizations.save_venue(coming.organization_id, replace(LIBRARY, area="Little Village"), coming.venue_id)
        event, over = fresh(Event, coming.event_id), fresh(Event, past.event_id)
        assert (event.sequence, over.sequence) == (1, 0)
        assert event.revised_at == now == over.revised_at, "feeds hold three months of the past"
        assert fresh(Event, long_ago.event_id).revised_at < now
        assert fresh(Occurrence, past.occurrence_id).revised_at == now
        assert fresh(Occurrence, coming.occurrence_id).revised_at == now
        assert "little village" in event.search_text and "pilsen" not in event.search_text

    def test_whoever_has_a_place_is_told_of_a_new_address(self, people: People) -> None:
        people.save(address="2 W. Pier St.")
        assert people.told() == {"mailed": letters.EMAIL, "phones": letters.CALL, "none": letters.CALL}
        people.save(address="2 W. Pier St.", room="Room 9")
        kinds = Counter(row[1] for row in people.letters())
        assert kinds == {letters.EMAIL: 2, letters.CALL: 2}, "of the next one, too; one call tells of both"
        waiting = sa.select(Message.dedupe_key).where(
            Message.letter == letters.NEW_ADDRESS, Message.channel == letters.EMAIL, Message.state == letters.WAITING
        )
        [last] = db.session.scalars(waiting)
        assert "new_address-2" in last, "two letters would tell the same, since they are written when they go"

    @pytest.mark.parametrize(
        "better",
        [
            {"name": "Harbor St. Library"},
            {"address": "1810 S Harbor St"},
            {"transit": {"en": "Bus 60, stop Harbor", "es": "Autobús 60, parada Harbor"}},
            {"parking": "Behind the house"},
        ],
    )
    def test_better_words_for_the_same_place_make_no_letters(self, people: People, better: dict[str, Any]) -> None:
        people.save(**better)
        assert people.told() == {}
        assert fresh(Event, people.posted.event_id).sequence == ("name" in better), "SEQUENCE: not on description"

    def test_dates_that_are_over_off_or_elsewhere_do_not_hear_of_it(self, people: People, at: Any) -> None:
        with transaction():
            fresh(Occurrence, people.posted.occurrence_id).state = "cancelled"
        people.save(room="Room 9")
        with transaction():
            fresh(Occurrence, people.posted.occurrence_id).state = "scheduled"
        at.later(days=30)
        people.save(room="Room 10")
        assert people.told() == {}

    def test_who_must_be_called_about_the_place_itself_hears_it_then(self, people: People) -> None:
        with transaction():
            for message in db.session.scalars(sa.select(Message).where(Message.channel == letters.CALL)):
                message.state = letters.WAITING
        people.save(room="Room 9")
        assert people.told() == {"mailed": letters.EMAIL}

    def test_saving_without_a_change_tells_nobody(self, world: ModuleType, at: Any) -> None:
        at("2026-11-20 10:00")
        with transaction():
            coming = world.clinic()
            venue_id = organizations.save_venue(coming.organization_id, LIBRARY).id
            fresh(Occurrence, coming.occurrence_id).venue_id = venue_id
        with transaction():
            organizations.save_venue(coming.organization_id, LIBRARY, venue_id)
        assert fresh(Event, coming.event_id).sequence == 0

    def test_a_new_address_loses_the_old_point_on_the_map(self, host: uuid.UUID) -> None:
        with transaction():
            venue = organizations.save_venue(host, LIBRARY)
            venue.latitude, venue.longitude = 41.8, -87.6
        with transaction():
            organizations.save_venue(host, replace(LIBRARY, room="Room 3"), venue.id)
        assert fresh(Venue, venue.id).latitude == 41.8
        with transaction():
            organizations.save_venue(host, replace(LIBRARY, address="2 W. Pier St."), venue.id)
        assert fresh(Venue, venue.id).latitude is None


class TestChecklists:
    def test_a_change_makes_a_version_and_the_old_one_stays_as_it_was(self, host: uuid.UUID) -> None:
        with transaction():
            first = organizations.save_checklist(host, PAPERS).id
        changed = replace(PAPERS, title={"en": "Papers to bring", "es": "Papeles para traer"})
        with transaction():
            second = organizations.save_checklist(host, changed, first).id
        old, new = fresh(Checklist, first), fresh(Checklist, second)
        assert (old.version, old.replaced, old.title["en"]) == (1, True, "Papers")
        assert (new.version, new.replaced, new.title["en"]) == (2, False, "Papers to bring")
        assert old.series == new.series
        assert [found.id for found in lists.current([host])] == [second]

    def test_only_one_of_two_writers_replaces_a_version(self, host: uuid.UUID) -> None:
        with transaction():
            first = organizations.save_checklist(host, PAPERS).id
        with transaction():
            organizations.save_checklist(host, replace(PAPERS, source_label="One"), first)
        with pytest.raises(Conflict), transaction():
            organizations.save_checklist(host, replace(PAPERS, source_label="Two"), first)
        assert [found.source_label for found in lists.current([host])] == ["One"]

    def test_nothing_changed_is_no_new_version(self, host: uuid.UUID) -> None:
        with transaction():
            first = organizations.save_checklist(host, PAPERS).id
        with transaction():
            assert organizations.save_checklist(host, PAPERS, first).id == first
        assert not fresh(Checklist, first).replaced

    def test_events_to_come_take_the_new_version_and_past_ones_keep_theirs(self, world: ModuleType) -> None:
        with transaction():
            posted, done, off = world.clinic(), world.clinic(), world.clinic()
            for other, state in ((done, "completed"), (off, "cancelled")):
                event = fresh(Event, other.event_id)
                event.checklist_id, event.state = posted.checklist_id, state
        with transaction():
            second = organizations.save_checklist(posted.organization_id, PAPERS, posted.checklist_id).id
        taken = [fresh(Event, one.event_id).checklist_id for one in (posted, done, off)]
        assert taken == [second, posted.checklist_id, posted.checklist_id]

    def test_nobody_changes_anothers_list_or_a_shared_one(self, host: uuid.UUID, world: ModuleType) -> None:
        with transaction():
            theirs = organizations.save_checklist(world.organization("far-shore"), PAPERS).id
            shared = Checklist(
                id=uuid.uuid4(), organization_id=None, title=PAPERS.title, items=[], reviewed_on=PAPERS.reviewed_on
            )
            db.session.add(shared)
        for checklist_id in (theirs, shared.id, uuid.uuid4()):
            with pytest.raises(Missing), transaction():
                organizations.save_checklist(host, PAPERS, checklist_id)
        assert len(lists.current([host])) == 1
