"""Paths: where a page may lead to when its address says so."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def own(wished: str | None, otherwise: str) -> str:
    """The wished path if it is one of ours, `otherwise` if it could lead anywhere else."""
    if not wished or not wished.startswith("/") or wished.startswith("//"):
        return otherwise
    if "\\" in wished or not wished.isascii() or not wished.isprintable() or " " in wished:
        return otherwise
    try:
        parts = urlsplit(wished)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else wished


def can_be_opened(path: str) -> bool:
    """True unless a page there only ever answers a button, so that to open it would lead nowhere."""
    try:
        current_app.url_map.bind("").match(urlsplit(path).path, method="GET")
    except HTTPException as answer:
        return isinstance(answer, RequestRedirect)
    return True
