"""What opens a house to those who can guess, or read, its passwords and keys."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app

from ..core.config import LOOPBACK, SHORTEST_SECRET
from ..core.errors import Misconfigured
from ..core.extensions import db
from ..demo.staff import SIGN_INS
from ..models.user import User


def has_demo_staff() -> bool:
    """Somebody can sign in here with a password that everybody may read."""
    known = [User.index_of(who.email) for who in SIGN_INS]
    return db.session.scalar(sa.select(User.id).where(User.email_index.in_(known)).limit(1)) is not None


def published() -> str:
    """What is wrong where they open more than a demo on this machine; else nothing."""
    address = current_app.config["BASE_URL"]
    if not current_app.config["DEMO"]:
        if not has_demo_staff():
            return ""
        return (
            "the demo world is in this database, and the passwords of its staff are published. Real people need a "
            "house of their own: start anew with another, empty SCHEDULER_INSTANCE_DIR and database."
        )
    if _is_only_here():
        return ""
    return (
        f"SCHEDULER_DEMO is set, and SCHEDULER_BASE_URL is {address}: everybody could sign in with published "
        "passwords and read all mail. Leave SCHEDULER_DEMO out, and start with another, empty SCHEDULER_INSTANCE_DIR."
    )


def refuse_published() -> None:
    """Raises Misconfigured where published passwords would open a house that others can reach. On this machine alone a
    world to try things with may be served, with DEMO or without.
    """
    if not _is_only_here() and (wrong := published()):
        raise Misconfigured(wrong[0].upper() + wrong[1:])


def _is_only_here() -> bool:
    return urlsplit(current_app.config["BASE_URL"]).hostname in LOOPBACK


def guessable_secret() -> str:
    """On this machine alone a short one serves to try things; in a house that others can reach it is refused."""
    if len(current_app.config["SECRET_KEY"]) >= SHORTEST_SECRET:
        return ""
    return f"SCHEDULER_SECRET_KEY has fewer than {SHORTEST_SECRET} characters: whoever guesses it signs in as anybody."
