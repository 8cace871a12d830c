"""What mail servers write about a letter that they had taken, in the manner of three of them, as octets."""

from __future__ import annotations

from collections.abc import Callable

from .mail import Delivery

NO_SUCH_BOX = "5.1.1"
Writer = Callable[..., bytes]


def postfix(letter: Delivery, *, action: str = "failed", status: str = NO_SUCH_BOX, to: str | None = None) -> bytes:
    """As an alias hands it over: a line `From `, three headers more, and the whole letter in return."""
    person, back = letter.recipients[0], to or letter.sender
    return _lines(
        "From MAILER-DAEMON  Sat Nov 21 16:05:02 2026",
        "Return-Path: <>",
        f"X-Original-To: {back}",
        f"Delivered-To: {back}",
        "Received: by relay.example (Postfix) id 7C31A40B2E; Sat, 21 Nov 2026 16:05:02 +0000 (UTC)",
        "Date: Sat, 21 Nov 2026 16:05:02 +0000 (UTC)",
        "From: MAILER-DAEMON@relay.example (Mail Delivery System)",
        "Subject: Undelivered Mail Returned to Sender",
        f"To: {back}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        '\tboundary="5B1F240B2D.1795277102/relay.example"',
        "Message-Id: <20261121160502.7C31A40B2E@relay.example>",
        "",
        "This is a MIME-encapsulated message.",
        "",
        "--5B1F240B2D.1795277102/relay.example",
        "Content-Description: Notification",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"<{person}>: host mx.post.example[192.0.2.7] said: 550 5.1.1 <{person}>: unknown (in reply to RCPT TO)",
        "",
        "--5B1F240B2D.1795277102/relay.example",
        "Content-Description: Delivery report",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; relay.example",
        "X-Postfix-Queue-ID: 5B1F240B2D",
        f"X-Postfix-Sender: rfc822; {letter.sender}",
        "Arrival-Date: Sat, 21 Nov 2026 16:00:01 +0000 (UTC)",
        "",
        f"Final-Recipient: rfc822; {person}",
        f"Original-Recipient: rfc822;{person}",
        f"Action: {action}",
        f"Status: {status}",
        "Remote-MTA: dns; mx.post.example",
        f"Diagnostic-Code: smtp; 550 5.1.1 <{person}>: unknown",
        "",
        "--5B1F240B2D.1795277102/relay.example",
        "Content-Description: Undelivered Message",
        "Content-Type: message/rfc822",
        "",
        letter.raw.decode("ascii").replace("\r\n", "\n"),
        "--5B1F240B2D.1795277102/relay.example--",
    )


def exim(letter: Delivery, *, action: str = "failed", status: str = NO_SUCH_BOX, to: str | None = None) -> bytes:
    """No fields more than it must, and of the letter its headers only."""
    person, back = letter.recipients[0], to or letter.sender
    headers = letter.raw.decode("ascii").replace("\r\n", "\n").partition("\n\n")[0]
    return _lines(
        f"X-Failed-Recipients: {person}",
        "Auto-Submitted: auto-replied",
        "From: Mail Delivery System <Mailer-Daemon@mx.post.example>",
        f"To: {back}",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=1763740000-eximdsn-0000000001",
        "MIME-Version: 1.0",
        "Subject: Mail delivery failed: returning message to sender",
        "Message-Id: <E1xyzzy-0000Aa-00@mx.post.example>",
        "",
        "--1763740000-eximdsn-0000000001",
        "Content-type: text/plain; charset=us-ascii",
        "",
        f"A message that you sent could not be delivered: {person}, Unrouteable address",
        "",
        "--1763740000-eximdsn-0000000001",
        "Content-type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.post.example",
        "",
        f"Action: {action}",
        f"Final-Recipient: rfc822;{person}",
        f"Status: {status}",
        "",
        "--1763740000-eximdsn-0000000001",
        "Content-type: text/rfc822-headers",
        "",
        headers,
        "",
        "--1763740000-eximdsn-0000000001--",
        "",
    )


def exchange(letter: Delivery, *, action: str = "failed", status: str = NO_SUCH_BOX, to: str | None = None) -> bytes:
    """CRLF, a page in two forms, headers that nobody else has, and a name around the address."""
    person, back = letter.recipients[0], to or letter.sender
    headers = letter.raw.decode("ascii").replace("\r\n", "\n").partition("\n\n")[0]
    return _lines(
        "From: <postmaster@tenant.example>",
        f'To: "Porchlight" <{back}>',
        "Date: Sat, 21 Nov 2026 16:09:40 +0000",
        "Content-Type: multipart/report; report-type=delivery-status;",
        ' boundary="2f0c9c1e-51b2-4a2e-9c55-0a8f6f4fb001"',
        "X-MS-Exchange-Message-Is-Ndr:",
        "Content-Language: en-US",
        "Message-ID: <2f0c9c1e-51b2-4a2e-9c55-0a8f6f4fb001@TENANT.example>",
        "In-Reply-To: <somebody-else@tenant.example>",
        "Subject: =?utf-8?B?VW5kZWxpdmVyYWJsZTog4pyJ?=",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "",
        "--2f0c9c1e-51b2-4a2e-9c55-0a8f6f4fb001",
        'Content-Type: multipart/alternative; differences=Content-Type; boundary="inner-0001"',
        "",
        "--inner-0001",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "",
        "WW91ciBtZXNzYWdlIGNvdWxkIG5vdCBiZSBkZWxpdmVyZWQu",
        "",
        "--inner-0001",
        'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<p>Your message could not be delivered.</p>",
        "",
        "--inner-0001--",
        "",
        "--2f0c9c1e-51b2-4a2e-9c55-0a8f6f4fb001",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns;SN1PR00MB0001.tenant.example",
        "Received-From-MTA: dns;relay.example",
        "Arrival-Date: Sat, 21 Nov 2026 16:09:38 +0000",
        "",
        f"Original-Recipient: rfc822;{person}",
        f"Final-Recipient: rfc822;{person}",
        f"Action: {action.title()}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp;550 5.1.1 RESOLVER.ADR.RecipientNotFound; not found: {person}",
        "",
        "--2f0c9c1e-51b2-4a2e-9c55-0a8f6f4fb001",
        "Content-Type: message/rfc822",
        "",
        headers,
        "",
        "",
        "--2f0c9c1e-51b2-4a2e-9c55-0a8f6f4fb001--",
        end="\r\n",
    )


def out_of_office(letter: Delivery) -> bytes:
    """A person's mailbox answers by itself."""
    return _lines(
        f"From: {letter.recipients[0]}",
        f"To: {letter.sender}",
        "Subject: Out of office: failed to find me?",
        "Auto-Submitted: auto-replied",
        f"In-Reply-To: {letter.letter['Message-ID']}",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "I am away. Action: failed",
        "Status: 5.1.1",
    )


MANNERS: list[Writer] = [postfix, exim, exchange]


def _lines(*lines: str, end: str = "\n") -> bytes:
    return "\n".join([*lines, ""]).replace("\n", end).encode("ascii")
