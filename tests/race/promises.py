"""What must be true after a storm for the places of one time."""

from __future__ import annotations

import uuid
from collections import Counter

import sqlalchemy as sa

from scheduler.core import tokens
from scheduler.core.extensions import db
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import CONFIRMATION, WAITLIST_JOINED, Message
from scheduler.models.registration import CONFIRMED, WAITLISTED, Registration

from .callers import Said
from .crowd import Answer

OWN_PAGE = "/en/place/"
SEATS, LINE, COUNTERS, LETTERS, ANSWERS = "seats", "line", "counters", "letters", "answers"


def broken(occurrence_id: uuid.UUID, people: int, answers: list[Answer]) -> dict[str, str]:
    """Each broken promise with what was found instead; empty when all were kept."""
    db.session.rollback()
    occurrence = db.session.get_one(Occurrence, occurrence_id)
    slot = db.session.scalars(sa.select(Slot).where(Slot.occurrence_id == occurrence_id)).one()
    seats = min(slot.seats_limit, people)
    numbers = _numbers(occurrence_id)
    checks = {
        SEATS: _unless(numbers.get(CONFIRMED, []), list(range(1, seats + 1))),
        LINE: _unless(numbers.get(WAITLISTED, []), list(range(seats + 1, people + 1))),
        COUNTERS: _unless(
            (slot.seats_taken, occurrence.waiting, occurrence.last_number), (seats, people - seats, people)
        ),
        LETTERS: _letters(occurrence_id),
        ANSWERS: _answers(occurrence_id, people, answers),
    }
    return {promise: found for promise, found in checks.items() if found}


def _unless(found: object, wanted: object) -> str:
    if found == wanted:
        return ""
    size = f"{len(found)} instead of {len(wanted)}: " if isinstance(found, list) and isinstance(wanted, list) else ""
    return f"{size}{found} instead of {wanted}"


def _numbers(occurrence_id: uuid.UUID) -> dict[str, list[int]]:
    rows = sa.select(Registration.state, Registration.number).where(Registration.occurrence_id == occurrence_id)
    found: dict[str, list[int]] = {}
    for state, number in db.session.execute(rows.order_by(Registration.number)):
        found.setdefault(state, []).append(number)
    return found


def _letters(occurrence_id: uuid.UUID) -> str:
    """One letter each, and the right one."""
    right = sa.case((Registration.state == CONFIRMED, CONFIRMATION), else_=WAITLIST_JOINED)
    counted = (
        sa.select(sa.func.count(Message.id), sa.func.sum(sa.case((Message.letter == right, 1), else_=0)))
        .select_from(Registration)
        .outerjoin(Message)
        .where(Registration.occurrence_id == occurrence_id)
        .group_by(Registration.id)
    )
    odd = Counter((written, fitting or 0) for written, fitting in db.session.execute(counted))
    del odd[1, 1]
    return f"(letters, of which right) of so many people: {dict(odd)}" if odd else ""


def _answers(occurrence_id: uuid.UUID, people: int, answers: list[Answer]) -> str:
    """Everybody was answered; the same form got the same place, and it is there."""
    faults = Counter(answer.fault for answer in answers if answer.fault)
    if faults:
        return f"faults: {dict(faults)}"
    answered: dict[str, set[Answer]] = {}
    for answer in answers:
        answered.setdefault(answer.nonce, set()).add(answer)
    if any(len(found) > 1 for found in answered.values()):
        return "a form that was sent twice got two different answers"
    kept = set(db.session.scalars(sa.select(Registration.id).where(Registration.occurrence_id == occurrence_id)))
    named = {answer.place for answer in answers}
    if named != kept or len(answered) != people:
        return f"{people} forms, {len(answered)} answered, {len(named)} places named, {len(kept)} in the database"
    return ""


def heard(said: list[Said]) -> list[Answer]:
    """What came over the wire; only a redirection to a place's own page is an answer."""
    answers = []
    for one in said:
        token = one.location.removeprefix(OWN_PAGE)
        if one.status == 303 and token != one.location:
            answers.append(Answer(one.nonce, tokens.row_of(token), words=one.location))
        else:
            answers.append(Answer(one.nonce, None, f"{one.status} {one.location}"))
    return answers
