"""News for everybody who counts on a date: it is off, or it moves. Each page says first who will hear of it and how."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import events
from ..core import clock
from ..core.errors import Refusal
from ..core.extensions import transaction
from ..forms.news import CancellationForm, MoveForm
from ..models import told
from ..models.event import PUBLISHED, Event, Occurrence
from ..models.message import CANCELLATION_HOST, MOVE
from ..models.organization import COORDINATOR, LEAD
from . import access, dates, refusals, versions
from .whose import own_date, own_event

blueprint = Blueprint("news", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]


@blueprint.route("/events/<uuid:event_id>/cancellation", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def cancel_event(event_id: uuid.UUID) -> Answer:
    """Call off everything of this event that is still to come."""
    event = own_event(event_id, LEAD, COORDINATOR)
    form = CancellationForm(request.form or None)
    status = 200
    if request.method == "POST":
        try:
            refusals.check(form)
            with transaction():
                events.cancel_event(event_id, form.reason())
            flash(_("The event is canceled. Everybody on the list is being told."))
            return redirect(url_for("editor.edit", event_id=event_id), 303)
        except Refusal as refusal:
            status = refusals.show(form, refusal)
            event = own_event(event_id, LEAD, COORDINATOR)
    return _cancellation_page(event, [date for date in event.occurrences if _is_to_come(date)], form, status)


@blueprint.route("/dates/<uuid:occurrence_id>/cancellation", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def cancel_date(occurrence_id: uuid.UUID) -> Answer:
    """Call off this one date."""
    occurrence = own_date(occurrence_id, LEAD, COORDINATOR)
    form = CancellationForm(request.form or None)
    status = 200
    if request.method == "POST":
        event_id = occurrence.event_id
        try:
            refusals.check(form)
            with transaction():
                events.cancel_date(occurrence_id, form.reason())
            flash(_("The date is canceled. Everybody on the list is being told."))
            return redirect(url_for("dates.listing", event_id=event_id), 303)
        except Refusal as refusal:
            status = refusals.show(form, refusal)
            occurrence = own_date(occurrence_id, LEAD, COORDINATOR)
    coming = [occurrence] if _is_to_come(occurrence) else []
    return _cancellation_page(occurrence.event, coming, form, status, occurrence)


def _is_to_come(occurrence: Occurrence) -> bool:
    event = occurrence.event
    return event.state == PUBLISHED and occurrence.state == "scheduled" and occurrence.ends_at > clock.now()


def _cancellation_page(
    event: Event, coming: list[Occurrence], form: CancellationForm, status: int, one: Occurrence | None = None
) -> Answer:
    page = render_template(
        "console/news/cancellation.html",
        event=event,
        one=one,
        coming=coming,
        form=form,
        told=told.would_be(CANCELLATION_HOST, [date.id for date in coming]),
    )
    return page, status


@blueprint.route("/dates/<uuid:occurrence_id>/move", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def move(occurrence_id: uuid.UUID) -> Answer:
    """Another day, hours or place for a date that is public."""
    occurrence = own_date(occurrence_id, LEAD, COORDINATOR)
    form = _move_form(occurrence)
    if request.method == "GET":
        return _move_page(occurrence, form)
    try:
        refusals.check(form)
        event_id = occurrence.event_id
        venue_id = uuid.UUID(form.venue.data) if form.venue.data else None
        starts_local, ends_local = form.wall(form.starts), form.wall(form.ends)
        guard = versions.guarded_date(occurrence)
        with transaction(), guard:
            events.move_date(occurrence_id, starts_local, ends_local, venue_id)
        flash(_("The date has moved. Everybody on the list is being told."))
        return redirect(url_for("dates.listing", event_id=event_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _move_page(own_date(occurrence_id, LEAD, COORDINATOR), form, status)


def _move_form(occurrence: Occurrence) -> MoveForm:
    form = MoveForm(
        request.form or None,
        day=occurrence.starts_local.date(),
        starts=occurrence.starts_local.time(),
        ends=occurrence.ends_local.time(),
        venue=str(occurrence.venue_id or ""),
    )
    form.venue.choices = dates.venue_choices(occurrence.event)
    return form


def _move_page(occurrence: Occurrence, form: MoveForm, status: int = 200) -> Answer:
    can_move = _is_to_come(occurrence) and occurrence.starts_at > clock.now()
    page = render_template(
        "console/news/move.html",
        occurrence=occurrence,
        can_move=can_move,
        seen=versions.to_send(versions.of_date(occurrence)),
        form=form,
        told=told.would_be(MOVE, [occurrence.id]),
    )
    return page, status
