"""Passwords: argon2id, a few at once, and a proof that one was typed."""

from __future__ import annotations

import threading
import unicodedata
import uuid
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from ..core.errors import Refusal

SHORTEST_PASSWORD = 12
HASHES_AT_ONCE = 2

# 19 MiB and two passes: one hash takes some 30 ms of one core.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_turns = threading.BoundedSemaphore(HASHES_AT_ONCE)

TOO_SHORT = _l(
    "Choose a password with at least %(least)s characters. Four words in a row are fine.", least=SHORTEST_PASSWORD
)


@dataclass(frozen=True)
class Proof:
    """That somebody typed the password whose hash is `proven`; `fresh` is to replace a hash of older strength."""

    user_id: uuid.UUID
    proven: str
    fresh: str | None = None


def hashed(password: str) -> str:
    """A new password, as it is kept. Raises Refusal when it is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refusal(TOO_SHORT, field="password")
    return spend_time(password)


def spend_time(password: str) -> str:
    """A hash that nobody may need: for unknown names it takes as long as comparing does."""
    with _turns:
        return _hasher.hash(_normal(password))


def compared(user_id: uuid.UUID, kept: str, password: str) -> Proof | None:
    """A proof, if this password has the hash that is kept."""
    try:
        with _turns:
            _hasher.verify(kept, _normal(password))
    except (VerificationError, InvalidHashError):
        return None
    outdated = _hasher.check_needs_rehash(kept)
    return Proof(user_id, kept, spend_time(password) if outdated else None)


def _normal(password: str) -> str:
    """Keyboards write é in two ways."""
    return unicodedata.normalize("NFC", password)
