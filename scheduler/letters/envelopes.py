"""From words to a message that may travel: headers, parts, and the two addresses of its envelope."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email
from flask import current_app

from .. import calendars
from ..core import clock
from ..models import message as letters
from ..models.message import Message
from ..models.registration import Registration
from . import facts, folding, links
from .rendering import Written, one_line, write


class _Policy(EmailPolicy):
    """CRLF and folding as the library does it, but for names and subjects, which it spoils; and addresses of the
    web are left whole: it would encode them."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name == "List-Unsubscribe":
            return f"{name}: {value}".replace(", ", ",\r\n ").encode("ascii") + b"\r\n"
        if name == "From":
            lines = folding.mailbox(name, value.addresses[0])
        elif name == "Subject":
            lines = folding.words(name, value)
        else:
            return super().fold_binary(name, value)
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")


POLICY = _Policy(linesep="\r\n")


class Unaddressable(Exception):
    """The address cannot be written on an envelope. The exception does not repeat it."""


@dataclass(frozen=True)
class Letter:
    """A message for one recipient. `sender`: whom mail servers tell that it could not be delivered.

    `octets` go over the wire: 7-bit, CRLF, no line over 998.
    """

    sender: str
    recipient: str
    email: EmailMessage
    words: Written
    octets: bytes


def compose(message: Message) -> Letter:
    """Render a message that is still due. Raises Unaddressable, and keyring.KeyIsGone after the purge."""
    words = write(message)
    recipient = _spoken_to(message)
    sender, answers_to = _sender(message), _answers_to(message)
    email = EmailMessage(policy=POLICY)
    email.set_content(words.text, charset="utf-8", cte="quoted-printable")
    email.add_alternative(words.html, subtype="html", charset="utf-8", cte="quoted-printable")
    method = facts.invites(message)
    if method:
        _attach_invitation(email, message, method, sender, recipient)
    email["From"] = sender
    email["To"] = Address(addr_spec=recipient)
    email["Reply-To"] = Address(addr_spec=answers_to)
    email["Subject"] = words.subject
    email["Date"] = clock.now()
    email["Message-ID"] = message_id(message.id)
    _name_the_thread(email, message)
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    if message.letter == letters.REMINDER and message.registration is not None:
        _offer_to_stop(email, message.registration, answers_to)
    for part in email.walk():
        if part is not email:
            del part["MIME-Version"]
    # Last: adding a part drops every Content-* header that was set before.
    email["Content-Language"] = ", ".join(words.languages)
    return Letter(envelope_sender(message.id), recipient, email, words, email.as_bytes())


def desk() -> str:
    """The one address that all letters come from, so that its domain can vouch for them."""
    return parseaddr(str(current_app.config["MAIL_DEFAULT_SENDER"]))[1]


def envelope_sender(row: uuid.UUID) -> str:
    """The desk, or an address of this letter's own, so that what comes back there says which letter it was."""
    name, at, domain = str(current_app.config["MAIL_BOUNCES"]).rpartition("@")
    return f"{name}+{mark(row)}@{domain}" if at else desk()


def message_id(row: uuid.UUID) -> str:
    """The same for every try of one letter. Hex only: Python cuts ids at a colon."""
    return f"<{mark(row)}@{desk().rpartition('@')[2]}>"


def mark(row: uuid.UUID) -> str:
    """What a letter is called in other people's mail: no key to the row."""
    return hashlib.sha256(row.bytes).hexdigest()[:32]


def _spoken_to(message: Message) -> str:
    kept = _kept_address(message)
    try:
        ascii_form = validate_email(kept, check_deliverability=False, test_environment=True).ascii_email
    except EmailNotValidError:
        ascii_form = None
    if ascii_form is None:
        raise Unaddressable
    return ascii_form


def _kept_address(message: Message) -> str:
    if message.registration is not None:
        return message.registration.contact
    if message.booking is not None:
        return message.booking.email
    return message.user.email if message.user else ""


def _sender(message: Message) -> Address:
    registration = message.registration
    if message.booking is not None:
        name = message.booking.training.organization.name
    elif registration is None:
        name = str(current_app.config["SITE_NAME"])
    else:
        host = registration.occurrence.event.organization
        name = host.discreet_sender if facts.is_discreet(registration) else host.name
    return Address(display_name=one_line(name), addr_spec=desk())


def _answers_to(message: Message) -> str:
    registration = message.registration
    if message.booking is not None:
        return message.booking.training.organization.email or desk()
    if registration is None or facts.is_discreet(registration):
        return desk()
    return registration.occurrence.event.organization.email or desk()


def _attach_invitation(email: EmailMessage, message: Message, method: str, sender: Address, recipient: str) -> None:
    """As the last alternative, for programs that show it, and as a file, for all others: the same octets.

    Its organizer is the desk, whatever the wording: an entry whose organizer changes is another entry.
    """
    assert message.registration is not None
    octets = calendars.invitation(
        message.registration,
        method=method,
        discreet=facts.is_discreet(message.registration),
        organizer_name=sender.display_name,
        organizer_email=sender.addr_spec,
        recipient=recipient,
        language=message.registration.language,
    )
    calendar = {"method": method, "charset": "utf-8"}
    email.add_alternative(octets, maintype="text", subtype="calendar", cte="base64", params=calendar)
    email.add_attachment(octets, maintype="application", subtype="ics", cte="base64", filename="invite.ics")


def _name_the_thread(email: EmailMessage, message: Message) -> None:
    """Later letters stand under the first one."""
    first = message.first_sent
    if first is not None and first != message.id:
        email["In-Reply-To"] = message_id(first)
        email["References"] = message_id(first)


def _offer_to_stop(email: EmailMessage, registration: Registration, answers_to: str) -> None:
    """RFC 8058: one click, without a cookie, for this registration's reminders only."""
    wish = quote(f"Stop reminders {registration.code_shown}")
    email["List-Id"] = f"<reminders.{desk().rpartition('@')[2]}>"
    email["List-Unsubscribe"] = f"<{links.stop_reminders(registration)}>, <mailto:{answers_to}?subject={wish}>"
    email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
