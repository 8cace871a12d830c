"""Check-in at the door in a real browser, with JavaScript and without; and the organizers' pages under axe."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from scheduler.demo.staff import SIGN_INS

from .conftest import Open
from .test_everyone_can_read import violations

LEAD, COORDINATOR, DOOR, _OTHER = SIGN_INS
EVENT = "DACA Renewal Workshop in Pilsen"

Enter = Callable[..., Page]


@pytest.fixture
def enter(visit: Open) -> Enter:
    """Signs in and opens the roster of the workshop in Pilsen."""

    def open_roster(who: object = LEAD, **how: object) -> Page:
        page = visit("/sign-in", **how)
        page.get_by_label("E-mail").fill(who.email)  # type: ignore[attr-defined]
        page.get_by_label("Password").fill(who.password)  # type: ignore[attr-defined]
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name=re.compile(f"Roster.*{EVENT}")).click()
        return page

    return open_roster


def here(page: Page) -> int:
    return int(page.locator(".now .big-n").inner_text())


@pytest.mark.browser
def test_without_a_script_a_person_is_found_checked_in_and_undone(enter: Enter) -> None:
    page = enter(DOOR, width=390, script=False)
    before = here(page)
    name = page.locator(".person .who bdi").first.inner_text()
    page.get_by_label("Find a person by name or code").fill(name.split()[0].lower())
    page.keyboard.press("Enter")
    assert "q=" not in page.url
    page.get_by_role("button", name=f"Check in {name}").first.click()
    expect(page.locator("#told")).to_contain_text(f"{name} is checked in")
    assert here(page) == before + 1
    page.get_by_role("button", name="Undo").click()
    assert here(page) == before


@pytest.mark.browser
def test_with_a_script_nothing_reloads(enter: Enter) -> None:
    page = enter(COORDINATOR)
    before = here(page)
    page.evaluate("window.same = true")
    line = page.locator(".person").nth(1)
    name = line.locator(".who bdi").first.inner_text()
    line.get_by_role("button", name=f"Check in {name}").click()
    expect(page.locator("#told")).to_contain_text(f"{name} is checked in")
    assert here(page) == before + 1
    expect(page.locator("#tabs")).to_contain_text(f"Here {before + 1}")
    page.locator("#told").get_by_role("button", name="Undo").click()
    expect(page.locator(".now .big-n")).to_have_text(str(before))
    assert page.evaluate("window.same"), "the page was loaded again"


@pytest.mark.browser
def test_the_list_narrows_while_one_types(enter: Enter) -> None:
    page = enter()
    field = page.get_by_label("Find a person by name or code")
    code = page.locator(".person .code").nth(2).inner_text()
    field.fill(code.replace("-", "").lower())
    expect(page.locator(".person:visible")).to_have_count(1)
    expect(page.locator(".person:visible .code")).to_have_text(code)
    field.fill("zzzz")
    expect(page.locator("#none")).to_be_visible()
    field.fill("")
    assert page.locator(".person:visible").count() > 20


@pytest.mark.browser
def test_without_a_network_the_check_in_waits_and_goes_through(enter: Enter) -> None:
    page = enter()
    before = here(page)
    failed: list[str] = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        route.abort()

    page.route(re.compile("check-in$"), fail)
    page.locator(".person").first.get_by_role("button").click()
    expect(page.locator("#told")).to_contain_text("Not saved yet. We try again.")
    page.unroute(re.compile("check-in$"))
    expect(page.locator("#told")).to_contain_text("is checked in", timeout=8000)
    assert len(failed) == 1 and here(page) == before + 1
    page.locator("#told").get_by_role("button", name="Undo").click()
    expect(page.locator(".now .big-n")).to_have_text(str(before))


def addresses(page: Page) -> list[str]:
    """Every page of the editor and the roster, beginning at a roster."""
    roster = page.url.split("?")[0]
    date = roster.removesuffix("/roster")
    person = page.locator(".person .who a").first.get_attribute("href")
    page.goto("/console/")
    event = page.get_by_role("link", name=re.compile(f"Edit.*{EVENT}")).get_attribute("href")
    assert event and person
    return [
        roster, f"{roster}?show=waiting", f"{roster}?show=here", person, f"{date}/letters", f"{date}/calls", date,
        f"{date}/removal", event, f"{event}/words", f"{event}/dates", f"{event}/preview?lang=es",
        "/console/events/new", "/console/events/new?type=wellness",
    ]  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing(enter: Enter, width: int, scheme: str) -> None:
    page = enter(width=width, scheme=scheme)
    problems = {}
    for address in addresses(page):
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        if found := violations(page):
            problems[address] = found
    assert not problems, problems


@pytest.mark.browser
def test_nothing_scrolls_sideways_at_320(enter: Enter) -> None:
    page = enter(width=320)
    wide = []
    for address in addresses(page):
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(address)
    assert not wide, f"these pages scroll sideways at 320 px: {wide}"
