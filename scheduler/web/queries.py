"""Queries: what public pages read behind the question mark. Everything else is as if it were not there."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from flask import request

from . import access

KNOWN = frozenset(("area", "date", "from", "lang", "language", "needs", "org", "page", "q", "slot", "topic", "when"))


@lru_cache(maxsize=512)
def canonical(query: str) -> str:
    """The known part of a query string, without empty wishes."""
    return urlencode([pair for pair in parse_qsl(query, errors="werkzeug.url_quote") if pair[0] in KNOWN])


def asked() -> str:
    """What this request asks for: only what is known where one copy serves many, as it came elsewhere."""
    query = request.query_string.decode("latin-1")
    return canonical(query) if access.declared().is_for_all else query
