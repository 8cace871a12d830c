"""Answers as the shelf keeps them, and what of a request they depend on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.datastructures import ETags
from werkzeug.http import parse_date, parse_etags

from . import feeds, gaps, packing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


@dataclass(frozen=True)
class Answer:
    """What the app said, with the two stamps by which a reader may know it already, and what fills its gap."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    tag: str
    changed: datetime | None
    word: gaps.Word | None

    @classmethod
    def of(cls, status: str, headers: list[tuple[str, str]], body: bytes, word: gaps.Word | None) -> Answer:
        """The server writes the Date of each answer itself."""
        headers = [pair for pair in headers if pair[0] != "Date"]
        named = {name.lower(): value for name, value in headers}
        tag = named.get("etag", "").removeprefix("W/").strip('"')
        return cls(status, headers, body, tag, parse_date(named.get("last-modified")), word)

    def to(self, environ: WSGIEnvironment) -> tuple[list[tuple[str, str]], bytes]:
        """Headers and body for this reader."""
        if self.word is None:
            return list(self.headers), self.body
        if not self.body:
            return [pair for pair in self.headers if pair[0] != "Content-Length"], b""
        encoding = packing.best(environ.get("HTTP_ACCEPT_ENCODING", ""))
        return packing.pack(self.headers, gaps.fill(self.body, self.word), encoding)

    @property
    def octets(self) -> int:
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers) + 500

    def is_known_to(self, environ: WSGIEnvironment) -> bool:
        """True if the reader has these octets. A tag, where one is sent, outranks a time (as in feeds.is_known)."""
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            return bool(self.tag) and _tags(tags).contains_weak(self.tag)
        since = _instant(environ.get("HTTP_IF_MODIFIED_SINCE", ""))
        return since is not None and self.changed is not None and self.changed <= since


@lru_cache(maxsize=256)
def way(accepted: str) -> tuple[str | None, bool]:
    """All that answers depend on in this header: how pages are packed, and whether feeds are."""
    return packing.best(accepted), feeds.takes_gzip(packing.wishes(accepted))


def sets_cookie(said: list[tuple[str, str]]) -> bool:
    return any(name.lower() == "set-cookie" for name, _value in said)


@lru_cache(maxsize=1024)
def _tags(value: str) -> ETags:
    return parse_etags(value)


@lru_cache(maxsize=1024)
def _instant(value: str) -> datetime | None:
    return parse_date(value)
