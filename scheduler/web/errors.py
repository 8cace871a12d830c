"""Refusals and faults become calm pages; a fault leaves one log line with an id and nothing personal."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from flask import Flask, Response, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..core import logs
from ..core.errors import Refusal
from ..core.extensions import db

log = logging.getLogger(__name__)

Answer = tuple[str, int]


def bind(app: Flask) -> None:
    app.register_error_handler(Refusal, show_refusal)
    app.register_error_handler(CSRFError, show_stale_form)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(sa.exc.OperationalError, show_busy)
    app.register_error_handler(Exception, show_fault)


def page(status: int, title: str, words: str, fault: str = "") -> Answer:
    """One form for all of them: what happened, what to do, a way home.

    The other languages lead home too: a dead link's page is the same octets for every dead link.
    """
    shown = render_template(
        "errors/page.html", status=status, title=title, words=words, fault=fault, same_page="/{}/".format
    )
    return shown, status


def show_refusal(refusal: Refusal) -> Answer:
    titles = {
        404: _("Not found"),
        403: _("Not for your role"),
        409: _("That changed"),
        429: _("Please wait a little"),
        503: _("We are sorry"),
    }
    return page(refusal.status, titles.get(refusal.status, _("Please check")), str(refusal.words))


def show_stale_form(_error: CSRFError) -> Answer:
    return page(400, _("This page is too old"), _("Please go back, load the page again, and try once more."))


def show_http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    words = {
        400: _("We could not read what was sent. Please go back and try again."),
        403: _("This was sent from another site, so we did not accept it. Please use the form on our page."),
        404: _("We can't find that page. It may have moved, ended or been erased."),
        405: _("This address does not take that kind of request."),
        413: _("That was too much to send. Please write less and try again."),
        429: _("Many tries came from your network. Please wait a few minutes and try again."),
    }
    title = {404: _("Not found"), 429: _("Please wait a little")}.get(status, _("That did not work"))
    answer = make_response(page(status, title, words.get(status, _("Please go back and try again."))))
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer


def show_busy(error: sa.exc.OperationalError) -> Answer:
    db.session.rollback()
    return _fault(error, 503, _("We are very busy right now. Please try again in a minute. Nothing was lost."))


def show_fault(error: Exception) -> Answer:
    db.session.rollback()
    return _fault(error, 500, _("Something broke on our side. Nothing was stored by halves. Please try again."))


def _fault(error: Exception, status: int, words: str) -> Answer:
    fault = logs.request_id()
    log.error("fault %s: %s in %s at %s", fault, type(error).__name__, request.endpoint, logs.place_of(error))
    return page(status, _("We are sorry"), words, fault)
