"""What a page of the console showed, in one word, so that an old page does not undo what a colleague did since."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from typing import TypeVar

from flask import g, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from .. import events
from ..core.errors import Conflict
from ..core.extensions import db
from ..models.event import Event, Occurrence
from ..models.organization import Organization
from ..models.training import Training
from ..models.venue import Venue

Told = TypeVar("Told", Venue, Training)

OF_ITSELF = {
    "id", "slug", "state", "search_text", "sequence", "created_at", "revised_at", "published_at", "reminder_days",
}  # fmt: skip
"""Columns of an event that its words do not show."""
WORDS = attrgetter(*(column.key for column in Event.__table__.columns if column.key not in OF_ITSELF))


def of_words(event: Event) -> str:
    """All that is said of an event."""
    return _short(WORDS(event), sorted(cohost.id.hex for cohost in event.cohosts))


def of_date(occurrence: Occurrence) -> str:
    """When and where it is, and how many each time takes."""
    times = sorted((slot.id.hex, slot.starts_local, slot.seats_limit) for slot in occurrence.slots)
    return _short(occurrence.starts_local, occurrence.ends_local, occurrence.venue_id, times)


def of_row(row: Told) -> str:
    """All that is said of a place, or of a training."""
    return _short(*(getattr(row, column.key) for column in row.__table__.columns if column.key != "revised_at"))


def of_host(host: Organization) -> str:
    """What an organization says of itself on its own page."""
    return _short(host.phone, host.email, host.website, host.discreet_sender, host.retention_days)


def to_send(now: str) -> str:
    """What a page is to send back: how things are now, or, on a page that is shown again, what it has seen so far.

    Whoever was just told of the change decides about how things are now; another refusal tells nothing of it.
    """
    return now if "told_of_change" in g else request.form.get("seen") or now


def _short(*shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


@contextmanager
def guarded(event_id: uuid.UUID, version: Callable[[Event], str]) -> Iterator[None]:
    """Around verbs, in their transaction: raises Conflict if they change what somebody else changed since the page.

    The page sends what it showed as `seen`; a form without it is not looked at. What changes nothing is no conflict.
    """
    event = events.lock(event_id)
    with _guarding(lambda: version(event)):
        yield


@contextmanager
def guarded_row(kind: type[Told], row_id: uuid.UUID | None) -> Iterator[None]:
    """The same for a place, or a training; for a new one there is nothing to guard."""
    row = row_id and db.session.get(kind, row_id, populate_existing=True, with_for_update={"key_share": True})
    if not row:
        yield
        return
    with _guarding(lambda: of_row(row)):
        yield


def guarded_host(organization_id: uuid.UUID) -> AbstractContextManager[None]:
    """The same for an organization. Its row is locked by the verbs: it must be the last one."""
    return _guarding(lambda: of_host(db.session.get_one(Organization, organization_id)))


@contextmanager
def _guarding(version: Callable[[], str]) -> Iterator[None]:
    seen, before = request.form.get("seen", ""), version()
    yield
    if seen and seen != before and version() != before:
        raise told(
            _l("Somebody else changed this while you were typing. Compare it in another window. "
               "Save again to keep yours.")
        )  # fmt: skip


def told(words: LazyString) -> Conflict:
    """The refusal of a page that is too old. What is sent from then on was decided about how things are now."""
    g.told_of_change = True
    return Conflict(words)


def guarded_date(occurrence: Occurrence) -> AbstractContextManager[None]:
    """The same for one date."""
    occurrence_id = occurrence.id

    def version(event: Event) -> str:
        return next((of_date(date) for date in event.occurrences if date.id == occurrence_id), "")

    return guarded(occurrence.event_id, version)
