"""The dates of an event: when, where, and at which times people may come."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from .. import events
from ..core.errors import Refusal
from ..core.extensions import transaction
from ..events import Timetable
from ..forms.events import LEAST_STEP, MOST_STEP, DateForm
from ..models import desk
from ..models import venue as places
from ..models.event import Event, Occurrence
from ..models.organization import COORDINATOR, LEAD
from . import access, refusals, versions
from .whose import own_date, own_event

blueprint = Blueprint("dates", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]

MINUTE = timedelta(minutes=1)


@blueprint.route("/events/<uuid:event_id>/dates", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def listing(event_id: uuid.UUID) -> Answer:
    """All dates of an event, and the form for one more."""
    event = own_event(event_id, LEAD, COORDINATOR)
    zone = current_app.config["TIMEZONE"]
    form = _form(event, _like_the_last(event))
    if request.method == "GET":
        return _listing_page(event, form)
    try:
        refusals.check(form)
        timetable = _timetable(form)
        if "show" in request.form:
            events.check_timetable(timetable, zone)
            return _listing_page(event, form, timetable)
        with transaction():
            events.add_date(event_id, timetable)
        flash(_("The date is added."))
        return redirect(url_for(".listing", event_id=event_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _listing_page(own_event(event_id, LEAD, COORDINATOR), form, status=status)


def _listing_page(event: Event, form: DateForm, shown: Timetable | None = None, status: int = 200) -> Answer:
    page = render_template(
        "console/editor/dates.html",
        event=event,
        form=form,
        shown=shown,
        signed_up=desk.signed_up(event.id),
        zone=current_app.config["TIMEZONE"],
        editable=event.state in events.EDITABLE,
    )
    return page, status


def _form(event: Event, values: dict[str, Any], typed: MultiDict[str, str] | None = None) -> DateForm:
    form = DateForm(typed or request.form or None, **values)
    form.fit(timed=event.admission == "timed")
    form.venue.choices = venue_choices(event)
    return form


def venue_choices(event: Event) -> list[tuple[str, str]]:
    """The places that a date of this event may have."""
    known = places.within_reach({event.organization_id})
    return [("", _("Not known yet"))] + [(str(venue.id), place_words(venue)) for venue in known]


def place_words(venue: places.Venue) -> str:
    """A place in a list of choices, with its part of the city."""
    return f"{venue.called}, {venue.area}" if venue.area and venue.area != venue.name else venue.called


def _like_the_last(event: Event) -> dict[str, Any]:
    """What the next date will most likely be like: all of the last one but the day."""
    return {**_values(event.occurrences[-1]), "day": None} if event.occurrences else {}


def _values(occurrence: Occurrence) -> dict[str, Any]:
    slots = occurrence.slots
    values: dict[str, Any] = {
        "day": occurrence.starts_local.date(),
        "starts": occurrence.starts_local.time(),
        "ends": occurrence.ends_local.time(),
        "venue": str(occurrence.venue_id or ""),
    }
    if slots:
        values |= {"last": slots[-1].starts_local.time(), "places": slots[0].seats_limit}
    if len(slots) > 1:
        step = slots[1].starts_local - slots[0].starts_local
        values["every"] = step // MINUTE if _is_step(step) else None
    return values


def _is_step(between: timedelta) -> bool:
    """True if the form can say it: two sessions a day lie too far apart for a rule."""
    return LEAST_STEP * MINUTE <= between <= MOST_STEP * MINUTE


def _has_own_times(occurrence: Occurrence) -> bool:
    """True where times or places were set one by one: a rule that makes them all would undo that."""
    walls, limits = [slot.starts_local for slot in occurrence.slots], {slot.seats_limit for slot in occurrence.slots}
    steps = {later - earlier for earlier, later in pairwise(walls)}
    one_by_one = len(limits) > 1 or len(steps) > 1 or not all(map(_is_step, steps))
    return one_by_one or walls[:1] != [occurrence.starts_local]


def _timetable(form: DateForm, keeps_times: bool = False) -> Timetable:
    timed = "last" in form
    return Timetable(
        starts_local=form.wall(form.starts),
        ends_local=form.wall(form.ends),
        venue_id=uuid.UUID(form.venue.data) if form.venue.data else None,
        places=0 if keeps_times else form.places.data or 0,
        every_minutes=form.every.data or 0 if timed else 0,
        last_local=form.wall(form.last) if timed else None,
        keeps_times=keeps_times,
    )


@blueprint.route("/dates/<uuid:occurrence_id>", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def change(occurrence_id: uuid.UUID) -> Answer:
    """One date to change."""
    occurrence = own_date(occurrence_id, LEAD, COORDINATOR)
    form = _form(occurrence.event, _values(occurrence), _typed(occurrence))
    keeps_times = _has_own_times(occurrence)
    if keeps_times:
        form.leave_times()
    if request.method == "GET":
        return _date_page(occurrence, form)
    try:
        _refuse_rule(keeps_times)
        refusals.check(form)
        timetable = _timetable(form, keeps_times)
        if "show" in request.form:
            events.check_timetable(timetable, occurrence.zone, occurrence)
            return _date_page(occurrence, form, timetable)
        event_id = occurrence.event_id
        guard = versions.guarded_date(occurrence)
        with transaction(), guard:
            events.change_date(occurrence_id, timetable)
        flash(_("The date is saved."))
        return redirect(url_for(".listing", event_id=event_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _date_page(own_date(occurrence_id, LEAD, COORDINATOR), form, status=status)


def _refuse_rule(keeps_times: bool) -> None:
    """A rule from a page of before somebody set the times one by one is not dropped in silence."""
    if keeps_times and "places" in request.form:
        raise versions.told(
            _l("Somebody else set the times one by one while you were typing. What you typed for all of them together "
               "would undo that. Look at the times, then save the rest again.")
        )  # fmt: skip


def _typed(occurrence: Occurrence) -> MultiDict[str, str] | None:
    """What was typed, beside the plan as it is: where people have places that stands as facts, not as fields."""
    if not request.form:
        return None
    plan = {
        "day": occurrence.starts_local.date().isoformat(),
        "starts": f"{occurrence.starts_local:%H:%M}",
        "ends": f"{occurrence.ends_local:%H:%M}",
        "venue": str(occurrence.venue_id or ""),
    }
    return MultiDict({**plan, **request.form.to_dict()})


def _date_page(occurrence: Occurrence, form: DateForm, shown: Timetable | None = None, status: int = 200) -> Answer:
    count = desk.signed_up(occurrence.event_id).get(occurrence.id, 0)
    page = render_template(
        "console/editor/date.html",
        occurrence=occurrence,
        form=form,
        shown=shown,
        seen=versions.to_send(versions.of_date(occurrence)),
        count=count,
        changeable=events.is_changeable(occurrence),
    )
    return page, status


@blueprint.route("/dates/<uuid:occurrence_id>/removal", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def remove(occurrence_id: uuid.UUID) -> Answer:
    """What happens when the date goes; and, when that is wished, it goes."""
    occurrence = own_date(occurrence_id, LEAD, COORDINATOR)
    if request.method == "GET":
        count = desk.signed_up(occurrence.event_id).get(occurrence.id, 0)
        return render_template("console/editor/removal.html", occurrence=occurrence, count=count)
    event_id = occurrence.event_id
    with transaction():
        events.remove_date(occurrence_id)
    flash(_("The date is removed."))
    return redirect(url_for(".listing", event_id=event_id), 303)


@blueprint.post("/dates/<uuid:occurrence_id>/closing")
@access.staff(LEAD, COORDINATOR)
def close(occurrence_id: uuid.UUID) -> Answer:
    """No more names are taken for this date."""
    return _open_or_close(occurrence_id, events.close, _("Registration is closed for this date."))


@blueprint.post("/dates/<uuid:occurrence_id>/closing/removal")
@access.staff(LEAD, COORDINATOR)
def reopen(occurrence_id: uuid.UUID) -> Answer:
    """Names are taken again."""
    return _open_or_close(occurrence_id, events.reopen, _("Registration is open again."))


def _open_or_close(occurrence_id: uuid.UUID, verb: Callable[[uuid.UUID], object], told: str) -> Answer:
    own_date(occurrence_id, LEAD, COORDINATOR)
    with transaction():
        verb(occurrence_id)
    flash(told)
    return redirect(url_for(".change", occurrence_id=occurrence_id), 303)
