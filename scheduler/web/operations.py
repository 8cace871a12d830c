"""What machines ask for: is it well, what may be indexed, whom to tell about a hole."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, jsonify, redirect, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from .. import postman, privacy, trainings
from ..core import clock, keyring, languages
from ..core.extensions import db
from ..letters import links
from ..models import catalogue
from . import access, assets

blueprint = Blueprint("operations", __name__)

LATEST = timedelta(minutes=5)
HALF_A_YEAR = timedelta(days=180)
CLOSED = ("place", "bookings", "invitations")


@blueprint.get("/health")
@access.operational
def health() -> tuple[Response, int]:
    """200 while the database answers, no letter is more than five minutes late, and no purge more than a day; or 503.

    Mail that a person has to resume (`"mail": "paused"`) turns it red as soon as a letter is late. A process that
    nobody asks for anything else lets go of old keys here.
    """
    keyring.current().forget()
    try:
        (late, paused), unpurged = postman.outlook(), privacy.overdue() + trainings.overdue()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="down", database="unreachable"), 503
    well = late <= LATEST and not unpurged
    answer = jsonify(
        status="ok" if well else "late",
        database="ok",
        mail="paused" if paused else "ok",
        oldest_due_letter_seconds=int(late.total_seconds()),
        overdue_purges=unpurged,
    )
    return answer, 200 if well else 503


@blueprint.app_template_global()
def mail_trouble() -> LazyString | str:
    """What staff must know of the mail, in words; empty while it goes."""
    late, paused = postman.outlook()
    if paused:
        return _l("Mail is paused: no letter leaves. The person who looks after this site can let it go on.")
    if late > LATEST:
        return _l("Letters are late. They are kept and go later. If somebody must know today, please call them.")
    return ""


@blueprint.get("/robots.txt")
@access.operational
def robots() -> Response:
    """Pages and feeds are for everyone; staff pages and single places are for nobody's index."""
    closed = ["/console/", "/sign-in", *(f"/{code}/{page}" for code in languages.OFFERED for page in CLOSED)]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return _plain([*lines, "", f"Sitemap: {links.absolute('/sitemap.xml')}"])


@blueprint.get("/sitemap.xml")
@access.operational
def sitemap() -> Response:
    """Every listed event and the standing pages, each in all languages."""
    body = render_template(
        "operations/sitemap.xml",
        standing=["/", "/calendar", "/privacy", "/help", "/leaving", "/accessibility", "/trainings"],
        events=catalogue.listed_pages(),
        codes=list(languages.OFFERED),
        absolute=links.absolute,
    )
    response = Response(body, mimetype="application/xml")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/.well-known/security.txt")
@access.operational
def security() -> Response:
    """RFC 9116. It lapses in half a year, counted from the first of the month so that caches agree."""
    expires = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0) + HALF_A_YEAR
    lines = [
        f"Contact: mailto:{current_app.config['MAIL_DEFAULT_SENDER']}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(languages.OFFERED)}",
        f"Canonical: {links.absolute('/.well-known/security.txt')}",
    ]
    return _plain(lines)


def _plain(lines: list[str]) -> Response:
    response = Response("\n".join(lines) + "\n", mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/favicon.ico")
@access.operational
def favicon() -> Response:
    """For browsers that ask without having read a page."""
    response = redirect(assets.asset("icon.svg"), Response=Response)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response  # type: ignore[return-value]
