"""What is written of a request or a fault names nobody, and a caller can say which one it was."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler.core import keyring
from scheduler.core.extensions import db, transaction
from scheduler.models.organization import Organization

NAME = "Marisol" + secrets.token_hex(4)
TOKEN = secrets.token_urlsafe(48)

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def broken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Breaks the list of what is coming, with an exception whose words hold a name."""

    def break_with(error: Exception) -> None:
        def view(**_: Any) -> str:
            raise error

        view.access = app.view_functions["catalogue.listing"].access  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, "catalogue.listing", view)

    return break_with


def lines(captured: Captured) -> list[dict[str, Any]]:
    """What was written, a thing a line."""
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"{NAME} <marisol@post.example>"),
        sa.exc.OperationalError(f"SELECT '{NAME}'", {"name": NAME}, Exception(NAME)),
    ],
)
def test_a_fault_names_its_kind_and_place_and_the_page_its_id(
    client: FlaskClient, broken: Any, capsys: Captured, error: Exception
) -> None:
    broken(error)
    answer = client.get(f"/en/events?q={NAME}", headers={"User-Agent": NAME, "X-Forwarded-For": "203.0.113.77"})
    assert answer.status_code in (500, 503)
    [line] = lines(capsys)
    assert type(error).__name__ in line["message"] and "test_logs.py" in line["message"]
    assert (line["level"], line["logger"]) == ("ERROR", "scheduler.web.errors")
    assert line["request"] in answer.text, "who calls about this page can say which line it is"
    assert NAME not in json.dumps(line) and "203.0.113" not in json.dumps(line) and "q=" not in json.dumps(line)


def test_an_ordinary_request_leaves_no_line(client: FlaskClient, capsys: Captured) -> None:
    """What is not written down cannot be asked for."""
    assert client.get(f"/en/events?q={NAME}").status_code == 200
    assert client.get(f"/en/place/{TOKEN}").status_code == 404
    assert capsys.readouterr().err == ""


def test_libraries_are_quoted_without_what_they_quote(app: Flask, capsys: Captured) -> None:
    other = logging.getLogger("somebody.else")
    other.warning("row %s is odd", NAME)
    other.warning(f"row {NAME} is odd")
    app.logger.error(f"Exception on /en/place/{TOKEN}")
    try:
        raise KeyError(NAME)
    except KeyError:
        other.exception(f"no {NAME}")
    written = lines(capsys)
    assert written[0]["message"] == "row %s is odd" and written[3]["fault"] == "KeyError"
    assert NAME not in json.dumps(written) and TOKEN not in json.dumps(written)


@pytest.mark.parametrize(
    "personal",
    ["marisol@post.example", TOKEN, "203.0.113.77", "2001:db8::8a2e:370:7334", "/en/events?q=Marisol", "a" * 64],
    ids=["address", "token", "IPv4", "IPv6", "query", "digest"],
)
def test_what_looks_personal_is_blotted_out(app: Flask, capsys: Captured, personal: str) -> None:
    logging.getLogger("scheduler.somewhere").warning("odd: %s", personal)
    [line] = lines(capsys)
    assert personal not in line["message"] and "…" in line["message"]


def test_ids_are_kept(app: Flask, capsys: Captured) -> None:
    import uuid

    row = uuid.uuid4()
    logging.getLogger("scheduler.somewhere").info("letter %s sent", row)
    [line] = lines(capsys)
    assert line["message"] == f"letter {row} sent" and line["ids"] == [str(row)]
    assert line["time"].endswith("+00:00") and "request" not in line


def test_errors_of_the_database_do_not_quote_rows(app: Flask) -> None:
    with pytest.raises(sa.exc.IntegrityError) as refused, transaction():
        db.session.add(Organization(slug="x", name=NAME, retention_days=3))
    assert NAME not in str(refused.value).split("DETAIL")[0] and "hidden" in str(refused.value)
    assert keyring.current().engine.hide_parameters
