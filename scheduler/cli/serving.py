"""The commands that run until they are stopped."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import click
from flask import Flask, current_app

from .. import serve as machine
from .. import worker
from ..core.config import LOOPBACK
from ..core.errors import Misconfigured
from ..demo import world as demo
from ..demo.staff import SIGN_INS
from . import passwords, schema, worlds


def serve(host: str) -> None:
    """Make ready, then serve until stopped."""
    app = _app()
    machine.require_mail(app)
    machine.require_free(host, port_of(app))
    if app.config["DEMO"]:
        _light_the_demo()
    schema.require_current()
    passwords.refuse_published()
    greeting = _greeting(app)
    machine.serve(app, host, port_of(app), announce=lambda: click.echo(greeting))
    click.echo("Porchlight is out. Good night.")


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def port_of(app: Flask) -> int:
    """PORT; else that of a BASE_URL on this machine; else 8000."""
    base = urlsplit(app.config["BASE_URL"])
    own = base.port if base.hostname in LOOPBACK else None
    port = os.environ.get("PORT") or str(own or 8000)
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Misconfigured(f"PORT must be a number up to 65535, and is {port!r}.")
    return int(port)


def _light_the_demo() -> None:
    passwords.refuse_published()
    if not schema.is_current():
        click.echo("Preparing the database")
        schema.upgrade()
    if demo.is_empty():
        click.echo("Building the demo world (once)")
        worlds.seed_demo()


def _greeting(app: Flask) -> str:
    base = app.config["BASE_URL"]
    lines = ["", f"Porchlight is lit at {base}/"]
    if app.config["DEMO"]:
        if passwords.has_demo_staff():
            lines += ["", f"Sign in at {base}/sign-in as"]
            lines += [f"  {who.role:<13} {who.email:<36} {who.password}" for who in SIGN_INS]
        lines += ["", f"Read the mail at {base}/mailbox"]
    return "\n".join([*lines, "Stop with Ctrl-C.", ""])


def web(host: str, processes: int | None) -> None:
    """Answer until stopped."""
    app = _app()
    if processes and processes > 1 and machine.web_processes(app) == 1:
        raise Misconfigured(
            "Several web processes must count requests together: leave out SCHEDULER_LIMITER_STORAGE_URL, or name a "
            "Redis or Valkey."
        )
    schema.require_current()
    passwords.refuse_published()
    greeting = f"Porchlight's web answers at {host}:{port_of(app)} for {app.config['BASE_URL']}/"
    machine.serve_web(app, host, port_of(app), processes, announce=lambda: click.echo(greeting))


def work() -> None:
    """Deliver until SIGINT or SIGTERM."""
    machine.require_mail(_app())
    schema.require_current()
    worker.forever(_app())


def tick() -> None:
    """One round of everything that is due."""
    schema.require_current()
    worker.tick(_app())
