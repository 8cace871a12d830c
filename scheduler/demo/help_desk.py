"""A date of the demo world that is on right now, so that the door can be tried: check-in, walk-ins, the sheet."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from .. import checkin, events
from ..core import clock
from ..core.extensions import db
from ..models import event as states
from ..models.event import Event, Occurrence, Slot
from ..models.registration import Registration
from .crowd import Crowd

LIKE = "daca-renewal-pilsen"
"""Same host, same place, same list."""
SLUG = "help-desk-today"
OPENS, CLOSES, LATEST_SEED, NIGHT = time(8), time(21), time(20), timedelta(hours=5)
WORDS = {
    "title": {"en": "Open Help Desk", "es": "Mesa de ayuda abierta"},
    "summary": {
        "en": "Bring your questions and your letters. You get a number at the door.",
        "es": "Traiga sus preguntas y sus cartas. En la puerta le dan un número.",
    },
}
PEOPLE, HERE = {"registered": 14}, slice(2, 7)
STREET = (("Luz", "es", 1), ("Yusuf", "ar", 2))


def add(crowd: Crowd) -> None:
    """People sign up for today; some of them are here already, one group in part, and two come in from the street."""
    occurrence = _date(db.session.scalars(sa.select(Event).where(Event.slug == LIKE)).one(), *_hours())
    crowd.come(occurrence.id, PEOPLE)
    query = sa.select(Registration).where(Registration.occurrence_id == occurrence.id)
    for row in list(db.session.scalars(query.order_by(Registration.number)))[HERE]:
        checkin.check_in(row.id, row.party - 1 or 1)
    for number, (name, spoken, party) in enumerate(STREET):
        checkin.walk_in(occurrence.id, name, spoken, party, f"demo-street-{number}")


def _hours() -> tuple[datetime, datetime]:
    """From the morning to the evening; at night from this hour on, so that whoever looks at night finds a door open."""
    here = clock.local(clock.now(), "America/Chicago").replace(tzinfo=None)
    hour = here.replace(minute=0, second=0, microsecond=0)
    if here.time() >= LATEST_SEED:
        return hour, hour + NIGHT
    return min(hour, datetime.combine(here, OPENS)), datetime.combine(here, CLOSES)


def _date(like: Event, starts: datetime, ends: datetime) -> Occurrence:
    shown = like.occurrences[0]
    event = Event(
        id=uuid.uuid4(),
        organization_id=like.organization_id,
        checklist_id=like.checklist_id,
        slug=SLUG,
        type="info_session",
        state=states.PUBLISHED,
        admission="open_door",
        languages=["en", "es"],
        interpretation=["ar", "pl"],
        amenities=["free", "step_free"],
        flow_minutes=30,
        sensitive=True,
        created_at=like.created_at,
        revised_at=like.created_at,
        published_at=like.published_at,
        **WORDS,
    )
    occurrence = Occurrence(
        id=uuid.uuid4(),
        event=event,
        venue_id=shown.venue_id,
        zone=shown.zone,
        created_at=like.created_at,
        revised_at=like.created_at,
    )
    occurrence.schedule(starts, ends, 30)
    occurrence.slots = [
        Slot(id=uuid.uuid4(), starts_local=starts, starts_at=clock.to_utc(starts, shown.zone), seats_limit=90)
    ]
    db.session.add(event)
    db.session.flush()
    event.search_text = events.search_text(event)
    return occurrence
