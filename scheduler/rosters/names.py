"""Names as they are typed, shortened, sorted and found, in any script."""

from __future__ import annotations

import unicodedata

from ..models.registration import CODE_LETTERS

# Letters that Unicode does not take apart, and Arabic ones that people type either way.
ALIKE = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th",
        "ى": "ي", "ة": "ه", "ـ": None, "ی": "ي", "ک": "ك",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """Without case and accents: equal for what people type when they mean the same name."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", plain).translate(ALIKE).split())


def shortened(name: str) -> str:
    """`María José García` as `María José G.`; one word stays whole."""
    words = name.split()
    if len(words) < 2:
        return name.strip()
    return f"{' '.join(words[:-1])} {_initial(words[-1])}."


def _initial(word: str) -> str:
    word = unicodedata.normalize("NFC", word)
    first = next((place for place, letter in enumerate(word) if letter.isalpha()), 0)
    end = first + 1
    while end < len(word) and unicodedata.category(word[end]).startswith("M"):
        end += 1
    return word[first:end]


def heading(name: str) -> str:
    """The letter under which a name stands in a list; `#` for what begins with none."""
    first = fold(name)[:1]
    return first.upper() if first.isalpha() else "#"


def found_by(typed: str, name: str, code: str) -> bool:
    """True if every typed word is part of the name, or what was typed begins either half of the code."""
    words = fold(typed).split()
    if words and all(word in fold(name) for word in words):
        return True
    compact = typed.upper().replace(" ", "").replace("-", "")
    if len(compact) < 2 or any(letter not in CODE_LETTERS for letter in compact):
        return False
    return code.startswith(compact) or code[4:].startswith(compact)
