"""One's own page, drawn once for all whose places are alike: for a stranger, with gaps where a person's words go.

What is kept is drawn from a Stranger, who has no name, no contact, no code and no link, so nothing of one person can
stand on the page of another. Everything else that the page shows is public until the shelf turns to a new edition,
or stands in the key under which the page is kept.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from markupsafe import escape

from ...core import tokens
from ...models import registration as places
from ...models.registration import Registration
from .. import languages, shelf

SIGN = secrets.token_hex(16)
"""Nobody can type it into a page, since nobody knows it."""
OWN = ("name", "contact", "note", "code", "link", "feed", "line")
GAPS = {own: f"{SIGN}{number}x" for number, own in enumerate(OWN)}
_GAP = re.compile(f"{SIGN}(\\d+)x")
PLAIN = tuple(
    column.key
    for column in Registration.__table__.columns
    if not isinstance(column.type, sa.LargeBinary) and column.key not in ("id", "number", "line")
)
_plain_of = attrgetter(*PLAIN)
COMMON = (places.CONFIRMED, places.HELD, places.WAITLISTED)
"""Of what comes by the hundred in an hour. The other pages say more of one person than these."""

Piece = tuple[str, str]
"""Words of the page, and what of a person's own follows them."""


class Stranger:
    """A place like this one, with gaps for what is a person's own. What is not named here, a page cannot show."""

    state: str
    checklist_id: uuid.UUID | None

    def __init__(self, registration: Registration, own: dict[str, Any]) -> None:
        self._plain = _plain_of(registration)
        vars(self).update(zip(PLAIN, self._plain, strict=True))
        self.slot, self.starts_local = registration.slot, registration.starts_local
        self.has_email, self.is_discreet = registration.has_email, registration.is_discreet
        self.is_reconfirmed = registration.is_reconfirmed
        self.needs = registration.needs
        self.name, self.code_shown = GAPS["name"], GAPS["code"]
        self.contact = GAPS["contact"] if own["contact"] else ""
        self.note = GAPS["note"] if own["note"] else ""
        self.employer_sealed = None

    def key(self) -> tuple[Any, ...]:
        """What its page depends on."""
        return (*self._plain, *self.needs, bool(self.contact), bool(self.note))


def is_common(registration: Registration, standing: str) -> bool:
    """True for a place of which there are many alike."""
    asked = registration.keep_asked_at is not None or registration.employer_sealed is not None
    return standing in COMMON and not asked


def page(registration: Registration, token: str, shown: dict[str, Any], draw: Callable[[Stranger], str]) -> str:
    """The page behind this link. `shown`: its place in `line`, its `messages`, whether they are `asked` if they
    come, whether it was `opened` from a letter, and reminders to come (`days_before`).

    `draw` draws it with GAPS for link, feed and line.
    """
    own = {
        "name": registration.name,
        "contact": registration.contact,
        "note": registration.note,
        "code": registration.code_shown,
        "link": token,
        "feed": registration.token(tokens.FEED),
        "line": shown["line"],
    }
    stranger = Stranger(registration, own)
    key = (
        "place",
        languages.current(),
        stranger.key(),
        shown["asked"],
        shown["opened"],
        tuple(shown["messages"]),
        *shown["days_before"],
    )
    pieces, end = shelf.alike(key, lambda: _in_pieces(draw(stranger).replace(token, GAPS["link"])))
    words = {name: str(escape(word)) for name, word in own.items()}
    return "".join([part for before, name in pieces for part in (before, words[name])]) + end


def _in_pieces(drawn: str) -> tuple[list[Piece], str]:
    """The page cut at its gaps, and what stands behind the last one."""
    *cut, end = _GAP.split(drawn)
    return [(before, OWN[int(number)]) for before, number in zip(cut[::2], cut[1::2], strict=True)], end
