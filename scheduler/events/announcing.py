"""What is announced: the words of an event, and how people come in."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from .. import outbox, seats
from ..core import clock
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import db
from ..models.base import Texts
from ..models.catalogue import search_text
from ..models.checklist import Checklist
from ..models.doors import SENSITIVE_TYPES
from ..models.event import DRAFT, PUBLISHED, Event, Occurrence
from ..models.organization import Organization
from ..models.registration import DISCREET, Registration
from .links import tell_employers
from .promises import keep_promises
from .publishing import NotReady, lock, problems
from .retention import ask_before_erasing, check_wish, longest_retention, reschedule

EDITABLE = (DRAFT, "in_review", PUBLISHED)
SLUG_LENGTH = 80


@dataclass(frozen=True)
class Announcement:
    """What an organizer says of an event, cleaned. `flow_minutes`: None counts the steps together.

    `retention_days`: the event's own wish; None leaves it to the organization. `sensitive`: what the organizer says;
    some kinds are sensitive whatever is said.
    """

    type: str
    title: Texts
    summary: Texts
    languages: list[str]
    format: str
    admission: str
    sensitive: bool
    interpretation: list[str] = field(default_factory=list)
    visibility: str = "public"
    amenities: list[str] = field(default_factory=list)
    checklist_id: uuid.UUID | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    flow_minutes: int | None = None
    party_max: int = 6
    walk_ins: bool = True
    retention_days: int | None = None
    join_link: str = ""
    max_per_employer: int | None = None
    training_id: uuid.UUID | None = None

    @property
    def is_sensitive(self) -> bool:
        return self.sensitive or self.type in SENSITIVE_TYPES


def create(organization_id: uuid.UUID, said: Announcement) -> Event:
    """A new draft. Raises Refusal, with the field, for what cannot be said."""
    host = db.session.get(Organization, organization_id)
    if host is None:
        raise Missing()
    now = clock.now()
    event = Event(id=uuid.uuid4(), organization=host, state=DRAFT, created_at=now, revised_at=now)
    with db.session.no_autoflush:
        _say(event, said)
    db.session.add(event)
    _flush()
    return event


def edit(event_id: uuid.UUID, said: Announcement, erasing: int = 0) -> Event:
    """Say it anew. What is published may not lose what publishing asks for: raises NotReady.

    Raises ErasedAtOnce when more than `erasing` dates would be due for it by fewer days. Whoever has a place is told
    when it is joined in another way now. Calendars also learn that a visit takes longer.
    """
    event = locked(event_id)
    lacked, joined_by, lasts = problems(event), _way_to_join(event), event.flow_minutes
    was_sensitive = event.sensitive
    with db.session.no_autoflush:
        keep_promises(event, kind=said.type, visibility=said.visibility, admission=said.admission)
        _say(event, said)
        if db.session.is_modified(event):
            event.revised_at = clock.now()
        if event.state == PUBLISHED and (joined_by, lasts) != (_way_to_join(event), event.flow_minutes):
            event.sequence += 1
    _flush()
    if event.state == PUBLISHED and joined_by != _way_to_join(event) and joined_by[0] == event.format:
        tell_employers(event)
    if event.sensitive and not was_sensitive:
        _say_less(event)
    ask_before_erasing(event.occurrences, erasing)
    reschedule(event)
    stay_ready(event, lacked)
    if joined_by != _way_to_join(event):
        outbox.tell_of_address(event.id)
    return event


def _way_to_join(event: Event) -> tuple[str, str]:
    """The format, and the link that its people are shown."""
    is_shown = any(date.is_online for date in event.occurrences)
    return event.format, event.join_link if is_shown else ""


def _say_less(event: Event) -> None:
    """What was open to everybody's eyes is sensitive now: nobody on it was ever asked for full words."""
    for date_id in sorted(occurrence.id for occurrence in event.occurrences):
        seats.lock(date_id)  # whoever is just keeping a place there comes before
        people = sa.update(Registration).where(Registration.occurrence_id == date_id).values(wording=DISCREET)
        db.session.execute(people.execution_options(synchronize_session=False))


def locked(event_id: uuid.UUID) -> Event:
    """The event with its dates, locked until the transaction ends. Raises Missing, and Conflict when it is over.

    Its lock is taken before that of any date of it.
    """
    event = lock(event_id)
    if event.state not in EDITABLE:
        raise Conflict(_l("This event is over or canceled. It can't be changed any more."))
    return event


def is_changeable(occurrence: Occurrence) -> bool:
    """True of a date until it is over or called off."""
    takes_place = occurrence.event.state in EDITABLE and occurrence.state == "scheduled"
    return takes_place and occurrence.ends_at > clock.now()


def stay_ready(event: Event, lacked: list[str]) -> None:
    """A published event may not gain a problem. `lacked`: the problems that it had before the change."""
    gained = [words for words in problems(event) if words not in lacked]
    if event.state == PUBLISHED and gained:
        raise NotReady(gained)


def touch(event: Event) -> None:
    """Let the search find what is new. Once public, each date has a stamp of its own, so one change looks like one."""
    if event.published_at is None:
        event.revised_at = clock.now()
    event.search_text = search_text(event)


def _say(event: Event, said: Announcement) -> None:
    _check_list(event, said.checklist_id)
    check_wish(said.retention_days, longest_retention(said.is_sensitive))
    for name in (
        "type", "title", "summary", "languages", "interpretation", "format", "admission", "visibility", "amenities",
        "steps", "party_max", "walk_ins", "retention_days", "join_link", "checklist_id", "training_id",
    ):  # fmt: skip
        setattr(event, name, getattr(said, name))
    event.sensitive = said.is_sensitive
    event.max_per_employer = said.max_per_employer if said.admission == "seats" else None
    steps = sum(step["minutes"] for step in said.steps)
    event.flow_minutes = steps if said.flow_minutes is None else said.flow_minutes
    if event.published_at is None:
        event.slug = _free_slug(event)
    event.search_text = search_text(event)


def _check_list(event: Event, checklist_id: uuid.UUID | None) -> None:
    if checklist_id is None or checklist_id == event.checklist_id:
        return
    found = db.session.get(Checklist, checklist_id)
    if found is None or found.replaced or found.organization_id not in (None, event.organization.id):
        raise Refusal(_l("Choose a list from the choices."), field="checklist")


def _free_slug(event: Event) -> str:
    base = _slug_of(event.title.get("en") or event.title.get("es") or "") or event.type.replace("_", "-")
    query = sa.select(Event.slug).where(Event.slug.startswith(base), Event.id != event.id)
    taken = set(db.session.scalars(query))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def _slug_of(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_LENGTH].strip("-")


def _flush() -> None:
    try:
        db.session.flush()
    except sa.exc.IntegrityError as error:
        raise Conflict(_l("This was just saved by somebody else. Please look at the list of events.")) from error
