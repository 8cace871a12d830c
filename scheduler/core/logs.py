"""Logs: one line for each thing that happened, with ids only. No name, address, token or query is ever in one.

Our own lines are written so that they hold ids; what still looks like an address or a token is blotted out. Lines of
libraries may quote a row or a request, so only their constant part is kept. Of an exception the kind and the place
are told, never its words.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import traceback
import uuid
from datetime import UTC, datetime

from flask import Flask, g, has_request_context

OURS = "scheduler."
BLOT = "…"
PERSONAL = re.compile(
    r"[^\s@<>]+@[^\s@<>]+"  # an e-mail address
    r"|[A-Za-z0-9_-]{40,}"  # a token
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"  # an IPv4 address
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,}[0-9a-fA-F:]+"  # an IPv6 address
    r"|\?\S+"  # a query
)
FRAMES = 4


def request_id() -> str:
    """Eight letters that a page of ours may show and that stand in the lines of the same request."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(4)
    found: str = g.request_id
    return found


def place_of(error: BaseException) -> str:
    """Where it was raised: files and lines, the innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))


def entry_of(record: logging.LogRecord) -> dict[str, object]:
    """What may be told of a record."""
    then = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    entry: dict[str, object] = {"time": then, "level": record.levelname, "logger": record.name}
    entry["message"] = PERSONAL.sub(BLOT, _words(record))
    if has_request_context():
        entry["request"] = request_id()
    args = record.args if isinstance(record.args, tuple) else ()
    if ids := [str(arg) for arg in args if isinstance(arg, uuid.UUID)]:
        entry["ids"] = ids
    if record.exc_info and record.exc_info[1]:
        entry["fault"], entry["at"] = type(record.exc_info[1]).__name__, place_of(record.exc_info[1])
    return entry


def _words(record: logging.LogRecord) -> str:
    """Our words whole; of others' only what was constant, or the line that speaks."""
    if record.name.startswith(OURS):
        return record.getMessage()
    return str(record.msg) if record.args else f"{record.module}:{record.lineno}"


class Lines(logging.Handler):
    """Writes to the standard error of the moment: JSON for machines, or plain words for a terminal."""

    as_json = True

    def emit(self, record: logging.LogRecord) -> None:
        entry = entry_of(record)
        line = json.dumps(entry, ensure_ascii=False) if self.as_json else "{level} {logger}: {message}".format(**entry)
        sys.stderr.write(line + "\n")


LINES = Lines()


def bind(app: Flask) -> None:
    """JSON tells what happens; plain words tell what went wrong. One handler however many apps."""
    LINES.as_json = app.config["LOG_FORMAT"] == "json"
    root = logging.getLogger()
    if LINES not in root.handlers:
        root.addHandler(LINES)
    logging.getLogger(OURS.rstrip(".")).setLevel(logging.INFO if LINES.as_json else logging.WARNING)
