"""Templates and the style sheet: no inline code, no third party, no physical sides, within the budgets."""

from __future__ import annotations

import re

import brotli
import pytest

from .tree import ROOT, where

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.relative_to(ROOT / "templates").parts[:1]]
PHYSICAL = re.compile(
    r"[;{\s](margin|padding|border|inset)-(left|right|top|bottom)\b(-(left|right)-radius)?"
    r"|[;{\s]((min|max)-)?(left|right|top|bottom|width|height)\s*:|text-align:\s*(left|right)|float:\s*(left|right)"
)


def test_no_inline_style_or_script() -> None:
    for path in PAGES:
        text = path.read_text()
        assert not re.search(r"<[^>]+\sstyle\s*=", text), f"{where(path)}: use a class of app.css, not style="
        assert not re.search(r"<style\b", text), f"{where(path)}: put it into app.css"
        assert not re.search(r"<[^>]+\son[a-z]+\s*=", text), f"{where(path)}: bind it in app.js; the CSP forbids on…="
        assert not re.search(r"<script\b(?![^>]*\bsrc=)", text), f"{where(path)}: scripts live in static/"


def test_no_third_party() -> None:
    loads = re.compile(r"<(script|img|link|iframe|source|video|audio)\b[^>]*(src|href)=[\"']https?://")
    for path in PAGES:
        text = re.sub(r'<link rel="(alternate|canonical)"[^>]*>', "", path.read_text())
        assert not loads.search(text), f"{where(path)}: nothing is loaded from elsewhere"
    css = (ROOT / "static" / "app.css").read_text()
    assert "url(" not in css.replace("url(data:", "") and "@import" not in css, "app.css loads nothing"


def test_only_logical_sides() -> None:
    found = physical((ROOT / "static" / "app.css").read_text())
    assert not found, f"app.css says {found}: use inline-/block- sides and sizes, so one sheet serves right-to-left too"


def physical(css: str) -> list[str]:
    """The sides and sizes that stay where they are when the reading direction turns."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return [match.group(0).strip("{; \n") for match in PHYSICAL.finditer(bare)]


@pytest.mark.parametrize(
    ("css", "found"),
    [
        (".a { margin-left: 0 }", ["margin-left"]),
        (".a { color: red; left: 0 }", ["left:"]),
        (".a {\n  width: 1px;\n  height : 2px\n}", ["width:", "height :"]),
        (".a{min-width:1px}", ["min-width:"]),
        (".a { max-height: 2px }", ["max-height:"]),
        (".a { border-top-left-radius: 1px; text-align: right }", ["border-top-left-radius", "text-align: right"]),
        ("/* width: 1px */ @media (min-width: 56rem) { .a { inline-size: 1px; vertical-align: top } }", []),
        (".a { inset-block-start: 0; margin-inline-end: 0; border-start-start-radius: 1px }", []),
    ],
)
def test_the_look_for_physical_sides_sees_them(css: str, found: list[str]) -> None:
    assert physical(css) == found


def test_budgets() -> None:
    css = len(brotli.compress((ROOT / "static" / "app.css").read_bytes(), quality=11))
    script = len(brotli.compress((ROOT / "static" / "app.js").read_bytes(), quality=11))
    assert css <= 12 * 1024, f"app.css is {css} octets compressed; 12 KB is the budget"
    assert script <= 3 * 1024, f"app.js is {script} octets compressed; 3 KB is the budget"


def test_templates_never_hide_gettext() -> None:
    for path in TEMPLATES:
        hides = re.search(r"{%-?\s*(set|for)\s+_\b", path.read_text())
        assert not hides, f"{where(path)}: `_` is gettext; take another name"
