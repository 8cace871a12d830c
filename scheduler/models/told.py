"""Told: how many people would hear of news about a date, and how."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ..core.extensions import db
from .event import Occurrence
from .message import DUE_IN
from .registration import BY_EMAIL, CONFIRMED, HELD, NONE, PHONE, Registration


@dataclass(frozen=True)
class Told:
    """Registrations, by how the news reaches them."""

    by_mail: int
    by_phone: int
    by_code: int

    @property
    def total(self) -> int:
        return self.by_mail + self.by_phone + self.by_code


def at_venue(venue_id: uuid.UUID, now: datetime) -> int:
    """How many registrations have a place on a date to come there."""
    query = sa.select(sa.func.count()).join_from(Registration, Registration.occurrence)
    there = Occurrence.venue_id == venue_id, Occurrence.ends_at > now, Registration.state.in_((HELD, CONFIRMED))
    return db.session.scalar(query.where(*there)) or 0


def would_be(letter: str, occurrence_ids: Sequence[uuid.UUID]) -> Told:
    """To whom this letter would go, who must be called instead, and who will only see it with their code."""
    query = (
        sa.select(Registration.contact_kind, sa.func.count())
        .where(Registration.occurrence_id.in_(occurrence_ids), Registration.state.in_(DUE_IN[letter]))
        .group_by(Registration.contact_kind)
    )
    found = {row[0]: row[1] for row in db.session.execute(query)}
    return Told(sum(found.get(kind, 0) for kind in BY_EMAIL), found.get(PHONE, 0), found.get(NONE, 0))
