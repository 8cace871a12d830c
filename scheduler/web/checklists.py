"""Lists of what to bring: each save is a version of its own, and somebody says when it was last checked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import organizations
from ..core import clock
from ..core.errors import Locked, Missing, Refusal
from ..core.extensions import db, transaction
from ..forms.checklists import ChecklistForm
from ..models import checklist as lists
from ..models.checklist import Checklist
from ..models.organization import COORDINATOR, LEAD
from ..organizations import ChecklistContent
from . import access, refusals, words
from .console import editing, hosts_to_choose

blueprint = Blueprint("checklists", __name__, url_prefix="/console/checklists")

Answer = str | Response | tuple[str, int]


@blueprint.get("/")
@access.staff(LEAD, COORDINATOR)
def listing() -> Answer:
    """Own lists first, then the shared ones; those that wait longest for a check stand on top."""
    return render_template("console/checklists.html", checklists=lists.current(editing()))


@blueprint.route("/new", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def new() -> Answer:
    """A new list, empty or begun from another one with `?like=`."""
    model = None
    if request.method == "GET" and "like" in request.args:
        model = _readable(request.args.get("like", type=uuid.UUID))
    form = _form(model, own=False)
    if request.method == "POST":
        return _save(form, None)
    form.add_rows()
    return _page(form, None)


@blueprint.route("/<uuid:checklist_id>", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def edit(checklist_id: uuid.UUID) -> Answer:
    """The newest version of an own list to change; a shared or replaced one to read."""
    checklist = _readable(checklist_id)
    if request.method == "POST" and checklist.organization_id is None:
        raise Locked(_("This list belongs to everybody. Make your own from it, and change that one."))
    if checklist.organization_id is None or (checklist.replaced and request.method == "GET"):
        return render_template("console/checklist_read.html", checklist=checklist)
    form = _form(checklist, own=True)
    if request.method == "POST":
        return _save(form, checklist)
    form.add_rows()
    return _page(form, checklist)


def _readable(checklist_id: uuid.UUID | None) -> Checklist:
    checklist = db.session.get(Checklist, checklist_id) if checklist_id else None
    if checklist is None:
        raise Missing()
    if checklist.organization_id is None:
        access.somewhere(LEAD, COORDINATOR)
    else:
        access.membership(checklist.organization_id, LEAD, COORDINATOR)
    return checklist


def _form(model: Checklist | None, own: bool) -> ChecklistForm:
    needs = list(words.BRING.items())
    form = ChecklistForm(request.form or None, _rows(model), needs, **_values(model, own))
    form.reviewed_on.latest = clock.today(current_app.config["TIMEZONE"])
    if own:
        del form.organization
    else:
        form.organization.choices = hosts_to_choose()
    return form


def _rows(model: Checklist | None) -> list[Mapping[str, str]]:
    items = model.items if model else []
    return [
        {"text_en": item["text"].get("en", ""), "text_es": item["text"].get("es", ""), "need": item["need"]}
        for item in items
    ]


def _values(model: Checklist | None, own: bool) -> dict[str, object]:
    """What the form begins with. Who makes a new list from another one has to check it anew."""
    if model is None:
        return {}
    names = ["review_every_days", "reviewed_by_role", "source_label", *(["reviewed_on"] if own else [])]
    titles = {f"title_{code}": model.title.get(code, "") for code in ("en", "es")}
    return titles | {name: getattr(model, name) for name in names}


def _save(form: ChecklistForm, checklist: Checklist | None) -> Answer:
    if "more" in request.form:
        form.add_rows()
        return _page(form, checklist)
    try:
        refusals.check(form)
        owner = checklist.organization_id if checklist else uuid.UUID(form.organization.data)
        host = access.membership(owner, LEAD, COORDINATOR).organization_id
        checklist_id = checklist.id if checklist else None
        with transaction():
            organizations.save_checklist(host, _content(form), checklist_id)
        flash(_("The list is saved. Dates to come show it from now on."))
        return redirect(url_for(".listing"), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _page(form, checklist, status)


def _content(form: ChecklistForm) -> ChecklistContent:
    assert form.reviewed_on.data and form.review_every_days.data
    items: list[dict[str, object]] = [
        {"text": {"en": row.text_en.data, "es": row.text_es.data}, "need": row.need.data} for row in form.filled_rows()
    ]
    return ChecklistContent(
        title={"en": form.title_en.data, "es": form.title_es.data},
        items=items,
        reviewed_on=form.reviewed_on.data,
        review_every_days=form.review_every_days.data,
        reviewed_by_role=form.reviewed_by_role.data,
        source_label=form.source_label.data or "",
    )


def _page(form: ChecklistForm, checklist: Checklist | None, status: int = 200) -> Answer:
    return render_template("console/checklist.html", form=form, checklist=checklist), status
