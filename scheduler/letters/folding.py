"""Headers on lines: a name stays one name and a subject keeps its spaces, whichever program unfolds them.

The library's own folding drops the quotes around a long name, and the spaces between two encoded words.
"""

from __future__ import annotations

import textwrap
from base64 import b64encode
from email.headerregistry import Address
from itertools import accumulate

LINE, LONGEST_LINE = 78, 998
ENCODED_WORD, LINE_WITH_ENCODED = 75, 76
FRAME = len("=?utf-8?q??=")
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/ ")
"""What stands unescaped in an encoded word, in every header; a space is written as another sign."""


def mailbox(header: str, address: Address) -> list[str]:
    """The lines of `From` and its like: the name as one quoted string, or as encoded words; then the address."""
    if not address.display_name:
        return [f"{header}: {address.addr_spec}"]
    *before, last = _name(header, address.display_name)
    spec = f" <{address.addr_spec}>"
    return [*before, last + spec] if len(last + spec) <= LINE_WITH_ENCODED else [*before, last, spec]


def _name(header: str, name: str) -> list[str]:
    """A quoted string is not folded: some programs end it at the end of a line."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    quoted = f'{header}: "{escaped}"'
    return [quoted] if _may_stand(name) and len(quoted) <= LONGEST_LINE else _encoded(header, name)


def words(header: str, said: str) -> list[str]:
    """The lines of `Subject`: as it is, where that can stand, else as encoded words. None of them is empty."""
    longest = max(map(len, said.split(" ")))
    if not _may_stand(said) or longest > LINE - len(f"{header}: ") or said != " ".join(said.split()):
        return _encoded(header, said)
    return textwrap.wrap(
        f"{header}: {said}", LINE, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False
    )


def _may_stand(said: str) -> bool:
    return said.isascii() and said.isprintable() and "=?" not in said


def _encoded(header: str, said: str) -> list[str]:
    """Encoded words (RFC 2047), one on each line, that end after a space where there is one.

    The space belongs to the word: readers drop what stands between two.
    """
    quoted = sum(len(char.encode()) for char in said if char not in PLAIN) * 3 < len(said.encode())
    lines, begin = [], f"{header}: "
    while said:
        room = min(ENCODED_WORD, LINE_WITH_ENCODED - len(begin)) - FRAME
        taken = _fitting(said, quoted, room)
        lines.append(begin + (_q(said[:taken]) if quoted else _b(said[:taken])))
        said, begin = said[taken:], " "
    return lines


def _fitting(said: str, quoted: bool, room: int) -> int:
    """How many signs fit into so much room, whole words if possible."""
    widths = (len(_escaped(char)) if quoted else len(char.encode()) for char in said)
    most = room if quoted else room // 4 * 3
    taken = sum(width <= most for width in accumulate(widths))
    return taken if taken == len(said) else said.rfind(" ", 0, taken) + 1 or taken


def _escaped(char: str) -> str:
    if char in PLAIN:
        return char.replace(" ", "_")
    return "".join(f"={octet:02X}" for octet in char.encode())


def _q(said: str) -> str:
    return f"=?utf-8?q?{''.join(map(_escaped, said))}?="


def _b(said: str) -> str:
    return f"=?utf-8?b?{b64encode(said.encode()).decode()}?="
