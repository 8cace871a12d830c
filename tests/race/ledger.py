"""What the rows of one date say, against what they should say."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime

import sqlalchemy as sa

from scheduler.core.extensions import db
from scheduler.demo.cast import Posted
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import CHANGE, CONFIRMATION, MOVE, OFFER, SENT, VOID, WAITING, WAITLIST_JOINED, Message
from scheduler.models.offer import OPEN, Offer
from scheduler.models.registration import CANCELLED, COUNTED, OFFERED, SEATED, WAITLISTED, Registration

from .model import TIMES, Model

Row = tuple[uuid.UUID, int, int, int, str, int | None]
"""Who, their number, their place in line, their lapses, their state, and which time they hold."""


TOLD = (CONFIRMATION, WAITLIST_JOINED, OFFER, CHANGE, MOVE)
"""Letters that say where somebody stands."""


def contradictions(posted: Posted, model: Model) -> list[str]:
    """Every way in which the database differs from the model; empty when it does not."""
    occurrence = db.session.get_one(Occurrence, posted.occurrence_id)
    people = sorted(model.people, key=lambda who: who.number)
    wanted_rows = [(who.id, who.number, who.line, who.lapses, who.state, who.slot) for who in people]
    checks: dict[str, tuple[object, object]] = {
        "rows": (_rows(posted), wanted_rows),
        "waiting": (occurrence.waiting, len(model.in_line())),
        "last number": (occurrence.last_number, model.last_number),
        "seats": (_seats(posted), [(model.limit - model.free(slot), model.limit) for slot in range(TIMES)]),
        "offers": (_offers(posted), _wanted_offers(posted, model)),
        "letters": (_letters_that_lie(posted, model), []),
    }
    return [f"{name}: {found} instead of {wanted}" for name, (found, wanted) in checks.items() if found != wanted]


def _rows(posted: Posted) -> list[Row]:
    found = sa.select(Registration).where(Registration.occurrence_id == posted.occurrence_id)
    return [
        (row.id, row.number, row.line, row.lapses, row.state, _time(posted, row))
        for row in db.session.scalars(found.order_by(Registration.number))
    ]


def _time(posted: Posted, row: Registration) -> int | None:
    return posted.slot_ids.index(row.slot_id) if row.slot_id and row.state in COUNTED else None


def _seats(posted: Posted) -> list[tuple[int, int]]:
    rows = sa.select(Slot.seats_taken, Slot.seats_limit).where(Slot.occurrence_id == posted.occurrence_id)
    return [(row.seats_taken, row.seats_limit) for row in db.session.execute(rows.order_by(Slot.starts_at))]


def _offers(posted: Posted) -> Counter[tuple[uuid.UUID, uuid.UUID, str, datetime]]:
    found = db.session.scalars(sa.select(Offer).where(Offer.occurrence_id == posted.occurrence_id))
    return Counter((offer.registration_id, offer.slot_id, offer.state, offer.held_until) for offer in found)


def _wanted_offers(posted: Posted, model: Model) -> Counter[tuple[uuid.UUID, uuid.UUID, str, datetime]]:
    return Counter(
        (who.id, posted.slot_ids[made.slot], made.state, made.until) for who in model.people for made in who.offers
    )


def _letters_that_lie(posted: Posted, model: Model) -> list[str]:
    """One letter of a kind for each person and offer; who has a place, waits or is offered one is told so.

    Who was told that something changed, or that the date moved, knows the rest from that letter.
    """
    rows = sa.select(Message.registration_id, Message.letter, Message.offer_id, Message.state, Offer.state)
    rows = rows.outerjoin(Offer, Offer.id == Message.offer_id).where(Message.occurrence_id == posted.occurrence_id)
    written = db.session.execute(rows).all()
    once = Counter(
        tuple(row)[:3] for row in written if row[1] not in (CHANGE, MOVE) and not _may_come_again(*row[1:4:2])
    )
    lies = [f"{count} times {key}" for key, count in once.items() if count > 1]
    lies += [f"{row[0]} is told of an offer that is {row[4]}" for row in written if _is_stale(row[3], row[4])]
    said = {(row[0], row[1]) for row in written if row[3] in (WAITING, SENT) and row[4] in (None, OPEN)}
    still_said = {row[0] for row in written if row[3] == WAITING and row[1] in TOLD}
    for who in model.people:
        told = {letter for letter in TOLD if (who.id, letter) in said}
        needed = (
            None
            if who.gone
            else {
                **dict.fromkeys(SEATED, CONFIRMATION if who.told_of_place else None),
                WAITLISTED: WAITLIST_JOINED,
                OFFERED: OFFER,
            }.get(who.state)
        )
        knows = needed in told or (needed != OFFER and told & {CHANGE, MOVE})
        if (needed and not knows) or (who.state == CANCELLED and who.id in still_said):
            lies.append(f"number {who.number} is {who.state}; told: {told}")
    return lies


def _may_come_again(letter: str, state: str) -> bool:
    """What asked whether somebody comes has gone, and what keeps the place comes after it."""
    return state == VOID or (letter == CONFIRMATION and state == SENT)


def _is_stale(letter: str, offer: str | None) -> bool:
    return offer not in (None, OPEN) and letter not in (SENT, VOID)
