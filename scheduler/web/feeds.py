"""Feeds over HTTP: the same octets for everybody, and 304 for those who have them already."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.datastructures import Accept, MultiDict

from .. import calendars, registrations
from ..core import clock, languages, tokens
from ..core.errors import Missing
from ..models import feeds
from ..models.feeds import Choice
from . import access

SECONDS = 300
TYPE = "text/calendar; charset=utf-8"

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/calendar.ics")
@access.public(cache=SECONDS)
def calendar() -> Response:
    """All public dates, or those that the query asks for; what it asks in words that we do not know is ignored."""
    choice = chosen(request.args)
    changed = feeds.changed_at()
    body = calendars.feed(
        feeds.for_feed(choice, clock.now()),
        choice,
        language=_language(),
        site=calendars.Site.here(),
        changed_at=changed,
    )
    return answer(body, "calendar.ics", changed)


@blueprint.get("/events/<slug>.ics")
@access.public(cache=SECONDS)
def event(slug: str) -> Response:
    """The dates of one event, listed or not."""
    dates = feeds.of_event(slug, clock.now())
    if not dates:
        raise Missing()
    body = calendars.event_feed(dates, language=_language(), site=calendars.Site.here())
    return answer(body, f"{slug}.ics", feeds.last_change(dates))


@blueprint.get("/feeds/<token>.ics")
@access.link
def own(token: str) -> Response:
    """One person's own place, and nobody else's. Whether the address is still good is asked before all else."""
    body, changed = calendars.own_feed(registrations.by_token(token, tokens.FEED))
    return answer(body, "appointment.ics", changed, public=False)


def chosen(asked: MultiDict[str, str]) -> Choice:
    """The wishes in a query string."""
    names = ("topic", "area", "language", "org")
    return Choice.of(**{name: asked.getlist(name) for name in names})


def _language() -> str:
    return languages.written(request.args.get("lang", ""))


def answer(body: bytes, filename: str, changed: datetime | None, *, public: bool = True) -> Response:
    """The calendar, or 304. Its tag is a hash of the body: strong for these octets, weak for their compressed form.

    What is not public is kept by no cache, and no page of others may read it.
    """
    tag = hashlib.sha256(body).hexdigest()[:32]
    packed = takes_gzip(request.accept_encodings)
    response = Response(gzip.compress(body, 6, mtime=0) if packed else body, content_type=TYPE)
    response.set_etag(tag, weak=packed)
    if changed:
        response.last_modified = changed
    response.vary.add("Accept-Encoding")
    if public:
        response.cache_control.public, response.cache_control.max_age = True, SECONDS
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if is_known(tag, changed):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"], response.headers["Content-Length"]
        return response
    response.headers.set("Content-Disposition", "inline", filename=filename)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def takes_gzip(wishes: Accept) -> bool:
    """True if gzip is named and not unwelcome: some readers fail on what they did not ask for by name."""
    wanted: Mapping[str, float] = {name.lower(): quality for name, quality in wishes}
    return wanted.get("gzip", 0) > 0 and wanted["gzip"] >= wanted.get("identity", 0)


def is_known(tag: str, changed: datetime | None) -> bool:
    """True if the reader has these octets. A tag, where one is sent, outranks a time."""
    if "If-None-Match" in request.headers:
        return request.if_none_match.contains_weak(tag) or request.if_none_match.star_tag
    since = request.if_modified_since
    return since is not None and changed is not None and changed.replace(microsecond=0) <= since
