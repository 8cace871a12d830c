"""What an organization offers to employers: its part of the catalogue of trainings."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import trainings
from ..core import languages
from ..core.errors import Missing, Refusal
from ..core.extensions import db, transaction
from ..forms.answers import TrainingForm
from ..models import inbox
from ..models.organization import COORDINATOR, LEAD
from ..models.training import Training
from . import access, refusals, versions
from .console import editing, hosts_to_choose
from .filters import texts

blueprint = Blueprint("offerings", __name__, url_prefix="/console/trainings")

Answer = str | Response | tuple[str, int]

SAME = ("minutes", "people_min", "people_max", "formats", "languages", "audience", "offered")


@blueprint.get("/")
@access.staff(LEAD, COORDINATOR)
def listing() -> Answer:
    """Every training of one's organizations, also those that nobody can ask for now."""
    return render_template("console/bookings/trainings.html", trainings=inbox.catalogue_of(editing()))


@blueprint.route("/new", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def new() -> Answer:
    """A new training."""
    form = _form(None)
    if request.method == "POST":
        return _save(form, None)
    return _page(form, None)


@blueprint.route("/<uuid:training_id>", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def edit(training_id: uuid.UUID) -> Answer:
    """One training to change."""
    training = _own(training_id)
    form = _form(training)
    if request.method == "POST":
        return _save(form, training)
    return _page(form, training)


def _own(training_id: uuid.UUID) -> Training:
    training = db.session.get(Training, training_id)
    if training is None:
        raise Missing()
    access.membership(training.organization_id, LEAD, COORDINATOR)
    return training


def _form(training: Training | None) -> TrainingForm:
    form = TrainingForm(request.form or None, **_values(training))
    if training:
        del form.organization
    else:
        form.organization.choices = hosts_to_choose()
    form.languages.choices = list(languages.SPOKEN.items())
    others = [one for one in inbox.offered() if training is None or one.id != training.id]
    form.prerequisite.choices = [("", _("None"))] + [(str(one.id), texts(one.title)) for one in others]
    return form


def _values(training: Training | None) -> dict[str, Any]:
    if training is None:
        return {"languages": ["en", "es"], "formats": ["onsite"]}
    values: dict[str, Any] = {name: getattr(training, name) for name in SAME}
    for name in ("title", "summary"):
        values |= {f"{name}_{code}": getattr(training, name).get(code, "") for code in languages.OFFERED}
    return {**values, "prerequisite": str(training.prerequisite_id or "")}


def _save(form: TrainingForm, training: Training | None) -> Answer:
    try:
        refusals.check(form)
        owner = training.organization_id if training else uuid.UUID(form.organization.data)
        host = access.membership(owner, LEAD, COORDINATOR).organization_id
        first = uuid.UUID(form.prerequisite.data) if form.prerequisite.data else None
        said = trainings.Offering(prerequisite_id=first, **form.said())
        training_id = training.id if training else None
        with transaction(), versions.guarded_row(Training, training_id):
            trainings.save(host, said, training_id)
        flash(_("The training is saved."))
        return redirect(url_for(".listing"), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _page(form, training, status)


def _page(form: TrainingForm, training: Training | None, status: int = 200) -> Answer:
    seen = versions.to_send(versions.of_row(training)) if training else ""
    return render_template("console/bookings/training.html", form=form, training=training, seen=seen), status
