"""The places of a date, time by time: more or fewer of them, a time more, a time less."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import waitlist
from ..core import clock
from ..core.errors import Refusal
from ..core.extensions import db
from ..core.wording import clock_time
from ..models.event import Event, Occurrence
from .announcing import stay_ready, touch
from .dates import MOST_TIMES, locked_date
from .publishing import problems
from .times import new_slot, reread_slots, resize, take_away

Limits = Mapping[uuid.UUID, int | None]
Added = Mapping[int, tuple[datetime, int]]


def change_times(occurrence_id: uuid.UUID, limits: Limits, added: Added | None = None) -> Occurrence:
    """Places by time (None takes a time away; times that are not named stay), and new times with theirs, by row.

    Where there is more room than before, the line follows. Raises Refusal; its field is `places-<slot>`,
    `gone-<slot>` or `new-<row>-starts`.
    """
    event, occurrence = locked_date(occurrence_id)
    lacked = problems(event)
    more = _change(occurrence, limits)
    for row, (wall, places) in (added or {}).items():
        _check_new(event, occurrence, wall, f"new-{row}-starts")
        occurrence.slots.append(new_slot(occurrence, wall, places))
        more = more or places > 0
    _check_count(occurrence)
    touch(event)
    db.session.flush()
    reread_slots(occurrence)
    db.session.expire(occurrence, ["slots"])
    if more:
        waitlist.offer_freed(occurrence)
    stay_ready(event, lacked)
    return occurrence


def _change(occurrence: Occurrence, limits: Limits) -> bool:
    """The times that are there; True if one has more places than before."""
    more = False
    for slot in list(occurrence.slots):
        places = limits.get(slot.id, slot.seats_limit)
        if places is None:
            take_away(occurrence, slot, f"gone-{slot.id}")
        elif places != slot.seats_limit:
            more = more or places > slot.seats_limit
            resize(slot, places, f"places-{slot.id}")
    return more


def _check_new(event: Event, occurrence: Occurrence, wall: datetime, field: str) -> None:
    time = clock_time(wall)
    if event.admission != "timed":
        raise Refusal(_l("All start together here, so there is only one time."), field=field)
    if not clock.exists(wall, occurrence.zone):
        raise Refusal(_("Clocks skip %(time)s on this day. Choose another time.", time=time), field=field)
    if any(slot.starts_local == wall for slot in occurrence.slots):
        raise Refusal(_("%(time)s is there already. Change its places above.", time=time), field=field)
    if not occurrence.starts_local <= wall < occurrence.ends_local:
        words = _(
            "The date is from %(start)s to %(end)s. Choose a time in between.",
            start=clock_time(occurrence.starts_local),
            end=clock_time(occurrence.ends_local),
        )
        raise Refusal(words, field=field)
    if clock.to_utc(wall, occurrence.zone) <= clock.now():
        raise Refusal(_("%(time)s is over. Choose a later time.", time=time), field=field)


def _check_count(occurrence: Occurrence) -> None:
    if not occurrence.slots:
        raise Refusal(_l("Keep at least one time."))
    if len(occurrence.slots) > MOST_TIMES:
        raise Refusal(_("A date can have up to %(count)s times.", count=MOST_TIMES))
