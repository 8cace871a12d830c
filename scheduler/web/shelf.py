"""The shelf: finished answers of public pages and feeds, beside the revision of what they show.

A page that declares `@access.public(cache=…)` is the same for everybody, so its octets are kept until something public
changes (models/revision.py) or time alone would change them, and are handed out before the app is asked. A form that
declares `@access.form_for_all` is kept with a gap for its nonce. Nothing that sets a cookie is kept. The revision is
asked for at most once in BEHIND seconds, but always after a commit of this process, or of another one of the same
`serve` or `web`.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlalchemy as sa
from flask import Flask, Response, current_app, request

from ..core import clock, engines
from ..core.extensions import db, last_commit
from ..models import revision
from . import access, answers, gaps, queries
from .answers import Answer
from .wsgi import ask, whole

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BEHIND = 0.04
"""Seconds for which a change on another machine may stay unseen: less than an answer needs to reach a phone."""
MOST_HOSTS, LONGEST_HEADER, LONGEST_QUERY = 32, 200, 600
MOST_VALUES = 300
MAY_BE_KEPT, OF_EDITION = "porchlight.may_be_kept", "porchlight.edition"
UNMADE = object()
STAFF = "/console"
UNUSUAL = {"HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"}

Key = tuple[object, ...]
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Edition:
    """Between two changes and two boundaries of time, every public address has one answer."""

    token: revision.Token
    since: datetime
    until: datetime


class Shelf:
    """WSGI in front of the app."""

    def __init__(self, app: Flask, behind: float) -> None:
        self._app, self._below, self._behind = app, app.wsgi_app, behind
        with app.app_context():
            self._engine = engines.alone(db.engine)
        self._lock, self._reading = Lock(), Lock()
        self._hosts: set[tuple[str, str]] = set()
        self._state: revision.State | None = None
        self._read_until, self._read_after = 0.0, last_commit.mark
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._edition: Edition | None = None
            self._answers: OrderedDict[Key, Answer] = OrderedDict()
            self._values: dict[Hashable, Any] = {}
            self._octets = 0
        self._read_until = 0.0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        key = self._key(environ)
        edition = self._present() if key else None
        if key is None or edition is None:
            return self._below(environ, start_response)
        environ[OF_EDITION], environ[gaps.FILLS] = edition, True
        found = self._find(key, environ, edition)
        if found is None:
            return self._ask(key, environ, start_response, edition)
        headers, body = found.to(environ)
        start_response(found.status, headers)
        return (body,)

    def alike(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """What `make` gives, made once until something public changes: for what is equal for everybody meanwhile."""
        if not self._app.config["SHELF_OCTETS"]:
            return make()
        edition = request.environ.get(OF_EDITION) or self._present()
        if edition is None:
            return make()
        found = self._values.get((edition, key), UNMADE)
        if found is UNMADE:
            found = make()
            with self._lock:
                if self._edition is edition:
                    self._values[edition, key] = found
                if len(self._values) > MOST_VALUES:
                    del self._values[next(iter(self._values))]
        return cast(Value, found)

    def _key(self, environ: WSGIEnvironment) -> Key | None:
        """Under what an answer is kept; None for a request that is not for the shelf."""
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        if method not in ("GET", "HEAD") or not self._app.config["SHELF_OCTETS"]:
            return None
        if environ["PATH_INFO"].startswith(STAFF):
            return None
        if len(query) > LONGEST_QUERY or "%00" in query or not query.isascii():
            return None
        if max(len(accepted), len(environ.get("HTTP_IF_NONE_MATCH", ""))) > LONGEST_HEADER:
            return None
        if not environ.keys().isdisjoint(UNUSUAL):
            return None
        return method, environ["PATH_INFO"], query and queries.canonical(query), answers.way(accepted)

    def _present(self) -> Edition | None:
        """The edition of this moment; None while the database cannot say."""
        now = clock.now()
        try:
            state = self._read(now)
        except sa.exc.SQLAlchemyError:
            return None
        edition = self._edition
        if state is None or (edition and edition.token == state.token and edition.since <= now < edition.until):
            return edition if state else None
        until = state.until(now, self._app.config["TIMEZONE"])
        with self._lock:
            self._answers.clear()
            self._values.clear()
            self._octets = 0
            self._edition = edition = Edition(state.token, now, until)
        return edition

    def _read(self, now: datetime) -> revision.State | None:
        """What the database said at most so long ago, and after the last commit of this process."""
        if time.monotonic() < self._read_until and self._read_after == last_commit.mark:
            return self._state
        with self._reading:
            if time.monotonic() >= self._read_until or self._read_after != last_commit.mark:
                after = last_commit.mark
                with self._engine.connect() as connection:
                    self._state = revision.read(connection, now)
                self._read_until, self._read_after = time.monotonic() + self._behind, after
            return self._state

    def _find(self, key: Key, environ: WSGIEnvironment, edition: Edition) -> Answer | None:
        """The kept answer to exactly this request: whole, or that nothing has changed."""
        if (environ["wsgi.url_scheme"], environ.get("HTTP_HOST", "").lower()) not in self._hosts:
            return None
        with self._lock:
            if self._edition is not edition:
                return None
            if environ.keys().isdisjoint(answers.CONDITIONS):
                return self._touched(key)
            whole, unchanged = self._answers.get(key), self._answers.get((*key, "unchanged"))
            reference = whole or unchanged
            if reference is None:
                return None
            return self._touched((*key, "unchanged") if reference.is_known_to(environ) else key)

    def _touched(self, key: Key) -> Answer | None:
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def _ask(
        self, key: Key, environ: WSGIEnvironment, start_response: StartResponse, edition: Edition
    ) -> Iterable[bytes]:
        """The app's own answer, kept if it may be."""
        status, headers, chunks = ask(self._below, environ)
        may_be_kept = environ.get(MAY_BE_KEPT) and "HTTP_COOKIE" not in environ and not answers.sets_cookie(headers)
        if not may_be_kept and gaps.WORD not in environ:
            start_response(status, headers)
            return chunks
        answer = Answer.of(status, headers, whole(chunks), environ.get(gaps.WORD))
        if may_be_kept:
            self._keep((*key, "unchanged") if status.startswith("304") else key, answer, environ, edition)
        headers, body = answer.to(environ)
        start_response(status, headers)
        return (body,)

    def _keep(self, key: Key, answer: Answer, environ: WSGIEnvironment, edition: Edition) -> None:
        """The host was answered, so it is one of ours. What was not asked for longest makes room."""
        with self._lock:
            if len(self._hosts) < MOST_HOSTS:
                self._hosts.add((environ["wsgi.url_scheme"], environ.get("HTTP_HOST", "").lower()))
            if self._edition is not edition or key in self._answers:
                return
            self._answers[key] = answer
            self._octets += answer.octets
            while self._octets > self._app.config["SHELF_OCTETS"]:
                self._octets -= self._answers.popitem(last=False)[1].octets


def bind(app: Flask) -> None:
    """Put the shelf in front of the app; the app marks what may be kept."""
    app.after_request(mark)
    shelf = Shelf(app, app.config.get("SHELF_SECONDS_BEHIND", BEHIND))
    app.extensions["shelf"] = app.wsgi_app = shelf  # type: ignore[method-assign]


def mark(response: Response) -> Response:
    """Only whole answers of pages that declare it, and that say themselves that anyone may keep them, or have a gap."""
    declared, environ = access.declared(), request.environ
    for_all = declared.cache and response.headers.get("Cache-Control", "").startswith("public")
    with_gap = declared.is_alike and gaps.WORD in environ
    if (for_all and response.status_code in (200, 304)) or (with_gap and response.status_code == 200):
        environ[MAY_BE_KEPT] = not response.is_streamed
    return response


def alike(key: Hashable, make: Callable[[], Value]) -> Value:
    """See Shelf.alike; of the app in whose context we are."""
    shelf: Shelf = current_app.extensions["shelf"]
    return shelf.alike(key, make)
