"""One's own organization: how the public reaches it, and how long it keeps what people told it."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import events, organizations
from ..core.errors import Refusal
from ..core.extensions import transaction
from ..events import ErasedAtOnce
from ..forms.organizations import OrganizationForm
from ..models.organization import LEAD, Organization
from ..organizations import Contact
from . import access, refusals, versions

blueprint = Blueprint("organizations", __name__, url_prefix="/console/organizations")

Answer = str | Response | tuple[str, int]


@blueprint.route("/<uuid:organization_id>", methods=["GET", "POST"])
@access.staff(LEAD)
def own(organization_id: uuid.UUID) -> Answer:
    """Its contact and its days, to read and to change."""
    host = access.membership(organization_id).organization
    form = OrganizationForm(request.form or None, host)
    if request.method == "POST":
        return _save(form, host)
    return _page(form, host)


def _save(form: OrganizationForm, host: Organization) -> Answer:
    host_id, dates = host.id, 0
    try:
        refusals.check(form)
        said = form.data
        days, told = said.pop("retention_days"), request.form.get("sure", 0, type=int)
        with transaction(), versions.guarded_host(host_id):
            events.keep_for(host_id, days, erasing=told)
            organizations.set_contact(host_id, Contact(**said))
        flash(_("Your organization is saved."))
        return redirect(url_for(".own", organization_id=host_id), 303)
    except Refusal as refusal:
        dates = refusal.dates if isinstance(refusal, ErasedAtOnce) else 0
        status = refusals.show(form, refusal)
    return _page(form, host, status, dates)


def _page(form: OrganizationForm, host: Organization, status: int = 200, dates: int = 0) -> Answer:
    seen = versions.to_send(versions.of_host(host))
    page = render_template("console/organization.html", form=form, host=host, seen=seen, dates=dates)
    return page, status
