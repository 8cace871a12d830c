"""The editor: an event is written, given dates, looked at, checked and published."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.attributes import set_committed_value
from werkzeug.wrappers import Response

from .. import checkin, events
from ..core import languages
from ..core.errors import Refusal
from ..core.extensions import transaction
from ..events import Announcement, ErasedAtOnce, NotReady
from ..forms.events import EventForm
from ..models import checklist as lists
from ..models import desk, inbox
from ..models import organization as organizations
from ..models.board import UNFINISHED
from ..models.doors import DOORS, SENSITIVE_TYPES, TYPES
from ..models.event import PUBLISHED, Event
from ..models.organization import COORDINATOR, LEAD
from . import access, catalogue, refusals, versions, words
from .console import editing, hosts_to_choose
from .filters import texts
from .whose import own_event

blueprint = Blueprint("editor", __name__, url_prefix="/console/events")

Answer = str | Response | tuple[str, int]

TEXTS = ("title", "summary")
SAME = ("type", "languages", "interpretation", "format", "admission", "party_max", "amenities", "flow_minutes",
        "sensitive", "visibility", "join_link", "walk_ins", "retention_days", "max_per_employer")  # fmt: skip


@blueprint.route("/new", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def new() -> Answer:
    """First the kind of event, which presets what is sensitive; then its words."""
    kind = request.values.get("type", "")
    if request.method == "GET" and kind not in TYPES:
        return render_template("console/editor/kinds.html", doors=DOORS)
    form = _new_form(kind)
    if request.method == "GET" or "more" in request.form:
        return _words_page(form, None)
    try:
        refusals.check(form)
        owner = uuid.UUID(form.organization.data)
        access.membership(owner, LEAD, COORDINATOR)
        said = _announcement(form)
        with transaction():
            event_id = events.draft(owner, said, _cohosts(form)).id
        flash(_("The draft is saved. Now add its dates."))
        return redirect(url_for("dates.listing", event_id=event_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _words_page(form, None, status)


def _new_form(kind: str) -> EventForm:
    form = EventForm(request.form or None, type=kind, sensitive=kind in SENSITIVE_TYPES, languages=["en", "es"])
    form.organization.choices = hosts_to_choose()
    _offer(form, None)
    return form


def _offer(form: EventForm, event: Event | None) -> None:
    """Hand in the choices, and draw another row of steps where that was asked for."""
    form.type.choices = list(words.TYPES.items())
    form.offer_admissions(event.admission if event else "")
    spoken = list(languages.SPOKEN.items())
    form.languages.choices = form.interpretation.choices = spoken
    form.amenities.choices = [(key, words.NEEDS[key]) for key in ("free", "child_care")] + list(words.AMENITIES.items())
    hosts = {event.organization_id} if event else editing()
    known = {found.id: found for found in lists.current(hosts)}
    if event and event.checklist:
        known.setdefault(event.checklist.id, event.checklist)
    form.checklist.choices = [("", _("None"))] + [(str(found.id), texts(found.title)) for found in known.values()]
    form.cohosts.choices = _partners(event)
    trainings = inbox.catalogue_of(hosts)
    form.training.choices = [("", _("None"))] + [(str(found.id), texts(found.title)) for found in trainings]
    if not trainings or (request.form and "training" not in request.form):
        del form.training
    if event and checkin.is_by_invitation(event):
        del form.walk_ins
    if "more" in request.form:
        form.add_rows()


def _partners(event: Event | None) -> list[tuple[str, str]]:
    """Who may be named beside the host: once people have signed up, only who is named already."""
    if event is None:
        return [(str(found.id), found.name) for found in organizations.partners()]
    if desk.has_registrations(event.id):
        return [(str(found.id), found.name) for found in event.cohosts]
    return [(str(found.id), found.name) for found in organizations.partners() if found.id != event.organization_id]


def _cohosts(form: EventForm) -> list[uuid.UUID]:
    return [uuid.UUID(chosen) for chosen in form.cohosts.data or ()]


def _announcement(form: EventForm) -> Announcement:
    checklist_id = uuid.UUID(form.checklist.data) if form.checklist.data else None
    chosen = form.training.data if "training" in form else ""
    training_id = uuid.UUID(chosen) if chosen and form.type.data == "employer_training" else None
    said = {"walk_ins": False, **form.said()}
    return Announcement(checklist_id=checklist_id, training_id=training_id, **said)


def _words_page(form: EventForm, event: Event | None, status: int = 200, dates: int = 0) -> Answer:
    """`dates`: so many would be erased at once by what was typed; that is asked once more."""
    always = [words.TYPES[kind] for kind in SENSITIVE_TYPES]
    seen = versions.to_send(versions.of_words(event)) if event else ""
    told = {"form": form, "event": event, "always": always, "seen": seen, "dates": dates}
    return render_template("console/editor/words.html", **told), status


@blueprint.get("/<uuid:event_id>")
@access.staff(LEAD, COORDINATOR)
def edit(event_id: uuid.UUID) -> Answer:
    """What is done, what is to do, and what stands in the way of publishing."""
    return _overview(own_event(event_id, LEAD, COORDINATOR))


def _overview(event: Event, status: int = 200) -> Answer:
    page = render_template(
        "console/editor/event.html",
        event=event,
        problems=events.problems(event),
        is_over=events.is_over(event),
        warnings=events.warnings(event),
        unfinished=event.state in UNFINISHED,
        editable=event.state in events.EDITABLE,
        signed_up=desk.signed_up(event.id),
        tried=status != 200,
    )
    return page, status


@blueprint.route("/<uuid:event_id>/words", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def words_and_way_in(event_id: uuid.UUID) -> Answer:
    """Title, summary, languages, how people come in, what to bring, what will happen."""
    event = own_event(event_id, LEAD, COORDINATOR)
    form, dates = _form_of(event), 0
    if request.method == "GET" or "more" in request.form:
        return _words_page(form, event)
    try:
        refusals.check(form)
        said = _announcement(form)
        with transaction(), versions.guarded(event_id, versions.of_words):
            events.edit(event_id, said, erasing=request.form.get("sure", 0, type=int))
            events.name_cohosts(event_id, _cohosts(form))
        flash(_("The words are saved."))
        return redirect(url_for(".edit", event_id=event_id), 303)
    except Refusal as refusal:
        dates = refusal.dates if isinstance(refusal, ErasedAtOnce) else 0
        status = refusals.show(form, refusal)
    return _words_page(form, own_event(event_id, LEAD, COORDINATOR), status, dates)


def _form_of(event: Event) -> EventForm:
    values: dict[str, Any] = {
        f"{name}_{code}": getattr(event, name).get(code, "") for name in TEXTS for code in languages.OFFERED
    }
    values |= {name: getattr(event, name) for name in SAME}
    values |= {"checklist": str(event.checklist_id or ""), "training": str(event.training_id or "")}
    values["cohosts"] = [str(found.id) for found in event.cohosts]
    form = EventForm(request.form or None, event.steps, **values)
    del form.organization
    _offer(form, event)
    return form


@blueprint.get("/<uuid:event_id>/preview")
@access.staff(LEAD, COORDINATOR)
def preview(event_id: uuid.UUID) -> Answer:
    """The public page as it will be, in the language of `?lang=`. Only here can a draft be seen."""
    event = own_event(event_id, LEAD, COORDINATOR)
    if not event.occurrences:
        flash(_("Add a date first. Then you can see the page."))
        return redirect(url_for(".edit", event_id=event_id), 303)
    if request.args.get("lang") in languages.OFFERED:
        g.language = request.args["lang"]
    # Only for this page, and not a change: a draft is drawn as it will look when it is published.
    set_committed_value(event, "state", PUBLISHED if event.state in UNFINISHED else event.state)
    return catalogue.draw(event, preview=True)


@blueprint.post("/<uuid:event_id>/publication")
@access.staff(LEAD, COORDINATOR)
def publish(event_id: uuid.UUID) -> Answer:
    """Show it to everyone, or say what stands in the way."""
    own_event(event_id, LEAD, COORDINATOR)
    try:
        with transaction():
            events.publish(event_id)
    except NotReady as refusal:
        return _overview(own_event(event_id, LEAD, COORDINATOR), refusal.status)
    flash(_("The event is published."))
    return redirect(url_for(".edit", event_id=event_id), 303)
