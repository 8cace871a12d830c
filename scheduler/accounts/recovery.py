"""Recovery: a forgotten password is replaced by way of a mailed link, which nobody keeps."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app

from .. import outbox
from ..core import clock, tokens
from ..core.errors import Missing
from ..core.extensions import db
from ..models.message import SIGN_IN_HELP, VOID, Message
from ..models.user import User
from . import users

LETTERS_A_DAY = 3


def invite(*, email: str, name: str, language: str) -> User:
    """A new member of staff, who is mailed a link to set a password: nobody else ever knows one. Raises Refusal."""
    user = users.create_user(email=email, name=name, password=secrets.token_urlsafe(32), language=language)
    ask_for_help(email)
    return user


def ask_for_help(email: str) -> None:
    """Mail a link that sets a new password, three a day at most; an unknown address only makes the same work."""
    user = users.by_email(email)
    sent = sa.select(sa.func.count()).where(
        Message.user_id == (user.id if user else uuid.uuid4()),
        Message.letter == SIGN_IN_HELP,
        Message.created_at > clock.now() - timedelta(days=1),
    )
    if (db.session.scalar(sent) or 0) < LETTERS_A_DAY and user is not None:
        outbox.enqueue_for_user(SIGN_IN_HELP, user, occasion=f"{clock.now():%Y-%m-%dT%H:%M}")
    else:
        _write_and_forget()


def _write_and_forget() -> None:
    """A transaction with something to write takes longer: this one too, or time would tell who has an account."""
    now, nobody = clock.now(), uuid.uuid4()
    letter = Message(id=nobody, letter=SIGN_IN_HELP, state=VOID, dedupe_key=nobody.hex)
    letter.due_at = letter.next_try_at = letter.created_at = now
    db.session.add(letter)
    db.session.flush()
    db.session.delete(letter)


def by_help_token(token: str) -> User:
    """Whose password a mailed link may set. Raises Missing alike for unknown, forged, used and expired ones."""
    user_id = tokens.password_token_user(token)
    user = db.session.get(User, user_id) if user_id else None
    if user is None or not _fits(token, user):
        raise Missing()
    return user


def set_new_password(token: str, new_hash: str) -> None:
    """Set a password by the mailed link, which ends the link and every session. Raises Missing."""
    user = users.locked(by_help_token(token).id)
    if not _fits(token, user):
        raise Missing()
    users.set_password(user, new_hash)


def _fits(token: str, user: User) -> bool:
    key, now = str(current_app.secret_key), int(clock.now().timestamp())
    return tokens.password_token_fits(token, key, user.id, user.password_hash, now)
