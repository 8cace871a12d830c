"""A place is offered to somebody in line: every page of it, with axe, and the way through it without JavaScript."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import ROOT, Open
from .test_everyone_can_read import LOOKS, violations

SCENE = """
import itertools, json, secrets
from datetime import UTC, datetime
from scheduler import create_app, registrations
from scheduler.core.extensions import db, transaction
from scheduler.demo import cast
from scheduler.models.offer import open_for

# Nothing is offered at night, and tests run at any hour: the place is where it is noon now.
cast._numbers = itertools.count(secrets.randbelow(10**9))
cast.ZONE = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
with create_app().app_context():
    with transaction():
        posted = cast.clinic(slots=2, seats=1)
        first, _other = (cast.attends(posted, slot, contact=f"in{slot}@post.example") for slot in (0, 1))
        asked, behind = (cast.attends(posted, contact=f"{name}@post.example", name=name) for name in ("Ana", "Bo"))
        staff = cast.organizer()
    with transaction():
        registrations.cancel(first)
    db.session.rollback()
    print(json.dumps({
        "offer": open_for(asked).token(),
        "code": cast.registration(asked).code_shown,
        "behind": cast.registration(behind).token(),
        "roster": f"/console/dates/{posted.occurrence_id}/roster?show=waiting",
        "email": staff.email,
        "password": staff.password,
    }))
"""


@pytest.fixture
def scene(site: str, site_folder: Path) -> dict[str, str]:
    """A clinic with two times: one came free, Ana is asked, Bo waits behind her."""
    environ = {**os.environ, "SCHEDULER_DEMO": "1", "SCHEDULER_INSTANCE_DIR": str(site_folder)}
    environ["SCHEDULER_BASE_URL"] = site
    told = subprocess.run([sys.executable, "-c", SCENE], cwd=ROOT, env=environ, check=True, capture_output=True)
    found: dict[str, str] = json.loads(told.stdout.decode().splitlines()[-1])
    return found


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing(visit: Open, scene: dict[str, str], lang: str, width: int, scheme: str) -> None:
    offer = f"/{lang}/place/offer/{scene['offer']}"
    page = visit(offer, width=width, scheme=scheme)
    problems = {}
    for path in (offer, f"{offer}/refusal", f"/{lang}/place/{scene['behind']}"):
        page.goto(path)
        problems[path[:20]] = violations(page)
    page.goto(f"/{lang}/place")
    page.locator("[name=code]").fill(scene["code"])
    page.locator("main form button").first.click()
    problems["by code"] = violations(page)
    assert not any(problems.values()), problems


def test_taking_it_without_javascript(visit: Open, scene: dict[str, str]) -> None:
    page = visit(f"/en/place/offer/{scene['offer']}", width=390, script=False)
    page.get_by_role("link", name="No, thank you").click()
    expect(page.get_by_role("button", name="Keep me in line")).to_be_visible()
    page.get_by_role("link", name="No, go back").click()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re in")


def test_the_organizer_answers_for_somebody_on_the_phone(visit: Open, scene: dict[str, str]) -> None:
    page = signed_in(visit("/sign-in", script=False), scene)
    page.goto(scene["roster"])
    assert not violations(signed_in(visit("/sign-in"), scene, scene["roster"]))
    expect(page.get_by_text("a place is offered. No other is free.")).to_be_visible()
    page.get_by_text("No thanks").click()
    page.get_by_role("button", name="Wait for another time").click()
    expect(page.locator("li", has_text="Bo").get_by_text("Answer by")).to_be_visible()
    page.get_by_role("button", name="Takes the place").click()
    expect(page.get_by_role("status").first).to_contain_text("Bo has a place")


def signed_in(page: Page, scene: dict[str, str], then: str = "") -> Page:
    page.locator("[name=email]").fill(scene["email"])
    page.locator("[name=password]").fill(scene["password"])
    page.get_by_role("button", name="Sign in").click()
    if then:
        page.goto(then)
    return page
