"""Working in the console as a person does: sign in, open a page, fill in its form, press a button."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from scheduler.demo.cast import Staff

INPUT = re.compile(r"<input\b[^>]*>")
SELECTED = re.compile(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.S)
AREA = re.compile(r'<textarea[^>]*name="([^"]+)"[^>]*>\s?(.*?)</textarea>', re.S)


def sign_in(client: FlaskClient, staff: Staff) -> FlaskClient:
    """This browser is signed in from now on."""
    answer = client.post("/sign-in", data={"email": staff.email, "password": staff.password})
    assert answer.status_code == 303, answer.text
    return client


def token_in(page: str) -> str:
    """The token without which no form of the console is taken."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


def press(client: FlaskClient, address: str, action: str | None = None, /, **changed: Any) -> TestResponse:
    """Open a page and send the form with these fields, or another action that its token is good for."""
    page = client.get(address)
    assert page.status_code == 200, page.text
    return client.post(action or address, data={"csrf_token": token_in(page.text), **changed})


def filled(page: str) -> dict[str, Any]:
    """Every field of a page as a browser would send it, by name."""
    fields: dict[str, Any] = {}
    for tag in INPUT.findall(page):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" not in said or (said.get("type") in ("checkbox", "radio") and " checked" not in tag):
            continue
        fields.setdefault(said["name"], []).append(unescape(said.get("value", "")))
    for name, inside in SELECTED.findall(page):
        chosen = re.search(r'<option selected value="([^"]*)"', inside) or re.search(r'value="([^"]*)"', inside)
        fields[name] = [unescape(chosen.group(1))] if chosen else []
    for name, inside in AREA.findall(page):
        fields[name] = [unescape(inside.strip())]
    return fields


def save(client: FlaskClient, address: str, /, **changed: Any) -> TestResponse:
    """Open the page of a form, change some fields and send it. None leaves a field out."""
    fields = {**filled(client.get(address).text), **changed}
    return client.post(address, data={name: value for name, value in fields.items() if value is not None})
