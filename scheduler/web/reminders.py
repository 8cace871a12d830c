"""When the people of an event are reminded: the plan, who gets what and when, and the letter itself."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import events, reminders
from ..core import clock, languages
from ..core.errors import Refusal
from ..core.extensions import transaction
from ..forms.reminders import DAYS, RemindersForm
from ..letters import samples
from ..letters.rendering import Written
from ..models import desk
from ..models.desk import Reminded
from ..models.event import Event, Occurrence
from ..models.organization import COORDINATOR, LEAD
from ..models.reminder import Audience, audiences
from ..reminders import Planned
from . import access, refusals
from .whose import own_event

blueprint = Blueprint("reminders", __name__, url_prefix="/console/events")

Answer = str | Response | tuple[str, int]

MOST_DATES = 12


@dataclass(frozen=True)
class Line:
    """One reminder of one date: when it goes, in wall time, and what became of it, once it was due.

    `never`: it was planned too late, so nobody gets it.
    """

    words: str
    when_local: datetime
    came_of_it: Reminded | None
    never: bool


@dataclass(frozen=True)
class Date:
    """One date that is still to come, with its reminders, the first one first, and whom they reach."""

    occurrence: Occurrence
    lines: list[Line]
    audience: Audience


@dataclass(frozen=True)
class Sample:
    """The letter as somebody would get it."""

    language: str
    discreet: bool
    sender: str
    letter: Written


@blueprint.route("/<uuid:event_id>/reminders", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def plan(event_id: uuid.UUID) -> Answer:
    """The days before each date, and what comes of them; `show` looks at other days without saving them."""
    event = own_event(event_id, LEAD, COORDINATOR)
    form = RemindersForm(request.form or None, days=[str(days) for days in event.reminder_days])
    if request.method == "GET":
        return _page(event, form, event.reminder_days)
    try:
        refusals.check(form)
        if "show" in request.form:
            events.check_days(form.chosen())
            return _page(event, form, form.chosen())
        with transaction():
            events.plan_reminders(event_id, form.chosen())
        flash(_("The reminders are planned."))
        return redirect(url_for(".plan", event_id=event_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    event = own_event(event_id, LEAD, COORDINATOR)
    return _page(event, form, event.reminder_days, status)


def _page(event: Event, form: RemindersForm, days: Collection[int], status: int = 200) -> Answer:
    now = clock.now()
    coming = [found for found in event.occurrences if found.state == "scheduled" and found.starts_at > now]
    shown = coming[:MOST_DATES]
    planned = reminders.forecast(shown, days)
    page = render_template(
        "console/editor/reminders.html",
        event=event,
        form=form,
        dates=_dates(shown, planned),
        left_out=max(0, len(coming) - MOST_DATES),
        samples=_samples(coming[0], planned[coming[0].id]) if coming and coming[0].slots and days else [],
        saved=sorted(days) == sorted(event.reminder_days),
        editable=event.state in events.EDITABLE,
    )
    return page, status


def _dates(occurrences: list[Occurrence], planned: dict[uuid.UUID, list[Planned]]) -> list[Date]:
    went, reached = desk.reminded(planned.keys()), audiences(planned.keys())
    return [
        Date(one, [_line(one, found, went) for found in reversed(planned[one.id])], reached[one.id])
        for one in occurrences
    ]


def _line(occurrence: Occurrence, planned: Planned, went: dict[tuple[uuid.UUID, int], Reminded]) -> Line:
    key = (occurrence.id, planned.days_before)
    return Line(
        words=str(dict(DAYS)[str(planned.days_before)]),
        when_local=clock.local(planned.due_at, occurrence.zone).replace(tzinfo=None),
        came_of_it=went.get(key, Reminded(0, 0, 0, 0)) if planned.due_at <= clock.now() else None,
        never=planned.late and key not in went,
    )


def _samples(occurrence: Occurrence, planned: list[Planned]) -> list[Sample]:
    """The next reminder that goes, or the last one, in both wordings and both languages."""
    ahead = [found for found in planned if found.due_at > clock.now() and not found.late]
    due_at = (ahead[-1] if ahead else planned[0]).due_at
    host = occurrence.event.organization
    return [
        Sample(
            language,
            discreet,
            host.discreet_sender if discreet else host.name,
            samples.reminder(occurrence, due_at, language, discreet=discreet),
        )
        for discreet in (False, True)
        for language in languages.OFFERED
    ]
