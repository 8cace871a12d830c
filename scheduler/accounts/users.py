"""Users: made, recognized by their password, changed."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from ..core import clock
from ..core.errors import Missing, Refusal
from ..core.extensions import db
from ..models.user import User
from . import sessions
from .passwords import Proof, compared, hashed, spend_time

NOT_THESE = _l("We do not know this e-mail and password together. Please check both.")
NOT_THIS_PASSWORD = _l("That is not your password now. Please type it again.")
KNOWN_EMAIL = _l("There is already an account with this e-mail.")


def create_user(*, email: str, name: str, password: str, language: str = "en") -> User:
    """A new member of staff, of no organization yet. Raises Refusal for a known e-mail or a short password."""
    user = User(language=language, password_hash=hashed(password), created_at=clock.now())
    user.identify(name.strip(), email.strip())
    if by_email(email) is not None:
        raise Refusal(KNOWN_EMAIL, field="email")
    db.session.add(user)
    db.session.flush()
    return user


def by_email(email: str) -> User | None:
    """Who has this e-mail, however it was capitalized."""
    return db.session.scalar(sa.select(User).where(User.email_index == User.index_of(email)))


def prove(email: str, password: str) -> Proof:
    """That e-mail and password belong together. Raises the same Refusal, after the same work, whatever was wrong."""
    user = by_email(email)
    if user is None:
        spend_time(password)
    proof = compared(user.id, user.password_hash, password) if user else None
    if proof is None:
        raise Refusal(NOT_THESE, field="email")
    return proof


def prove_again(user_id: uuid.UUID, password: str) -> Proof:
    """That somebody who is signed in still knows the password. Raises Refusal."""
    user = db.session.get(User, user_id)
    proof = compared(user.id, user.password_hash, password) if user else None
    if proof is None:
        raise Refusal(NOT_THIS_PASSWORD, field="old")
    return proof


def locked(user_id: uuid.UUID) -> User:
    """The user, fresh, so that nobody else sets a password meanwhile. Raises Missing."""
    user = db.session.get(User, user_id, populate_existing=True, with_for_update=True)
    if user is None:
        raise Missing()
    return user


def change_password(proof: Proof, new_hash: str) -> str:
    """Set a new password and end every session; returns the token of the one that goes on here."""
    user = locked(proof.user_id)
    if user.password_hash != proof.proven:
        raise Refusal(NOT_THIS_PASSWORD, field="old")
    set_password(user, new_hash)
    return sessions.begin(user)


def set_password(user: User, new_hash: str) -> None:
    """Whoever signed in with the old password is out."""
    user.password_hash = new_hash
    db.session.flush()
    sessions.sign_out_everywhere(user.id)


def set_language(user_id: uuid.UUID, language: str) -> None:
    """The language of the console, and of letters to this member of staff."""
    locked(user_id).language = language
