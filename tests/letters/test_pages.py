"""The HTML part: clean, calm, readable in any mail program, and saying what the text says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import html5lib
import pytest

from scheduler import letters
from scheduler.core.config import ROOT

from .conftest import REGISTRATION_LETTERS, Scene
from .reading import CODE, LINK, page_of, parsed, text_of

DROPPED_BY_MAIL_PROGRAMS = {"script", "form", "iframe", "link", "img", "svg", "object", "video", "input", "button"}
LIGHT_ON = {"#20242A": "#FFFDF8", "#565046": "#FFFDF8", "#0B5563": "#FFFDF8", "#FFFDF8": "#0B5563"}
DARK_ON = {"#F4ECDF": "#1D2226", "#C5BBAA": "#1D2226", "#93D3DC": "#1D2226", "#261A02": "#F6C35C"}


@pytest.fixture(
    params=[*((kind, wording) for kind in REGISTRATION_LETTERS for wording in ("full", "discreet")), ("help", "")],
    ids="-".join,
)
def letter(request: pytest.FixtureRequest, scene: Scene) -> letters.Letter:
    kind, wording = request.param
    return scene.letter(kind, wording=wording) if wording else scene.sign_in_help("es")


def tree(letter: letters.Letter) -> ET.Element:
    """The page as html5lib reads it, which raises where the page is not clean."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    found: ET.Element = parser.parse(page_of(parsed(letter)))
    return found


def test_it_is_clean_and_brings_nothing_from_elsewhere(letter: letters.Letter) -> None:
    page = tree(letter)
    assert not {element.tag for element in page.iter()} & DROPPED_BY_MAIL_PROGRAMS
    assert not [element for element in page.iter() if "src" in element.attrib or "background" in element.attrib]
    assert len(page_of(parsed(letter)).encode()) <= 20 * 1024


def test_it_names_its_languages_and_itself(letter: letters.Letter) -> None:
    page = tree(letter)
    assert page.attrib == {"lang": "es", "dir": "ltr"}
    assert page.findtext("head/title") == letter.words.subject
    names = {meta.get("name"): meta.get("content") for meta in page.iter("meta")}
    assert names["color-scheme"] == names["supported-color-schemes"] == "light dark" and "viewport" in names
    assert [cell.get("lang") for cell in page.iter("td") if cell.get("lang")] == ["es", "en"]
    assert len(list(page.iter("h1"))) == len(list(page.iter("h2"))) == 1
    assert all(table.get("role") == "presentation" for table in page.iter("table"))


def test_styles_are_those_that_mail_programs_keep(letter: letters.Letter) -> None:
    page = page_of(parsed(letter))
    inline = " ".join(re.findall(r'style="([^"]*)"', page))
    assert not re.search(r"flex|grid|position|float|url\(|(margin|padding)-(left|right)", inline)
    assert min(int(size) for size in re.findall(r"font-size:(\d+)px", inline)) >= 14
    assert "prefers-color-scheme: dark" in page


def test_links_are_ours_and_say_where_they_lead(letter: letters.Letter) -> None:
    for link in tree(letter).iter("a"):
        assert link.attrib["href"].startswith("http://localhost:8000/")
        words = "".join(link.itertext()).strip()
        assert len(words) > 4 and "http" not in words and words.lower() not in ("click here", "aquí", "here")


def test_text_and_page_have_the_same_links_and_times(letter: letters.Letter) -> None:
    page, text = tree(letter), text_of(parsed(letter))
    shown = " ".join(page.find("body").itertext())  # type: ignore[union-attr]
    assert set(LINK.findall(text)) == {link.attrib["href"] for link in page.iter("a")}
    times = r"\d{1,2}:\d\d [aApP]\.?[mM]\.?"
    assert set(re.findall(times, text)) == set(re.findall(times, shown))
    assert set(CODE.findall(LINK.sub("", text))) == set(CODE.findall(shown))


def test_colours_can_be_read() -> None:
    doors = dict.fromkeys(
        ("#0B5563", "#9C3A20", "#7A4B00", "#643A66", "#415D2B", "#2F5170", "#6B3A4C", "#565046"), "#FFF8EA"
    )
    for words, ground in [*LIGHT_ON.items(), *DARK_ON.items(), *doors.items(), ("#20242A", "#F3E8D5")]:
        assert contrast(words, ground) >= 4.5, (words, ground)


def contrast(one: str, other: str) -> float:
    """WCAG 2: from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_of_the_templates_is_in_these_lists() -> None:
    said = set()
    for path in (ROOT / "templates" / "mail").rglob("*.html"):
        said |= set(re.findall(r"#[0-9A-F]{6}\b", path.read_text()))
    lines_and_grounds = {
        "#FBF5EA",
        "#F6BC4A",
        "#DFD2BC",
        "#857962",
        "#14181B",
        "#8D8575",
        "#F3E8D5",
        "#0E1113",
        "#FFF8EA",
    }
    doors = {"#9C3A20", "#7A4B00", "#643A66", "#415D2B", "#2F5170", "#6B3A4C"}
    judged = {*LIGHT_ON, *LIGHT_ON.values(), *DARK_ON, *DARK_ON.values()}
    assert said <= judged | lines_and_grounds | doors, "judge the contrast of a new colour here"
