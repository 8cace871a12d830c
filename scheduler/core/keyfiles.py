"""Keys that a house on one machine makes for itself, each in a file that only its owner may read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .errors import Misconfigured

FILE = "sqlite:///"


def kept(path: Path) -> str:
    """The key in this file, made where there is none. Raises Misconfigured."""
    folder(path.parent)
    try:
        if not path.exists():
            _make(path)
        return path.read_text().strip()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read or made: {error.strerror}.") from None


def folder(path: Path) -> None:
    """Make it, for its owner only, unless it is there. Raises Misconfigured."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"The folder {path} cannot be made: {error.strerror}.") from None


def _make(path: Path) -> None:
    """Before anything forks; the first process to come wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def require_nothing_sealed(master_key: Path, urls: Iterable[str]) -> None:
    """Raises Misconfigured where a new master key would stand beside databases that another one has sealed."""
    files = [Path(url.removeprefix(FILE).partition("?")[0]) for url in urls if url.startswith(FILE)]
    # Looked at before the key: whoever starts at the same moment makes the key first.
    found = [file for file in files if file.is_file() and file.stat().st_size]
    if found and not master_key.exists():
        raise Misconfigured(
            f"{found[0]} is there, and the master key that belongs to it is not; a new one could not read it. Put "
            f"master-key and secret-key back into {master_key.parent} first, or set SCHEDULER_MASTER_KEY and "
            "SCHEDULER_SECRET_KEY (or …_FILE)."
        )
