"""Allotment: who gets seats of a date, and who waits."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from functools import cache

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from ..core import clock
from ..core.errors import Refusal, TimeTaken
from ..core.extensions import db
from ..models import offer as offers
from ..models.event import Occurrence, Slot
from ..models.registration import WAITLISTED, Registration
from .counting import Allotment, claim, claim_of, number, release


def allot_wished(occurrence: Occurrence, wishes: Sequence[tuple[uuid.UUID | None, int]]) -> list[Allotment | None]:
    """Seats for all who get just the time that they wish: `wishes` are times and parties. None: ask allot() for them.

    The occurrence must be locked. Where all who wish a time fit in, nobody passes another; where somebody is in line,
    or not all of them fit, it is decided in turn.
    """
    parties: Counter[uuid.UUID] = Counter()
    for wished, party in wishes:
        if wished is not None and occurrence.waiting == 0:
            parties[wished] += party
    claimed = {slot_id for slot_id in sorted(parties) if claim_of(occurrence, slot_id, parties[slot_id])}
    numbered = iter(number(occurrence, [wished for wished, _party in wishes if wished in claimed]))
    return [next(numbered) if wished in claimed else None for wished, _party in wishes]


def allot(occurrence: Occurrence, wished: uuid.UUID | None, party: int) -> Allotment:
    """Decide whether somebody gets seats: the wished slot, or a place in line when nothing fits.

    The occurrence must be locked. Nobody passes a party in line that would fit; what none of them fits in is not
    kept empty for them. Raises TimeTaken when the wished slot is full and another time would do (beside a line it
    is offered instead), Refusal when the slot is not of this date.
    """
    slots = _slots(occurrence.id)
    slot = _wished(occurrence, slots, wished)
    if slot is None or slot.free < party or would_pass(occurrence, slot) or not claim(slot.id, party):
        if occurrence.waiting == 0 and any(other.free >= party for other in slots if _can_start(occurrence, other)):
            raise TimeTaken()
        slot = None
    [allotment] = number(occurrence, [slot.id if slot else None])
    return allotment


def open_slots(occurrence: Occurrence) -> list[Slot]:
    """The times that can still be given, in order, as they are now. The occurrence must be locked."""
    return [slot for slot in _slots(occurrence.id) if _can_start(occurrence, slot)]


def claim_now(occurrence: Occurrence, party: int) -> uuid.UUID | None:
    """Count a party that stands at the door onto the time that is on now, or the next one that has room for it.

    People who are here go before people who wait at home: what is free now is lost while somebody is asked for it.
    A place that is held by an open offer is not free. The occurrence must be locked.
    """
    return next((slot.id for slot in _on_or_coming(occurrence) if claim(slot.id, party)), None)


def fits_now(occurrence: Occurrence, party: int) -> bool:
    """True where a party at the door would find room. Only looks, so without a lock it may be wrong a moment later."""
    return any(slot.free >= party for slot in _on_or_coming(occurrence))


def free_now(occurrence: Occurrence) -> int:
    """How many people at the door would find room, one by one."""
    return sum(max(0, slot.free) for slot in _on_or_coming(occurrence))


def _on_or_coming(occurrence: Occurrence) -> list[Slot]:
    return on_or_coming(occurrence, _slots(occurrence.id))


def on_or_coming(occurrence: Occurrence, slots: Sequence[Slot]) -> list[Slot]:
    """Of the times of a date, in their order, those that are not over: the one that is on now comes first."""
    now = clock.now()
    begun = [slot for slot in slots if slot.starts_at <= now]
    if occurrence.event.admission == "timed":
        begun = begun[-1:]
    return [*begun, *(slot for slot in slots if slot.starts_at > now)]


def _slots(occurrence_id: uuid.UUID) -> list[Slot]:
    return list(db.session.scalars(_times(), {"date": occurrence_id}))


@cache
def _times() -> sa.Select[Slot]:
    query = sa.select(Slot).where(Slot.occurrence_id == sa.bindparam("date")).order_by(Slot.starts_at, Slot.id)
    return query.execution_options(populate_existing=True)


def _wished(occurrence: Occurrence, slots: list[Slot], wished: uuid.UUID | None) -> Slot | None:
    if wished is None:
        return slots[0] if len(slots) == 1 else None
    for slot in slots:
        if slot.id == wished and _can_start(occurrence, slot):
            return slot
    raise Refusal(_l("Choose a time from the list."), field="slot")


def _can_start(occurrence: Occurrence, slot: Slot) -> bool:
    """True for a time that can still be taken."""
    return slot.can_start(occurrence.event.admission == "timed", clock.now())


def would_pass(occurrence: Occurrence, slot: Slot, line: int | None = None) -> int:
    """How many parties in line (before this place in it) fit into what is free there, and did not say no to it."""
    if occurrence.waiting == 0:
        return 0
    query = sa.select(sa.func.count()).where(
        Registration.occurrence_id == occurrence.id,
        Registration.state == WAITLISTED,
        Registration.party <= slot.free,
        Registration.id.not_in(offers.unwilling(slot.id)),
    )
    if line is not None:
        query = query.where(Registration.line < line)
    return db.session.scalar(query) or 0


def shift(occurrence: Occurrence, held: uuid.UUID, party: int, wished: Slot, wished_party: int) -> bool:
    """Seats for so many people at another time, or for more or fewer at the same one; False, and nothing lost, if full.

    The occurrence must be locked. What comes free beside a line is for those in it: a party that has a place already
    does not take what one of them would fit in.
    """
    here = wished.id == held
    more = wished_party - party if here else wished_party
    if more > 0 and (would_pass(occurrence, wished) or not claim(wished.id, more)):
        return False
    if here:
        release(held, max(0, -more))
    else:
        release(held, party)
    return True
