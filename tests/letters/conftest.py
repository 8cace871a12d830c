"""One clinic, one person, and every letter that she may get."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import letters, outbox, registrations, reminders
from scheduler.core.extensions import db, transaction
from scheduler.models import message as kinds
from scheduler.models.message import Message
from scheduler.models.reminder import Reminder
from scheduler.models.user import User

from ..ground.houses import House

TODAY = "2026-11-21 10:00"
TITLE = {"en": "DACA Renewal Workshop in Pilsen", "es": "Taller de renovación de DACA en Pilsen"}
CLINIC = {
    "type": "daca_renewal", "slug": "daca-renewal-pilsen", "title": TITLE, "flow_minutes": 129,
    "amenities": ["free", "step_free", "child_care"],
}  # fmt: skip
REGISTRATION_LETTERS = [kinds.CONFIRMATION, kinds.WAITLIST_JOINED, kinds.REMINDER, kinds.CANCELLATION_OWN]


class Scene:
    """Lets something happen, and gives the letter that comes of it."""

    def __init__(self, world: ModuleType, at: Any) -> None:
        self.world, self.at = world, at
        self.registration_id = uuid.UUID(int=0)
        at(TODAY)

    def letter(self, kind: str, **person: Any) -> letters.Letter:
        """The letter of this kind; `person` changes Marisol, `event` the clinic."""
        make = {
            kinds.CONFIRMATION: self.confirmation,
            kinds.WAITLIST_JOINED: self.waitlist_joined,
            kinds.REMINDER: self.reminder,
            kinds.CANCELLATION_OWN: self.cancellation_own,
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
            self.world.attends(posted, contact="first@post.example")
            self.registration_id = self.world.attends(posted, **person)
        return self.composed(kinds.WAITLIST_JOINED)

    def reminder(self, days: int = 3, **person: Any) -> letters.Letter:
        self.confirmation(**person)
        self.mark_sent(kinds.CONFIRMATION)
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
        query = sa.select(Message.id).where(Message.letter == kind)
        if kind != kinds.SIGN_IN_HELP:
            query = query.where(Message.registration_id == self.registration_id)
        return db.session.scalars(query).one()

    def composed(self, kind: str) -> letters.Letter:
        message = kinds.whole(self.message_id(kind))
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
