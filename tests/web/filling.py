"""Filling in the place form as a person does: open the page, type, press the button."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scheduler.demo.cast import Posted

ANSWERS = {
    "name": "Ana Vale",
    "contact_kind": "email",
    "email": "ana@post.example",
    "spoken": "es",
    "party": "1",
    "children": "0",
}


def address(posted: Posted, lang: str = "en") -> str:
    return f"/{lang}/events/{posted.slug}/place"


def nonce_in(page: str) -> str:
    """The nonce of a form that was shown."""
    found = re.search(r'name="nonce"[^>]* value="([^"]+)"', page)
    assert found, "the form has no nonce"
    return found.group(1)


def answers(client: FlaskClient, posted: Posted, lang: str = "en", **changes: Any) -> dict[str, Any]:
    """What is sent for this event: a fresh nonce, the first time, and these changes. None leaves a field out."""
    nonce = nonce_in(client.get(address(posted, lang)).text)
    typed = {"nonce": nonce, "slot": str(posted.slot_id), **ANSWERS, **changes}
    return {name: value for name, value in typed.items() if value is not None}


def press(client: FlaskClient, posted: Posted, lang: str = "en", **changes: Any) -> TestResponse:
    """Open the page, type, press the button."""
    return client.post(address(posted, lang), data=answers(client, posted, lang, **changes))


def kept(client: FlaskClient, posted: Posted, lang: str = "en", **changes: Any) -> str:
    """The address of the page of a place that was just kept."""
    response = press(client, posted, lang, **changes)
    assert response.status_code == 303, response.text
    return str(response.location)


def code_in(page: str) -> str:
    """The code that a place's page shows."""
    found = re.search(r'code-big"><bdi dir="ltr">([0-9A-Z]{4}-[0-9A-Z]{4})<', page)
    assert found, "the page shows no code"
    return found.group(1)
