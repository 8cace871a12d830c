"""Organizations: their people, their places, and their lists of what to bring."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TypeVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from . import outbox
from .core import clock
from .core.errors import Conflict, Missing, Refusal
from .core.extensions import db
from .models import feeds
from .models.base import Texts
from .models.catalogue import search_text
from .models.checklist import Checklist
from .models.event import CANCELLED, COMPLETED, Event, Occurrence
from .models.organization import Organization
from .models.user import Membership, User
from .models.venue import PUBLIC, Venue

Owned = TypeVar("Owned", Venue, Checklist)

KNOWN_SLUG = _l("There is already an organization with this address.")
FOUND_BY = ("address", "city", "state", "zip_code", "room", "online")
"""What people find a place by. A name or the way there may get better words without a letter to everybody."""
CHANGED_MEANWHILE = _l("Somebody else changed this list while you were typing. Open it anew, then add your change.")


@dataclass(frozen=True)
class VenueFacts:
    """What an organization says of a place, cleaned."""

    name: str
    address: str = ""
    city: str = "Chicago"
    state: str = "IL"
    zip_code: str = ""
    area: str = ""
    room: str = ""
    transit: Texts = field(default_factory=dict)
    access: list[str] = field(default_factory=list)
    parking: str = ""
    visibility: str = PUBLIC
    online: bool = False


@dataclass(frozen=True)
class Contact:
    """How the public reaches an organization, and what its discreet letters are signed with; cleaned."""

    phone: str
    email: str
    website: str
    discreet_sender: str


@dataclass(frozen=True)
class ChecklistContent:
    """What stands on a list, cleaned. `items`: [{"text": Texts, "need": one of checklist.NEEDS}]."""

    title: Texts
    items: list[dict[str, object]]
    reviewed_on: date
    review_every_days: int = 90
    reviewed_by_role: str = ""
    source_label: str = ""


def create_organization(*, slug: str, name: str, **facts: object) -> Organization:
    """A partner, with the columns of Organization as further facts. Raises Refusal for a known slug."""
    if db.session.scalar(sa.select(Organization.id).where(Organization.slug == slug)):
        raise Refusal(KNOWN_SLUG, field="slug")
    organization = Organization(slug=slug, name=name, **facts)
    db.session.add(organization)
    db.session.flush()
    return organization


def set_contact(organization_id: uuid.UUID, contact: Contact) -> Organization:
    """What pages and letters say from now on. Raises Missing."""
    organization = db.session.get(
        Organization, organization_id, populate_existing=True, with_for_update={"key_share": True}
    )
    if organization is None:
        raise Missing()
    for name, value in asdict(contact).items():
        setattr(organization, name, value)
    db.session.flush()
    return organization


def add_member(organization_id: uuid.UUID, user_id: uuid.UUID, role: str) -> Membership:
    """Give a user a role in an organization; a role they already have there is replaced."""
    member = db.session.get(Membership, (user_id, organization_id))
    if member is None:
        member = Membership(user_id=user_id, organization_id=organization_id)
        db.session.add(member)
    member.role = role
    db.session.flush()
    return member


def remove_member(organization_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Take a user out of an organization. Raises Missing for who is not in it.

    The user stays locked, so that no sign-in slips in before they are signed out, too.
    """
    db.session.get(User, user_id, populate_existing=True, with_for_update=True)
    member = db.session.get(Membership, (user_id, organization_id), populate_existing=True)
    if member is None:
        raise Missing()
    db.session.delete(member)
    db.session.flush()


def save_venue(organization_id: uuid.UUID, facts: VenueFacts, venue_id: uuid.UUID | None = None) -> Venue:
    """Make a place, or change one of this organization. Raises Missing for somebody else's.

    Whoever has a place on a date there is told when it is found elsewhere now.
    """
    if venue_id is None:
        venue = Venue(organization_id=organization_id)
        db.session.add(venue)
    else:
        venue = _own(Venue, organization_id, venue_id)
        if (venue.address, venue.zip_code) != (facts.address, facts.zip_code):
            venue.latitude = venue.longitude = None
    moved = any(_plain(getattr(venue, name)) != _plain(getattr(facts, name)) for name in FOUND_BY)
    renamed = (venue.name, venue.area) != (facts.name, facts.area)
    for name, value in asdict(facts).items():
        setattr(venue, name, value)
    changed = db.session.is_modified(venue)
    db.session.flush()
    if venue_id is not None and changed:
        _retell(venue_id, moved, renamed or moved)
        db.session.flush()
    return venue


def _plain(fact: object) -> str:
    """Without what nobody reads as another address: a dot more, or a capital letter less."""
    return "".join(letter for letter in str(fact).casefold() if letter.isalnum())


def _own(kind: type[Owned], organization_id: uuid.UUID, row_id: uuid.UUID) -> Owned:
    row = db.session.get(kind, row_id, populate_existing=True, with_for_update={"key_share": True})
    if row is None or row.organization_id != organization_id:
        raise Missing()
    return row


def _retell(venue_id: uuid.UUID, moved: bool, placed: bool) -> None:
    """The dates there read differently now: on pages, in the search, and in feeds, which hold some of the past. For
    calendars and employers those to come have changed if `placed` (another name, or found elsewhere); and if `moved`,
    people with a place are told.
    """
    now = clock.now()
    told = feeds.past_begins(now)
    there = sa.select(Occurrence.event_id).where(Occurrence.venue_id == venue_id, Occurrence.ends_at > told)
    words = (selectinload(Event.organization), selectinload(Event.occurrences).joinedload(Occurrence.venue))
    query = sa.select(Event).where(Event.id.in_(there)).order_by(Event.id).options(*words)
    locking = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    for event in db.session.scalars(locking):
        here = [date for date in event.occurrences if date.venue_id == venue_id and date.ends_at > told]
        is_coming = any(date.ends_at > now for date in here)
        event.sequence += placed and is_coming
        event.revised_at = now
        event.search_text = search_text(event)
        for occurrence in here:
            occurrence.revised_at = now
        if moved and is_coming:
            db.session.flush()
            outbox.tell_of_address(event.id, Occurrence.venue_id == venue_id)


def save_checklist(
    organization_id: uuid.UUID, content: ChecklistContent, checklist_id: uuid.UUID | None = None
) -> Checklist:
    """Make a list, or the next version of one: what was published stays as it was, and events to come take the new one.

    Raises Missing for somebody else's list, Conflict when this version was already replaced.
    """
    words = asdict(content)
    checklist = Checklist(id=uuid.uuid4(), organization_id=organization_id, **words)
    if checklist_id is not None:
        old = _own(Checklist, organization_id, checklist_id)
        if old.replaced:
            raise Conflict(CHANGED_MEANWHILE)
        if all(getattr(old, name) == value for name, value in words.items()):
            return old
        old.replaced = True
        checklist.series, checklist.version = old.series, old.version + 1
    db.session.add(checklist)
    db.session.flush()
    if checklist_id is not None:
        _take_instead(checklist_id, checklist.id)
    return checklist


def _take_instead(old_id: uuid.UUID, new_id: uuid.UUID) -> None:
    db.session.execute(
        sa.update(Event)
        .where(Event.checklist_id == old_id, Event.state.not_in((CANCELLED, COMPLETED)))
        .values(checklist_id=new_id, revised_at=clock.now())
        .execution_options(synchronize_session=False)
    )
