"""What the letters about a date that is off, or that moved, speak of besides the usual facts."""

from __future__ import annotations

from datetime import datetime

from ..core import clock, wording
from ..models import alternatives, moved
from ..models import message as letters
from ..models.alternatives import Alternative
from ..models.message import Message
from ..models.registration import Registration
from . import links
from .saying import Facts, said


def known_once(message: Message) -> Facts:
    """What is equal in both languages."""
    if message.letter != letters.CANCELLATION_HOST or message.registration is None:
        return {}
    return {
        "instead": alternatives.for_place(message.registration),
        "choose": links.other_dates(message.registration),
    }


def in_words(message: Message, language: str, known: Facts) -> Facts:
    """What is worded anew in each language. The locale of the moment must be that language."""
    registration = message.registration
    if message.letter == letters.CANCELLATION_HOST and registration is not None:
        reason = said(registration.occurrence.reason_off, language)
        return {
            "reason": reason.text.rstrip(" ."),
            "planned_for": _planned_for(registration),
            "others": [_offered(found, language) for found in known["instead"]],
        }
    return _moved(registration) if message.letter == letters.MOVE and registration is not None else {}


def _planned_for(registration: Registration) -> str:
    """The moment that somebody has in mind who never heard that the date had moved."""
    unheard = moved.unheard(registration)
    return _moment(unheard.was_local) if unheard else ""


def _offered(found: Alternative, language: str) -> Facts:
    """One of the other dates. A discreet letter says no more of it than when it is."""
    occurrence = found.occurrence
    first = found.slots[0].starts_local if found.asks_time and found.slots else occurrence.starts_local
    day, time = wording.weekday_date(first.date()), wording.clock_time(first)
    venue = occurrence.venue
    return {
        "day": day[:1].upper() + day[1:],
        "time": time,
        "several": found.asks_time and len(found.slots) > 1,
        "title": said(occurrence.event.title, language),
        "area": venue.whereabouts if venue else "",
    }


def _moved(registration: Registration) -> Facts:
    """When it was and when it is now, for this person's own time; and until when an answer is waited for."""
    found, zone = moved.of(registration), registration.occurrence.zone
    assert found is not None
    return {
        "old": _moment(found.was_local),
        "new": _moment(found.now_local),
        "same_time": found.same_time,
        "same_place": found.same_place,
        "ends": wording.clock_time(found.ends_local),
        "answer_by": _moment(clock.local(found.answer_by, zone)) if found.answer_by else "",
    }


def _moment(wall: datetime) -> str:
    """`Saturday, December 5, 9:30 AM`."""
    return f"{wording.weekday_date(wall.date())}, {wording.clock_time(wall)}"
