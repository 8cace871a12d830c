"""The times within a date: laid out, moved along with it, with more places or fewer, or taken away."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from .. import seats
from ..core import clock
from ..core.errors import Refusal
from ..core.extensions import db
from ..core.wording import clock_time
from ..models.event import Occurrence, Slot
from ..models.message import CANCELLATION_OWN, EMAIL, WAITING, Message
from ..models.offer import Offer
from ..models.registration import CANCELLED, Registration


def new_slot(occurrence: Occurrence, wall: datetime, places: int) -> Slot:
    """A time that nobody has yet."""
    return Slot(id=uuid.uuid4(), starts_local=wall, starts_at=clock.to_utc(wall, occurrence.zone), seats_limit=places)


def lay_out(occurrence: Occurrence, wanted: list[datetime], places: int) -> bool:
    """The times as wanted: new ones are added, others get their new limit, and those without people may go.

    True if there is more room than before.
    """
    kept = {slot.starts_local: slot for slot in occurrence.slots}
    more = any(wall not in kept or kept[wall].seats_limit < places for wall in wanted)
    for wall in kept.keys() - set(wanted):
        take_away(occurrence, kept[wall], field="every")
    for wall in wanted:
        if wall not in kept:
            _refuse_over(occurrence, wall)
            occurrence.slots.append(new_slot(occurrence, wall, places))
        else:
            resize(kept[wall], places, field="places")
    db.session.flush()
    reread_slots(occurrence)
    return more


def _refuse_over(occurrence: Occurrence, wall: datetime) -> None:
    if clock.to_utc(wall, occurrence.zone) <= clock.now():
        raise Refusal(_("%(time)s is over. Choose a later time.", time=clock_time(wall)), field="every")


def reread_slots(occurrence: Occurrence) -> None:
    """Counts that were read before the lock may be old."""
    for slot in occurrence.slots:
        db.session.refresh(slot)


def move_along(occurrence: Occurrence, by: timedelta) -> None:
    """Every time shifts by as much as the date. Raises Refusal for one that would not exist, or lie outside."""
    for slot in occurrence.slots:
        slot.starts_local += by
        if not clock.exists(slot.starts_local, occurrence.zone):
            words = _("Clocks skip %(time)s on this day. Choose another time.", time=clock_time(slot.starts_local))
            raise Refusal(words, field="starts")
        if not occurrence.starts_local <= slot.starts_local < occurrence.ends_local:
            time = clock_time(slot.starts_local)
            raise Refusal(_("The time %(time)s would no longer lie between start and end.", time=time), field="ends")
        slot.starts_at = clock.to_utc(slot.starts_local, occurrence.zone)
    db.session.flush()


def resize(slot: Slot, places: int, field: str) -> None:
    """Give a time so many places. Raises Refusal, which names the time, when more are taken."""
    if not seats.resize(slot.id, places):
        words = ngettext(
            "At %(time)s one place is taken. Write 1 or more.",
            "At %(time)s %(num)s places are taken. Write %(num)s or more.",
            slot.seats_taken,
            time=clock_time(slot.starts_local),
        )
        raise Refusal(words, field=field)


def take_away(occurrence: Occurrence, slot: Slot, field: str) -> None:
    """One time less. Raises Refusal, which names the time, while somebody has a place there or will read of it."""
    time = clock_time(slot.starts_local)
    if slot.seats_taken:
        raise Refusal(_("People have places at %(time)s. Keep that time.", time=time), field=field)
    if _is_to_be_told(slot):
        words = _("The letter about a place given back at %(time)s has not left yet. Try again soon.", time=time)
        raise Refusal(words, field=field)
    given_back = (Registration.slot_id == slot.id, Registration.state == CANCELLED)
    ended = sa.select(Offer.id).where(Offer.slot_id == slot.id)
    for act in (
        sa.update(Registration).where(*given_back).values(slot_id=None),
        sa.update(Message).where(Message.offer_id.in_(ended)).values(offer_id=None),
        sa.delete(Offer).where(Offer.slot_id == slot.id),
    ):
        db.session.execute(act.execution_options(synchronize_session=False))
    occurrence.slots.remove(slot)
    db.session.delete(slot)


def _is_to_be_told(slot: Slot) -> bool:
    """True while a letter waits that takes this time out of a calendar: without the time it could not."""
    theirs = Registration.slot_id == slot.id, Message.letter == CANCELLATION_OWN, Message.state == WAITING
    query = sa.select(Message.id).join(Message.registration).where(*theirs, Message.channel == EMAIL)
    return db.session.scalar(query.limit(1)) is not None
