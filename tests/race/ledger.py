"""What the rows of one date say, against what they should say."""

from __future__ import annotations

import uuid
from collections import Counter

import sqlalchemy as sa

from scheduler.core.extensions import db
from scheduler.demo.cast import Posted
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import CONFIRMATION, WAITING, WAITLIST_JOINED, Message
from scheduler.models.registration import CANCELLED, SEATED, WAITLISTED, Registration

Row = tuple[uuid.UUID, int, str, int | None]
"""Who, their number, their state, and which time they hold."""


def contradictions(posted: Posted, people: list[Row], taken: list[int], limit: int) -> list[str]:
    """Every way in which the database differs from these people, in their order of coming; empty when it does not."""
    occurrence = db.session.get_one(Occurrence, posted.occurrence_id)
    waiting = sum(state == WAITLISTED for _, _, state, _ in people)
    checks = {
        "rows": (_rows(posted), people),
        "order of coming": ([number for _, number, _, _ in people], list(range(1, len(people) + 1))),
        "waiting": (occurrence.waiting, waiting),
        "last number": (occurrence.last_number, len(people)),
        "seats": (_seats(posted), [(count, limit) for count in taken]),
        "letters": (_letters_that_lie(posted, people), []),
    }
    return [f"{name}: {found} instead of {wanted}" for name, (found, wanted) in checks.items() if found != wanted]


def _rows(posted: Posted) -> list[Row]:
    rows = (
        sa.select(Registration.id, Registration.number, Registration.state, Registration.slot_id)
        .where(Registration.occurrence_id == posted.occurrence_id)
        .order_by(Registration.number)
    )
    return [
        (row.id, row.number, row.state, posted.slot_ids.index(row.slot_id) if row.state in SEATED else None)
        for row in db.session.execute(rows)
    ]


def _seats(posted: Posted) -> list[tuple[int, int]]:
    rows = sa.select(Slot.seats_taken, Slot.seats_limit).where(Slot.occurrence_id == posted.occurrence_id)
    return [(row.seats_taken, row.seats_limit) for row in db.session.execute(rows.order_by(Slot.starts_at))]


def _letters_that_lie(posted: Posted, people: list[Row]) -> list[str]:
    """One letter of a kind for each person; who has a place or waits is told so, and who gave it back is not."""
    rows = sa.select(Message.registration_id, Message.letter, Message.state)
    written = db.session.execute(rows.where(Message.occurrence_id == posted.occurrence_id)).all()
    lies = [f"{count} times {key}" for key, count in Counter(tuple(row)[:2] for row in written).items() if count > 1]
    untold = {(row.registration_id, row.letter) for row in written if row.state == WAITING}
    for person, number, state, _slot in people:
        place, line = (person, CONFIRMATION) in untold, (person, WAITLIST_JOINED) in untold
        if (
            (state in SEATED and not place)
            or (state == WAITLISTED and not line)
            or (state == CANCELLED and place | line)
        ):
            lies.append(f"number {number} is {state}; told of a place: {place}, of the line: {line}")
    return lies
