"""Plates: a letter that many people get is drawn once, and cut at what belongs to one person.

What is equal is the key of a plate: the revision of everything public, the facts by value, and each column of the
registration that is not named here as one person's. The second letter of a kind is composed both ways; only a plate
that gave the same octets prints the third.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from flask import current_app

from .. import calendars
from ..calendars.octets import folded
from ..core import clock, tokens
from ..models import message as letters
from ..models.message import Message
from ..models.registration import Registration
from . import envelopes, facts, news
from .envelopes import Letter

PLATED = (letters.CONFIRMATION, letters.REMINDER)
MOST = 300
ADDRESS = re.compile(r"(?=.{1,70}\Z)(?=[^@]{1,60}@)[\w+-]+(\.[\w+-]+)*@([a-z0-9]+[.-])+[a-z]{2,10}", re.ASCII)
"""Addresses that every part of a letter shows as they are, on one line."""
BOUNDARY = re.compile(rb"=+\d{10,}==")
BASE64_LINE = 57

ONES_OWN = {
    "id", "number", "line", "door_number", "arrived", "checked_in_at", "name_sealed", "contact_sealed", "note_sealed",
    "needs_sealed", "code_sealed", "employer_sealed", "employer_index", "contact_index", "code_index", "nonce_index",
    "answers_index", "link_generation", "feed_generation",
}  # fmt: skip
"""Columns of a registration that a plated letter shows as one of its gaps, or not at all."""
STAMPS = {"created_at", "revised_at", "reconfirmed_at"}
"""These stand in invitations; other letters know at most whether there is one."""
EQUAL = tuple(column.key for column in Registration.__table__.columns if column.key not in ONES_OWN)

Person = dict[str, bytes]
"""What fills the gaps."""


@dataclass(frozen=True)
class Printed:
    """A letter as it travels, without the drawing: see envelopes.Letter."""

    sender: str
    recipient: str
    octets: bytes


@dataclass
class Plate:
    """The octets of a letter between its gaps. A gap names whose value stands there, and which part of it."""

    pieces: list[bytes | tuple[str, int, int | None]]
    calendar: list[bytes | str]
    proven: bool = False

    def octets(self, person: Person) -> bytes:
        if self.calendar:
            person = person | {"calendar": _base64(_calendar(self.calendar, person))}
        return b"".join(
            piece if isinstance(piece, bytes) else person[piece[0]][piece[1] : piece[2]] for piece in self.pieces
        )


@dataclass
class Shelf:
    """The plates of one revision. `None` stands for a letter that cannot be plated."""

    edition: object = None
    plates: dict[Hashable, Plate | None] = field(default_factory=dict)

    def of(self, edition: object) -> dict[Hashable, Plate | None]:
        if edition != self.edition or len(self.plates) > MOST:
            self.edition, self.plates = edition, {}
        return self.plates


_shelf = Shelf()


def compose(message: Message, edition: object) -> Letter | Printed:
    """As envelopes.compose, faster. `edition`: equal only while nothing public has changed; None draws each letter."""
    registration = message.registration
    if edition is None or registration is None or not _may_be_plated(message, registration):
        return envelopes.compose(message)
    recipient, person = registration.contact, _person(message, registration)
    key, plates = _key(message, registration, person), _shelf.of(edition)
    plate = plates.get(key)
    if plate and plate.proven:
        return Printed(envelopes.envelope_sender(message.id), recipient, plate.octets(person))
    letter = envelopes.compose(message)
    if plate:
        drawn = person | {"date": _date_of(letter.octets)}
        plate.proven = _without_boundary(plate.octets(drawn)) == _without_boundary(letter.octets)
        if not plate.proven:
            plates[key] = None
    elif key not in plates:
        plates[key] = _cut(letter, person | {"date": _date_of(letter.octets)}, bool(facts.invites(message)))
    return letter


def _may_be_plated(message: Message, registration: Registration) -> bool:
    """Mass letters to people who signed up by themselves: staff's words for a name stand in letters to the others."""
    if message.letter not in PLATED or registration.source != "web" or message.offer_id or message.user_id:
        return False
    contact = registration.contact
    return ADDRESS.fullmatch(contact) is not None and _takes_mail(contact.rpartition("@")[2])


@lru_cache(maxsize=1000)
def _takes_mail(domain: str) -> bool:
    """True if an envelope takes such a domain as it is."""
    try:
        found = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return found.ascii_email == f"x@{domain}"


