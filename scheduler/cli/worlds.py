"""The command that fills an empty database."""

from __future__ import annotations

import time

import click

from ..demo import large
from ..demo import world as demo
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
