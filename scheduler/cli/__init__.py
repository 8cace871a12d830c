"""Commands: `flask --app wsgi COMMAND`. What a command needs is loaded when it is called: starting stays fast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

from ..core.errors import Refusal
from ..models.organization import ROLES


def bind(app: Flask) -> None:
    """Give the app its commands."""
    for command in (
        seed, serve, web, worker, tick, purge, backup, pause_mail, resume_mail, create_admin, staff, organization,
        doctor, retime, bounce,
    ):  # fmt: skip
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
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--processes", type=click.IntRange(1), help="How many; two, or one where they cannot count together.")
@with_appcontext
def web(host: str, processes: int | None) -> None:
    """Web only, for one of several machines; workers run beside it."""
    from . import serving

    serving.web(host, processes)


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


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@with_appcontext
def purge(dry_run: bool) -> None:
    """Purge what is past its keep-by day; the worker does so by itself."""
    from . import forgetting

    forgetting.purge(dry_run)


@click.command()
@click.argument("database", type=click.Path(path_type=Path))
@click.option("--keyring", type=click.Path(path_type=Path), help="Copy the key ring too, to another place.")
@with_appcontext
def backup(database: Path, keyring: Path | None) -> None:
    """Copy the main database to the file DATABASE while everything runs."""
    from . import copying

    copying.backup(database, keyring)


@click.command("pause-mail")
@with_appcontext
def pause_mail() -> None:
    """Keep all letters until somebody resumes."""
    from . import mailing

    mailing.pause()


@click.command("resume-mail")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--drop-due", is_flag=True, help="Do not send what is due now: it may have gone before the copy.")
@with_appcontext
def resume_mail(yes: bool, drop_due: bool) -> None:
    """Say how many letters are due, and let them go."""
    from . import mailing

    mailing.resume(yes, drop_due)


@click.command()
@with_appcontext
def bounce() -> None:
    """Read from standard input what a mail server sends back."""
    from . import mailing

    mailing.bounce()


@click.command("create-admin")
@click.option("--email", prompt="E-mail")
@click.option("--name", prompt="Name")
@click.option("--password", prompt="Password", hide_input=True, confirmation_prompt=True)
@click.option("--organization", prompt="Organization", help="Its name; it is made when it is new.")
@with_appcontext
def create_admin(email: str, name: str, password: str, organization: str) -> None:
    """The first account: the lead of an organization."""
    from . import upkeep

    with _in_words():
        upkeep.create_admin(email, name, password, organization)


@contextmanager
def _in_words() -> Iterator[None]:
    """What a verb refuses, as commands say it."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(str(refusal.words)) from None


@click.group()
def staff() -> None:
    """Who works for an organization (its name or slug), and as what."""


@staff.command()
@click.argument("email")
@click.argument("organization")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", help="Of somebody new; asked for when it is missing.")
@with_appcontext
def add(email: str, organization: str, role: str, name: str | None) -> None:
    """Give somebody a role, or another one; who is new is mailed a link to set a password."""
    from . import staffing

    with _in_words():
        staffing.add(email, organization, role, name)


@staff.command()
@click.argument("email")
@click.argument("organization")
@with_appcontext
def remove(email: str, organization: str) -> None:
    """Take somebody out, and sign them out everywhere."""
    from . import staffing

    staffing.remove(email, organization)


@staff.command("sign-out")
@click.argument("email")
@with_appcontext
def sign_out(email: str) -> None:
    """Sign somebody out everywhere: a laptop was stolen."""
    from . import staffing

    staffing.sign_out(email)


@staff.command("list")
@click.argument("organization")
@with_appcontext
def list_staff(organization: str) -> None:
    """Everybody's e-mail and role, and when they were last seen."""
    from . import staffing

    staffing.say_who(organization)


@click.group()
def organization() -> None:
    """What an organization says of itself."""


@organization.command("set")
@click.argument("name")
@click.option("--phone", help="For the public, on every event page.")
@click.option("--email", help="Where answers to letters go.")
@click.option("--website", help="For the public; it starts with https://.")
@click.option("--discreet-sender", help="The name that discreet letters come from.")
@click.option("--keep-days", help="Days until people are erased after a date, 7 to 60.")
@click.option("--erase", type=click.IntRange(0), default=0, help="So many dates may be erased at once by fewer days.")
@with_appcontext
def set_facts(name: str, keep_days: str | None, erase: int, **contact: str | None) -> None:
    """Change how the public reaches an organization (NAME or slug), and how long it keeps names; then say both."""
    from . import hosting

    with _in_words():
        hosting.set_facts(name, contact | {"retention_days": keep_days}, erase)


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
