"""The headers of every answer: their values are rules, not taste."""

from __future__ import annotations

import gzip

import brotli
from flask import Flask, Response, current_app, request
from werkzeug.datastructures import Accept

from . import access

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
PROTECTING = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", PERMISSIONS_POLICY),
    ("X-Content-Type-Options", "nosniff"),
)
COMPRESSED = ("text/html",)
SMALL = 500


def bind(app: Flask) -> None:
    """Flask calls them last one first: protect, cache, compress."""
    app.after_request(compress)
    app.after_request(cache)
    app.after_request(protect)


def protect(response: Response) -> Response:
    """What keeps a browser from telling others, embedding us or guessing."""
    said = set(response.headers.keys())
    response.headers.extend([header for header in PROTECTING if header[0] not in said])
    if current_app.config["BASE_URL"].startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


def cache(response: Response) -> Response:
    """Public pages may be kept by anyone for a while; everything else by nobody."""
    if "Cache-Control" in response.headers:
        return response
    declared = access.declared()
    seconds = declared.cache
    if seconds and response.status_code == 200 and request.method in ("GET", "HEAD"):
        response.headers["Cache-Control"] = f"public, max-age={seconds}"
        response.add_etag()
        response.make_conditional(request)
    else:
        response.headers["Cache-Control"] = "no-store"
    if declared.kind in ("link", "staff"):
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def compress(response: Response) -> Response:
    """Brotli or gzip for pages, but never where a session's secret could stand beside reflected words (BREACH)."""
    if response.mimetype not in COMPRESSED or access.declared().kind == "staff":
        return response
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    if response.status_code == 304 or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    encoding = packing(request.accept_encodings)
    if encoding is None or len(body) < SMALL or request.method == "HEAD":
        return response
    packed = brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)
    response.set_data(packed)
    response.headers["Content-Encoding"] = encoding
    tag, _weak = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)
    return response


def packing(wishes: Accept) -> str | None:
    """How a page is packed for a reader with these wishes: `br`, `gzip`, or not at all."""
    return wishes.best_match(["br", "gzip"])
