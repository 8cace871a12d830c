"""A page that is the same for everybody but for one word, which each answer has for itself: a form's nonce.

The app leaves a gap where the word goes, and the shelf, which hands the page out, fills it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import request

GAP = secrets.token_hex(20)
"""Nobody can type it into a page, since nobody knows it."""
WORD, FILLS = "porchlight.word", "porchlight.fills_gaps"

Word = Callable[[], str]


def word_of_its_own(make: Word) -> str:
    """What to write into the page: the gap, or the word itself where nobody is there to fill one."""
    if not request.environ.get(FILLS):
        return make()
    request.environ[WORD] = make
    return GAP


def fill(page: bytes, make: Word) -> bytes:
    """The page with a fresh word."""
    return page.replace(GAP.encode(), make().encode())
