"""The form is kept on the shelf with a gap, and every answer fills it with a nonce of its own."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import datetime
from types import ModuleType

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse as Response

from scheduler.core.extensions import transaction
from scheduler.demo.cast import Posted
from scheduler.web import gaps

from .filling import address, answers, nonce_in, press
from .test_shelf import from_shelf, without_date, without_shelf

FORM = "/en/events/clinic/place"


@pytest.fixture(autouse=True)
def clinic(app: Flask, world: ModuleType, at: Callable[[str], datetime]) -> Posted:
    """On Saturday, with three times."""
    at("2026-12-03 09:00")
    with transaction():
        posted: Posted = world.clinic(slug="clinic", slots=3, seats=3, starts_local=datetime(2026, 12, 5, 9, 30))
    return posted


def unpacked(response: Response) -> str:
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(response.headers.get("Content-Encoding", ""), bytes)
    assert int(response.headers["Content-Length"]) == len(response.data)
    return unpack(response.data).decode()


def without_nonce(response: Response) -> str:
    page = unpacked(response)
    return page.replace(nonce_in(page), "")


def plain_headers(response: Response) -> list[tuple[str, str]]:
    """Of packed octets the number depends on the nonce."""
    return sorted(pair for pair in without_date(response) if pair[0] != "Content-Length")


@pytest.mark.parametrize("way", ["", "gzip", "br, gzip"])
def test_the_form_from_the_shelf_is_the_form_of_the_app(app: Flask, client: FlaskClient, way: str) -> None:
    headers = {"Accept-Encoding": way}
    first, again = client.get(FORM, headers=headers), client.get(FORM, headers=headers)
    assert from_shelf(client, FORM, Accept_Encoding=way)
    with without_shelf(app):
        fresh = client.get(FORM, headers=headers)
    assert fresh.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in fresh.headers
    assert fresh.headers.get("Content-Encoding", "") == way[:4].rstrip(", ")
    for answer in (first, again):
        assert plain_headers(answer) == plain_headers(fresh)
        assert without_nonce(answer) == without_nonce(fresh)
    assert len({nonce_in(unpacked(answer)) for answer in (first, again, fresh)}) == 3


def test_everybody_gets_a_nonce_that_is_good(client: FlaskClient, clinic: Posted) -> None:
    pages = [client.get(FORM).text for _ in range(20)]
    assert len({nonce_in(page) for page in pages}) == 20
    assert not any(gaps.GAP in page for page in pages)
    typed = answers(client, clinic, nonce=nonce_in(pages[-1]))
    assert client.post(address(clinic), data=typed).status_code == 303


def test_each_wish_has_a_form_of_its_own(client: FlaskClient, clinic: Posted) -> None:
    """What nobody understands is neither repeated nor kept apart."""
    chosen = f"{FORM}?slot={clinic.slot_id}"
    assert client.get(chosen).text.count("checked") > client.get(FORM).text.count("checked")
    assert from_shelf(client, chosen) and from_shelf(client, FORM)
    marked = f"{chosen}&utm_source=x"
    assert from_shelf(client, marked) and "utm_source" not in client.get(marked).text
    assert f"/es/events/clinic/place?slot={clinic.slot_id}" in client.get(chosen).text


def test_a_strange_wish_is_not_kept_for_who_wishes_plainly(client: FlaskClient, clinic: Posted) -> None:
    """The first of two is read, so an empty one before another means something else than the other alone."""
    third = str(clinic.slot_ids[2])
    strange = client.get(f"{FORM}?slot=&slot={third}").text
    plain = client.get(f"{FORM}?slot={third}").text
    chosen = re.search(rf'value="{third}"[^>]*checked|checked[^>]*value="{third}"', plain)
    assert chosen and not re.search(rf'value="{third}"[^>]*checked|checked[^>]*value="{third}"', strange)


def test_a_cookie_gets_a_nonce_and_is_not_kept(app: Flask, client: FlaskClient) -> None:
    client.set_cookie("porchlight", "x")
    pages = [client.get(FORM).text for _ in range(2)]
    assert nonce_in(pages[0]) != nonce_in(pages[1]) and gaps.GAP not in "".join(pages)
    assert not app.extensions["shelf"]._answers


def test_head_says_no_octets(client: FlaskClient) -> None:
    for _ in range(2):
        head = client.head(FORM)
        assert (head.status_code, head.data) == (200, b"") and "Content-Length" not in head.headers


@pytest.mark.parametrize("asked", ["?date=%00", f"?date={'x' * 700}"])
def test_a_form_that_the_shelf_does_not_know_has_its_nonce_too(client: FlaskClient, asked: str) -> None:
    page = client.get(FORM + asked)
    assert page.status_code in (200, 400)
    assert gaps.GAP not in page.text and (page.status_code == 400 or nonce_in(page.text))


def test_a_full_clinic_shows_the_line_to_the_next_reader(client: FlaskClient, clinic: Posted) -> None:
    before = client.get(FORM).text
    assert from_shelf(client, FORM)
    for number in range(9):
        slot = clinic.slot_ids[number // 3]
        assert press(client, clinic, slot=str(slot), email=f"p{number}@post.example").status_code == 303
    after = client.get(FORM).text
    assert before.count('name="slot"') == 3 and after.count('name="slot"') == 0
