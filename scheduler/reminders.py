"""Reminders: who is written to before a date, and when."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from . import outbox
from .core import clock
from .core.extensions import db
from .models import message as letters
from .models.event import CANCELLED, Event, Occurrence
from .models.message import Message
from .models.offer import ACCEPTED, Offer
from .models.registration import CONFIRMED, EMAIL, HELPER_EMAIL, Registration
from .models.reminder import Reminder

EARLIEST, LATEST = 9, 19
MORNING_NOTICE = timedelta(hours=1)
"""What comes the same morning comes so long before the start, or not at all."""
ZONE_SHIFT = timedelta(hours=2)
"""New rules of a zone may move what is planned by so much; it is not too late for that."""


@dataclass(frozen=True)
class Planned:
    """One reminder of a date. `late`: its hour had passed when it was planned, so it is never sent."""

    days_before: int
    due_at: datetime
    late: bool


def plan(occurrence: Occurrence) -> None:
    """Write down when this date's people are reminded, anew after each change of its time or of the event's plan.

    What is due already when it is planned is never sent; what is no longer planned goes, unless it was used.
    """
    kept = {reminder.days_before: reminder for reminder in db.session.scalars(_locked(occurrence.id))}
    stale_at = occurrence.starts_at
    for planned in _planned(occurrence, occurrence.event.reminder_days, kept):
        reminder = kept.pop(planned.days_before, None)
        if reminder is None:
            reminder = Reminder(id=uuid.uuid4(), occurrence_id=occurrence.id, days_before=planned.days_before)
            db.session.add(reminder)
        reminder.due_at, reminder.stale_at = planned.due_at, planned.due_at if planned.late else stale_at
        stale_at = stale_at if planned.late else planned.due_at
    for reminder in kept.values():
        _take_out(reminder)


def forecast(dates: Collection[Occurrence], days: Iterable[int]) -> dict[uuid.UUID, list[Planned]]:
    """What would be planned for each date with these days before it, the latest one first. Writes nothing."""
    known: dict[uuid.UUID, dict[int, Reminder]] = {occurrence.id: {} for occurrence in dates}
    for reminder in db.session.scalars(sa.select(Reminder).where(Reminder.occurrence_id.in_(known))):
        known[reminder.occurrence_id][reminder.days_before] = reminder
    return {occurrence.id: _planned(occurrence, days, known[occurrence.id]) for occurrence in dates}


def to_come(occurrence: Occurrence) -> list[int]:
    """So many days before, people of this date are still to be reminded; the first one first."""
    planned = _planned(occurrence, occurrence.event.reminder_days, {})
    return [reminder.days_before for reminder in reversed(planned) if not reminder.late]


def _locked(occurrence_id: uuid.UUID) -> sa.Select[Reminder]:
    """Letters that refer to them may be written meanwhile; another plan waits."""
    query = sa.select(Reminder).where(Reminder.occurrence_id == occurrence_id).order_by(Reminder.days_before)
    return query.with_for_update(key_share=True)


def _planned(occurrence: Occurrence, days: Iterable[int], known: Mapping[int, Reminder]) -> list[Planned]:
    found = [(before, due_at(occurrence, before)) for before in sorted(set(days))]
    return [Planned(before, due, _comes_late(occurrence, before, due, known.get(before))) for before, due in found]


def _comes_late(occurrence: Occurrence, days: int, due: datetime, known: Reminder | None) -> bool:
    if days == 0 and due > occurrence.starts_at - MORNING_NOTICE:
        return True
    if known is not None and known.due_at == due:
        return known.is_dead
    return due <= clock.now() - (ZONE_SHIFT if known is not None else timedelta())


def _take_out(reminder: Reminder) -> None:
    """It goes; where letters hang on it, it stays as their record, and those that still wait are not sent."""
    if db.session.scalar(sa.select(Message.id).where(Message.reminder_id == reminder.id).limit(1)) is None:
        db.session.delete(reminder)
    else:
        reminder.stale_at = min(reminder.stale_at, reminder.due_at)


def due_at(occurrence: Occurrence, days_before: int) -> datetime:
    """So many days before at the same wall time, moved into 09:00-19:00: "one day before" is not "24 hours".

    On the day itself it is the morning, at 09:00.
    """
    wall = occurrence.starts_local - timedelta(days=days_before)
    if wall.hour < EARLIEST or days_before == 0:
        wall = wall.replace(hour=EARLIEST, minute=0)
    elif wall.hour >= LATEST:
        wall = wall.replace(hour=LATEST, minute=0)
    return clock.to_utc(wall, occurrence.zone)


def write_due() -> int:
    """Put every reminder that is due into the outbox, by one statement; any node may do so at any time.

    Who got the place, or was written to about it, in the minute when it was due or later does not get it; who merely
    changed what no letter tells does. Nobody gets it twice. Returns how many were written.
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
            sa.or_(Registration.revised_at < Reminder.due_at, _knew_before()),
            sa.or_(Occurrence.moved_at.is_(None), Occurrence.moved_at <= Reminder.due_at),
        )
    )


def _knew_before() -> sa.ColumnElement[bool]:
    """True for who had the place before, and was told nothing since; asked of those alone who changed something."""
    told = sa.exists().where(
        Message.registration_id == Registration.id,
        Message.letter.in_((letters.CONFIRMATION, letters.CHANGE)),
        Message.created_at >= Reminder.due_at,
    )
    # Who has no address takes an offer without a letter.
    took = sa.exists().where(
        Offer.registration_id == Registration.id, Offer.state == ACCEPTED, Offer.ended_at >= Reminder.due_at
    )
    return sa.and_(Registration.created_at < Reminder.due_at, ~told, ~took)


def _dedupe_key() -> sa.ColumnElement[str]:
    """registration | reminder-days | version of the date"""
    row = sa.func.replace(sa.cast(Registration.id, sa.String), "-", "")
    return row + "|reminder-" + sa.cast(Reminder.days_before, sa.String) + "|" + sa.cast(Occurrence.sequence, sa.String)
