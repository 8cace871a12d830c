"""The headers of every kind of answer, word for word; and what machines ask for."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler.core import clock, config
from scheduler.core.extensions import db, transaction
from scheduler.models.message import Message

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EVERYWHERE = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PUBLIC = ["/en/", "/es/events?topic=legal", "/en/events/evening", "/en/privacy", "/en/leaving", "/en/calendar"]
KEPT_BY_NOBODY = ["/", "/en/events/evening/place", "/en/place", "/sign-in", "/health", "/en/nothing-here", "/console/"]


@pytest.fixture(autouse=True)
def evening(app: Flask, world: ModuleType) -> None:
    with transaction():
        world.workshop(slug="evening", sensitive=True)


@pytest.mark.parametrize("path", [*PUBLIC, *KEPT_BY_NOBODY, "/robots.txt", "/static/app.css"])
def test_every_answer_protects(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = headers["Permissions-Policy"]
    assert "camera=()" in policy and "geolocation=()" in policy and "microphone=()" in policy
    assert re.fullmatch(r"([\w-]+=\(\)(, )?)+", policy)
    assert "Strict-Transport-Security" not in headers


def test_https_is_remembered(app: Flask, client: FlaskClient) -> None:
    app.config["BASE_URL"] = "https://localhost:8000"
    headers = client.get("/en/").headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_may_be_kept_and_carry_no_cookie(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert re.fullmatch(r"public, max-age=\d+", response.headers["Cache-Control"])
    assert "Set-Cookie" not in response.headers and "Cookie" not in response.headers["Vary"]
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304 and not again.data
    head = client.head(path)
    assert head.status_code == 200 and not head.data


@pytest.mark.parametrize("path", KEPT_BY_NOBODY)
def test_other_pages_are_kept_by_nobody(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


def test_pages_are_compressed(client: FlaskClient) -> None:
    plain = client.get("/en/").data
    for encoding, unpack in {"br": brotli.decompress, "gzip": gzip.decompress}.items():
        response = client.get("/en/", headers={"Accept-Encoding": encoding})
        assert response.headers["Content-Encoding"] == encoding
        assert "Accept-Encoding" in response.headers["Vary"]
        assert unpack(response.data) == plain
        tag = response.headers["ETag"]
        assert client.get("/en/", headers={"If-None-Match": tag, "Accept-Encoding": encoding}).status_code == 304


def test_the_first_visit_fits_twenty_kilobytes(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        for _ in range(25):
            world.clinic(amenities=["free", "child_care"], languages=["en", "es", "pl", "ar"])
    asked = {"Accept-Encoding": "br"}
    first = client.get("/en/", headers=asked)
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/en/").text)
    assert len(files) == 3
    whole = len(first.data) + sum(len(client.get(path, headers=asked).data) for path in files)
    assert whole <= 20 * 1024
    assert len(gzip.compress(client.get("/en/").data)) <= 12 * 1024


def test_static_files_are_kept_for_ever_under_the_name_of_their_content(client: FlaskClient) -> None:
    path = re.findall(r'href="(/static/app-[^"]+\.css)"', client.get("/en/").text)[0]
    assert client.get(path).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/app.css").headers["Cache-Control"] == "public, max-age=3600"
    assert client.get("/static/app-0000000000.css").status_code == 404


def test_another_host_is_not_answered(client: FlaskClient) -> None:
    assert client.get("/en/", base_url="http://evil.example").status_code == 400


@pytest.mark.parametrize("written", ["https://porchlight.example", "https://Porchlight.Example:443/"])
@pytest.mark.parametrize("host", ["porchlight.example", "PORCHLIGHT.example", "porchlight.example:443"])
def test_the_own_host_is_answered_however_it_is_written(
    app: Flask, client: FlaskClient, tmp_path: Path, written: str, host: str
) -> None:
    """Whether or not a proxy says that it was asked by https, and adds the port."""
    bare = {"SCHEDULER_INSTANCE_DIR": str(tmp_path), "SCHEDULER_BASE_URL": written}
    app.config["BASE_URL"] = config.read(bare)["BASE_URL"]
    for scheme in ("http", "https"):
        named = {"base_url": f"{scheme}://somewhere", "headers": {"Host": host, "Origin": "https://porchlight.example"}}
        assert client.get("/en/", **named).status_code == 200
        assert client.post("/en/place", data={}, **named).status_code == 422
    assert client.get("/", base_url=f"http://{host}").location == "/en/"


@pytest.mark.parametrize(
    "host", ["porchlight.example:80", "porchlight.example.evil.example", "eve@porchlight.example", ""]
)
def test_a_host_that_only_looks_alike_is_not(app: Flask, client: FlaskClient, host: str) -> None:
    app.config["BASE_URL"] = "https://porchlight.example"
    assert client.get("/en/", base_url="https://somewhere", headers={"Host": host}).status_code == 400


def test_another_origin_may_not_send_a_form(app: Flask, client: FlaskClient) -> None:
    for origin in ("https://evil.example", "http://localhost:8001", "http://[", "localhost:8000"):
        assert client.post("/en/place", data={}, headers={"Origin": origin}).status_code == 403


# What machines ask for


def test_health(client: FlaskClient, world: ModuleType, at: Any) -> None:
    now = at("2026-11-23 09:00")
    answer = client.get("/health")
    assert (answer.status_code, answer.json["status"]) == (200, "ok")
    with transaction():
        world.attends(world.workshop())
    at(now + timedelta(minutes=5))
    assert client.get("/health").status_code == 200
    at(now + timedelta(minutes=5, seconds=1))
    answer = client.get("/health")
    assert (answer.status_code, answer.json["status"]) == (503, "late")
    assert answer.json["oldest_due_letter_seconds"] == 301
    with transaction():
        db.session.execute(sa.update(Message).values(state="sent"))
    assert client.get("/health").status_code == 200


def test_health_without_a_database(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise sa.exc.OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(type(db.session()), "execute", broken)
    monkeypatch.setattr(type(db.session()), "scalar", broken)
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (503, {"status": "down", "database": "unreachable"})


def test_robots_may_read_pages_and_feeds(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    closed = re.findall(r"^Disallow: (\S+)$", answer.text, re.M)
    assert "/console/" in closed
    for path in ("/en/", "/calendar.ics", "/events/evening.ics", "/feeds/x.ics", "/en/events/evening"):
        assert not any(path.startswith(start) for start in closed), path
    assert "Sitemap: http://localhost:8000/sitemap.xml" in answer.text


def test_the_site_map_lists_public_events_in_both_languages(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        world.workshop(slug="unlisted", visibility="unlisted")
        world.workshop(slug="draft", state="draft")
    tree = ElementTree.fromstring(client.get("/sitemap.xml").data)
    spaces = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    found = {url.findtext("s:loc", None, spaces): url for url in tree.findall("s:url", spaces)}
    for language in ("en", "es"):
        entry = found[f"http://localhost:8000/{language}/events/evening"]
        twins = {link.get("hreflang"): link.get("href") for link in entry.findall("x:link", spaces)}
        assert twins == {code: f"http://localhost:8000/{code}/events/evening" for code in ("en", "es")}
        assert entry.findtext("s:lastmod", None, spaces)
    assert not any("unlisted" in path or "draft" in path for path in found)


def test_whom_to_tell_about_a_hole(client: FlaskClient) -> None:
    text = client.get("/.well-known/security.txt").text
    said = dict(line.split(": ", 1) for line in text.splitlines())
    assert said["Contact"].startswith("mailto:")
    assert f"{clock.now():%Y-%m-%d}" < said["Expires"] < f"{clock.now() + timedelta(days=365):%Y-%m-%d}"
    assert said["Preferred-Languages"] == "en, es"


def test_the_icon_is_found_where_old_browsers_look(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico", follow_redirects=True)
    assert answer.status_code == 200 and answer.mimetype == "image/svg+xml"
