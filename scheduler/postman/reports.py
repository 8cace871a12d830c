"""Reports: what a mail server writes when it could not deliver a letter that it had taken (RFC 3464).

Anybody can write to where they come in, so nothing in them is believed but a number, and which letter it was.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as Email

log = logging.getLogger(__name__)

GAVE_UP = re.compile(r"\s*failed\b", re.IGNORECASE)
WHY = re.compile(r"\s*([45]\.[0-9]{1,3}\.[0-9]{1,3})\b")
SENT_TO = ("X-Original-To", "Delivered-To", "To")
IN_ADDRESS = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)
IN_MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@", re.IGNORECASE)


@dataclass(frozen=True)
class Report:
    """A letter will not arrive. `status`: why, such as 5.1.1; `marks`: which it may be, the likeliest first."""

    status: str
    marks: tuple[str, ...]


def read(octets: bytes) -> Report | None:
    """None for what is no report, or one of a delay. Raises nothing, whatever stands there."""
    try:
        return _read(message_from_bytes(octets))
    except Exception as fault:
        # A parser of mail has gaps, and whoever looks for one finds it.
        log.warning("a report could not be read: %s", type(fault).__name__)
        return None


def _read(email: Email) -> Report | None:
    if email.get_content_type() != "multipart/report":
        return None
    status = next(_failures(email), None)
    if status is None:
        return None
    returned = (found for part in _parts(email) for found in _returned(part))
    return Report(status, tuple(dict.fromkeys([*_marks(email, SENT_TO, IN_ADDRESS), *returned])))


def _parts(email: Email) -> list[Email]:
    payload = email.get_payload()
    return [part for part in payload if isinstance(part, Email)] if isinstance(payload, list) else []


def _failures(email: Email) -> Iterator[str]:
    """For each recipient who will never get it, why."""
    for part in _parts(email):
        if part.get_content_type() == "message/delivery-status":
            for recipient in _parts(part):
                found = WHY.match(str(recipient.get("Status", "")))
                if found and GAVE_UP.match(str(recipient.get("Action", ""))):
                    yield found[1]


def _returned(part: Email) -> Iterator[str]:
    """Of the letter that comes back, whole or only its headers, which one it is."""
    kind, headers = part.get_content_type(), part.get_payload(decode=True)
    if kind == "message/rfc822":
        letters = _parts(part)
    elif kind == "text/rfc822-headers" and isinstance(headers, bytes):
        letters = [message_from_bytes(headers)]
    else:
        return
    for letter in letters:
        yield from _marks(letter, ("Message-ID",), IN_MESSAGE_ID)


def _marks(email: Email, headers: tuple[str, ...], pattern: re.Pattern[str]) -> Iterator[str]:
    for name in headers:
        for value in email.get_all(name, []):
            yield from (found.lower() for found in pattern.findall(str(value)))
