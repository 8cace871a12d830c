"""Every public page, in English and Spanish, light and dark, on a phone and on a desk: axe finds nothing."""

from __future__ import annotations

import re
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .conftest import Open

AXE = Axe()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PATHS = [
    "/{lang}/", "/{lang}/events?topic=daca", "/{lang}/events?q=zzzz", "/{lang}/events/daca-renewal-pilsen",
    "/{lang}/events/safe-space-clinic", "/{lang}/events/west-belmont-clinic-cancelled",
    "/{lang}/events/uptown-clinic-moved", "/{lang}/events/monday-walk-in-humboldt",
    "/{lang}/events/daca-renewal-chinatown/place", "/{lang}/place", "/{lang}/calendar",
    "/{lang}/trainings", "/{lang}/trainings/form-i-9-the-right-way",
    "/{lang}/trainings/form-i-9-the-right-way/request", "/{lang}/events/inclusive-hiring-basics/place",
    "/{lang}/privacy", "/{lang}/help", "/{lang}/nothing-here", "/sign-in",
]  # fmt: skip
LOOKS = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]


def violations(page: Page) -> list[str]:
    found = AXE.run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:150]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing(visit: Open, lang: str, width: int, scheme: str) -> None:
    page = visit(PATHS[0].format(lang=lang), width=width, scheme=scheme)
    problems = {}
    for path in PATHS:
        page.goto(path.format(lang=lang))
        if found := violations(page):
            problems[path] = found
    assert not problems, problems


@pytest.mark.parametrize("lang", ["en", "es", "ar-XB"])
def test_nothing_scrolls_sideways_at_320(visit: Open, lang: str) -> None:
    page = visit(PATHS[0].format(lang=lang), width=320)
    wide = []
    for path in PATHS:
        page.goto(path.format(lang=lang))
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert not wide, f"these pages scroll sideways at 320 px: {wide}"


def test_right_to_left_mirrors_the_page(visit: Open) -> None:
    page = visit("/ar-XB/", width=1280)
    assert page.get_attribute("html", "dir") == "rtl"
    logo = page.locator("header .logo").bounding_box()
    assert logo and logo["x"] > 640, "the logo stands on the right in a right-to-left page"
    assert not violations(page)


def test_the_console_of_the_browser_is_silent(visit: Open) -> None:
    page = visit("/en/")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: "ERR_ABORTED" in (request.failure or "") or said.append(request.url))
    for path in PATHS[:12]:
        page.goto(path.format(lang="en"), wait_until="networkidle")
    assert not [text for text in said if "404" not in text], said


def test_first_page_weighs_little(site: str, visit: Open) -> None:
    """HTML, style, script and icon of the first visit, compressed as a browser asks for them: 20 KB at most."""
    page = visit("about:blank")
    weighed: list[int] = []
    page.on("requestfinished", lambda request: weighed.append(_octets(request)))
    page.goto(f"{site}/en/", wait_until="networkidle")
    assert sum(weighed) <= 20 * 1024, f"the first page weighs {sum(weighed)} octets in {len(weighed)} requests"
    assert len(weighed) <= 7


def _octets(request: object) -> int:
    sizes = request.sizes()  # type: ignore[attr-defined]
    return int(sizes["responseBodySize"])


def test_the_page_needs_nobody_else(site: str) -> None:
    with urlopen(f"{site}/en/") as answer:
        text = answer.read().decode()
    assert not re.findall(r'<(?:script|img|link rel="stylesheet")[^>]+https?://(?!127\.0\.0\.1)', text)
