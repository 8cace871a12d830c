"""The headers of every answer: their values are rules, not taste."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from . import access, gaps, packing
from .wsgi import ask, whole

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
KEPT_BY_NOBODY = ("Cache-Control", "no-store")
NOT_FOUND_BY_SEARCH = ("X-Robots-Tag", "noindex")
PAGE = "text/html"


def bind(app: Flask) -> None:
    app.after_request(cache)


def cache(response: Response) -> Response:
    """Public pages may be kept by anyone for a while; everything else by nobody, which Finish says."""
    seconds = access.declared().cache
    if not seconds or "Cache-Control" in response.headers:
        return response
    if response.status_code == 200 and request.method == "GET":
        response.headers["Cache-Control"] = f"public, max-age={seconds}"
        if response.mimetype == PAGE:
            response.vary.add("Accept-Encoding")
        response.add_etag()
        response.make_conditional(request)
    return response


class Finish:
    """WSGI around the app: what keeps browsers and caches from telling others, and pages packed for their way.

    HEAD is asked as GET, so that it says the same and no view takes it for a POST; its body is left out here.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self._below = app, app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, chunks = self._ask(environ)
        named, kind = dict(headers), environ.get(access.DECLARED, access.UNDECLARED).kind
        headers = headers + self._missing(named, kind)
        # Staff's pages are not packed: a session's secret could stand beside reflected words (BREACH).
        if kind != "staff" and named.get("Content-Type", "").startswith(PAGE):
            headers = _varied(headers, named.get("Vary"))
            if "Content-Encoding" not in named and gaps.WORD not in environ:
                encoding = packing.best(environ.get("HTTP_ACCEPT_ENCODING", ""))
                headers, body = packing.pack(headers, whole(chunks), encoding)
                chunks = (body,)
        start_response(status, headers)
        if environ["REQUEST_METHOD"] != "HEAD":
            return chunks
        whole(chunks)
        return ()

    def _ask(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], Iterable[bytes]]:
        """What the app says."""
        method = environ["REQUEST_METHOD"]
        environ["REQUEST_METHOD"] = "GET" if method == "HEAD" else method
        try:
            return ask(self._below, environ)
        finally:
            environ["REQUEST_METHOD"] = method

    def _missing(self, named: dict[str, str], kind: str) -> list[tuple[str, str]]:
        """What the app did not say otherwise."""
        wanted = [*PROTECTING, KEPT_BY_NOBODY]
        if self._app.config["BASE_URL"].startswith("https://"):
            wanted.append(REMEMBER)
        if kind in ("link", "staff"):
            wanted.append(NOT_FOUND_BY_SEARCH)
        return [pair for pair in wanted if pair[0] not in named]


def _varied(headers: list[tuple[str, str]], vary: str | None) -> list[tuple[str, str]]:
    """Told to every reader of a page, however it was packed for this one."""
    if vary is None:
        return [*headers, ("Vary", "Accept-Encoding")]
    if "Accept-Encoding" in vary:
        return headers
    return [*(pair for pair in headers if pair[0] != "Vary"), ("Vary", f"{vary}, Accept-Encoding")]
