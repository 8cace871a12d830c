"""Blind indexes: what was typed is found again, or recognized as the same, without being kept in the open."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache

from flask import current_app

from ..core import sealing
from .event import Occurrence

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRTUVWXYZ"
"""30 characters without look-alikes (no 0 O, 1 I L, S)."""
_CHANCE = secrets.SystemRandom()

LEGAL_FORMS = {
    "inc", "incorporated", "llc", "llp", "lllp", "lp", "pllc", "pc", "co", "company", "corp", "corporation", "ltd",
    "limited", "nfp", "plc", "sa", "sc", "srl", "cv", "and",
}  # fmt: skip
"""How companies are called after their name, without dots."""


def new_code() -> str:
    """Eight random letters and numbers."""
    return "".join(_CHANCE.choices(CODE_LETTERS, k=8))


def normal_code(typed: str) -> str:
    """What was typed, in the letters of a code: capitals, without spaces or dashes."""
    return "".join(letter for letter in typed.upper() if letter in CODE_LETTERS)


def code_index(code: str) -> bytes:
    """The blind index under which a code is found, over all dates."""
    return sealing.blind_index(_code_key(current_app.config["MASTER_KEY"]), code)


@cache
def _code_key(master_key: bytes) -> bytes:
    return sealing.derive(master_key, "code index")


def contact_index(occurrence: Occurrence, contact: str) -> bytes:
    """Equal for equal contacts within one occurrence only: across dates it links nothing."""
    return sealing.blind_index(occurrence.derived_key("index"), f"contact|{contact.casefold()}")


def employer_index(occurrence: Occurrence, employer: str) -> bytes:
    """Equal for one company within one occurrence only, however it writes its name."""
    return sealing.blind_index(occurrence.derived_key("index"), f"employer|{company(employer)}")


def company(name: str) -> str:
    """A company's name in small letters and digits, without accents, gaps, and forms such as Inc. and LLC."""
    apart = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter)).replace(".", "").replace("'", "")
    words = re.findall(r"\w+", plain.replace("’", ""))
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    return "".join(words)


def nonce_index(occurrence: Occurrence, nonce: str) -> bytes:
    """The form's nonce, blinded: the row alone does not tell which page made it."""
    return sealing.blind_index(occurrence.derived_key("index"), f"nonce|{nonce}")
