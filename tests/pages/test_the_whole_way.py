"""Post, register, letter, calendar, door: the one unbroken way, as people walk it in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.request import urlopen

import icalendar
import pytest
from playwright.sync_api import Page, expect

from .conftest import ROOT, Open

CODE = re.compile(r"\b[2-9A-HJKMNP-RT-Z]{4}-[2-9A-HJKMNP-RT-Z]{4}\b")
CHINATOWN = "/en/events/daca-renewal-chinatown"
TEN_DAYS_LATER = """
import sys
from datetime import timedelta
import sqlalchemy as sa
from scheduler import create_app
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Event

with create_app().app_context(), transaction():
    event = db.session.scalars(sa.select(Event).where(Event.slug == sys.argv[1])).one()
    (date,) = event.occurrences
    begun = clock.local(clock.now(), date.zone).replace(tzinfo=None, second=0, microsecond=0) - timedelta(minutes=30)
    passed = begun - date.starts_local
    for slot in date.slots:
        slot.starts_local += passed
        slot.starts_at = clock.to_utc(slot.starts_local, date.zone)
    date.schedule(date.starts_local + passed, date.ends_local + passed, date.days_kept)
"""
LEAD = ("lead@monarch-youth.example", "porchlight-demo-lead")


def fill_the_form(page: Page, name: str, email: str = "") -> None:
    """As a person would: by the labels."""
    page.get_by_label(re.compile("What should we call you|Cómo quiere que le llamemos")).fill(name)
    kind = "email" if email else "none"
    page.locator(f"input[name=contact_kind][value={kind}]").check()
    if email:
        page.locator("input[name=email]").fill(email)


def keep_a_place(page: Page, path: str, name: str, email: str = "") -> str:
    """The code of a place that was just kept."""
    page.goto(f"{path}/place")
    if page.locator("input[name=slot]").count():
        page.locator("input[name=slot]").first.check()
    fill_the_form(page, name, email)
    page.locator("main form button").last.click()
    found = CODE.search(page.inner_text("main"))
    assert found, page.inner_text("main")
    return found.group(0)


def letter_for(visit: Open, address: str, containing: str = "") -> str:
    """The text of the newest letter in the demo post office for this address."""
    page = visit("/mailbox", script=False)
    for _ in range(60):
        page.goto("/mailbox")
        for link in page.locator("main li, main tr").filter(has_text=address).all():
            target = link.locator("a").first.get_attribute("href")
            assert target
            page.goto(target)
            text = str(page.inner_text("main"))
            if containing in text:
                return text
            page.goto("/mailbox")
        time.sleep(0.5)
    raise AssertionError(f"no letter for {address} within 30 s")


def test_a_place_is_kept_without_javascript(visit: Open) -> None:
    page = visit("/en/", width=390, script=False)
    page.get_by_role("link", name=re.compile("Renew DACA")).first.click()
    page.get_by_role("link", name=re.compile("DACA Renewal Help in Chinese")).first.click()
    page.get_by_role("link", name=re.compile("Keep my place")).first.click()
    page.locator("input[name=slot]").first.check()
    fill_the_form(page, "Xóchitl 🌻", "xochitl@people.example")
    page.get_by_role("button", name="Keep my place").click()
    expect(page.locator("h1")).to_have_text("You’re in")
    code = CODE.search(page.inner_text("main"))
    assert code, page.inner_text("main")
    assert not page.context.cookies(), "an attendee's browser keeps no cookie of ours"
    assert code.group(0) in letter_for(visit, "xochitl@people.example")
    page.goto("/en/place")
    page.locator("input[name=code]").fill(code.group(0).lower().replace("-", " "))
    page.locator("main button").first.click()
    assert "xochitl@people.example" not in page.inner_text("main"), "the contact stays masked behind a code"


def test_the_language_switch_keeps_the_page(visit: Open) -> None:
    page = visit("/en/events?topic=daca&needs=child_care", script=False)
    page.locator("header details summary").first.click()
    page.get_by_role("link", name="Español").click()
    assert page.url.endswith("/es/events?topic=daca&needs=child_care")
    assert page.get_attribute("html", "lang") == "es"


def test_another_language_keeps_what_was_typed(visit: Open) -> None:
    """With a script; without one, the links lead to an empty form. Also after an error, and back again."""

    def speak(language: str) -> None:
        page.locator("header details summary").first.click()
        page.get_by_role("link", name=language).click()
        expect(page.locator("html")).to_have_attribute("lang", "es" if language == "Español" else "en")
        expect(page.locator("input[name=name]")).to_have_value("Xóchitl")

    page = visit(f"{CHINATOWN}/place", width=390)
    page.locator("input[name=slot]").nth(1).check()
    page.locator("input[name=name]").fill("Xóchitl")
    speak("Español")
    assert page.locator("input[name=slot]").nth(1).is_checked() and not page.locator(".errors").count()
    page.get_by_role("button", name="Guardar mi lugar").click()
    expect(page.locator(".errors")).to_be_visible()
    speak("English")
    page.locator("input[name=contact_kind][value=none]").check()
    page.get_by_role("button", name="Keep my place").click()
    expect(page.locator("h1")).to_have_text("You’re in")


def test_a_place_is_kept_with_the_keyboard_alone(visit: Open) -> None:
    """Tab, space and enter; the focus can be seen at each stop."""
    page = visit(f"{CHINATOWN}/place", width=1280)
    typed = {"name": "Min", "email": "min@people.example"}
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " const t = e.nextElementSibling ? getComputedStyle(e.nextElementSibling) : s;"
            " return [e.tagName, e.name || '', e.value || '', s.outlineStyle !== 'none' || t.outlineStyle !== 'none'] }"
        )
        tag, name, _value, visible = focused
        assert visible or tag == "BODY", f"nothing shows the focus on {tag} {name}"
        if name in typed:
            page.keyboard.type(typed.pop(name))
        elif name in {"slot", "contact_kind"}:
            page.keyboard.press("Space")
        elif tag == "BUTTON" and not typed and page.locator("button:focus").inner_text().strip() == "Keep my place":
            page.keyboard.press("Enter")
            break
    expect(page.locator("h1")).to_have_text("You’re in")


def test_bad_input_keeps_what_was_typed(visit: Open) -> None:
    page = visit(f"{CHINATOWN}/place", width=390, script=False)
    page.locator("input[name=slot]").first.check()
    fill_the_form(page, "Rosa", "rosa@people,example.com")
    page.get_by_role("button", name="Keep my place").click()
    assert page.title().startswith("Error:")
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.locator("input[name=name]").input_value() == "Rosa"
    assert page.locator("input[name=email]").input_value() == "rosa@people,example.com"


def test_confirm_cancel_and_the_letters(visit: Open, site: str) -> None:
    page = visit("/es/", width=390, script=False)
    keep_a_place(page, "/es/events/citizenship-mckinley", "Marisol", "marisol@people.example")
    mine = page.url
    page.get_by_role("button", name="Sí voy").first.click()
    assert "Usted nos dijo que viene" in page.inner_text("main")
    letter = letter_for(visit, "marisol@people.example")
    assert re.search(r"/es/place/[\w-]{64}", letter)
    page.goto(mine)
    page.get_by_role("link", name="No puedo ir").or_(page.get_by_role("button", name="No puedo ir")).first.click()
    page.get_by_role("button", name="Sí, no puedo ir").click()
    assert "Gracias por avisar" in page.inner_text("main")
    letter_for(visit, "marisol@people.example", "Gracias por avisar")


def test_erasing_makes_the_link_unknown(visit: Open) -> None:
    page = visit("/en/", script=False)
    code = keep_a_place(page, "/en/events/citizenship-mckinley", "Halina")
    mine = page.url
    page.get_by_role("link", name="Erase my information").or_(
        page.get_by_role("button", name="Erase my information")
    ).first.click()
    page.get_by_role("button", name="Yes, erase it").click()
    answer = page.goto(mine)
    assert answer and answer.status == 404
    erased = page.content()
    answer = page.goto("/en/place/" + "A" * 64)
    assert answer and answer.status == 404 and page.content() == erased, "unknown and erased links look alike"
    page.goto("/en/place")
    page.locator("input[name=code]").fill(code)
    page.locator("main button").first.click()
    assert "can't find that code" in page.inner_text("main")


def test_a_full_date_leads_to_the_line(visit: Open) -> None:
    page = visit("/en/events/daca-renewal-pilsen", width=390, script=False)
    page.get_by_role("link", name="Join the waitlist").first.click()
    fill_the_form(page, "Tomasz", "tomasz@people.example")
    page.get_by_role("button", name="Join the waitlist").click()
    expect(page.locator("h1")).to_have_text("You’re on the waitlist")
    assert re.search(r"number \d+ in line|place in line: \d+", page.inner_text("main"))
    letter_for(visit, "tomasz@people.example")


def test_a_subscriber_gets_the_calendar(visit: Open, site: str) -> None:
    page = visit("/en/calendar?topic=daca&lang=es", script=False)
    address = page.locator("input[readonly], output, code").first
    assert "calendar.ics" in page.content() and address
    with urlopen(f"{site}/calendar.ics?topic=daca&lang=es") as answer:
        calendar = icalendar.Calendar.from_ical(answer.read())
    titles = [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]
    assert any("DACA" in title for title in titles)


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.locator("input[name=email]").fill(LEAD[0])
    page.locator("input[name=password]").fill(LEAD[1])
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(("width", "script"), [(1280, False), (390, True)])
def test_an_organizer_posts_an_event_and_opens_the_door(
    visit: Open, site: str, site_folder: Path, width: int, script: bool
) -> None:
    title = f"Evening papers workshop {width}"
    desk = visit("/sign-in", width=width, script=script)
    sign_in(desk)
    desk.get_by_role("link", name="Post an event").first.click()
    post_an_event(desk, title)
    person = visit("/en/", width=390, script=False)
    person.goto(f"/en/events?q={title.replace(' ', '+')}")
    person.get_by_role("link", name=title).first.click()
    slug = person.url.rpartition("/")[2].partition("?")[0]
    code = keep_a_place(person, f"/en/events/{slug}", "Ngozi", "ngozi@people.example")
    the_day_comes(site, site_folder, slug)
    open_the_door(desk, title, code)


def post_an_event(desk: Page, title: str) -> None:
    """The way of a coordinator in the evening: kind, words, a date with its times, publish."""
    desk.get_by_role("link", name="Education", exact=True).click()
    desk.locator("[name=title_en]").fill(title)
    desk.locator("[name=title_es]").fill(f"Taller de papeles {title[-4:]}")
    desk.locator("[name=summary_en]").fill("Bring your papers. We look at them together.")
    desk.locator("[name=summary_es]").fill("Traiga sus papeles. Los vemos juntos.")
    desk.locator("[name=admission][value=timed]").check()
    desk.locator("[name=flow_minutes]").fill("45")
    desk.locator("main form button").last.click()
    day = date.today() + timedelta(days=10)
    desk.goto(f"{desk.url.split('/dates')[0]}/dates")
    typed = {"day": day.isoformat(), "starts": "17:00", "last": "19:00", "every": "30", "ends": "20:00", "places": "2"}
    for field, value in typed.items():
        desk.locator(f"[name={field}]").fill(value)
    library = desk.locator("select[name=venue] option").filter(has_text="Lozano").first.get_attribute("value")
    desk.locator("select[name=venue]").select_option(library)
    desk.get_by_role("button", name="Add this date").click()
    desk.get_by_role("link", name="On to the check").click()
    desk.get_by_role("button", name="Publish").first.click()
    assert "is published" in desk.inner_text("main"), desk.inner_text("main")


def the_day_comes(site: str, site_folder: Path, slug: str) -> None:
    """Ten days go by: the date began half an hour ago. Nobody is checked in before the day."""
    environ = {**os.environ, "SCHEDULER_DEMO": "1", "SCHEDULER_INSTANCE_DIR": str(site_folder)}
    environ["SCHEDULER_BASE_URL"] = site
    subprocess.run([sys.executable, "-c", TEN_DAYS_LATER, slug], cwd=ROOT, env=environ, check=True)


def open_the_door(desk: Page, title: str, code: str) -> None:
    desk.goto("/console/")
    row = desk.locator("li, tr, article").filter(has_text=title).last
    row.get_by_role("link", name=re.compile("Roster|Door|list", re.I)).first.click()
    desk.locator("input[name=q]").fill("ngo")
    desk.keyboard.press("Enter")
    expect(desk.locator("main")).to_contain_text("Ngozi")
    desk.get_by_role("button", name="Check in").first.click()
    expect(desk.locator("main")).to_contain_text(re.compile("checked in|Here", re.I))
    desk.get_by_role("button", name="Undo").first.click()
    expect(desk.locator("main")).to_contain_text(re.compile("Check in"))
