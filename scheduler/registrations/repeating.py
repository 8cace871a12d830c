"""A form that comes twice, and a contact that comes often."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from ..core.errors import Conflict
from ..core.extensions import db
from ..models import registration as states
from ..models.base import table_of
from ..models.event import Occurrence
from ..models.registration import Registration
from .asking import SentForm

SAME_CONTACT_LIMIT = 4


@dataclass(frozen=True)
class KeptBefore:
    """How many places of a date this very form kept (one, or none), and how many live ones have the same contact."""

    same_form: int
    same_contact: int

    @property
    def is_often(self) -> bool:
        """So often that the next place is only held, until somebody says yes to it."""
        return self.same_contact >= SAME_CONTACT_LIMIT


def kept_before(occurrence: Occurrence, nonce: str, contact: str) -> KeptBefore:
    """What is there already of the person who sent this form. One question, since each place kept asks it."""
    asked = {
        "date": occurrence.id,
        "nonce": states.nonce_index(occurrence, nonce),
        "contact": states.contact_index(occurrence, contact) if contact else None,
    }
    return KeptBefore(*db.session.execute(_counted(), asked).one())


@cache
def _counted() -> sa.Select[int, int]:
    """Two counts beside each other: each has an index of its own, which `or` would leave to the planner's luck."""
    place = table_of(Registration).c
    here, gone = place.occurrence_id == sa.bindparam("date"), (states.CANCELLED, states.NO_SHOW)
    form = here, place.nonce_index == sa.bindparam("nonce")
    contact = here, place.contact_index == sa.bindparam("contact"), *(place.state != state for state in gone)
    return sa.select(*(sa.select(sa.func.count()).where(*which).scalar_subquery() for which in (form, contact)))


def sent_before(occurrence: Occurrence, nonce: str) -> Registration | None:
    """What this form was answered with, if it came before."""
    same_form = Registration.nonce_index == states.nonce_index(occurrence, nonce)
    return db.session.scalar(sa.select(Registration).where(Registration.occurrence_id == occurrence.id, same_form))


def replayed(occurrence: Occurrence, sent: SentForm) -> Registration:
    """The place that this form kept when it came before. Raises Conflict for other answers, or if it is gone."""
    earlier = sent_before(occurrence, sent.nonce)
    assert earlier is not None
    if earlier.answers_index != answers_index(occurrence, sent) or earlier.is_gone():
        raise Conflict(_l("This form was already sent, and that place is kept. To book again, open the page anew."))
    return earlier


def answers_index(occurrence: Occurrence, sent: SentForm) -> bytes:
    """By which the answers of a form are known again, and nothing else."""
    return states.nonce_index(occurrence, sent.attendee.digest(sent.slot_id))
