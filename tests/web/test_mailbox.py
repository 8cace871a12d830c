"""The demo's post office and its mailbox: real SMTP in, pages out; and nothing of it outside the demo."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler import create_app
from scheduler.core import postoffice

BASE = "http://localhost:8000"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An app of its own, in demo mode, on nothing."""
    settings = {"DEMO": "1", "INSTANCE_DIR": str(tmp_path), "BASE_URL": BASE}
    for name, value in settings.items():
        monkeypatch.setenv(f"SCHEDULER_{name}", value)
    return create_app({"TESTING": True})


@pytest.fixture
def post(tmp_path: Path) -> Iterator[smtplib.SMTP]:
    """A connection to the open post office."""
    host, port, close = postoffice.open_at(tmp_path)
    assert host == "127.0.0.1"
    with smtplib.SMTP(host, port, timeout=5) as connection:
        yield connection
    close()


@pytest.fixture
def visitor(demo: Flask) -> FlaskClient:
    return demo.test_client()


def a_letter(subject: str = "Ihr Platz", sent_as: str = "<1@x.example>") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = "Desk <desk@x.example>", "rosa@post.example"
    letter["Subject"], letter["Message-ID"] = subject, sent_as
    letter.set_content(f"See your place:\n{BASE}/en/place/abc\n<script>alert(1)</script>\nhttps://evil.example/x\n")
    letter.add_alternative("<!doctype html><h1>Your place</h1><script>alert(1)</script>", subtype="html")
    letter.add_attachment(b"BEGIN:VCALENDAR\r\n", maintype="application", subtype="ics", filename="invite.ics")
    return letter


def test_what_was_sent_can_be_read(post: smtplib.SMTP, visitor: FlaskClient) -> None:
    assert "No letters yet" in visitor.get("/mailbox", base_url=BASE).text
    post.send_message(a_letter())
    shelf = visitor.get("/mailbox", base_url=BASE)
    assert "rosa@post.example" in shelf.text and "Ihr Platz" in shelf.text
    (path,) = {word.split('"')[0] for word in shelf.text.split('href="')[1:] if word.startswith("/mailbox/")}
    letter = visitor.get(path, base_url=BASE)
    assert letter.status_code == 200
    assert f'<a href="{BASE}/en/place/abc">' in letter.text, "our own links can be followed"
    assert "&lt;script&gt;" in letter.text and 'href="https://evil' not in letter.text
    file = visitor.get(f"{path}/invite.ics", base_url=BASE)
    assert file.data == b"BEGIN:VCALENDAR\r\n" and file.content_type == "text/calendar; charset=utf-8"


def test_the_page_of_a_letter_can_do_nothing(post: smtplib.SMTP, visitor: FlaskClient, tmp_path: Path) -> None:
    post.send_message(a_letter())
    (kept,) = postoffice.letters(tmp_path, 10)
    page = visitor.get(f"/mailbox/{kept.name}/page", base_url=BASE)
    policy = page.headers["Content-Security-Policy"]
    assert page.mimetype == "text/html" and "<h1>Your place</h1>" in page.text
    assert policy.startswith("default-src 'none'") and "sandbox" in policy and "script-src" not in policy
    assert page.headers["Cache-Control"] == "no-store"


def test_a_copy_is_kept_once_and_the_newest_comes_first(post: smtplib.SMTP, tmp_path: Path) -> None:
    post.send_message(a_letter("old"))
    post.send_message(a_letter("new", "<2@x.example>"))
    post.send_message(a_letter("new", "<2@x.example>"))
    assert [kept.email["Subject"] for kept in postoffice.letters(tmp_path, 10)] == ["new", "old"]


@pytest.mark.parametrize("name", ["nothing", "../secret-key", "..%2fsecret-key", "%00", "a" * 300])
def test_other_names_are_missing(visitor: FlaskClient, name: str) -> None:
    for path in (f"/mailbox/{name}", f"/mailbox/{name}/page", f"/mailbox/{name}/invite.ics"):
        assert visitor.get(path, base_url=BASE).status_code == 404


def test_letters_are_for_their_owner_only(post: smtplib.SMTP, tmp_path: Path) -> None:
    post.send_message(a_letter())
    (file,) = (tmp_path / "mailbox").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_there_is_no_mailbox_outside_the_demo(client: FlaskClient) -> None:
    assert client.get("/mailbox").status_code == 404
