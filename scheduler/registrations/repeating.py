"""A form that comes twice, and a contact that comes often."""

from __future__ import annotations

from collections.abc import Sequence
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
from .writing import Draft, answers_index

SAME_CONTACT_LIMIT = 4


class GivenBack(Conflict):
    """The place that this form kept was given back: only a form with a nonce of its own keeps another."""

    def __init__(self) -> None:
        super().__init__(_l("The place that this form kept was given back. Press the button again to keep a new one."))


class OtherAnswers(Conflict):
    """This very form was sent before with other answers, and that place is kept."""

    def __init__(self) -> None:
        super().__init__(_l("This form was already sent, and that place is kept. To book again, open the page anew."))


@dataclass(frozen=True)
class KeptBefore:
    """How many places of a date this very form kept (one, or none), and how many live ones have the same contact.

    Those to which their owner said yes are not counted: a stranger could tell them by a place that is only held.
    """

    same_form: int
    same_contact: int

    @property
    def is_often(self) -> bool:
        """So often that the next place is only held, until somebody says yes to it."""
        return self.same_contact >= SAME_CONTACT_LIMIT


def kept_before(occurrence: Occurrence, forms: Sequence[Draft]) -> list[KeptBefore]:
    """What is there already of the people who sent these forms. One question, since each place kept asks it."""
    nonces = [draft.place.nonce_index for draft in forms]
    contacts = [draft.place.contact_index or b"" for draft in forms]
    asked = {"date": occurrence.id} | _named("nonce", nonces) | _named("contact", contacts)
    counts = {row[0]: row[1] for row in db.session.execute(_counted(len(forms)), asked)}
    return [
        KeptBefore(counts.get(nonce, 0), counts.get(contact, 0))
        for nonce, contact in zip(nonces, contacts, strict=True)
    ]


def _named(name: str, values: list[bytes]) -> dict[str, bytes]:
    return {f"{name}{number}": value for number, value in enumerate(values)}


@cache
def _counted(forms: int) -> sa.CompoundSelect[bytes, int]:
    """Two counts after each other: each has an index of its own, which `or` would leave to the planner's luck."""
    place = table_of(Registration).c
    here, gone = place.occurrence_id == sa.bindparam("date"), (states.CANCELLED, states.NO_SHOW)
    form = here, place.nonce_index.in_(_places("nonce", forms))
    contact = here, place.contact_index.in_(_places("contact", forms)), place.state.not_in(gone), ~place.proven
    same_form = sa.select(place.nonce_index, sa.literal_column("1", sa.Integer)).where(*form)
    same_contact = sa.select(place.contact_index, sa.func.count()).where(*contact).group_by(place.contact_index)
    return sa.union_all(same_form, same_contact)


def _places(name: str, count: int) -> list[sa.BindParameter[bytes]]:
    return [sa.bindparam(f"{name}{number}", type_=sa.LargeBinary) for number in range(count)]


def are_apart(forms: Sequence[Draft]) -> bool:
    """True if none of these forms could be another one that comes twice, or of the same contact."""
    nonces = {draft.place.nonce_index for draft in forms}
    contacts = [draft.place.contact_index for draft in forms if draft.place.contact_index]
    return len(nonces) == len(forms) and len(set(contacts)) == len(contacts)


def sent_before(occurrence: Occurrence, nonce: str) -> Registration | None:
    """What this form was answered with, if it came before."""
    same_form = Registration.nonce_index == states.nonce_index(occurrence, nonce)
    return db.session.scalar(sa.select(Registration).where(Registration.occurrence_id == occurrence.id, same_form))


def replayed(occurrence: Occurrence, sent: SentForm) -> Registration:
    """The place that this form kept when it came before. Raises GivenBack, OtherAnswers."""
    earlier = sent_before(occurrence, sent.nonce)
    assert earlier is not None
    if earlier.state == states.CANCELLED or earlier.is_gone():
        raise GivenBack()
    if earlier.answers_index != answers_index(occurrence, sent):
        raise OtherAnswers()
    return earlier
