"""What a letter to an employer may speak of. It repeats nothing that was typed: nobody confirmed the address."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..core import clock, wording
from ..core.extensions import db
from ..models import message as letters
from ..models import registration as places
from ..models import training as states
from ..models.event import Occurrence
from ..models.message import Message
from ..models.registration import Registration
from ..models.training import Booking, Wish
from . import links
from .saying import Facts, Said, said

PART_WORDS = {
    "morning": lambda: _("in the morning"),
    "afternoon": lambda: _("in the afternoon"),
    "evening": lambda: _("in the evening"),
}

ABOUT_A_SESSION = (letters.BOOKING_ACCEPTED, letters.BOOKING_CHANGED, letters.BOOKING_LINK, letters.BOOKING_OVER)


@dataclass(frozen=True)
class OpenDate:
    """A date that the employer's people could join instead."""

    title: Said
    when: str
    page: str


def known_once(booking: Booking) -> Facts:
    """What is equal in both languages."""
    return {
        "discreet": False,
        "reference": booking.reference,
        "page": links.booking(booking),
        "answer": booking.told("answer") if booking.state == states.DECLINED else "",
        "written_in": booking.language,
        "off": booking.called_off,
    }


def in_words(message: Message, language: str) -> Facts:
    """What is worded anew in each language."""
    booking = message.booking
    assert booking is not None
    host = booking.training.organization
    facts: Facts = {
        "title": said(booking.training.title, language),
        "door": "work",
        "legal": False,
        "helper": False,
        "name": "",
        "host": host.name,
        "phone": host.phone,
        "answer_by": wording.weekday_date(booking.answer_by),
        "catalogue": links.training(booking.training, language),
    }
    if message.letter in ABOUT_A_SESSION and booking.occurrence is not None:
        facts |= _session(booking.occurrence, language)
        facts["names_until"] = wording.plain_date(booking.names_until)
        facts["certificates"] = booking.certificates
        facts["certified"] = message.letter == letters.BOOKING_OVER and _somebody_came(booking.occurrence)
    if message.letter == letters.BOOKING_DECLINED:
        facts["days"] = [wish_in_words(wish) for wish in booking.offered]
        facts["dates"] = open_dates(booking, language)
    return facts


def wish_in_words(wish: Wish) -> str:
    """`Tuesday, December 8, in the morning`."""
    return f"{wording.weekday_date(wish.day)}, {PART_WORDS[wish.part]()}"


def _session(occurrence: Occurrence, language: str) -> Facts:
    day = occurrence.starts_local.date()
    date = wording.weekday_date(day)
    venue = occurrence.venue
    return {
        "door_month": wording.door_month(day),
        "door_day": day.day,
        "door_weekday": wording.door_weekday(day),
        "short_date": wording.short_date(day),
        "day": date[:1].upper() + date[1:],
        "hours": wording.time_range(occurrence.starts_local, occurrence.ends_local),
        "zone": wording.zone_words(occurrence.zone),
        "online": bool(venue and venue.online),
        "at_work": bool(venue and venue.is_workplace),
        "join_link": "",
        "has_link": bool(occurrence.join_link),
        "venue": venue.called_with_room if venue else "",
        "address": venue.full_address if venue else "",
        "transit": said(venue.transit, language) if venue and venue.transit else None,
        "reason": said(occurrence.reason_off, language) if occurrence.is_cancelled else None,
    }


def _somebody_came(occurrence: Occurrence) -> bool:
    """True if somebody who came in by the invitation was checked in."""
    theirs = Registration.occurrence_id == occurrence.id, Registration.source == places.INVITED
    came = sa.exists().where(*theirs, Registration.state == places.CHECKED_IN, Registration.erase_asked.is_(False))
    return bool(db.session.scalar(sa.select(came)))


def open_dates(booking: Booking, language: str) -> list[OpenDate]:
    """The open trainings that the provider named instead, as far as they are still to come."""
    if not booking.dates_offered:
        return []
    query = sa.select(Occurrence).options(joinedload(Occurrence.event))
    query = query.where(Occurrence.id.in_([uuid.UUID(hexed) for hexed in booking.dates_offered]))
    rows = db.session.scalars(query.where(Occurrence.ends_at > clock.now()).order_by(Occurrence.starts_at))
    return [
        OpenDate(said(found.event.title, language), _moment(found), links.event(found.event, language))
        for found in rows
        if not found.is_cancelled
    ]


def _moment(occurrence: Occurrence) -> str:
    starts = occurrence.starts_local
    return f"{wording.short_date(starts.date())}, {wording.clock_time(starts)}"
