"""The pseudo-locale: every message turned right to left and 40 percent longer, to prove layouts without a catalogue."""

from __future__ import annotations

import re
from typing import Any

from babel.support import NullTranslations

RIGHT_TO_LEFT_OVERRIDE, POP = "\u202e", "\u202c"
FILLER = "نص أطول قليلا لأن لغات أخرى تحتاج إلى مكان أكثر من الإنجليزية في هذه الصفحة وفي كل صفحة أخرى "
KEPT = re.compile(r"(%\(\w+\)[sd]|<[^>]+>|&\w+;)")


def turned(message: str) -> str:
    """`%(name)s`, tags and entities stay; other words read from right to left, with a tail of Arabic letters."""
    if not message.strip():
        return message
    parts = KEPT.split(message)
    words = "".join(part if index % 2 else _overridden(part) for index, part in enumerate(parts))
    length = max(2, len(message) * 2 // 5)
    return f"{words} {(FILLER * (length // len(FILLER) + 1))[:length].strip()}"


def _overridden(part: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda word: f"{RIGHT_TO_LEFT_OVERRIDE}{word[0]}{POP}", part)


class Pseudo(NullTranslations):
    """Translations of nothing into something that looks foreign."""

    def gettext(self, message: str) -> str:
        return turned(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return turned(msgid1 if n == 1 else msgid2)

    def upgettext(self, context: str, message: str) -> Any:
        return turned(message)

    def unpgettext(self, context: str, singular: str, plural: str, number: int) -> Any:
        return self.ngettext(singular, plural, number)

    ugettext = gettext
    ungettext = ngettext
