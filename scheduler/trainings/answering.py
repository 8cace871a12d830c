"""The provider takes a request up, and answers it: with a date, or with other ways."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l

from .. import events, organizations, outbox
from ..core import clock
from ..core.errors import Conflict, Refusal
from ..core.extensions import db
from ..events import Announcement, Timetable
from ..models import training as states
from ..models import venue as places
from ..models.event import IN_PERSON, ONLINE, PRIVATE
from ..models.message import BOOKING_ACCEPTED, BOOKING_DECLINED
from ..models.training import Booking, Wish
from ..models.venue import Venue
from ..organizations import VenueFacts
from .asking import check_wishes, keep_unanswered
from .finding import locked


@dataclass(frozen=True)
class Terms:
    """What the provider decides. `wish` counts from 0; `venue_id` is None for the employer's own place."""

    wish: int
    starts: time
    venue_id: uuid.UUID | None
    places: int
    join_link: str = ""


@dataclass(frozen=True)
class Alternatives:
    """What the provider says instead: words in the employer's language, other days, open dates."""

    words: str
    days: list[Wish] = field(default_factory=list)
    dates: list[uuid.UUID] = field(default_factory=list)


def take_up(booking_id: uuid.UUID) -> Booking:
    """From now on the employer cannot change it. Raises Conflict when it was answered or withdrawn meanwhile."""
    booking = locked(booking_id)
    if booking.state == states.TAKEN_UP:
        return booking
    if booking.state != states.SUBMITTED:
        raise Conflict(_l("This request is not open any more."))
    booking.state = states.TAKEN_UP
    booking.taken_up_at = clock.to_minute(clock.now())
    keep_unanswered(booking)
    db.session.flush()
    return booking


def accept(booking_id: uuid.UUID, terms: Terms) -> Booking:
    """Make the private session that was asked for, invite the employer, and say so in a letter.

    Raises Conflict when it is not taken up, Refusal with the field, events.NotReady for a place that lacks something.
    """
    booking = _taken_up(booking_id)
    starts = _start(booking, terms)
    event_id = _announce(booking, terms)
    ends = starts + timedelta(minutes=booking.training.minutes)
    venue_id = terms.venue_id or _workplace(booking)
    occurrence = events.add_date(event_id, Timetable(starts, ends, venue_id, terms.places))
    events.publish(event_id)
    booking.occurrence, booking.told_sequence = occurrence, occurrence.whole_sequence
    _answer(booking, states.CONFIRMED, ends.date())
    outbox.enqueue_for_booking(BOOKING_ACCEPTED, booking)
    return booking


def decline(booking_id: uuid.UUID, said: Alternatives) -> Booking:
    """None of the days can be: say why, and what could. Raises Conflict, Refusal."""
    booking = _taken_up(booking_id)
    if said.days:
        check_wishes(said.days)
    if not said.words:
        raise Refusal(_l("Write a few words for the employer."), field="words")
    booking.keep_secret(answer=said.words)
    booking.days_offered = [[wish.day.isoformat(), wish.part] for wish in said.days]
    booking.dates_offered = [occurrence_id.hex for occurrence_id in said.dates]
    _answer(booking, states.DECLINED, clock.today(current_app.config["TIMEZONE"]))
    outbox.enqueue_for_booking(BOOKING_DECLINED, booking)
    return booking


def _taken_up(booking_id: uuid.UUID) -> Booking:
    booking = locked(booking_id)
    if booking.state != states.TAKEN_UP:
        raise Conflict(_l("Take the request up first. It may have been answered or withdrawn meanwhile."))
    return booking


def _start(booking: Booking, terms: Terms) -> datetime:
    if not 0 <= terms.wish < len(booking.wishes):
        raise Refusal(_l("Choose one of the days."), field="wish")
    wish = booking.wishes[terms.wish]
    starts = datetime.combine(wish.day, terms.starts)
    if not wish.starts <= starts < wish.ends:
        raise Refusal(_l("Choose a start within the part of the day that the employer named."), field="starts")
    return starts


def _announce(booking: Booking, terms: Terms) -> uuid.UUID:
    """A private event that nobody finds; its staff come in by the invitation."""
    training = booking.training
    venue = db.session.get(Venue, terms.venue_id) if terms.venue_id else None
    said = Announcement(
        type="employer_training",
        title=training.title,
        summary=training.summary,
        languages=booking.languages,
        format=ONLINE if venue is not None and venue.online else IN_PERSON,
        admission="seats",
        sensitive=False,
        visibility=PRIVATE,
        party_max=1,
        walk_ins=False,
        join_link=terms.join_link,
        training_id=training.id,
    )
    event = events.create(training.organization_id, said)
    # Its people leave a name only: there is nobody to remind.
    event.reminder_days = []
    db.session.flush()
    return event.id


def _workplace(booking: Booking) -> uuid.UUID:
    """The provider's one hidden place for sessions at employers'."""
    owner = booking.training.organization_id
    query = sa.select(Venue.id).where(Venue.organization_id == owner, Venue.name == places.WORKPLACE).limit(1)
    found = db.session.scalar(query)
    if found is not None:
        return found
    return organizations.save_venue(owner, VenueFacts(name=places.WORKPLACE, visibility=places.AFTER_REGISTRATION)).id


def _answer(booking: Booking, state: str, last_day: date) -> None:
    booking.state = state
    booking.answered_at = booking.revised_at = clock.to_minute(clock.now())
    booking.keep(last_day + timedelta(days=booking.keep_days))
    db.session.flush()
