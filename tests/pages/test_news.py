"""Plans change: the host moves a date, then calls it off; a person with nothing but a code keeps up, without script."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .test_everyone_can_read import violations

LEAD, PASSWORD = "lead@puente-azul.example", "porchlight-demo-lead"
SLUG = "family-plan-toman"


@pytest.mark.browser
def test_moved_kept_called_off_and_exchanged(visit: Open) -> None:
    person, lead = visit(f"/en/events/{SLUG}/place", width=390, script=False), visit("/sign-in", script=False)
    code = keep_place(person)
    sign_in(lead)
    lead.get_by_role("link", name=re.compile("Edit.*Make a Family Plan|Edit.*amily")).first.click()
    lead.get_by_role("link", name="Dates and times").click()
    lead.get_by_role("link", name=re.compile("^Change")).first.click()
    lead.get_by_role("link", name="Move this date", exact=True).click()
    expect(lead.locator("main")).to_contain_text("letters go out by e-mail")
    day = date.fromisoformat(lead.get_by_label("New day").input_value())
    lead.get_by_label("New day").fill((day + timedelta(days=7)).isoformat())
    lead.get_by_role("button", name="Move it and tell everybody").click()
    expect(lead.get_by_role("status")).to_contain_text("The date has moved.")

    look(person, code)
    expect(person.get_by_role("heading", name="There is a new date")).to_be_visible()
    person.get_by_role("button", name="Keep my place").click()
    expect(person.locator("main")).to_contain_text("You told us that you are coming.")

    lead.get_by_role("link", name=re.compile("^Change")).first.click()
    lead.get_by_role("link", name="Cancel this date").click()
    lead.get_by_label("Reason in English").fill("The room has no water")
    lead.get_by_role("button", name="Cancel this date").click()
    expect(lead.get_by_label("Reason in English")).to_have_value("The room has no water")
    lead.get_by_label("Reason in Spanish").fill("El salón no tiene agua")
    lead.get_by_role("button", name="Cancel this date").click()
    expect(lead.get_by_role("status")).to_contain_text("The date is canceled.")

    look(person, code)
    expect(person.get_by_role("heading", level=1)).to_have_text("This date is canceled")
    expect(person.locator("main")).to_contain_text("The room has no water")
    person.get_by_role("button", name=re.compile("^Move me to")).first.click()
    expect(person.get_by_role("heading", level=1)).to_have_text("You’re in")
    new = person.locator(".code-big").first.inner_text()
    assert new != code
    look(person, code)
    expect(person.get_by_role("heading", level=1)).to_have_text("Thank you for telling us")
    person.goto(f"/es/events/{SLUG}")
    expect(person.locator("main")).to_contain_text("El salón no tiene agua")


def keep_place(page: Page) -> str:
    """Only a name; no contact."""
    times = page.get_by_role("group", name="Choose a time").get_by_role("radio")
    if times.count():
        times.last.check(force=True)
    page.get_by_label("What should we call you?").fill("Rosa")
    page.get_by_label("No contact, I will keep my code").check(force=True)
    page.get_by_role("button", name="Keep my place").click()
    return page.locator(".code-big").first.inner_text()


def look(page: Page, code: str, lang: str = "en") -> None:
    page.goto(f"/{lang}/place")
    page.get_by_label(re.compile("code|código")).first.fill(code)
    page.locator("main form button").first.click()


def sign_in(page: Page, email: str = LEAD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_in_the_news(visit: Open, width: int, scheme: str) -> None:
    """The console's question pages, with and without errors; and a person's page of a date that is off, or moved."""
    lead = visit("/sign-in", width=width, scheme=scheme)
    sign_in(lead, "lead@lantern-legal.example")
    off = code_of_somebody(lead, roster_of(lead, "Belmont"))
    lead = visit("/sign-in", width=width, scheme=scheme)
    sign_in(lead, "lead@blue-heron.example")
    roster = roster_of(lead, "Uptown")
    moved = code_of_somebody(lead, roster, "Not answered yet since the move")
    problems = {}
    for path in (roster.replace("/roster", "/move"), roster.replace("/roster", "/cancellation")):
        lead.goto(path)
        problems[path] = violations(lead)
        lead.locator("form.stack button").last.click()
        expect(lead.locator(".errors")).to_be_visible()
        problems[f"{path} with errors"] = violations(lead)
    person = visit("/en/", width=width, scheme=scheme)
    for lang in ("en", "es"):
        for code, seen in ((moved, "#moved-h"), (off, "#others")):
            look(person, code, lang)
            expect(person.locator(seen)).to_be_visible()
            problems[f"{seen} {lang}"] = violations(person)
    assert not any(problems.values()), {path: found for path, found in problems.items() if found}


def roster_of(lead: Page, event: str) -> str:
    """The address of the roster of an event's first date."""
    found = lead.get_by_role("link", name=re.compile(f"Roster.*{event}")).first.get_attribute("href")
    assert found
    return found


def code_of_somebody(lead: Page, roster: str, marked: str = "") -> str:
    """Of the first person on it; `marked`: with this word beside the name."""
    lead.goto(roster)
    line = lead.locator(".person", has_text=marked).first
    return line.locator(".code").first.inner_text()
