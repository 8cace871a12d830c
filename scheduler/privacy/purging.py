"""Purge: when a date's time is up its names go, counts stay, and after the last of a week its key is destroyed."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from .. import postman, seats
from ..core import clock, keyring
from ..core.extensions import db, fold_log, transaction
from ..models.base import Model
from ..models.event import Event, Occurrence
from ..models.message import Message
from ..models.offer import Offer
from ..models.registration import Registration
from ..models.reminder import Reminder
from ..models.tally import Receipt, rough
from .tallying import tally

log = logging.getLogger(__name__)

LATE_DAYS = 1
GOES: tuple[type[Model], ...] = (Message, Offer, Registration, Reminder)
"""What is deleted, in this order: a row goes before those that it points to."""


@dataclass(frozen=True)
class Due:
    """A date whose time is up, with how many rows go."""

    occurrence: Occurrence
    registrations: int
    messages: int


def due(now: datetime | None = None) -> list[Due]:
    """The dates that are to be purged, the longest due first."""
    moment = now or clock.now()
    counted = [
        sa.select(sa.func.count()).where(table.occurrence_id == Occurrence.id).correlate(Occurrence).scalar_subquery()
        for table in (Registration, Message)
    ]
    query = sa.select(Occurrence, *counted).where(*_maybe_due(moment)).join(Occurrence.event).join(Event.organization)
    whole = contains_eager(Occurrence.event).contains_eager(Event.organization)
    rows = db.session.execute(query.options(whole).order_by(Occurrence.keep_until, Occurrence.id))
    return [Due(*row) for row in rows if _is_due(row[0], moment)]


def overdue(now: datetime | None = None) -> int:
    """How many dates should have been purged more than a day ago."""
    earlier = (now or clock.now()) - timedelta(days=LATE_DAYS)
    found = db.session.execute(sa.select(Occurrence.keep_until, Occurrence.zone).where(*_maybe_due(earlier)))
    return sum(row.keep_until < clock.local(earlier, row.zone).date() for row in found)


def _maybe_due(moment: datetime) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """No zone is further along than tomorrow; which day it is where the date is held, is asked of each row."""
    return Occurrence.purged_at.is_(None), Occurrence.keep_until < moment.date() + timedelta(days=1)


def _is_due(occurrence: Occurrence, moment: datetime) -> bool:
    return occurrence.keep_until < clock.local(moment, occurrence.zone).date()


def purge_due(now: datetime | None = None) -> int:
    """Purge every date whose time is up, then destroy the keys that nobody needs any more; returns how many dates.

    Opens its transactions itself, one for each date: a date that fails stops no other and is tried again.
    """
    moment = now or clock.now()
    ids = [found.occurrence.id for found in due(moment)]
    purged = 0
    for occurrence_id in ids:
        try:
            with transaction():
                purged += purge(occurrence_id, moment) is not None
        except Exception as error:
            db.session.rollback()
            log.error("purge of date %s failed: %s", occurrence_id, type(error).__name__)
    if postman.days.are_over():
        with transaction():
            postman.days.forget()
    if purged:
        fold_log()
    destroy_keys(moment)
    return purged


def purge(occurrence_id: uuid.UUID, now: datetime) -> datetime | None:
    """Count, forget, and leave a receipt; when that was, or None if it is not due, or was done before."""
    occurrence = seats.lock(occurrence_id)
    if occurrence.purged_at is not None or not _is_due(occurrence, now):
        return None
    db.session.add_all(tally(occurrence))
    db.session.flush()
    gone = {table: _forget(table, occurrence.id) for table in GOES}
    seats.vacate(occurrence)
    occurrence.purged_at, occurrence.key_wrapped = now, b""
    if occurrence.event.published_at is not None:
        db.session.add(_receipt(occurrence, gone))
    db.session.flush()
    log.info("date %s purged", occurrence_id)
    return now


def _forget(table: type[Model], occurrence_id: uuid.UUID) -> int:
    rows = sa.delete(table).where(table.occurrence_id == occurrence_id)  # type: ignore[attr-defined]
    gone = db.session.execute(rows.execution_options(synchronize_session=False))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _receipt(occurrence: Occurrence, gone: dict[type[Model], int]) -> Receipt:
    assert occurrence.purged_at is not None
    return Receipt(
        id=uuid.uuid4(),
        occurrence_id=occurrence.id,
        organization_id=occurrence.event.organization_id,
        kept_until=occurrence.keep_until,
        purged_at=occurrence.purged_at,
        registrations=rough(gone[Registration]),
        messages=rough(gone[Message]),
        offers=rough(gone[Offer]),
        key_week=occurrence.key_week,
    )


def destroy_keys(now: datetime | None = None) -> list[str]:
    """Destroy the keys of weeks that are over and that no row needs; returns which. Both steps may be repeated.

    It also destroys those that came back with a restored key ring.
    """
    moment = now or clock.now()
    ring = keyring.current()
    over = clock.week_of(_day_in_the_last_place(moment))
    gone = [week for week in ring.weeks() if week < over and week not in _weeks_in_use()]
    for week in gone:
        ring.destroy(week)
        log.info("key of week %s destroyed", week)
    _write_down_destroyed(ring.weeks(), over, moment)
    _sweep(ring)
    return gone


def _sweep(ring: keyring.KeyRing) -> None:
    """The keys are destroyed however this ends; what is left in files is tried again in the next round."""
    try:
        ring.sweep()
    except Exception as error:
        log.error("destroyed keys may still stand in files of the key ring: %s", type(error).__name__)


def _day_in_the_last_place(moment: datetime) -> date:
    """The day that it still is in the last place on earth: a week is over when it is over there."""
    return (moment - timedelta(hours=12)).date()


def _weeks_in_use() -> set[str]:
    """The weeks whose key opens something: a date that was not purged, or whatever else keeps a key of its own."""
    weeks: set[str] = set()
    for table in db.metadata.sorted_tables:
        if "key_wrapped" in table.c:
            unpurged = [table.c.purged_at.is_(None)] if "purged_at" in table.c else []
            weeks.update(db.session.scalars(sa.select(table.c.key_week).where(*unpurged).distinct()))
    return weeks


def _write_down_destroyed(left: list[str], over: str, moment: datetime) -> None:
    open_receipts = sa.select(Receipt.id).where(
        Receipt.key_destroyed_at.is_(None), Receipt.key_week < over, Receipt.key_week.not_in(left)
    )
    if db.session.scalar(open_receipts.limit(1)) is None:
        return
    with transaction():
        db.session.execute(
            sa.update(Receipt)
            .where(Receipt.id.in_(open_receipts))
            .values(key_destroyed_at=moment)
            .execution_options(synchronize_session=False)
        )
