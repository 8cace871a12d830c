"""What machines ask for: is it well, what may be indexed, whom to tell about a hole."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, jsonify, redirect, render_template

from .. import postman
from ..core import clock, languages
from ..core.extensions import db
from ..letters import links
from ..models import catalogue
from . import access, assets

blueprint = Blueprint("operations", __name__)

LATEST = timedelta(minutes=5)
HALF_A_YEAR = timedelta(days=180)


@blueprint.get("/health")
@access.operational
def health() -> tuple[Response, int]:
    """200 while the database answers and no letter waits more than five minutes beyond its time; 503 otherwise."""
    try:
        late = postman.lateness()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="down", database="unreachable"), 503
    well = late <= LATEST
    status = "ok" if well else "late"
    answer = jsonify(status=status, database="ok", oldest_due_letter_seconds=int(late.total_seconds()))
    return answer, 200 if well else 503


@blueprint.get("/robots.txt")
@access.operational
def robots() -> Response:
    """Pages and feeds are for everyone; staff pages and single places are for nobody's index."""
    closed = ["/console/", "/sign-in", *(f"/{code}/place" for code in languages.OFFERED)]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return _plain([*lines, "", f"Sitemap: {links.absolute('/sitemap.xml')}"])


@blueprint.get("/sitemap.xml")
@access.operational
def sitemap() -> Response:
    """Every listed event and the standing pages, each in all languages."""
    body = render_template(
        "operations/sitemap.xml",
        standing=["/", "/calendar", "/privacy", "/help", "/leaving", "/accessibility"],
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
