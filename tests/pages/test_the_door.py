"""Check-in at the door in a real browser, with JavaScript and without; and the organizers' pages under axe."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from scheduler.demo.staff import SIGN_INS

from .conftest import Open
from .test_everyone_can_read import violations

LEAD, COORDINATOR, DOOR = SIGN_INS[:3]
EVENT = "DACA Renewal Workshop in Pilsen"
TODAY = "Open Help Desk"

Enter = Callable[..., Page]


@pytest.fixture
def enter(visit: Open) -> Enter:
    """Signs in and opens a roster: of the workshop in Pilsen, or of another event."""

    def open_roster(who: object = LEAD, event: str = EVENT, **how: object) -> Page:
        page = visit("/sign-in", **how)
        page.get_by_label("E-mail").fill(who.email)  # type: ignore[attr-defined]
        page.get_by_label("Password").fill(who.password)  # type: ignore[attr-defined]
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name=re.compile(f"Roster.*{event}")).click()
        return page

    return open_roster


@pytest.fixture
def enter_today(enter: Enter) -> Enter:
    """The roster of the date whose door is open today; people are checked in on no other day."""

    def open_roster(who: object = LEAD, **how: object) -> Page:
        page = enter(who, event=TODAY, **how)
        assert page.get_by_role("button", name=re.compile("^Check in")).count(), "the demo's help desk is always open"
        return page

    return open_roster


def here(page: Page) -> int:
    """How many people are here."""
    return int(page.locator(".now .big-n").inner_text())


def checks_in(name: str) -> re.Pattern[str]:
    """The button that checks in a person, or all of a group."""
    return re.compile(rf"^Check in (\d+ )?{re.escape(name)}$")


def party(line: Locator) -> int:
    """How many people the button of a line checks in."""
    found = re.search(r"\d+", line.get_by_role("button").last.inner_text())
    return int(found.group()) if found else 1


@pytest.mark.browser
def test_without_a_script_a_person_is_found_checked_in_and_undone(enter_today: Enter) -> None:
    page = enter_today(DOOR, width=390, script=False)
    before = here(page)
    name, people = page.locator(".person .who bdi").first.inner_text(), party(page.locator(".person").first)
    page.get_by_label("Find a person by name or code").fill(name.split()[0].lower())
    page.keyboard.press("Enter")
    assert "q=" not in page.url
    page.get_by_role("button", name=checks_in(name)).first.click()
    expect(page.locator("#told")).to_contain_text(f"{name} is checked in")
    assert here(page) == before + people
    page.locator("#told").get_by_role("button", name="Undo").click()
    assert here(page) == before


@pytest.mark.browser
def test_with_a_script_nothing_reloads(enter_today: Enter) -> None:
    page = enter_today(COORDINATOR)
    before = here(page)
    names = int(page.get_by_role("link", name=re.compile(r"^Here \d+")).locator("b").inner_text())
    page.evaluate("window.same = true")
    line = page.locator(".person").nth(1)
    name, people = line.locator(".who bdi").first.inner_text(), party(line)
    line.get_by_role("button", name=checks_in(name)).click()
    expect(page.locator("#told")).to_contain_text(f"{name} is checked in")
    assert here(page) == before + people
    expect(page.locator("#tabs")).to_contain_text(f"Here {names + 1}")
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
def test_without_a_network_the_check_in_waits_and_goes_through(enter_today: Enter) -> None:
    page = enter_today()
    before = here(page)
    failed: list[str] = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        route.abort()

    page.route(re.compile("check-in$"), fail)
    people = party(page.locator(".person").first)
    page.locator(".person").first.get_by_role("button").click()
    expect(page.locator("#told")).to_contain_text("Not saved yet. We try again.")
    page.unroute(re.compile("check-in$"))
    expect(page.locator("#told")).to_contain_text("is checked in", timeout=8000)
    assert len(failed) == 1 and here(page) == before + people
    page.locator("#told").get_by_role("button", name="Undo").click()
    expect(page.locator(".now .big-n")).to_have_text(str(before))


def press_first(page: Page, count: int) -> tuple[list[str], int]:
    """Check in so many of the people on top of the list, all at once; their lines, and how many people they are."""
    lines = page.locator(".person").filter(has=page.get_by_role("button", name=re.compile("^Check in")))
    chosen = [lines.nth(place) for place in range(count)]
    found = [f"#{line.get_attribute('id')}" for line in chosen], sum(party(line) for line in chosen)
    buttons = page.locator(".person .act button").filter(has_text=re.compile("^Check in"))
    buttons.evaluate_all(f"(found) => found.slice(0, {count}).forEach((button) => button.click())")
    return found


def let_go(page: Page, lines: list[str], before: int) -> None:
    """They are all here, each once; and then none of them is."""
    page.goto(page.url.split("?")[0] + "?show=here")
    for line in lines:
        page.locator(line).get_by_role("button", name=re.compile("undo check-in")).click()
        expect(page.locator("#told")).to_contain_text("is not checked in")
    expect(page.locator(".now .big-n")).to_have_text(str(before))


def warns(page: Page) -> bool:
    """True if the page asks before it is left."""
    left = "(() => { const left = new Event('beforeunload', { cancelable: true }); dispatchEvent(left);"
    return bool(page.evaluate(f"{left} return left.defaultPrevented; }})()"))


@pytest.mark.browser
def test_no_press_is_lost_while_the_house_is_busy(enter_today: Enter) -> None:
    """Ours and a proxy's: they say so without the list, and nothing is loaded again over what waits."""
    page = enter_today()
    before = here(page)
    busy = [
        {"status": 503, "content_type": "text/html", "body": "<h1>We are sorry</h1>"},
        {"status": 429, "content_type": "text/html", "body": "<h1>Slowly</h1>", "headers": {"Retry-After": "30"}},
        {"status": 502, "content_type": "text/html", "body": "<h1>Bad Gateway</h1>"},
    ]
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.url)
        if busy:
            route.fulfill(**busy.pop(0))
        else:
            route.continue_()

    page.route(re.compile("check-in$"), answer)
    page.clock.install()
    assert not warns(page)
    lines, people = press_first(page, 2)
    for seconds, tries in ((4, 1), (30, 2), (4, 3)):
        expect(page.locator("#told")).to_contain_text("Not saved yet. We try again.")
        assert warns(page) and len(sent) == tries
        page.clock.run_for(seconds * 1000 - 500)
        assert len(sent) == tries
        with page.expect_response(re.compile("check-in$")):
            page.clock.run_for(1000)
    expect(page.locator(".now .big-n")).to_have_text(str(before + people))
    assert not warns(page) and len(sent) == 5, "three in vain, and one for each"
    let_go(page, lines, before)


