"""A form that was sent after its session had ended: what was typed survives signing in.

It lies in the page, sealed, and nowhere else; once somebody has signed in, they look at it and send it again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from flask import current_app, request

from ..core import clock, sealing
from . import paths

GOOD_FOR = timedelta(hours=1)
MOST_OCTETS = 64 * 1024
PLACE = "form|sent too late"
NOT_TYPED = ("csrf_token", "show", "nonce", "seen")
NEVER_KEPT = ("accounts", "console")
"""Pages with passwords."""


@dataclass(frozen=True)
class Sent:
    """Where the form was sent, and its fields in their order."""

    path: str
    fields: list[tuple[str, str]]

    @property
    def shown(self) -> list[str]:
        """What somebody typed, to be looked at before it is sent. Where they only chose, what they chose."""
        said = [value.strip() for name, value in self.fields if value.strip() and name not in NOT_TYPED]
        return [value for value in said if " " in value] or said


def pack() -> str:
    """The form of this request, sealed; empty where nothing was typed that would be missed."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    typed = any(value.strip() for name, value in fields if name not in NOT_TYPED)
    if not typed or request.blueprint in NEVER_KEPT or (request.content_length or 0) > MOST_OCTETS:
        return ""
    kept = json.dumps({"at": clock.now().timestamp(), "path": request.full_path.rstrip("?"), "fields": fields})
    return base64.urlsafe_b64encode(sealing.seal(_key(), PLACE, kept)).decode()


def unpack(sealed: str) -> Sent | None:
    """What was sent, if we sealed it ourselves within the last hour."""
    try:
        kept = json.loads(sealing.unseal(_key(), PLACE, base64.urlsafe_b64decode(sealed.encode())))
    except (InvalidTag, ValueError):
        return None
    if clock.now().timestamp() - kept["at"] > GOOD_FOR.total_seconds():
        return None
    path = paths.own(kept["path"], "")
    return Sent(path, [(name, value) for name, value in kept["fields"]]) if path else None


def _key() -> bytes:
    return sealing.derive(current_app.config["MASTER_KEY"], PLACE)
