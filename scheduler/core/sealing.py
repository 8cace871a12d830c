"""Seal, unseal, blind index. Takes keys and bytes, never models.

AES-256-GCM; a seal is bound to its place (`table|column|row`), so a sealed value that was moved to another
row or column does not open. Keys for the fields and for the index are derived with HKDF-SHA-256 (RFC 5869).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE, TAG = 12, 16
EMPTY_SEALED = NONCE + TAG
"""Octets of a sealed text that says nothing."""


def derive(key: bytes, purpose: str) -> bytes:
    """A 256-bit key for one purpose."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)


def seal(key: bytes, place: str, text: str) -> bytes:
    """Nonce and ciphertext of `text`, to be kept at `place` only."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())


def unseal(key: bytes, place: str, sealed: bytes) -> str:
    """The text. Raises cryptography's InvalidTag for a wrong key, place or octet."""
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], place.encode()).decode()


def blind_index(key: bytes, text: str) -> bytes:
    """32 octets that are equal for equal texts and say nothing else without the key."""
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
