"""The demo's post office: a real SMTP server on loopback that keeps letters as files and sends nothing on."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
MOST_LETTERS = 500
NAME = re.compile("[0-9a-f]{24}")
LARGEST_LETTER = 10 * 1024 * 1024


class _Office(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class _Shelf:
    """Where what arrives is put; aiosmtpd calls it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        put(self.folder, bytes(envelope.original_content or b""))
        return "250 kept"


def open_at(instance_folder: str | Path) -> tuple[str, int, Callable[[], None]]:
    """Open the post office over INSTANCE_DIR/mailbox: its host, its port, and how to close it."""
    folder = folder_of(instance_folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    office = _Office(_Shelf(folder), hostname=HOST, port=0, server_hostname="localhost", data_size_limit=LARGEST_LETTER)
    office.start()
    return HOST, office.port, office.stop


def folder_of(instance_folder: str | Path) -> Path:
    """INSTANCE_DIR/mailbox."""
    return Path(instance_folder) / "mailbox"


def put(folder: Path, octets: bytes) -> None:
    """Keep one letter. The same letter that comes twice is kept once: its Message-ID is its name."""
    sent_as = str(message_from_bytes(octets, policy=policy.default)["Message-ID"] or secrets.token_hex(16))
    name = hashlib.sha256(sent_as.encode()).hexdigest()[:24]
    draft = folder / f".{name}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(octets)
    draft.rename(folder / f"{name}.eml")
    for old in _newest_first(folder)[MOST_LETTERS:]:
        old.unlink(missing_ok=True)


@dataclass(frozen=True)
class Kept:
    """A letter on the shelf. `name` finds it again."""

    name: str
    email: EmailMessage


def letters(instance_folder: str | Path, most: int) -> list[Kept]:
    """So many letters from the shelf, the newest first, by their headers only."""
    parser = BytesHeaderParser(policy=policy.default)
    return [_kept(path, parser.parsebytes) for path in _newest_first(folder_of(instance_folder))[:most]]


def letter(instance_folder: str | Path, name: str) -> Kept | None:
    """One letter, or None if there is none of this name."""
    path = folder_of(instance_folder) / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    return _kept(path, lambda octets: message_from_bytes(octets, policy=policy.default))


def _kept(path: Path, parse: Callable[[bytes], object]) -> Kept:
    email = parse(path.read_bytes())
    assert isinstance(email, EmailMessage)
    return Kept(path.stem, email)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9a-f]*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
