"""Links that act for one registration and one purpose. They are derived, never stored.

A token is base64url(row id, 16 octets | HMAC-SHA-256, 32 octets). The key is the occurrence's, so a token
dies with it; raising the generation revokes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

LENGTH = 64

PLACE = "place"
LETTER = "letter"
"""The same as PLACE in a letter: whoever follows it has opened the mailbox."""
STOP_REMINDERS = "stop-reminders"
OFFER, OFFER_LETTER = "offer", "offer letter"
FEED = "feed"
BOOKING = "booking"
INVITATION = "invitation"

PASSWORD_LENGTH = 72
PASSWORD_LINK_SECONDS = 3600


def derive(key: bytes, row: uuid.UUID, purpose: str, generation: int) -> str:
    """The token, 64 characters of A-Z a-z 0-9 - _."""
    return base64.urlsafe_b64encode(row.bytes + _mac(key, row, purpose, generation)).decode()


def row_of(token: str) -> uuid.UUID | None:
    """Which row a token speaks of, or None if it is no token at all. Proves nothing yet."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        return uuid.UUID(bytes=base64.b64decode(token, altchars=b"-_", validate=True)[:16])
    except ValueError:
        return None


def fits(token: str, key: bytes, row: uuid.UUID, purpose: str, generation: int) -> bool:
    """True if the token was derived with exactly these; in constant time."""
    return hmac.compare_digest(token.encode(), derive(key, row, purpose, generation).encode())


def pseudonym(key: bytes, row: uuid.UUID) -> uuid.UUID:
    """Whom an entry speaks of that outlives its row: it can be matched as long as the key lives, and never after.

    The id of a row stands in letters and calendars, whose owner it would lead to for ever.
    """
    return uuid.UUID(bytes=hmac.new(key, row.bytes, hashlib.sha256).digest()[:16])


def _mac(key: bytes, row: uuid.UUID, purpose: str, generation: int) -> bytes:
    return hmac.new(key, b"|".join((row.bytes, purpose.encode(), str(generation).encode())), hashlib.sha256).digest()


def derive_password_token(secret_key: str, user_id: uuid.UUID, password_hash: str, expires_at_epoch: int) -> str:
    """The token of a mailed link that sets a new password: 72 characters of A-Z a-z 0-9 - _, kept nowhere.

    It is base64url(user id, 16 octets | expiry in Unix seconds, 6 | HMAC-SHA-256, 32). The present password
    hash goes into the HMAC, so setting a new password ends every link that was mailed before.
    """
    expires = expires_at_epoch.to_bytes(6)
    proof = _password_mac(secret_key, user_id, password_hash, expires)
    return base64.urlsafe_b64encode(user_id.bytes + expires + proof).decode()


def password_token_user(token: str) -> uuid.UUID | None:
    """Which user a password token speaks of, or None if it is no token at all. Proves nothing yet."""
    octets = _password_octets(token)
    return uuid.UUID(bytes=octets[:16]) if octets else None


def password_token_fits(token: str, secret_key: str, user_id: uuid.UUID, password_hash: str, now_epoch: int) -> bool:
    """True if the token was derived for this user and this very password, and has not expired; in constant time.

    How to check a link: `user = db.session.get(User, password_token_user(token))`, then this, with
    `current_app.secret_key` and `int(clock.now().timestamp())`.
    """
    octets = _password_octets(token)
    if octets is None:
        return False
    expires, proof = octets[16:22], octets[22:]
    genuine = hmac.compare_digest(proof, _password_mac(secret_key, user_id, password_hash, expires))
    return genuine and octets[:16] == user_id.bytes and now_epoch < int.from_bytes(expires)


def _password_octets(token: str) -> bytes | None:
    if len(token) != PASSWORD_LENGTH or not token.isascii():
        return None
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return None


def _password_mac(secret_key: str, user_id: uuid.UUID, password_hash: str, expires: bytes) -> bytes:
    spoken_of = b"|".join((b"new password", user_id.bytes, expires, password_hash.encode()))
    return hmac.new(secret_key.encode(), spoken_of, hashlib.sha256).digest()
