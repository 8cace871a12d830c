"""Every word in every language: what the source says is in each catalogue, translated and compiled."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from scheduler.core import languages

from .tree import ROOT

TRANSLATIONS = ROOT / "scheduler" / "translations"
METHODS = [("scheduler/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2)}
TRANSLATED = [language for language in languages.OFFERED if language != "en"]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def catalogue(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def path_of(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def said() -> set[str]:
    """Every message that the source says."""
    options = {pattern: {"trimmed": "true"} for pattern, method in METHODS if method == "jinja2"}
    rows = extract_from_dir(
        str(ROOT), METHODS, options, KEYWORDS, directory_filter=lambda path: Path(path).name not in {".venv", ".git"}
    )
    return {row[2][0] if isinstance(row[2], tuple) else row[2] for row in rows}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    found, texts = catalogue(language), said()
    assert any(texts), f"no messages found under {ROOT}: look at METHODS, and at what said() skips"
    missing = sorted(text for text in texts if text and not _strings(found, text))
    assert not missing, f"{language} lacks {len(missing)} messages; run `make messages`, then fill: {missing[:8]}"


def _strings(found: Catalog, text: str) -> bool:
    message = found.get(text)
    if message is None or message.fuzzy:
        return False
    return all(message.string) if isinstance(message.string, (list, tuple)) else bool(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_kept(language: str) -> None:
    for message in catalogue(language):
        if not message.id or not message.string:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        wanted = set(PLACEHOLDER.findall(ids[-1]))
        for string in strings:
            names = set(PLACEHOLDER.findall(string))
            kept = names == wanted or (names < wanted and len(strings) > 1)
            assert kept, f"{language}: {string!r} lost a placeholder of {ids[-1]!r}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    assert path_of(language).with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make messages`"


def test_an_evening_is_the_same_word_everywhere() -> None:
    """In Spanish an afternoon and an evening are easily one: the filter said "tarde" where the form said "noche"."""
    said_for = {text: str(catalogue("es").get(text).string) for text in ("Evening", "Evenings", "Afternoon")}  # type: ignore[union-attr]
    assert "noche" in said_for["Evening"].lower() and "noche" in said_for["Evenings"].lower()
    assert "noche" not in said_for["Afternoon"].lower()
