"""An employer's staff come in by the invitation: a name, and nothing else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import outbox, registrations
from ..core import clock, keyring
from ..core.errors import Closed, Conflict
from ..core.extensions import db
from ..models import registration as places
from ..models import training as states
from ..models.event import Occurrence
from ..models.registration import Registration
from ..registrations import Attendee
from .finding import locked

FULL = _l("All places are taken. Please tell the person at your work who invited you.")
LISTED = (*places.SEATED, places.NO_SHOW)


@dataclass(frozen=True)
class Attended:
    """All that an employer ever sees of somebody."""

    name: str
    came: bool | None
    """None where nobody noted it, as in most sessions online."""


def join(booking_id: uuid.UUID, name: str, language: str, nonce: str) -> Registration:
    """Keep one place in the session. Raises Closed, and Conflict when nothing is free: here nobody waits in line."""
    booking = locked(booking_id)
    if booking.occurrence_id is None or booking.state != states.CONFIRMED:
        raise Closed()
    attendee = Attendee(name=name, contact_kind=places.NONE, contact="", language=language, spoken=language)
    registration = registrations.register(booking.occurrence_id, None, attendee, nonce, source=places.INVITED)
    if registration.state == places.WAITLISTED:
        raise Conflict(FULL)
    # They left no contact and see their code at once: nobody has to call them.
    outbox.void_waiting(registration.id)
    return registration


def can_join(occurrence: Occurrence | None) -> bool:
    """True while the invitation still opens something."""
    return occurrence is not None and occurrence.accepts(clock.now())


def who_came(occurrence: Occurrence) -> list[Attended]:
    """Who came in by the invitation, by name, and whether they came; empty once they are erased.

    Whoever got their place in another way left their name to the host, and not to an employer. Online there is no
    door: unless somebody was checked in all the same, nobody knows who came.
    """
    query = sa.select(Registration).where(
        Registration.occurrence_id == occurrence.id,
        Registration.source == places.INVITED,
        Registration.state.in_(LISTED),
        Registration.erase_asked.is_(False),
    )
    try:
        rows = db.session.scalars(query.order_by(Registration.number)).all()
        missed = False if not occurrence.is_only_online or _somebody_came(occurrence) else None
        people = [Attended(row.name, True if row.state == places.CHECKED_IN else missed) for row in rows]
    except keyring.KeyIsGone:
        return []
    return sorted(people, key=lambda person: person.name.casefold())


def _somebody_came(occurrence: Occurrence) -> bool:
    theirs = Registration.occurrence_id == occurrence.id, Registration.state == places.CHECKED_IN
    return bool(db.session.scalar(sa.select(sa.exists().where(*theirs))))
