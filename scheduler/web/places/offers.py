"""What a person may choose from on the form of one event."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ...core import clock, wording
from ...core.errors import Missing, TimeTaken
from ...core.extensions import db
from ...forms.registrations import PlaceForm
from ...models import catalogue
from ...models.event import Event, Occurrence, Slot
from ...models.room import FULL, Date, with_room
from .. import languages, shelf

Typed = MultiDict[str, Any]


@dataclass(frozen=True)
class Offer:
    """An event, its dates that take names, and the one that the form is about."""

    event: Event
    dates: list[Date]
    chosen: Date
    asked_for_another: bool

    @property
    def occurrence(self) -> Occurrence:
        return self.chosen.occurrence

    @property
    def times(self) -> list[Slot]:
        """Times that can be chosen; empty where there is only one, or where only the waitlist is left."""
        slots = self.occurrence.slots
        if len(slots) < 2 or self.is_full:
            return []
        timed, now = self.event.admission == "timed", clock.now()
        return [slot for slot in slots if slot.free > 0 and slot.can_start(timed, now)]

    @property
    def is_full(self) -> bool:
        return self.chosen.standing == FULL

    @property
    def asks_date(self) -> bool:
        """A row of dates on the form; where dates have times of their own, links lead from date to date instead."""
        return len(self.dates) > 1 and all(len(date.occurrence.slots) < 2 for date in self.dates)

    @property
    def days_kept(self) -> int:
        """So many days after the date everything is erased."""
        return self.occurrence.days_kept

    def form(self, typed: Typed | None, wished: Typed) -> PlaceForm:
        """The form, with what was typed, or with what the link wished for."""
        form = PlaceForm(typed, spoken=_spoken_here())
        if self.asks_date:
            form.date.choices = [(str(date.occurrence.id), _named(date)) for date in self.dates]
        else:
            del form.date
        if self.times:
            form.slot.choices = _timed(self.times if typed is None else self.occurrence.slots)
        else:
            del form.slot
        if typed is None:
            _wish(form, self, wished)
        spoken = dict.fromkeys([*self.event.languages, *self.event.interpretation, "en", "es"])
        form.spoken.choices = [(code, wording.spoken(code)) for code in spoken]
        form.offer_party(self._most_in_a_party())
        if self.event.max_per_employer is None:
            del form.employer
        else:
            form.party.label.text = _("How many people?")
        if not self.event.sensitive:
            del form.full_words
        return form

    def _most_in_a_party(self) -> int:
        """A group may have so many people on one of these dates, and no more than each company gets."""
        dates = self.dates if self.asks_date else [self.chosen]
        most = max(date.occurrence.largest_party for date in dates)
        return min(most, self.event.max_per_employer or most)

    def narrow(self, form: PlaceForm) -> None:
        """Before the form is shown again: only times that are still open.

        A time that is full may be sent, because a form sent twice has filled it itself; verbs decide.
        """
        if "slot" not in form:
            return
        form.slot.choices = _timed(self.times)
        if form.slot.data and form.slot.data not in dict(form.slot.choices) and not form.slot.errors:
            form.slot.errors = [TimeTaken().words]

    def speak(self, form: PlaceForm, instead_of: str) -> None:
        """Who has not chosen otherwise speaks the language of the page, also of the next one."""
        if form.spoken.data == instead_of:
            form.spoken.data = _spoken_here()

    def slot_id(self, typed: Typed) -> uuid.UUID | None:
        """The chosen time, also one that filled up a moment ago; the only one where there is one."""
        slots = self.occurrence.slots
        if len(slots) == 1:
            return slots[0].id
        return next((slot.id for slot in slots if str(slot.id) == typed.get("slot")), None)


def _spoken_here() -> str:
    return languages.current().split("-")[0]


def _wish(form: PlaceForm, offer: Offer, wished: Typed) -> None:
    if "date" in form and wished.get("date"):
        form.date.data = str(offer.occurrence.id)
    if "slot" in form:
        form.slot.data = wished.get("slot")


def _timed(slots: list[Slot]) -> list[tuple[str, str]]:
    return [(str(slot.id), wording.clock_time(slot.starts_local)) for slot in slots]


def _named(date: Date) -> str:
    occurrence = date.occurrence
    when = f"{wording.short_date(occurrence.starts_local.date())}, {wording.clock_time(occurrence.starts_local)}"
    return _("%(when)s (full, waitlist)", when=when) if date.standing == FULL else when


def offer_of(slug: str, wished: Typed) -> tuple[Event, Offer | None]:
    """The event, and what it offers; None when it takes no names now. Raises Missing."""
    event, dates = _loaded(slug)
    return event, _wished(event, dates, wished)


def offer_alike(slug: str, wished: Typed) -> Offer | None:
    """The same for reading its columns only: loaded once until something public changes. Raises Missing."""
    return _wished(*shelf.alike(("offer", slug), lambda: _detached(slug)), wished)


def _loaded(slug: str) -> tuple[Event, list[Date]]:
    event = catalogue.shown(slug)
    if event is None:
        raise Missing()
    return event, [date for date in with_room(event.occurrences) if date.takes_names]


def _detached(slug: str) -> tuple[Event, list[Date]]:
    """Let go of by the session, so that all threads may read it."""
    found = _loaded(slug)
    db.session.expunge_all()
    return found


def _wished(event: Event, dates: list[Date], wished: Typed) -> Offer | None:
    if not dates:
        return None
    found = _chosen(dates, wished)
    return Offer(event, dates, found or dates[0], bool(wished.get("date")) and found is None)


def _chosen(dates: list[Date], wished: Typed) -> Date | None:
    """By time, or by date: the id of the date, or the day as in 2026-12-05."""
    wish, slot = wished.get("date", ""), wished.get("slot", "")
    for date in dates:
        occurrence = date.occurrence
        if wish in (str(occurrence.id), occurrence.id.hex, occurrence.starts_local.date().isoformat()):
            return date
    if wish:
        return None
    return next((date for date in dates if slot in {str(found.id) for found in date.occurrence.slots}), None)
