"""The console in a real browser: readable for everybody, usable without JavaScript and without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .test_everyone_can_read import LOOKS, violations

EMAIL, PASSWORD = "lead@monarch-youth.example", "porchlight-demo-lead"
PATHS = [
    "/console/", "/console/?show=drafts", "/console/?show=past", "/console/account", "/console/receipts",
    "/console/venues/", "/console/venues/new", "/console/checklists/", "/console/checklists/new",
    "/console/bookings/", "/console/bookings/?show=answered", "/console/trainings/", "/console/trainings/new",
]  # fmt: skip


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/console/$"))


def speak(page: Page, language: str) -> None:
    """Choose the language in the header."""
    page.locator("details.lang summary").click()
    page.locator(f"details.lang button[lang={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_where_names_were_erased(visit: Open, width: int, scheme: str) -> None:
    page = visit("/sign-in", width=width, scheme=scheme)
    sign_in(page)
    page.goto("/console/receipts")
    page.locator(".tasks a").first.click()
    expect(page.locator(".note.ok")).to_contain_text("These names were erased on")
    assert not violations(page)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_on_the_own_organization(visit: Open, width: int, scheme: str) -> None:
    """As it is, and asking whether names that are there may go at once; the demo world is not changed."""
    page = visit("/sign-in", width=width, scheme=scheme)
    sign_in(page)
    page.goto("/console/account")
    page.get_by_role("link", name="Our organization").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our organization")
    assert not violations(page)
    page.get_by_label("Days until people are erased").fill("7")
    page.get_by_role("button", name="Save my changes").click()
    expect(page.locator(".errors")).to_be_focused()
    expect(page.get_by_role("button", name="Save, and erase the names")).to_be_visible()
    assert not violations(page)
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, "it scrolls sideways"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_in_the_console(visit: Open, width: int, scheme: str) -> None:
    page = visit("/sign-in/help", width=width, scheme=scheme)
    problems = {"help": violations(page)}
    sign_in(page)
    for language in ("es", "en"):
        page.goto("/console/")
        speak(page, language)
        for path in PATHS:
            page.goto(path)
            problems[f"{language} {path}"] = violations(page)
            for form in ("form.stack",) if path.endswith("new") else ():
                page.locator(form).get_by_role("button").last.click()
                expect(page.locator(".errors")).to_be_focused()
                problems[f"{language} {path} with errors"] = violations(page)
    assert not any(problems.values()), {path: found for path, found in problems.items() if found}


def test_the_console_does_not_scroll_sideways_at_320(visit: Open) -> None:
    page = visit("/sign-in", width=320)
    sign_in(page)
    for language in ("es", "en"):
        page.goto("/console/")
        speak(page, language)
        for path in PATHS:
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, f"{path} in {language} scrolls sideways at 320 px"


def test_a_venue_is_added_without_a_mouse(visit: Open) -> None:
    page = visit("/sign-in")
    reach(page, "E-mail")
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Events")
    reach(page, "Venues")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Venues")
    reach(page, "Add a venue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a venue")
    for label, text in (
        ("Name of the place", "Keyboard Hall"),
        ("Street and number", "1 Tab St."),
        ("ZIP code", "60608"),
    ):
        reach(page, label)
        page.keyboard.type(text)
    reach(page, "Save the venue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The place is saved.")
    expect(page.get_by_role("link", name="Keyboard Hall")).to_be_visible()


def reach(page: Page, name: str) -> None:
    """Press Tab until the focus stands, visibly, on what has this name."""
    for _press in range(60):
        page.keyboard.press("Tab")
        label = page.evaluate(
            "() => { const at = document.activeElement;"
            " return ((at.labels && at.labels[0] ? at.labels[0].textContent : '') || at.textContent).trim() }"
        )
        if label.startswith(name):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_a_checklist_is_made_without_javascript(visit: Open) -> None:
    page = visit("/sign-in", width=390, script=False)
    sign_in(page)
    page.goto("/console/checklists/new")
    page.get_by_label("Name of the list, in English").fill("What to bring: tea")
    page.get_by_label("Name of the list, in Spanish").fill("Qué traer: té")
    rows = page.locator(".rows li")
    before = rows.count()
    rows.nth(0).get_by_label("In English").fill("A cup")
    page.get_by_role("button", name="Add rows").click()
    assert rows.count() == before + 3
    expect(rows.nth(0).get_by_label("In English")).to_have_value("A cup")
    rows.nth(0).get_by_label("In Spanish").fill("Una taza")
    page.get_by_label("Last checked on").fill("2026-01-02")
    page.get_by_label("Checked by").fill("Host")
    page.get_by_role("button", name="Save the list").click()
    expect(page.get_by_role("status")).to_contain_text("The list is saved.")
    expect(page.locator(".tasks li").filter(has_text="What to bring: tea")).to_contain_text("Waits for a check")


def test_the_menu_of_languages_works_without_javascript(visit: Open) -> None:
    page = visit("/sign-in", script=False)
    sign_in(page)
    page.goto("/console/venues/")
    speak(page, "es")
    expect(page).to_have_url(re.compile("/console/venues/$"))
    speak(page, "en")
