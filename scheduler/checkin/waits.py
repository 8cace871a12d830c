"""How long somebody with a number will wait, where that can be told; nothing is said where it would be a guess."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from ..core import clock
from ..core.extensions import db
from ..models.event import Occurrence, Slot
from ..models.registration import CHECKED_IN, Registration
from .numbers import NUMBERED

STEP = 5


def minutes_to_wait(registration: Registration) -> int | None:
    """In steps of five minutes, rounded up; None when nobody can know.

    Where people come at times, it is the time of their place. Where they are called by number, the host planned so
    many people between the start and the last arrival, one after the other: who has ten people before them is
    planned ten turns after the start. Once the door is behind that plan, the plan says nothing any more.
    """
    due = _due(registration)
    if due is None or due <= clock.now():
        return None
    minutes = (due - clock.now()) / timedelta(minutes=1)
    return int(-(-minutes // STEP)) * STEP


def _due(registration: Registration) -> datetime | None:
    occurrence = registration.occurrence
    admission = occurrence.event.admission
    if admission == "timed" and registration.slot is not None:
        return registration.slot.starts_at
    if admission not in NUMBERED or not occurrence.event.flow_minutes or registration.door_number is None:
        return None
    return _planned_turn(registration, occurrence)


def _planned_turn(registration: Registration, occurrence: Occurrence) -> datetime | None:
    limit = db.session.scalar(sa.select(sa.func.sum(Slot.seats_limit)).where(Slot.occurrence_id == occurrence.id))
    arrivals = occurrence.ends_at - occurrence.starts_at - timedelta(minutes=occurrence.event.flow_minutes)
    if not limit or arrivals <= timedelta():
        return None
    ahead = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Registration.arrived), 0)).where(
            Registration.occurrence_id == occurrence.id,
            Registration.state == CHECKED_IN,
            Registration.door_number < registration.door_number,
        )
    )
    return occurrence.starts_at + arrivals * (int(ahead or 0) / limit)
