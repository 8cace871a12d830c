"""What the layers around the app share: asking the one below, and reading its answer to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


def ask(below: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], Iterable[bytes]]:
    """What it says: the status, the headers, and the body in pieces. Nothing is sent to the reader yet."""
    said: list[Any] = []

    def listen(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
        said[:] = status, headers
        return lambda _chunk: None

    chunks = below(environ, listen)
    return said[0], said[1], chunks


def whole(chunks: Iterable[bytes]) -> bytes:
    """A body, read to its end and closed."""
    try:
        return b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
