"""A person changes a place in a real browser, without JavaScript, and puts it into a calendar of their own."""

from __future__ import annotations

import re
from urllib.request import urlopen

import icalendar
import pytest
from playwright.sync_api import expect

from .conftest import Open
from .test_everyone_can_read import violations
from .test_the_whole_way import CHINATOWN, keep_a_place, letter_for

TRUMAN = "/en/events/big-daca-day-truman"
"""Large enough for everybody who is kept here: all page tests share one demo world."""


def test_another_time_another_address_and_the_letter(visit: Open) -> None:
    page = visit("/en/", width=390, script=False)
    old_code = keep_a_place(page, CHINATOWN, "Mei", "mei@people.example")
    old_link = page.url.partition("?")[0]
    page.get_by_role("link", name="Change time, people or contact").click()
    expect(page.locator("input[name=email]")).to_have_value("mei@people.example")
    page.locator("input[name=email]").fill("mei at home")
    page.get_by_role("button", name="Save my changes").click()
    assert page.title().startswith("Error:")
    expect(page.locator("input[name=email]")).to_have_value("mei at home")
    page.locator("input[name=email]").fill("mei.new@people.example")
    page.locator("input[name=slot]").last.check()
    page.get_by_role("button", name="Save my changes").click()
    expect(page.locator("main [role=status]").first).to_contain_text("your code is new")
    assert old_code not in page.inner_text("main") and "4:00 PM" in page.inner_text("main")
    assert "4:00 PM" in letter_for(visit, "mei.new@people.example", "New details")
    page.goto(old_link)
    assert "Change time" not in page.inner_text("main"), "the old link is dead"
    page.goto("/en/place")
    page.locator("input[name=code]").fill(old_code)
    page.locator("main button").first.click()
    expect(page.locator("#code-e")).to_be_visible()


def test_a_calendar_of_ones_own(visit: Open) -> None:
    page = visit("/es/", script=False)
    keep_a_place(page, TRUMAN.replace("/en/", "/es/"), "Ana", "ana.feed@people.example")
    page.locator("#calendar summary").click()
    first = page.locator("#feed").input_value()
    with urlopen(first) as answer:
        (entry,) = icalendar.Calendar.from_ical(answer.read()).walk("VEVENT")
    assert entry["SUMMARY"] == "Appointment / Cita"
    webcal = page.locator('a[href^="webcal://"]').get_attribute("href")
    assert webcal == re.sub(r"^https?", "webcal", first)
    page.locator("#calendar form button").click()
    assert page.locator("#calendar[open]").count() == 1 and page.locator("#feed").input_value() != first


@pytest.mark.parametrize("lang", ["en", "es", "ar-XB"])
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_axe_finds_nothing(visit: Open, lang: str, width: int, scheme: str) -> None:
    page = visit("/en/", width=width, scheme=scheme)
    keep_a_place(page, TRUMAN, "Lin", f"lin{lang}{width}@people.example".lower())
    place = page.url.partition("?")[0].replace("/en/", f"/{lang}/")
    problems = {}
    for path in (f"{place}?said=feed#calendar", f"{place}/changes"):
        page.goto(path)
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), path
        if found := violations(page):
            problems[path] = found
    page.locator("input[name=email]").fill("no address")
    page.locator("main form.reg button").click()
    if found := violations(page):
        problems["errors"] = found
    assert not problems, problems
