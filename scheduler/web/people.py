"""A place is changed for somebody who calls: another time, a number put right, whatever they could change there."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import registrations, rosters
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import transaction
from ..forms.registrations import ChangesForm
from ..letters.facts import LEGAL_DOORS
from ..models import desk
from ..models.organization import COORDINATOR, LEAD
from ..models.registration import Registration
from . import access, refusals
from .places.base import readable
from .places.wishing import can_stand, filled, fresh, narrow, seen_at, wishes_of
from .whose import own_place

blueprint = Blueprint("people", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]


@blueprint.route("/registrations/<uuid:registration_id>/changes", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def change(registration_id: uuid.UUID) -> Answer:
    """GET shows the form with what holds now; POST changes the place and leads back to the person."""
    own_place(registration_id, LEAD, COORDINATOR)
    if request.method != "POST":
        return _page(registration_id)
    place = _place(registration_id)
    form = filled(place, request.form)
    if not can_stand(form, place):
        return _page(registration_id, form, 422)
    try:
        is_code_new = _save(place, form)
    except Refusal as refusal:
        return _again(registration_id, refusal)
    new_code = _("The change is saved. Their code is new: read it to them letter by letter.")
    flash(new_code if is_code_new else _("The change is saved."))
    return redirect(url_for("rosters.person", registration_id=registration_id), 303)


@blueprint.post("/registrations/<uuid:registration_id>/reminders/removal")
@access.staff(LEAD, COORDINATOR)
def stop_reminders(registration_id: uuid.UUID) -> Answer:
    """Somebody asks for no more reminders; the place stays."""
    own_place(registration_id, LEAD, COORDINATOR)
    user_id = current_user.user_id
    with transaction():
        rosters.on_behalf(registration_id, user_id, registrations.stop_reminders)
    flash(_("Reminders are stopped."))
    return redirect(url_for("rosters.person", registration_id=registration_id), 303)


def _place(registration_id: uuid.UUID) -> Registration:
    found = desk.registration(registration_id)
    if found is None:
        raise Missing()
    return readable(found)


def _save(place: Registration, form: ChangesForm) -> bool:
    """Change the place; True if its code is another one now. Raises Refusal."""
    registration_id, before, user_id = place.id, place.link_generation, current_user.user_id
    wishes, seen = wishes_of(form, place), seen_at(form, place)
    with transaction():
        changed = rosters.change_person(registration_id, wishes, user_id, nonce=form.nonce.data, seen_at=seen)
        return changed.link_generation != before


def _again(registration_id: uuid.UUID, refusal: Refusal) -> Answer:
    """The same form with what was typed and why it could not be done; with what is true now, if that has changed."""
    place = _place(registration_id)
    if isinstance(refusal, registrations.ChangedSince):
        form = fresh(place)
        refusal = Conflict(_("This place was changed after you opened this page. This is how it is now."))
    else:
        form = filled(place, request.form)
    return _page(registration_id, form, refusals.show(form, refusal))


def _page(registration_id: uuid.UUID, form: ChangesForm | None = None, status: int = 200) -> Answer:
    """The form, or a word where nothing can be changed. Whoever sees it sees the contact, so each look is audited."""
    user_id = current_user.user_id
    with transaction():
        card = rosters.view_person(registration_id, user_id)
    place = _place(registration_id)
    form = fresh(place) if form is None else form
    narrow(form, place)
    event = place.occurrence.event
    page = render_template(
        "console/rosters/changes.html",
        card=card,
        registration=place,
        event=event,
        form=form,
        legal=event.door in LEGAL_DOORS,
    )
    return page, status if card.may_change else 409
