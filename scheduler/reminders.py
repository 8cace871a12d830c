"""Reminders: who is written to before a date, and when."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa

from . import outbox
from .core import clock
from .core.extensions import db
from .models import message as letters
from .models.event import CANCELLED, Event, Occurrence
from .models.message import Message
from .models.registration import CONFIRMED, EMAIL, HELPER_EMAIL, Registration
from .models.reminder import DAYS_BEFORE, Reminder

EARLIEST, LATEST = 9, 19


def plan(occurrence: Occurrence) -> None:
    """Write down when this date's people are reminded, anew after each change of its time."""
    kept = {
        reminder.days_before: reminder
        for reminder in db.session.scalars(sa.select(Reminder).where(Reminder.occurrence_id == occurrence.id))
    }
    stale_at = occurrence.starts_at
    for days in sorted(DAYS_BEFORE):
        reminder = kept.get(days) or Reminder(id=uuid.uuid4(), occurrence_id=occurrence.id, days_before=days)
        reminder.due_at = due_at(occurrence, days)
        reminder.stale_at = stale_at
        stale_at = reminder.due_at
        db.session.add(reminder)


def due_at(occurrence: Occurrence, days_before: int) -> datetime:
    """So many days before at the same wall time, moved into 09:00-19:00: "one day before" is not "24 hours"."""
    wall = occurrence.starts_local - timedelta(days=days_before)
    if wall.hour < EARLIEST:
        wall = wall.replace(hour=EARLIEST, minute=0)
    elif wall.hour >= LATEST:
        wall = wall.replace(hour=LATEST, minute=0)
    return clock.to_utc(wall, occurrence.zone)


def write_due() -> int:
    """Put every reminder that is due into the outbox, by one statement; any node may do so at any time.

    People who registered after it was due do not get it; nobody gets it twice. Returns how many were written.
    """
    now = clock.now()
    insert = outbox.insert_once(Message).from_select(_columns(), _due(now)).returning(Message.id)
    return len(db.session.execute(insert).all())


def _columns() -> list[str]:
    return [
        "id", "letter", "channel", "state", "registration_id", "occurrence_id", "reminder_id", "dedupe_key",
        "due_at", "next_try_at", "attempts", "fence", "failure", "created_at",
    ]  # fmt: skip


def _due(now: datetime) -> sa.Select[tuple[object, ...]]:
    by_mail = Registration.contact_kind.in_((EMAIL, HELPER_EMAIL))
    instant = sa.literal(now, Message.created_at.type)
    return (
        sa.select(
            sa.func.gen_random_uuid(type_=sa.Uuid),
            sa.literal(letters.REMINDER),
            sa.case((by_mail, letters.EMAIL), else_=letters.CALL),
            sa.literal(letters.WAITING),
            Registration.id,
            Occurrence.id,
            Reminder.id,
            _dedupe_key(),
            Reminder.due_at,
            instant,
            sa.literal(0),
            sa.literal(0),
            sa.literal(""),
            instant,
        )
        .join_from(Reminder, Occurrence, Reminder.occurrence_id == Occurrence.id)
        .join(Event, Occurrence.event_id == Event.id)
        .join(Registration, Registration.occurrence_id == Occurrence.id)
        .where(
            Reminder.due_at <= instant,
            Reminder.stale_at > instant,
            Occurrence.starts_at > instant,
            Occurrence.state == "scheduled",
            Event.state != CANCELLED,
            Registration.state == CONFIRMED,
            Registration.reminders,
            Registration.created_at <= Reminder.due_at,
        )
    )


def _dedupe_key() -> sa.ColumnElement[str]:
    """registration | reminder-days | version of the date"""
    row = sa.func.replace(sa.cast(Registration.id, sa.String), "-", "")
    return row + "|reminder-" + sa.cast(Reminder.days_before, sa.String) + "|" + sa.cast(Occurrence.sequence, sa.String)
