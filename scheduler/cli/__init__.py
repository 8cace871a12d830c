"""Commands: `flask --app wsgi COMMAND`. What a command needs is loaded when it is called: starting stays fast."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import with_appcontext

from ..core.errors import Refusal


def bind(app: Flask) -> None:
    """Give the app its commands."""
    for command in (seed, serve, worker, tick, create_admin, doctor, retime):
        app.cli.add_command(command)


@click.command()
@click.option("--world", type=click.Choice(["demo", "large", "empty"]), default="demo", show_default=True)
@click.option("--events", type=click.IntRange(1), default=1_000, show_default=True, help="Only for --world large.")
@click.option("--registrations", type=click.IntRange(0), default=20_000, show_default=True, help="Only for large.")
@with_appcontext
def seed(world: str, events: int, registrations: int) -> None:
    """Fill an empty database with a world."""
    from . import worlds

    worlds.seed(world, events, registrations)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@with_appcontext
def serve(host: str) -> None:
    """Web and mail worker, together on one machine."""
    from . import serving

    serving.serve(host)


@click.command()
@with_appcontext
def worker() -> None:
    """Deliver mail and reminders, until stopped."""
    from . import serving

    serving.work()


@click.command()
@with_appcontext
def tick() -> None:
    """One round of everything that is due."""
    from . import serving

    serving.tick()


@click.command("create-admin")
@click.option("--email", prompt="E-mail")
@click.option("--name", prompt="Name")
@click.option("--password", prompt="Password", hide_input=True, confirmation_prompt=True)
@click.option("--organization", prompt="Organization", help="Its name; it is made when it is new.")
@with_appcontext
def create_admin(email: str, name: str, password: str, organization: str) -> None:
    """The first account: the lead of an organization."""
    from . import upkeep

    try:
        upkeep.create_admin(email, name, password, organization)
    except Refusal as refusal:
        raise click.ClickException(str(refusal.words)) from None


@click.command()
@with_appcontext
def doctor() -> None:
    """Say in words what is misconfigured."""
    from . import diagnosis

    diagnosis.report()


@click.command()
@with_appcontext
def retime() -> None:
    """Derive the instants of future dates again, after an update of the time zone rules."""
    from . import upkeep

    upkeep.retime()
