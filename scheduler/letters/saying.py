"""A text of the hosts in a letter, with the language that it is really in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..models.base import Texts, in_language, language_of

Facts = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A text, and the language for its lang attribute."""

    text: str
    language: str

    def __str__(self) -> str:
        return self.text


def said(texts: Texts | None, language: str) -> Said:
    """The text in this language, or in the one that we have."""
    return Said(in_language(texts, language), language_of(texts, language))
