"""The roster of a date, read: decrypted for this answer only, and the look is audited."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from .. import audits, seats
from ..core import clock, keyring
from ..core.errors import Missing
from ..core.extensions import db
from ..models import message as letters
from ..models.event import Occurrence, Slot
from ..models.message import Message
from ..models.offer import OPEN, Offer, has_other_times, open_for, other_times
from ..models.registration import Registration
from .people import ON_THE_LIST, Person, Roster, Time


@dataclass(frozen=True)
class Reach:
    """What is known of reaching a person: somebody else answers at their number, or letters come back."""

    wrong_number: bool
    mail_failed: bool


@dataclass(frozen=True)
class Standing:
    """The offer that stands for a person, and whether they could wait for another time instead."""

    offer: Offer
    may_wait: bool


def view(occurrence_id: uuid.UUID, user_id: uuid.UUID) -> Roster:
    """The roster of a date: three statements however many people. Raises Missing, also once it was erased."""
    occurrence = readable(occurrence_id)
    audits.append(occurrence.event.organization_id, user_id, audits.ROSTER_VIEWED, occurrence.id)
    return Roster(people_of(occurrence), _times(occurrence))


def people_of(occurrence: Occurrence) -> list[Person]:
    """Everybody on the list of a date, in the order of coming: one statement however many they are."""
    found = _people(occurrence)
    contacts = Counter(row.contact_index for row, _standing, _reach in found if row.contact_index)
    return [
        person_of(row, row.contact_index is not None and contacts[row.contact_index] > 1, reach, standing)
        for row, standing, reach in found
    ]


def readable(occurrence_id: uuid.UUID) -> Occurrence:
    """The date with its event, while its key lives. Raises Missing."""
    query = sa.select(Occurrence).options(joinedload(Occurrence.event)).where(Occurrence.id == occurrence_id)
    occurrence = db.session.scalar(query)
    if occurrence is None:
        raise Missing()
    try:
        occurrence.derived_key("field")
    except keyring.KeyIsGone:
        raise Missing(_l("This list was erased on time, as we promised.")) from None
    return occurrence


def _times(occurrence: Occurrence) -> list[Time]:
    query = sa.select(Slot).where(Slot.occurrence_id == occurrence.id).order_by(Slot.starts_at, Slot.id)
    slots = db.session.scalars(query).all()
    on = seats.on_or_coming(occurrence, slots)
    return [Time(slot.starts_local, slot.seats_taken, slot.seats_limit, slot not in on) for slot in slots]


def _people(occurrence: Occurrence) -> list[tuple[Registration, Standing | None, Reach]]:
    """Everybody with the offer that stands for them, and whether they can be reached."""
    theirs = Message.registration_id == Registration.id
    wrong = sa.exists().where(theirs, Message.outcome == letters.WRONG_NUMBER)
    failed = sa.exists().where(theirs, letters.came_back())
    offered = sa.and_(Offer.registration_id == Registration.id, Offer.state == OPEN)
    query = sa.select(Registration, Offer, has_other_times(), wrong, failed).outerjoin(Offer, offered)
    query = query.options(joinedload(Registration.slot)).where(
        Registration.occurrence_id == occurrence.id,
        Registration.state.in_(ON_THE_LIST),
        Registration.erase_asked.is_(False),
    )
    rows = db.session.execute(query.order_by(Registration.number))
    return [
        (row[0], _standing(row[1], row[2]), Reach(wrong_number=bool(row[3]), mail_failed=bool(row[4]))) for row in rows
    ]


def _standing(offer: Offer | None, may_wait: bool) -> Standing | None:
    return Standing(offer, bool(may_wait)) if offer else None


def calls_in_vain(occurrence_ids: Collection[uuid.UUID]) -> dict[uuid.UUID | None, list[Message]]:
    """The calls about these dates to which nobody answered, or somebody else, for each registration."""
    query = sa.select(Message).where(
        Message.occurrence_id.in_(occurrence_ids), Message.outcome.in_((letters.WRONG_NUMBER, letters.NO_ANSWER))
    )
    found: dict[uuid.UUID | None, list[Message]] = {}
    for message in db.session.scalars(query):
        found.setdefault(message.registration_id, []).append(message)
    return found


def reach_of(row: Registration) -> Reach:
    """Whether one person can be reached."""
    theirs = Message.registration_id == row.id
    wrong = sa.exists().where(theirs, Message.outcome == letters.WRONG_NUMBER)
    failed = sa.exists().where(theirs, letters.came_back())
    found = db.session.execute(sa.select(wrong, failed)).one()
    return Reach(wrong_number=bool(found[0]), mail_failed=bool(found[1]))


def standing_of(row: Registration) -> Standing | None:
    """The same for one person."""
    offer = open_for(row.id)
    return Standing(offer, may_wait=other_times(offer)) if offer else None


def person_of(row: Registration, same_contact: bool, reach: Reach, standing: Standing | None) -> Person:
    """The line of a registration, decrypted."""
    return Person(
        id=row.id,
        line=row.line,
        name=row.name,
        code=row.code,
        state=row.state,
        party=row.party,
        arrived=row.arrived,
        door_number=row.door_number,
        children=row.children,
        spoken=row.spoken,
        needs=tuple(row.needs),
        starts_local=row.starts_local,
        same_contact=same_contact,
        wrong_number=reach.wrong_number,
        mail_failed=reach.mail_failed,
        reconfirmed=row.is_reconfirmed,
        asked=row.keep_asked_at is not None,
        checked_in_local=wall(row.checked_in_at, row.occurrence) if row.checked_in_at else None,
        offer_id=standing.offer.id if standing else None,
        offer_until_local=wall(standing.offer.held_until, row.occurrence) if standing else None,
        may_wait=standing is not None and standing.may_wait,
    )


def wall(instant: datetime, occurrence: Occurrence) -> datetime:
    """An instant as the clock on the wall of the date's place showed it."""
    return clock.local(instant, occurrence.zone).replace(tzinfo=None)
