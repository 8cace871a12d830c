"""Another language in the middle of a form: it is shown again with what was typed, and nothing is done."""

from __future__ import annotations

from html import unescape
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models.registration import Registration
from scheduler.models.training import Booking

from . import filling, test_trainings
from .test_changes import link, typed_in

ONLY_SHOW = {"only_show": "en"}


def shown_again(client: FlaskClient, address: str, typed: dict[str, Any]) -> str:
    """The page of the form in Spanish, sent from the English one. It complains of nothing yet."""
    answer = client.post(address.replace("/en/", "/es/"), data=typed | ONLY_SHOW)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    page = unescape(answer.text)
    assert '<html lang="es"' in page and 'data-typed="yes"' in page and 'class="errors' not in page
    return page


def count(what: type[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(what)) or 0


def test_a_place_is_not_kept_yet_and_then_it_is(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
    typed = filling.answers(client, posted, name="Xóchitl <3", email="not yet an addr", note="", party="2")
    page = shown_again(client, filling.address(posted), typed)
    assert 'value="Xóchitl <3"' in page and 'value="not yet an addr"' in page
    assert typed_in(page)["slot"] == str(posted.slot_id) and count(Registration) == 0
    answer = client.post(filling.address(posted, "es"), data=typed_in(page) | {"email": "xochitl@post.example"})
    assert answer.status_code == 303 and count(Registration) == 1


@pytest.mark.parametrize(("chosen", "then"), [("en", "es"), ("pl", "pl")])
def test_who_has_not_chosen_speaks_the_language_of_the_page(
    client: FlaskClient, world: ModuleType, chosen: str, then: str
) -> None:
    with transaction():
        posted = world.clinic(interpretation=["pl"])
    typed = filling.answers(client, posted, spoken=chosen)
    assert typed_in(shown_again(client, filling.address(posted), typed))["spoken"] == then


def test_a_place_is_not_changed_yet_and_then_it_is(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        ana = world.attends(world.clinic())
    address = f"{link(ana)}/changes"
    typed = typed_in(client.get(address).text) | {"note": "A ramp, please"}
    page = shown_again(client, address, typed)
    assert typed_in(page)["note"] == "A ramp, please"
    assert not db.session.get_one(Registration, ana).note
    answer = client.post(address.replace("/en/", "/es/"), data=typed_in(page))
    assert answer.status_code == 303
    assert db.session.get_one(Registration, ana, populate_existing=True).note == "A ramp, please"


def test_a_request_is_not_sent_yet_and_not_changed_yet(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-21 10:00")
    with transaction():
        employers.offer(world.organization())
    nonce = filling.nonce_in(client.get(test_trainings.FORM).text)
    page = shown_again(client, test_trainings.FORM, {**test_trainings.SAID, "nonce": nonce, "employer": "Foods & Co."})
    assert 'value="Foods & Co."' in page and count(Booking) == 0
    own = test_trainings.asked(client)
    changed = shown_again(client, f"{own}/change", {**test_trainings.SAID, "employer": "Other Foods"})
    assert 'value="Other Foods"' in changed
    db.session.rollback()
    assert db.session.scalars(sa.select(Booking)).one().told("employer") == test_trainings.SAID["employer"]
