"""Why nobody in line moves, in one sentence for the organizer."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from .. import seats
from ..core import clock
from ..core.wording import clock_time, short_date
from ..models import offer as offers
from ..models.event import PUBLISHED, Occurrence, Slot
from ..models.line import first_in_line, smallest_in_line


def why_nobody_moves(occurrence: Occurrence) -> str:
    """One plain sentence; empty while nobody waits, or when the date itself says enough."""
    return str(_why(occurrence))


def _why(occurrence: Occurrence) -> object:
    now = clock.now()
    if occurrence.waiting == 0 or occurrence.is_cancelled or occurrence.ends_at <= now:
        return ""
    if occurrence.event.state != PUBLISHED:
        return _("Nothing is offered before the event is published.")
    if not occurrence.event.takes_registrations:
        return _("This event takes no names now, so nothing is offered.")
    free = [slot for slot in seats.open_slots(occurrence) if slot.free > 0]
    if _has_room_only_now(occurrence):
        return _(
            "The time with free places has begun, so they are not offered. If a group at the door fits, let it in."
        )
    if occurrence.closed_at is not None:
        return _closed(occurrence, free)
    if not free:
        return _no_place(occurrence)
    wanted = [slot for slot in free if seats.would_pass(occurrence, slot)]
    if not wanted:
        return _nobody_fits(occurrence, free)
    if all(offers.too_soon(now, slot.starts_at, occurrence.zone) for slot in wanted):
        return _("It begins too soon to wait 3 hours for an answer. Call people, and give the place by hand.")
    if clock.is_quiet(now, occurrence.zone):
        return _("It is night there. Free places are offered from 8 AM.")
    return _("A place is free. It is offered within a minute.")


def _has_room_only_now(occurrence: Occurrence) -> bool:
    room = [slot for slot in seats.on_or_coming(occurrence, occurrence.slots) if slot.free > 0]
    return bool(room) and all(slot.starts_at <= clock.now() for slot in room)


def _closed(occurrence: Occurrence, free: list[Slot]) -> object:
    """An offer that was made before still stands."""
    if free and not offers.open_on(occurrence.id):
        return _("This date takes no more names, so nothing is offered. Reopen it, or give places by hand.")
    return _("This date takes no more names, so what comes free is not offered until you reopen it.")


def _no_place(occurrence: Occurrence) -> object:
    open_now = offers.open_on(occurrence.id)
    if not open_now:
        return _("No place is free.")
    wall = clock.local(open_now[0].held_until, occurrence.zone)
    return ngettext(
        "Until %(day)s, %(time)s a place is offered. No other is free.",
        "%(num)s places are offered, the first until %(day)s, %(time)s. No other is free.",
        len(open_now),
        day=short_date(wall.date()),
        time=clock_time(wall),
    )


def _nobody_fits(occurrence: Occurrence, free: list[Slot]) -> object:
    room = max(slot.free for slot in free)
    if smallest_in_line(occurrence.id) <= room:
        return _("Who would fit said no to the times that are free. They wait for another time.")
    first = first_in_line(occurrence.id)
    return ngettext(
        "%(num)s place is free at one time. The first in line is a group of %(party)s and does not fit.",
        "%(num)s places are free at one time. The first in line is a group of %(party)s and does not fit.",
        room,
        party=first.party if first else 0,
    )
