"""The headers of every answer: their values are rules, not taste."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import brotli
from flask import Flask, Response, request
from werkzeug.datastructures import Accept

from . import access
from .access import Access

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
        "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
        "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip
PROTECTING = [
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", PERMISSIONS_POLICY),
    ("X-Content-Type-Options", "nosniff"),
]
REMEMBER = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
COMPRESSED = ("text/html",)
SMALL = 500


def bind(app: Flask) -> None:
    app.after_request(finish)


class Protection:
    """WSGI around the app: what keeps a browser from telling others, embedding us or guessing."""

    def __init__(self, app: Flask) -> None:
        self._app, self._below = app, app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        wanted = [*PROTECTING, REMEMBER] if self._app.config["BASE_URL"].startswith("https://") else PROTECTING

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            said = {name for name, _value in headers}
            return start_response(status, headers + [pair for pair in wanted if pair[0] not in said], exc_info)

        return self._below(environ, start)


def finish(response: Response) -> Response:
    """Say who may keep the answer, and pack it."""
    declared = access.declared()
    if "Cache-Control" not in response.headers:
        cache(response, declared)
    if response.mimetype in COMPRESSED and declared.kind != "staff":
        compress(response)
    return response


def cache(response: Response, declared: Access) -> None:
    """Public pages may be kept by anyone for a while; everything else by nobody."""
    seconds = declared.cache
    if seconds and response.status_code == 200 and request.method in ("GET", "HEAD"):
        response.headers["Cache-Control"] = f"public, max-age={seconds}"
        response.add_etag()
        response.make_conditional(request)
    else:
        response.headers["Cache-Control"] = "no-store"
    if declared.kind in ("link", "staff"):
        response.headers["X-Robots-Tag"] = "noindex"


def compress(response: Response) -> None:
    """Brotli or gzip for pages, but never where a session's secret could stand beside reflected words (BREACH)."""
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    if response.status_code == 304 or response.is_streamed or "Content-Encoding" in response.headers:
        return
    body = response.get_data()
    encoding = packing(request.accept_encodings)
    if encoding is None or len(body) < SMALL or request.method == "HEAD":
        return
    packed = brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)
    response.set_data(packed)
    response.headers["Content-Encoding"] = encoding
    tag, _weak = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)


def packing(wishes: Accept) -> str | None:
    """How a page is packed for a reader with these wishes: `br`, `gzip`, or not at all."""
    return wishes.best_match(["br", "gzip"])
