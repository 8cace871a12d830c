"""The one-click address of reminders (RFC 8058): mail programs POST there without cookie, form or Origin."""

from __future__ import annotations

from flask import Response, g, render_template, request
from flask_babel import gettext as _

from ... import registrations
from ...core import tokens
from ...core.extensions import transaction
from .. import access
from .base import Answer, blueprint, readable


@blueprint.route("/stop/<token>", methods=["GET", "POST"])
@access.one_click
def stop(token: str) -> Answer | Response:
    """POST stops this registration's reminders, and nothing else; GET shows a button that does."""
    registration = readable(registrations.by_token(token, tokens.STOP_REMINDERS))
    g.language, registration_id = registration.language, registration.id
    if request.method == "POST":
        with transaction():
            registrations.stop_reminders(registration_id)
        if "by_hand" not in request.form:
            return Response(_("Done. You get no more reminders. Your place stays."), mimetype="text/plain")
        registration = registrations.by_token(token, tokens.STOP_REMINDERS)
    return render_template("places/stop.html", registration=registration, token=token), 200
