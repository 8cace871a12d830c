"""How often one contact stands on a date."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from ..core.extensions import db
from .registration import LIVE, Registration


def same_contact(registration: Registration) -> int:
    """How many other live registrations of this date were made with the same contact."""
    return _count(_same_contact(), registration)


def unproven_contact(registration: Registration) -> int:
    """The same, without those to which their owner said yes."""
    return _count(_same_contact().where(Registration.proven.is_(False)), registration)


def _count(query: sa.Select[int], registration: Registration) -> int:
    if registration.contact_index is None:
        return 0
    asked = {"date": registration.occurrence.id, "contact": registration.contact_index, "own": registration.id}
    with db.session.no_autoflush:
        return db.session.scalar(query, asked) or 0


@cache
def _same_contact() -> sa.Select[int]:
    """Built once: it is asked for each place that is kept, and for each letter that says so."""
    return sa.select(sa.func.count()).where(
        Registration.occurrence_id == sa.bindparam("date"),
        Registration.contact_index == sa.bindparam("contact"),
        Registration.state.in_(LIVE),
        Registration.id != sa.bindparam("own"),
    )
