"""How pages are packed for their way: with brotli or gzip, where the reader takes it."""

from __future__ import annotations

import gzip
from functools import lru_cache

import brotli
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

SMALL = 500
"""Octets that are not worth it."""

Headers = list[tuple[str, str]]


@lru_cache(maxsize=256)
def wishes(accepted: str) -> Accept:
    """What an Accept-Encoding header says."""
    return parse_accept_header(accepted, Accept)


@lru_cache(maxsize=256)
def best(accepted: str) -> str | None:
    """How a page is packed for a reader who accepts this: `br`, `gzip`, or not at all."""
    return wishes(accepted).best_match(["br", "gzip"])


def pack(headers: Headers, body: bytes, encoding: str | None) -> tuple[Headers, bytes]:
    """The page with the headers that fit. What is packed is another row of octets, so a tag for it is weak."""
    if encoding and len(body) >= SMALL:
        body = brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)
        headers = [(name, _weak(value) if name == "ETag" else value) for name, value in headers]
        headers.append(("Content-Encoding", encoding))
    length = str(len(body))
    return [(name, length if name == "Content-Length" else value) for name, value in headers], body


def _weak(tag: str) -> str:
    return tag if tag.startswith("W/") else f"W/{tag}"
