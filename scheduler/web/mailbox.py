"""The demo's mailbox: every letter that was sent, to be read like the person who gets it. Only there in the demo."""

from __future__ import annotations

import re
from email.message import EmailMessage

from flask import Blueprint, Response, current_app, render_template

from ..core import postoffice
from ..core.errors import Missing
from . import access

blueprint = Blueprint("mailbox", __name__)

MOST_SHOWN = 100
HEADERS = ("From", "To", "Reply-To", "Subject", "Date")

# A letter brings its own style and may do nothing else: no script, no image, no form, and no origin.
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"


@blueprint.get("/mailbox")
@access.link
def shelf() -> str:
    """The newest letters."""
    letters = postoffice.letters(current_app.config["INSTANCE_DIR"], MOST_SHOWN)
    return render_template("mailbox/shelf.html", letters=letters)


@blueprint.get("/mailbox/<name>")
@access.link
def letter(name: str) -> str:
    """One letter as plain text; its links to our own pages can be followed."""
    email = _email(name)
    text = _part(email, "plain")
    own = re.escape(current_app.config["BASE_URL"])
    pieces = re.split(rf"({own}/\S*)", text)
    return render_template(
        "mailbox/letter.html",
        name=name,
        subject=email["Subject"],
        headers=[(header, str(email[header])) for header in HEADERS if email[header]],
        pieces=[(piece, index % 2 == 1) for index, piece in enumerate(pieces)],
        has_file=_invitation(email) is not None,
    )


@blueprint.get("/mailbox/<name>/page")
@access.link
def page(name: str) -> Response:
    """The letter as a mail program shows it."""
    response = Response(_part(_email(name), "html"), mimetype="text/html")
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


@blueprint.get("/mailbox/<name>/invite.ics")
@access.link
def invitation(name: str) -> Response:
    """The calendar file of the letter."""
    octets = _invitation(_email(name))
    if octets is None:
        raise Missing()
    return Response(octets, content_type="text/calendar; charset=utf-8")


def _email(name: str) -> EmailMessage:
    kept = postoffice.letter(current_app.config["INSTANCE_DIR"], name)
    if kept is None:
        raise Missing()
    return kept.email


def _part(email: EmailMessage, subtype: str) -> str:
    body = email.get_body((subtype,))
    return str(body.get_content()) if body is not None else ""


def _invitation(email: EmailMessage) -> bytes | None:
    for attachment in email.iter_attachments():
        if attachment.get_filename() == "invite.ics":
            octets = attachment.get_payload(decode=True)
            return octets if isinstance(octets, bytes) else None
    return None
