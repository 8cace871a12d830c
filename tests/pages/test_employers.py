"""Ask, take up, accept, invite, join: an employer's whole way in a real browser without JavaScript, read by axe."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .test_everyone_can_read import violations
from .test_the_whole_way import letter_for

CODE = re.compile(r"\b[2-9A-HJKMNP-RT-Z]{4}-[2-9A-HJKMNP-RT-Z]{4}\b")
ASK = "/{lang}/trainings/form-i-9-the-right-way/request"
REFERENCE = re.compile(r"T-[2-9A-Z]{6}")
PROVIDER = ("lead@third-coast.example", "porchlight-demo-lead")


def fill_the_form(page: Page, email: str, day: str) -> None:
    page.locator("input[name=employer]").fill("Fictional Foods Co.")
    page.locator("input[name=name]").fill("Dana Whitfield")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=phone]").fill("312 555 0140")
    for name, value in (("place", "theirs"), ("part_1", "morning"), ("languages", "es"), ("audience", "owner")):
        page.locator(f"input[name={name}][value={value}]").check()
    page.locator("input[name=zip]").fill("60612")
    page.locator("input[name=day_1]").fill(day)
    page.locator("input[name=head_count]").fill("12")


def press(page: Page) -> None:
    """The one button of the form."""
    page.locator("main form button.btn").last.click()


def set_up(visit: Open, reference: str) -> None:
    """The provider takes the request up and accepts its first day."""
    page = visit("/sign-in", script=False)
    page.get_by_label("E-mail").fill(PROVIDER[0])
    page.get_by_label("Password").fill(PROVIDER[1])
    page.get_by_role("button", name="Sign in").click()
    page.goto("/console/bookings/")
    page.locator("li", has_text=reference).get_by_role("link").click()
    page.get_by_role("button", name="Take it up").click()
    page.get_by_role("link", name="Accept one day").click()
    page.locator("input[name=wish]").first.check(force=True)
    page.locator("input[name=starts]").fill("09:00")
    page.get_by_role("button", name="Set the session").click()
    expect(page.locator(".note.ok")).to_contain_text("The session is set")


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("es", 390)])
def test_from_the_catalogue_to_a_place_for_staff(visit: Open, lang: str, width: int) -> None:
    email = f"hr-{lang}@foods.example"
    employer = visit(f"/{lang}/trainings", width=width, script=False)
    employer.get_by_role("link", name=re.compile("I-9")).click()
    employer.locator(f"a[href$='{ASK.format(lang=lang)}']").click()
    press(employer)
    assert employer.title().startswith("Error") and employer.locator(".errors a").count() > 5
    fill_the_form(employer, email, (date.today() + timedelta(days=20)).isoformat())
    press(employer)
    expect(employer).to_have_url(re.compile(f"/{lang}/bookings/"))
    found = REFERENCE.search(employer.inner_text("main"))
    assert found and found.group(0) in letter_for(visit, email)

    set_up(visit, found.group(0))
    employer.reload()
    invitation = employer.locator("#invitation").input_value()
    colleague = visit(invitation, width=390, script=False)
    colleague.locator("input[name=name]").fill("Ana Vale")
    press(colleague)
    assert CODE.search(colleague.inner_text("main")), "a place and a code"
    employer.reload()
    expect(employer.locator("table.sheet")).to_contain_text("Ana Vale")
    read_by_axe = visit("/en/trainings", width=width, scheme="dark")
    for address in (employer.url, invitation, f"{invitation}/poster"):
        read_by_axe.goto(address)
        assert not violations(read_by_axe), address


def test_the_poster_fits_on_one_sheet(visit: Open) -> None:
    page = visit("/en/trainings", script=False)
    page.goto(ASK.format(lang="en"))
    fill_the_form(page, "poster@foods.example", (date.today() + timedelta(days=30)).isoformat())
    press(page)
    own = page.url
    found = REFERENCE.search(page.inner_text("main"))
    assert found
    set_up(visit, found.group(0))
    page.goto(own)
    page.goto(f"{page.locator('#invitation').input_value()}/poster")
    sheets = page.pdf(format="Letter").count(b"/Type /Page\n") or page.pdf(format="Letter").count(b"/Type /Page ")
    assert sheets == 1