@pytest.mark.browser
def test_no_press_is_lost_when_the_session_has_ended(enter_today: Enter) -> None:
    page = enter_today()
    before = here(page)
    page.context.clear_cookies()
    lines, people = press_first(page, 2)
    told = page.locator("#told")
    expect(told).to_contain_text("You are signed out. Check-ins not saved yet: 2.")
    assert warns(page) and here(page) == before
    with page.context.expect_page() as opened:
        told.get_by_role("link", name="Sign in").click()
    other = opened.value
    other.get_by_label("E-mail").fill(LEAD.email)
    other.get_by_label("Password").fill(LEAD.password)
    other.get_by_role("button", name="Sign in").click()
    other.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator(".now .big-n")).to_have_text(str(before + people))
    expect(told).to_contain_text("is checked in")
    assert not warns(page)
    let_go(page, lines, before)


@pytest.mark.browser
def test_what_can_never_be_saved_holds_up_nobody_else(enter_today: Enter) -> None:
    page = enter_today()
    before = here(page)
    refused: list[str] = []

    def answer(route: Route) -> None:
        if refused and route.request.url != refused[0]:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=403, content_type="text/html", body="<h1>Not for your role</h1>")

    page.route(re.compile("check-in$"), answer)
    lines, people = press_first(page, 1)
    expect(page.locator("#told")).to_contain_text("That was not saved.")
    assert len(refused) == 2 and not warns(page), "asked once more, in case only the token was old"
    button = page.locator(lines[0]).get_by_role("button", name=re.compile("^Check in"))
    expect(button).to_be_enabled()
    page.unroute(re.compile("check-in$"))
    button.click()
    expect(page.locator(".now .big-n")).to_have_text(str(before + people))
    let_go(page, lines, before)


