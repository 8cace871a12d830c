"""From text to octets: cleaned, escaped and folded so that no parser stumbles (RFC 5545, sections 3.1 and 3.3.11)."""

from __future__ import annotations

import unicodedata

from icalendar import Component, vText

LINE = 75
JOINER = "\u200d"
VIRAMA = 9
BREAKS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n") | {"\t": " ", "\ufeff": None})


class Text(vText):
    r"""Text that is escaped once. The library's own takes a typed `\N` for a line break."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def lines(text: str) -> str:
    """Typed text without control characters; line breaks stay."""
    if text.isascii() and text.isprintable():
        return text.strip()
    broken = text.replace("\r\n", "\n").translate(BREAKS)
    kept = "".join(char for char in broken if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs"))
    composed = unicodedata.normalize("NFC", kept).strip()
    return "\n".join(_begun(line) for line in composed.split("\n")).strip()


def _begun(line: str) -> str:
    """The line without accents that have no letter before them: they would fall on what the format writes there."""
    while line and unicodedata.category(line[0]).startswith("M"):
        line = line[1:]
    return line


def one_line(text: str) -> str:
    """Typed text as one line, for titles, places and names."""
    return " ".join(lines(text).split())


def octets(component: Component) -> bytes:
    """A calendar, or a part of it, as it travels: CRLF, no line over 75 octets, properties in the order of adding."""
    return b"".join(folded(line) for line in component.content_lines(sorted=False) if line)


def folded(line: str) -> bytes:
    """One content line with its CRLF, broken between characters as a reader sees them."""
    pieces, room = [], LINE
    while len(line.encode()) > room:
        end = _break(line, room)
        pieces.append(line[:end].encode())
        line, room = line[end:], LINE - 1
    pieces.append(line.encode())
    return b"\r\n ".join(pieces) + b"\r\n"


def _break(line: str, room: int) -> int:
    end = min(room, len(line))
    while len(line[:end].encode()) > room:
        end -= 1
    whole = end
    while whole > 1 and _clings(line, whole):
        whole -= 1
    return whole if whole > 1 else end


def _clings(line: str, at: int) -> bool:
    """True if the character at `at` belongs to the one before it: accents, joined letters and emoji, flags, escapes."""
    char, before = line[at], line[at - 1]
    if before in "\\^" or JOINER in (char, before) or unicodedata.category(char).startswith("M"):
        return True
    if unicodedata.combining(before) == VIRAMA:
        return True
    return (_is_flag(char) and _is_flag(before)) or "\U0001f3fb" <= char <= "\U0001f3ff" or char == "\u200c"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
