"""The commands that stop and start the mail."""

from __future__ import annotations

import click

from .. import postman
from ..core import clock
from ..core.extensions import transaction
from ..models.heartbeat import RESTORED, heartbeat
from . import schema


def pause() -> None:
    """No letter leaves any more."""
    schema.require_current()
    with transaction():
        postman.pause_mail()
    click.echo("Mail is paused. Letters are kept. To go on: flask --app wsgi resume-mail")


def resume(yes: bool, drop_due: bool) -> None:
    """Say what would leave, ask, and let it."""
    schema.require_current()
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
        click.echo("Mail is not paused.")
        return
    since = clock.to_minute(row.paused_at).isoformat(" ")
    why = (
        "this database and this key ring were not copied at the same time; one was restored"
        if (row.paused_because == RESTORED)
        else "somebody paused it"
    )
    click.echo(f"Mail is paused since {since}: {why}.")