@pytest.mark.browser
@pytest.mark.parametrize("script", [False, True])
def test_a_group_arrives_in_parts(enter_today: Enter, script: bool) -> None:
    page = enter_today(DOOR, width=390, script=script)
    before = here(page)
    line = page.locator(".person").filter(has_text=re.compile("Group of [2-9]")).first
    name, people = line.locator(".who bdi").first.inner_text(), party(line)
    line.locator("summary").click()
    line.get_by_role("button", name=re.compile(f"^1 of {people} here")).click()
    expect(page.locator("#told")).to_contain_text(f"1 of {people} here: {name} is checked in")
    expect(page.locator(".now .big-n")).to_have_text(str(before + 1))
    page.get_by_role("link", name=re.compile(r"^Here \d+")).click()
    page.get_by_role("button", name=re.compile(f"All {people} here.*{re.escape(name)}")).click()
    expect(page.locator(".now .big-n")).to_have_text(str(before + people))
    page.locator("#told").get_by_role("button", name="Undo").click()
    expect(page.locator(".now .big-n")).to_have_text(str(before))


@pytest.mark.browser
def test_somebody_walks_in_without_a_script(enter: Enter) -> None:
    page = enter(DOOR, event=TODAY, width=390, script=False)
    before, roster = here(page), page.url
    page.get_by_role("link", name="Walk-in").last.click()
    page.get_by_label("Name to call").fill("Marta")
    page.get_by_label("2", exact=True).check(force=True)
    page.get_by_role("button", name="Take in").click()
    expect(page.locator("h1")).to_contain_text("Your number is")
    assert "Marta" not in page.content()
    page.goto(roster)
    assert here(page) == before + 2


@pytest.mark.browser
def test_a_call_is_written_down_and_taken_back(enter: Enter) -> None:
    page = enter(COORDINATOR, script=False)
    page.get_by_role("link", name="Calls").first.click()
    cards = page.locator(".calls > li")
    before = cards.count()
    expect(cards.first.get_by_role("button", name="Takes the place")).to_be_visible()
    told = cards.filter(has=page.get_by_role("button", name="Reached")).first
    name = told.locator("h2").inner_text()
    told.get_by_role("button", name="Reached").click()
    expect(page.locator(".note.ok")).to_contain_text("Written down: reached.")
    assert cards.count() == before - 1
    page.get_by_role("button", name=re.compile(f"Undo.*{re.escape(name)}")).click()
    assert cards.count() == before


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
        f"{date}/phone", f"{date}/walk-in", f"{date}/slip", f"{date}/sheet", f"{person}/number", f"{person}/changes",
        f"{event}/calls",
        *on_today(page),
        f"{date}/removal", f"{event}/removal", event, f"{event}/words", f"{event}/dates", f"{event}/preview?lang=es",
        "/console/events/new", "/console/events/new?type=wellness",
    ]  # fmt: skip


def on_today(page: Page) -> list[str]:
    """The door of the date that is on: roster, who is here, and the form for walk-ins."""
    roster = page.get_by_role("link", name=re.compile(f"Roster.*{TODAY}")).get_attribute("href")
    assert roster
    return [roster, f"{roster}?show=here", roster.removesuffix("/roster") + "/walk-in"]


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
