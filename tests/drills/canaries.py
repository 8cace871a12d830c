"""A word that no file may hold: how it would look in any file, and where to look."""

from __future__ import annotations

import base64
import mmap
from collections.abc import Iterator
from pathlib import Path


def disguises(word: str) -> set[bytes]:
    """The word as it is, and as it would stand in base64, hexadecimal digits and UTF-16.

    Quoted-printable leaves letters as they are. In base64 a word has three looks, by where it begins.
    """
    looks: set[bytes] = set()
    for spelled in (word, word.capitalize(), word.upper()):
        plain = spelled.encode()
        looks |= {plain, plain.hex().encode(), plain.hex().upper().encode(), spelled.encode("utf-16-le")[:-1]}
        for before in range(3):
            first, last = (before * 8 + 5) // 6, (before + len(plain)) * 8 // 6
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                looks.add(encode(bytes(before) + plain)[first:last])
    return looks


def found(word: str, folders: list[Path]) -> list[str]:
    """Where the word stands, in any disguise: `file: disguise`."""
    looks = disguises(word)
    return [f"{path}: {look!r}" for folder in folders for path in _files(folder) for look in _seen(path, looks)]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)


def _seen(path: Path, looks: set[bytes]) -> list[bytes]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as octets:
        return [look for look in looks if octets.find(look) >= 0]
