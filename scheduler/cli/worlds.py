"""The command that fills an empty database, and where the demo world must not be."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import click
import sqlalchemy as sa
from flask import current_app

from ..core.config import LOOPBACK
from ..core.errors import Misconfigured
from ..core.extensions import db
from ..demo import large
from ..demo import world as demo
from ..demo.staff import SIGN_INS
from ..models.user import User
from . import schema


def seed(world: str, events: int, registrations: int) -> None:
    """Build a world, unless there is one."""
    schema.require_current()
    if world == "empty":
        click.echo("The empty world it is: nothing was written.")
    elif not demo.is_empty():
        click.echo("There is a world already; nothing was changed.")
    elif world == "demo":
        seed_demo()
    else:
        _seed_large(events, registrations)


def seed_demo() -> None:
    """The demo world, and how long it took."""
    began = time.perf_counter()
    demo.seed()
    click.echo(f"The demo world is there ({time.perf_counter() - began:.1f} s).")


def _seed_large(events: int, registrations: int) -> None:
    with click.progressbar(length=events + registrations, label="Building") as bar:
        for rows in large.build(events, registrations):
            bar.update(rows)
    click.echo(f"{events} events and {registrations} registrations are there.")


def has_demo_staff() -> bool:
    """Somebody can sign in here with a password that everybody may read."""
    known = [User.index_of(who.email) for who in SIGN_INS]
    return db.session.scalar(sa.select(User.id).where(User.email_index.in_(known)).limit(1)) is not None


def published_passwords() -> str:
    """What is wrong where they open more than a demo on this machine; else nothing."""
    address = current_app.config["BASE_URL"]
    if not current_app.config["DEMO"]:
        if not has_demo_staff():
            return ""
        return (
            "the demo world is in this database, and the passwords of its staff are published. Real people need a "
            "house of their own: start anew with another, empty SCHEDULER_INSTANCE_DIR and database."
        )
    if urlsplit(address).hostname in LOOPBACK:
        return ""
    return (
        f"SCHEDULER_DEMO is set, and SCHEDULER_BASE_URL is {address}: everybody could sign in with published "
        "passwords and read all mail. Leave SCHEDULER_DEMO out, and start with another, empty SCHEDULER_INSTANCE_DIR."
    )


def refuse_published_passwords() -> None:
    """Raises Misconfigured where published passwords would open more than a demo on this machine."""
    if wrong := published_passwords():
        raise Misconfigured(wrong[0].upper() + wrong[1:])
