"""Queries: what public pages read behind the question mark. Everything else is as if it were not there."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from flask import request

from . import access

KNOWN = frozenset(("area", "date", "from", "lang", "language", "needs", "org", "page", "q", "slot", "topic", "when"))


@lru_cache(maxsize=512)
def canonical(query: str) -> str:
    """The known part of a query string, without empty wishes.

    An empty one stays beside another of the same name: pages read the first.
    """
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote") if pair[0] in KNOWN]
    often = Counter(name for name, _value in pairs)
    return urlencode([(name, value) for name, value in pairs if value or often[name] > 1])


def asked() -> str:
    """What this request asks for: only what is known where one copy serves many, as it came elsewhere."""
    query = request.query_string.decode("latin-1")
    return canonical(query) if access.declared().is_for_all else query
