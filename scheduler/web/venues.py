"""Places: the organization's own, and the shared ones to read."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import organizations
from ..core import clock
from ..core.errors import Locked, Missing, Refusal
from ..core.extensions import db, transaction
from ..forms.venues import VenueForm
from ..models import told
from ..models import venue as places
from ..models.organization import COORDINATOR, LEAD
from ..models.venue import Venue
from ..organizations import VenueFacts
from . import access, refusals, versions, words
from .console import editing, hosts_to_choose

blueprint = Blueprint("venues", __name__, url_prefix="/console/venues")

Answer = str | Response | tuple[str, int]


@blueprint.get("/")
@access.staff(LEAD, COORDINATOR)
def listing() -> Answer:
    """Own places first, then those that everybody shares."""
    venues = [venue for venue in places.within_reach(editing()) if not venue.is_workplace]
    return render_template("console/venues.html", venues=venues)


@blueprint.route("/new", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def new() -> Answer:
    """A new place of one's organization."""
    form = _form()
    if request.method == "POST":
        return _save(form, None)
    return _page(form, None)


@blueprint.route("/<uuid:venue_id>", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def edit(venue_id: uuid.UUID) -> Answer:
    """An own place to change; a shared one to read."""
    venue = db.session.get(Venue, venue_id)
    if venue is None or venue.is_workplace:
        raise Missing()
    if venue.organization_id is None:
        return _shared(venue)
    access.membership(venue.organization_id, LEAD, COORDINATOR)
    form = _form(venue)
    if request.method == "POST":
        return _save(form, venue)
    return _page(form, venue)


def _shared(venue: Venue) -> Answer:
    access.somewhere(LEAD, COORDINATOR)
    if request.method == "POST":
        raise Locked(_("This place belongs to everybody, so nobody changes it here."))
    return render_template("console/venue_shared.html", venue=venue)


def _form(venue: Venue | None = None) -> VenueForm:
    transit = venue.transit if venue else {}
    form = VenueForm(request.form or None, venue, transit_en=transit.get("en", ""), transit_es=transit.get("es", ""))
    form.access.choices = [(key, words.ACCESS[key]) for key in places.ACCESS]
    if venue:
        del form.organization
    else:
        form.organization.choices = hosts_to_choose()
    return form


def _save(form: VenueForm, venue: Venue | None) -> Answer:
    try:
        refusals.check(form)
        owner = venue.organization_id if venue else uuid.UUID(form.organization.data)
        host = access.membership(owner, LEAD, COORDINATOR).organization_id
        venue_id = venue.id if venue else None
        with transaction(), versions.guarded_row(Venue, venue_id):
            organizations.save_venue(host, _facts(form), venue_id)
        flash(_("The place is saved."))
        return redirect(url_for(".listing"), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _page(form, venue, status)


def _facts(form: VenueForm) -> VenueFacts:
    typed = form.data
    typed.pop("organization", None)
    transit = {"en": typed.pop("transit_en"), "es": typed.pop("transit_es")}
    return VenueFacts(transit={code: text for code, text in transit.items() if text}, **typed)


def _page(form: VenueForm, venue: Venue | None, status: int = 200) -> Answer:
    people = told.at_venue(venue.id, clock.now()) if venue else 0
    seen = versions.to_send(versions.of_row(venue)) if venue else ""
    page = render_template("console/venue.html", form=form, venue=venue, seen=seen, areas=places.areas(), people=people)
    return page, status
