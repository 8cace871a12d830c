"""Sessions: a row for each browser in which somebody is signed in. The cookie holds a token, the row its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
import uuid

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from ..core import clock
from ..core.errors import Refusal
from ..core.extensions import db
from ..models.user import LIFE, Membership, SignIn, User
from .passwords import Proof

NOWHERE = _l("This account does not belong to any organization any more. Ask the lead of your organization.")
JUST_CHANGED = _l("The password was changed a moment ago. Please sign in with the new one.")


def sign_in(proof: Proof) -> str:
    """Begin a session; returns its token, 43 characters, kept nowhere.

    Raises Refusal when the proof is outdated, and for who was taken out of every organization.
    """
    user = db.session.get(User, proof.user_id, populate_existing=True, with_for_update=True)
    if user is None or user.password_hash != proof.proven:
        raise Refusal(JUST_CHANGED, field="password")
    if db.session.scalar(sa.select(Membership.role).where(Membership.user_id == user.id).limit(1)) is None:
        raise Refusal(NOWHERE, field="email")
    user.password_hash = proof.fresh or user.password_hash
    _forget_ended(user.id)
    return begin(user)


def begin(user: User) -> str:
    """A new session; returns its token."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.add(
        SignIn(user_id=user.id, token_hash=_digest(token), created_at=now, last_seen_at=now, expires_at=now + LIFE)
    )
    db.session.flush()
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _forget_ended(user_id: uuid.UUID) -> None:
    ended = sa.or_(SignIn.expires_at <= clock.now(), SignIn.revoked_at.is_not(None))
    db.session.execute(sa.delete(SignIn).where(SignIn.user_id == user_id, ended))


def by_token(token: str) -> SignIn | None:
    """The live session of a token, with its user and their organizations; None if it ended or never was."""
    user = joinedload(SignIn.user).selectinload(User.memberships).joinedload(Membership.organization)
    found = db.session.scalar(sa.select(SignIn).options(user).where(SignIn.token_hash == _digest(token)))
    return found if found is not None and found.is_live(clock.now()) else None


def live_sign_ins(user_id: uuid.UUID) -> list[SignIn]:
    """Where a user is signed in now, the latest first."""
    query = sa.select(SignIn).where(SignIn.user_id == user_id).order_by(SignIn.last_seen_at.desc(), SignIn.id)
    now = clock.now()
    return [found for found in db.session.scalars(query) if found.is_live(now)]


def was_seen(sign_in_id: uuid.UUID) -> None:
    """The session is in use: its idle time begins anew."""
    db.session.execute(sa.update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=clock.now()))


def sign_out(sign_in_id: uuid.UUID) -> None:
    """End one session; a second call changes nothing."""
    _revoke(SignIn.id == sign_in_id)


def sign_out_everywhere(user_id: uuid.UUID) -> None:
    """End every session of a user: a laptop was stolen, or the password is new."""
    _revoke(SignIn.user_id == user_id)


def _revoke(which: sa.ColumnElement[bool]) -> None:
    db.session.execute(sa.update(SignIn).where(which, SignIn.revoked_at.is_(None)).values(revoked_at=clock.now()))
