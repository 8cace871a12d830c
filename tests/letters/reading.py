"""A sent letter, read as strict mail programs read it."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage

import icalendar

from scheduler import letters

TOKEN = re.compile(r"[A-Za-z0-9_-]{60,80}")
HEX = re.compile(r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
CODE = re.compile(r"(?<![A-Z])[2-9A-HJKMNP-RT-Z]{4}-[2-9A-HJKMNP-RT-Z]{4}\b")
LINK = re.compile(r"https?://[^\s<>\"]+")


def parsed(letter: letters.Letter) -> EmailMessage:
    """The octets, parsed again."""
    found = email.message_from_bytes(letter.octets, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def part(message: EmailMessage, content_type: str) -> EmailMessage:
    """The one part of this type."""
    (found,) = [piece for piece in message.walk() if piece.get_content_type() == content_type]
    assert isinstance(found, EmailMessage)
    return found


def text_of(message: EmailMessage) -> str:
    return str(part(message, "text/plain").get_content())


def page_of(message: EmailMessage) -> str:
    return str(part(message, "text/html").get_content())


def calendar_of(message: EmailMessage) -> icalendar.Calendar | None:
    """The calendar part, or None."""
    found = [piece for piece in message.walk() if piece.get_content_type() == "text/calendar"]
    return icalendar.Calendar.from_ical(found[0].get_payload(decode=True)) if found else None


def everything(message: EmailMessage) -> str:
    """All that a letter says anywhere, decoded: headers, parts, calendar, unfolded; but not random tokens and ids."""
    said = [f"{name}: {value}" for piece in message.walk() for name, value in piece.items()]
    for piece in message.walk():
        if not piece.is_multipart():
            octets = piece.get_payload(decode=True)
            assert isinstance(octets, bytes)
            said.append(re.sub(r"\r?\n[ \t]", "", octets.decode()))
    return HEX.sub("ID", TOKEN.sub("TOKEN", "\n".join(said)))


def for_people(letter: letters.Letter) -> str:
    """What a person sees of it, with made-up names for what differs from one time to the next."""
    message = parsed(letter)
    lines = [f"{name}: {message[name]}" for name in ("From", "To", "Reply-To", "Subject")]
    calendar = calendar_of(message)
    if calendar is not None:
        entry = calendar.walk("VEVENT")[0]
        place = f", {entry['LOCATION']}" if "LOCATION" in entry else ""
        lines.append(f"Calendar ({calendar['METHOD']}): {entry['SUMMARY']}{place}")
    if message["List-Unsubscribe"]:
        lines.append(f"List-Unsubscribe: {message['List-Unsubscribe']}")
    whole = "\n".join([*lines, "", text_of(message).replace("\r\n", "\n")])
    whole = re.sub(r"\blead\d+@", "lead@", whole)
    return CODE.sub("ABCD-2345", TOKEN.sub("TOKEN", whole)).strip() + "\n"