def _person(message: Message, registration: Registration) -> Person:
    first = message.first_sent
    thread = "" if first in (None, message.id) else envelopes.message_id(first)
    uid, alarm = calendars.uids(registration)
    values = {
        "token": registration.token(tokens.LETTER),
        "stop": registration.token(tokens.STOP_REMINDERS),
        "code": registration.code_shown,
        "own": envelopes.message_id(message.id).partition("@")[0],
        "thread": thread.partition("@")[0],
        "to": f"\nTo: {registration.contact}\r",
        "date": f"\nDate: {format_datetime(clock.now())}\r",
        "uid": uid.partition("@")[0],
        "alarm": alarm.partition("@")[0],
        "address": registration.contact,
    }
    return {name: value.encode() for name, value in values.items() if value}


def _key(message: Message, registration: Registration, person: Person) -> Hashable:
    invited = facts.invites(message)
    columns = (_plain(name, getattr(registration, name), bool(invited)) for name in EQUAL)
    known = repr(sorted((facts.known_once(message) | news.known_once(message)).items()))
    for name in ("token", "code"):
        known = known.replace(person[name].decode(), name)
    settings = (current_app.config[name] for name in ("BASE_URL", "SITE_NAME", "MAIL_DEFAULT_SENDER"))
    return message.letter, invited, message.reminder_id, "thread" in person, known, *columns, *settings


def _plain(name: str, value: object, invited: bool) -> object:
    return value is None if name in STAMPS and not invited else value


def _cut(letter: Letter, person: Person, invited: bool) -> Plate | None:
    """The plate of a letter, or None if something of the person's is not where it should be."""
    calendar: list[bytes | str] = []
    if invited:
        drawn = next(part for part in letter.email.iter_attachments()).get_content()
        calendar = _cut_calendar(drawn, person)
        person = person | {"calendar": _base64(drawn)}
        if _calendar(calendar, person) != drawn:
            return None
    gaps = [name for name in ("token", "stop", "code", "own", "thread", "to", "date", "calendar") if name in person]
    pattern = re.compile(b"|".join(b"(?P<%s>%s)" % (name.encode(), _broken(person[name])) for name in gaps))
    pieces: list[bytes | tuple[str, int, int | None]] = []
    found, end = set(), 0
    for match in pattern.finditer(letter.octets):
        name = str(match.lastgroup)
        found.add(name)
        pieces += [letter.octets[end : match.start()], *_parts(name, match[0])]
        end = match.end()
    needed = {"own", "to", "date", *(name for name in ("calendar", "thread") if name in person)}
    return Plate([*pieces, letter.octets[end:]], calendar) if needed <= found else None


def _broken(value: bytes) -> bytes:
    """A value as it may stand in quoted-printable text, where lines break anywhere."""
    if len(value) > 100 or b"\n" in value:
        return re.escape(value)
    return b"(?:=\r\n)?".join(re.escape(bytes((octet,))) for octet in value)


def _parts(name: str, text: bytes) -> list[bytes | tuple[str, int, int | None]]:
    """One value, or its parts between soft line breaks."""
    if b"=\r\n" not in text:
        return [(name, 0, None)]
    parts: list[bytes | tuple[str, int, int | None]] = []
    begin = 0
    for part in text.split(b"=\r\n"):
        parts += [(name, begin, begin + len(part)), b"=\r\n"]
        begin += len(part)
    return parts[:-1]


def _cut_calendar(octets: bytes, person: Person) -> list[bytes | str]:
    """Its lines: octets where they are everybody's, else text with the person's words in marks."""
    lines: list[bytes | str] = []
    for line in octets.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]:
        marked = line
        for name in ("uid", "alarm", "address"):
            marked = marked.replace(person[name].decode(), f"\0{name}\0")
        lines.append(folded(line) if marked == line else marked)
    return lines


def _calendar(lines: list[bytes | str], person: Person) -> bytes:
    return b"".join(line if isinstance(line, bytes) else folded(_filled(line, person)) for line in lines)


def _filled(line: str, person: Person) -> str:
    for name in ("uid", "alarm", "address"):
        line = line.replace(f"\0{name}\0", person[name].decode())
    return line


def _base64(octets: bytes) -> bytes:
    """As the email package writes it: lines of 76."""
    starts = range(0, len(octets), BASE64_LINE)
    return b"\r\n".join(binascii.b2a_base64(octets[at : at + BASE64_LINE], newline=False) for at in starts)


def _date_of(octets: bytes) -> bytes:
    found = re.search(rb"\nDate: [^\r]+\r", octets)
    return found[0] if found else b""


def _without_boundary(octets: bytes) -> bytes:
    """Parts are kept apart by random lines."""
    return BOUNDARY.sub(b"==", octets)
