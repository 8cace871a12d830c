"""The times of one date: how many places each has, how many are taken; more of them, or one less."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from .. import events
from ..core import clock, wording
from ..core.errors import Refusal
from ..core.extensions import transaction
from ..forms.times import TimesForm
from ..models.event import Occurrence
from ..models.line import waitlist_of
from ..models.organization import COORDINATOR, LEAD
from . import access, refusals, versions
from .whose import own_date

blueprint = Blueprint("times", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]


@blueprint.route("/dates/<uuid:occurrence_id>/times", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def change(occurrence_id: uuid.UUID) -> Answer:
    """All times of a date in one form; saving lets the line follow."""
    occurrence = own_date(occurrence_id, LEAD, COORDINATOR)
    form = _form(occurrence)
    if request.method == "GET":
        return _page(occurrence, form)
    if "fill" in request.form and "all" in form:
        return _page(occurrence, form, 200 if form.fill_all() else 422)
    try:
        refusals.check(form)
        limits, added, waited = form.limits(), form.added(occurrence.starts_local.date()), occurrence.waiting
        guard = versions.guarded_date(occurrence)
        with transaction(), guard:
            waits = events.change_times(occurrence_id, limits, added).waiting
        flash(_told(waited - waits))
        return redirect(url_for(".change", occurrence_id=occurrence_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _page(own_date(occurrence_id, LEAD, COORDINATOR), form, status)


def _told(offered: int) -> str:
    saved = str(_("The times are saved."))
    told = ngettext("%(num)s in line got an offer.", "%(num)s in line got offers.", offered)
    return f"{saved} {told}" if offered > 0 else saved


def _form(occurrence: Occurrence) -> TimesForm:
    timed, now = occurrence.event.admission == "timed", clock.now()
    times = [
        (
            slot.id,
            wording.clock_time(slot.starts_local),
            slot.seats_limit,
            timed and not slot.seats_taken and len(occurrence.slots) > 1,
        )
        for slot in occurrence.slots
    ]
    return TimesForm(times, request.form or None, may_add=timed and occurrence.ends_at > now)


def _page(occurrence: Occurrence, form: TimesForm, status: int = 200) -> Answer:
    page = render_template(
        "console/editor/times.html",
        occurrence=occurrence,
        form=form,
        seen=versions.to_send(versions.of_date(occurrence)),
        waitlist=waitlist_of(occurrence.id),
        changeable=events.is_changeable(occurrence),
    )
    return page, status
