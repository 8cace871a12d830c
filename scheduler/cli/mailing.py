"""The commands that stop and start the mail."""

from __future__ import annotations

import logging
import os
import sys

import click
from sqlalchemy.exc import SQLAlchemyError

from .. import postman
from ..core import clock
from ..core.extensions import transaction
from ..models.heartbeat import RESTORED, heartbeat
from . import schema

log = logging.getLogger(__name__)

MOST_OCTETS = 256 * 1024
"""Reports stand before the letter that they return. More of a hostile mail could keep Python busy for minutes."""


def pause() -> None:
    """No letter leaves any more."""
    schema.require_current()
    with transaction():
        postman.pause_mail()
    click.echo("Mail is paused. Letters are kept. To go on: flask --app wsgi resume-mail")


def resume(yes: bool, drop_due: bool) -> None:
    """Say what would leave, ask, and let it."""
    schema.require_current()
    with transaction():
        if postman.may_deliver():
            click.echo("Mail is not paused. Nothing was changed.")
            return
    _say_why()
    waiting = postman.due_letters()
    total = sum(waiting.values())
    click.echo(f"Letters that are due now: {total}")
    for letter, count in sorted(waiting.items()):
        click.echo(f"  {letter:<20}{count:>7}")
    if total and not yes:
        click.confirm("Drop them and resume?" if drop_due else "Send them?", abort=True)
    if drop_due:
        with transaction():
            click.echo(f"Dropped: {postman.drop_due()}")
    postman.resume_mail()
    click.echo("Mail goes again.")


def _say_why() -> None:
    row = heartbeat()
    if row is None or row.paused_at is None:
        return
    since = clock.to_minute(row.paused_at).isoformat(" ")
    why = (
        "this database and this key ring were not copied at the same time; one was restored"
        if (row.paused_because == RESTORED)
        else "somebody paused it"
    )
    click.echo(f"Mail is paused since {since}: {why}.")


def bounce() -> None:
    """One mail, as a mail server hands it over; says in one word what it changed.

    Where the database does not answer, the server keeps it and comes again.
    """
    pipe = sys.stdin.buffer
    octets = pipe.read(MOST_OCTETS)
    while pipe.read(MOST_OCTETS):
        pass  # A server that cannot write all of it takes that for a failure.
    try:
        click.echo(postman.take_back(octets))
    except SQLAlchemyError as error:
        log.error("a mail that came back waits: %s", type(error).__name__)
        click.echo("later")
        raise click.exceptions.Exit(os.EX_TEMPFAIL) from None
