"""A draft that is not wanted any more."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import events
from ..core.extensions import transaction
from ..models.board import DRAFTS
from ..models.organization import COORDINATOR, LEAD
from . import access
from .whose import own_event

blueprint = Blueprint("drafts", __name__, url_prefix="/console/events")


@blueprint.get("/<uuid:event_id>/removal")
@access.staff(LEAD, COORDINATOR)
def ask(event_id: uuid.UUID) -> str:
    """What goes, asked once more."""
    event = own_event(event_id, LEAD, COORDINATOR)
    can_go = events.is_discardable(event)
    return render_template(
        "console/editor/discard.html", event=event, can_go=can_go, never_published=events.NEVER_PUBLISHED
    )


@blueprint.post("/<uuid:event_id>/removal")
@access.staff(LEAD, COORDINATOR)
def discard(event_id: uuid.UUID) -> Response:
    """It goes. Raises Conflict for what was ever published."""
    own_event(event_id, LEAD, COORDINATOR)
    with transaction():
        events.discard(event_id)
    flash(_("The draft is thrown away."))
    return redirect(url_for("console.events", show=DRAFTS), 303)
