"""Times, closing and reminders in a real browser: everybody can read them, and they work without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .test_console_pages import sign_in, speak
from .test_everyone_can_read import violations


def event_address(page: Page) -> str:
    """The address of the full clinic with a line."""
    page.goto("/console/")
    full = page.locator("li.event").filter(has=page.locator('progress[max="33"][value="33"]'))
    full.locator('a.btn[href^="/console/events/"]').first.click()
    return page.url


def date_address(page: Page, event: str) -> str:
    page.goto(f"{event}/dates")
    page.locator('main a[href^="/console/dates/"]').first.click()
    return page.url


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("en", 390, "light"), ("es", 390, "dark"), ("es", 1280, "light"), ("en", 1280, "dark")],
)
def test_axe_finds_nothing(visit: Open, language: str, width: int, scheme: str) -> None:
    page = visit("/sign-in", width=width, scheme=scheme)
    sign_in(page)
    speak(page, language)
    event = event_address(page)
    date = date_address(page, event)
    problems = {}
    for path in (date, f"{date}/times", f"{event}/reminders", f"{event}/words"):
        page.goto(path)
        problems[path] = violations(page)
    page.goto(f"{date}/times")
    page.locator('[name="new-0-places"]').fill("3")
    page.locator("#times button").first.click()
    expect(page.locator(".errors")).to_be_focused()
    problems["times with errors"] = violations(page)
    assert not any(problems.values()), {path: found for path, found in problems.items() if found}


def test_nothing_scrolls_sideways_at_320(visit: Open) -> None:
    page = visit("/sign-in", width=320)
    sign_in(page)
    speak(page, "en")
    event = event_address(page)
    date = date_address(page, event)
    for path in (date, f"{date}/times", f"{event}/reminders", f"{event}/words"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{path} scrolls sideways at 320 px"


def test_registration_is_closed_and_opened_again_without_javascript(visit: Open) -> None:
    page = visit("/sign-in", width=390, script=False)
    sign_in(page)
    speak(page, "en")
    date = date_address(page, event_address(page))
    page.get_by_role("button", name="Close registration").click()
    expect(page.get_by_role("status")).to_contain_text("Registration is closed for this date.")
    looking = visit("/en/events/daca-renewal-pilsen")
    expect(looking.get_by_role("heading", name="Registration is closed").first).to_be_visible()
    for language in ("en", "es"):
        for path in ("", "/place"):
            looking.goto(f"/{language}/events/daca-renewal-pilsen{path}")
            assert not violations(looking), (language, path)
    page.goto(date)
    page.get_by_role("button", name="Open it again").click()
    expect(page.get_by_role("status")).to_contain_text("Registration is open again.")


def test_other_days_are_looked_at_without_javascript(visit: Open) -> None:
    page = visit("/sign-in", script=False)
    sign_in(page)
    speak(page, "en")
    page.goto(f"{event_address(page)}/reminders")
    page.locator("label.chip").filter(has_text="1 week before").click()
    page.get_by_role("button", name="Show who gets what").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing is saved yet.")
    expect(page.locator(".tasks li").filter(has_text="1 week before")).to_be_visible()
    page.locator("details.mine").first.locator("summary").click()
    expect(page.locator("details.mine").first).to_contain_text("MAPL-2345")
