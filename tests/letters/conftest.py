"""One clinic, one person, and every letter that she may get."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, letters, organizations, outbox, registrations, reminders, waitlist
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models import message as kinds
from scheduler.models.checklist import Checklist
from scheduler.models.event import Event
from scheduler.models.message import Message
from scheduler.models.registration import Registration
from scheduler.models.reminder import Reminder
from scheduler.models.user import User
from scheduler.models.venue import Venue
from scheduler.models.whole import whole
from scheduler.registrations import Wishes

from ..ground.houses import House

TODAY = "2026-11-21 10:00"
REASON = {"en": "No heat in the building.", "es": "El edificio no tiene calefacción."}
EVENING = {"en": "DACA Renewal Evening", "es": "Tarde de renovación de DACA"}
TITLE = {"en": "DACA Renewal Workshop in Pilsen", "es": "Taller de renovación de DACA en Pilsen"}
CLINIC = {
    "type": "daca_renewal", "slug": "daca-renewal-pilsen", "title": TITLE, "flow_minutes": 129,
    "amenities": ["free", "step_free", "child_care"],
}  # fmt: skip
REGISTRATION_LETTERS = [kinds.CONFIRMATION, kinds.WAITLIST_JOINED, kinds.OFFER, kinds.REMINDER, kinds.CANCELLATION_OWN,
                        kinds.CHANGE, kinds.CANCELLATION_HOST, kinds.MOVE, kinds.NEW_ADDRESS]  # fmt: skip


class Scene:
    """Lets something happen, and gives the letter that comes of it."""

    def __init__(self, world: ModuleType, at: Any) -> None:
        self.world, self.at = world, at
        self.registration_id = self.inside = uuid.UUID(int=0)
        at(TODAY)

    def letter(self, kind: str, **person: Any) -> letters.Letter:
        """The letter of this kind; `person` changes Marisol, `event` the clinic."""
        make = {
            kinds.CONFIRMATION: self.confirmation,
            kinds.WAITLIST_JOINED: self.waitlist_joined,
            kinds.OFFER: self.offer,
            kinds.REMINDER: self.reminder,
            kinds.CANCELLATION_OWN: self.cancellation_own,
            kinds.CHANGE: self.change,
            kinds.CANCELLATION_HOST: self.cancellation_host,
            kinds.MOVE: self.move,
            kinds.NEW_ADDRESS: self.new_address,
        }
        return make[kind](**person)

    def confirmation(self, event: dict[str, Any] | None = None, **person: Any) -> letters.Letter:
        with transaction():
            posted = self.world.clinic(**(CLINIC | (event or {})))
            self.registration_id = self.world.attends(posted, **person)
        return self.composed(kinds.CONFIRMATION)

    def waitlist_joined(self, event: dict[str, Any] | None = None, **person: Any) -> letters.Letter:
        with transaction():
            posted = self.world.clinic(slots=1, seats=1, **(CLINIC | (event or {})))
            self.inside = self.world.attends(posted, contact="first@post.example")
            self.registration_id = self.world.attends(posted, **person)
        return self.composed(kinds.WAITLIST_JOINED)

    def offer(self, lapses: int = 0, **person: Any) -> letters.Letter:
        self.waitlist_joined(**person)
        with transaction():
            self.world.registration(self.registration_id).lapses = lapses
            registrations.cancel(self.inside)
        return self.composed(kinds.OFFER)

    def reminder(self, days: int = 3, new_list: bool = False, **person: Any) -> letters.Letter:
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
        if new_list:
            told = self.world.registration(self.registration_id).checklist_id
            assert told is not None
            self.new_list(told)
        occurrence_id = self.world.registration(self.registration_id).occurrence_id
        due = sa.select(Reminder.due_at).where(Reminder.occurrence_id == occurrence_id, Reminder.days_before == days)
        self.at(db.session.scalars(due).one())
        with transaction():
            reminders.write_due()
        return self.composed(kinds.REMINDER)

    def cancellation_own(self, **person: Any) -> letters.Letter:
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
        self.at.later(hours=2)
        with transaction():
            registrations.cancel(self.registration_id)
        return self.composed(kinds.CANCELLATION_OWN)

    def cancellation_own_while_off(self, **person: Any) -> letters.Letter:
        """The host calls the clinic off, and she gives her place back before the letter about it goes."""
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
        with transaction():
            events.cancel_date(self.world.registration(self.registration_id).occurrence_id, REASON)
        with transaction():
            registrations.cancel(self.registration_id)
        return self.composed(kinds.CANCELLATION_OWN)

    def change(self, **person: Any) -> letters.Letter:
        """She comes later, and with her mother."""
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
        self.at.later(hours=2)
        registration = self.world.registration(self.registration_id)
        wishes = replace(Wishes.of(registration), slot_id=registration.occurrence.slots[2].id, party=2)
        with transaction():
            registrations.change(self.registration_id, wishes)
        return self.composed(kinds.CHANGE)

    def change_in_line(self, offered: bool, **person: Any) -> letters.Letter:
        """She waits, or was just offered a place, and wants to speak and read another language."""
        self.waitlist_joined(**person)
        first = sa.select(Registration.id).where(Registration.number == 1)
        with transaction():
            if offered:
                registrations.cancel(db.session.scalars(first).one())
            registration = self.world.registration(self.registration_id)
            language = "en" if registration.language == "es" else "es"
            registrations.change(self.registration_id, replace(Wishes.of(registration), language=language))
        return self.composed(kinds.CHANGE)

    def new_list(self, checklist_id: uuid.UUID) -> None:
        """The list gets one thing more, and better words for another."""
        with transaction():
            old = db.session.get_one(Checklist, checklist_id)
            water = {"en": "Glasses, water and a snack.", "es": "Lentes y algo de comer."}
            card = {"text": {"en": "A bank card for the fee.", "es": "Una tarjeta para el pago."}, "need": "bring"}
            content = organizations.ChecklistContent(
                title=old.title, items=[old.items[0], {"text": water, "need": "comfort"}, card],
                reviewed_on=clock.today("America/Chicago"),
            )  # fmt: skip
            assert old.organization_id is not None
            organizations.save_checklist(old.organization_id, content, checklist_id)

    def cancellation_host(self, others: bool = True, **person: Any) -> letters.Letter:
        """The host calls the clinic off; others can be joined, some with times to choose and one without."""
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
        occurrence = self.world.registration(self.registration_id).occurrence
        occurrence_id, starts = occurrence.id, occurrence.starts_local
        self.at.later(hours=2)
        with transaction():
            for days in (3, 10) if others else ():
                self.world.clinic(**(CLINIC | {"slug": f"in-{days}", "starts_local": starts + timedelta(days=days)}))
            if others:
                later = starts + timedelta(days=6)
                self.world.workshop(sensitive=True, starts_local=later, slug="evening", title=EVENING)
        with transaction():
            events.cancel_date(occurrence_id, REASON)
        return self.composed(kinds.CANCELLATION_HOST)

    def cancellation_host_in_line(self, **person: Any) -> letters.Letter:
        """The host calls off a clinic for which she waits."""
        self.waitlist_joined(**person)
        self.mark_sent(kinds.WAITLIST_JOINED)
        with transaction():
            events.cancel_date(self.world.registration(self.registration_id).occurrence_id, REASON)
        return self.composed(kinds.CANCELLATION_HOST)

    def move(self, venue: bool = False, hours: int = 0, **person: Any) -> letters.Letter:
        """The host moves the clinic by a week, or into another house, or lets it last some hours more."""
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
        occurrence = self.world.registration(self.registration_id).occurrence
        occurrence_id, event, was = occurrence.id, occurrence.event, (occurrence.starts_local, occurrence.ends_local)
        host, venue_id = event.organization_id, occurrence.venue_id
        self.at.later(hours=2)
        with transaction():
            if venue:
                venue_id = self.world.venue(host)
                db.session.get_one(Venue, venue_id).name = "Loomis Street Hall"
            starts, ends = (wall + timedelta(weeks=0 if venue or hours else 1) for wall in was)
            events.move_date(occurrence_id, starts, ends + timedelta(hours=hours), venue_id)
        return self.composed(kinds.MOVE)

    def off_before_hearing_of_the_move(self, **person: Any) -> letters.Letter:
        """The host moves the clinic, and calls it off before the letter about that has gone."""
        self.move(**person)
        with transaction():
            events.cancel_date(self.world.registration(self.registration_id).occurrence_id, REASON)
        return self.composed(kinds.CANCELLATION_HOST)

    def another_link(self, **person: Any) -> letters.Letter:
        """The clinic can be joined from home too, and the link to it is another one now."""
        self.confirmation(event={"format": "hybrid", "join_link": "https://meet.example/old"}, **person)
        self.mark_sent(kinds.CONFIRMATION)
        event_id = self.world.registration(self.registration_id).occurrence.event_id
        self.at.later(hours=2)
        with transaction():
            event = db.session.get_one(Event, event_id)
            said = {
                one.name: getattr(event, one.name) for one in fields(events.Announcement) if hasattr(event, one.name)
            }
            events.edit(event_id, events.Announcement(**said | {"join_link": "https://meet.example/new"}))
        return self.composed(kinds.NEW_ADDRESS)

    def move_while_offered(self, **person: Any) -> letters.Letter:
        """The host moves the clinic while a place is on offer, and it is offered again before the letter is read."""
        self.offer(**person)
        occurrence = self.world.registration(self.registration_id).occurrence
        occurrence_id, venue_id = occurrence.id, occurrence.venue_id
        starts, ends = (wall + timedelta(weeks=1) for wall in (occurrence.starts_local, occurrence.ends_local))
        with transaction():
            events.move_date(occurrence_id, starts, ends, venue_id)
        with transaction():
            assert waitlist.offer_due(occurrence_id) == 1
        return self.composed(kinds.MOVE)

    def new_address(self, **person: Any) -> letters.Letter:
        """The library puts the clinic into another room."""
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
        venue = self.world.registration(self.registration_id).occurrence.venue
        assert venue is not None and venue.organization_id is not None
        facts = {name: getattr(venue, name) for name in organizations.VenueFacts.__dataclass_fields__}
        host, venue_id = venue.organization_id, venue.id
        self.at.later(hours=2)
        with transaction():
            organizations.save_venue(host, organizations.VenueFacts(**(facts | {"room": "Room 5"})), venue_id)
        return self.composed(kinds.NEW_ADDRESS)

    def sign_in_help(self, language: str) -> letters.Letter:
        with transaction():
            staff = self.world.organizer()
            user = db.session.get_one(User, staff.user_id)
            user.language = language
            outbox.enqueue_for_user(kinds.SIGN_IN_HELP, user, "now")
        return self.composed(kinds.SIGN_IN_HELP)

    def mark_sent(self, kind: str) -> None:
        with transaction():
            message = db.session.get_one(Message, self.message_id(kind))
            message.state, message.sent_at = kinds.SENT, message.created_at

    def message_id(self, kind: str) -> uuid.UUID:
        query = sa.select(Message.id).where(Message.letter == kind, Message.state != kinds.VOID)
        if kind != kinds.SIGN_IN_HELP:
            query = query.where(Message.registration_id == self.registration_id)
        return db.session.scalars(query).one()

    def composed(self, kind: str) -> letters.Letter:
        message = whole(self.message_id(kind))
        assert message is not None
        return letters.compose(message)


@pytest.fixture
def house(house_on: Callable[[str], House]) -> House:
    """On SQLite only: words do not know the database."""
    found = house_on("sqlite")
    found.empty()
    return found


@pytest.fixture
def scene(app: Flask, world: ModuleType, at: Any) -> Scene:
    """See Scene."""
    return Scene(world, at)
