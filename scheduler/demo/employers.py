"""Employers of the cast and of the demo world: what is offered to them, and what they ask for."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from .. import trainings
from ..core import clock
from ..core.extensions import db
from ..models import message as letters
from ..models import training as booked
from ..models.event import Event, Occurrence
from ..models.message import Message
from ..models.training import Booking, Wish
from ..trainings import Alternatives, Offering, Request

SAID = Request(
    employer="Fictional Foods Co.",
    name="Dana Whitfield",
    email="hr@foods.example",
    phone="312-555-0140",
    place="theirs",
    zip="60612",
    wishes=[],
    head_count=18,
    languages=["en"],
    audience=["supervisor", "all_staff"],
    language="en",
    equipment=["screen"],
    certificates=True,
    note="The elevator is on the left.",
)


def said(**changes: Any) -> Request:
    """What Dana asks for; or somebody else, by these changes."""
    return Request(**{**{name: getattr(SAID, name) for name in SAID.__dataclass_fields__}, **changes})


def a_wish(days: int, part: str = "morning") -> Wish:
    """A part of the day so many days from today."""
    return Wish(clock.now().date() + timedelta(days=days), part)


def offer(organization_id: uuid.UUID, **changes: Any) -> uuid.UUID:
    """Two hours for 3 to 30 people, in English and Spanish, at a workplace or online."""
    words: dict[str, Any] = {
        "title": {"en": "Fair Hiring", "es": "Contratación justa"},
        "summary": {"en": "Practice with real job ads.", "es": "Práctica con anuncios reales."},
        "minutes": 120,
        "people_min": 3,
        "people_max": 30,
        "formats": ["onsite", "virtual", "open_session"],
        "languages": ["en", "es"],
        "audience": ["owner", "hr"],
    }
    return trainings.save(organization_id, Offering(**{**words, **changes})).id


NAMES = tuple(
    f"{place} {trade} (demo)"
    for trade in ("Bakery", "Foods", "Laundry", "Supply", "Cafe")
    for place in ("Corner", "Elm Street", "Harbor Lane", "Little Prairie", "Red Brick", "Windy Hill")
)
"""Companies whose people come to open trainings."""


def catalogue(facts: list[dict[str, Any]], hosts: dict[str, uuid.UUID]) -> dict[str, uuid.UUID]:
    """The trainings of the facts, by their keys; one that is to be taken before comes first."""
    made: dict[str, uuid.UUID] = {}
    same = ("title", "summary", "minutes", "people_min", "people_max", "formats", "languages", "audience")
    for fact in facts:
        said = Offering(prerequisite_id=made.get(fact["prerequisite"] or ""), **{name: fact[name] for name in same})
        made[fact["key"]] = trainings.save(hosts[fact["provider"]], said).id
    return made


def ask(facts: list[dict[str, Any]], made: dict[str, uuid.UUID], day_of: Callable[[str, int], date]) -> None:
    """The requests of the facts, each brought to where it stands. Invented people get no letters for it."""
    for fact in facts:
        wishes = [Wish(day_of(wish["weekday"], wish["weeks_from_now"]), wish["part"]) for wish in fact["days"]]
        same = ("employer", "name", "email", "phone", "place", "zip", "head_count", "languages", "audience", "language")
        words = said(wishes=wishes, note="", **{name: fact[name] for name in same})
        booking = trainings.submit(made[fact["training"]], words, f"demo-{fact['email']}")
        _bring_on(booking, fact)
    sent = sa.update(Message).where(Message.booking_id.is_not(None)).values(state=letters.SENT, sent_at=clock.now())
    db.session.execute(sent.execution_options(synchronize_session=False))


def _bring_on(booking: Booking, fact: dict[str, Any]) -> None:
    """Through the same acts as in life; only the session of the one that is set is a date of the facts."""
    state = fact["state"]
    if state == booked.SUBMITTED:
        return
    if state == booked.WITHDRAWN:
        trainings.withdraw(booking.id)
        return
    trainings.take_up(booking.id)
    if state == booked.DECLINED:
        first = booking.wishes[0]
        other = Wish(first.day + timedelta(days=14), first.part)
        trainings.decline(booking.id, Alternatives(fact["answer"], [other]))
    if state == booked.CONFIRMED:
        occurrence = db.session.scalars(sa.select(Occurrence).join(Event).where(Event.slug == fact["session"])).one()
        booking.occurrence, booking.told_sequence, booking.state = occurrence, occurrence.whole_sequence, state
        booking.answered_at = clock.to_minute(clock.now())
        booking.keep(occurrence.ends_local.date() + timedelta(days=booking.training.keep_days))
        db.session.flush()
