"""What the doctor finds: each check answers with what is wrong and what to do, or with nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import click
import sqlalchemy as sa
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap
from flask import current_app

from .. import audits, postman, privacy, serve, trainings
from ..core import clock, keyring
from ..core.extensions import db, limiter
from ..models.board import hosts_without_phone
from ..models.event import Occurrence
from ..models.heartbeat import heartbeat
from ..models.organization import partners
from . import passwords, schema

LATE_MINUTES = 5
LONGEST_SILENCE = timedelta(minutes=15)
OLDEST_COPY = timedelta(days=2)


class Note(str):
    """A finding that may be left."""

    __slots__ = ()


def report() -> None:
    """Print every finding; ends with 1 when something must be changed (advice may be left)."""
    healthy = True
    for name, check in CHECKS.items():
        wrong = _ask(check)
        advice = check in ADVICE or isinstance(wrong, Note)
        healthy = healthy and (not wrong or advice)
        word = "ok" if not wrong else "note" if advice else "fix"
        click.echo(f"{word:<5}{name}{': ' if wrong else ''}{wrong}")
    if not healthy:
        raise click.exceptions.Exit(1)


def _ask(check: Callable[[], str]) -> str:
    try:
        return check()
    except (sa.exc.SQLAlchemyError, OSError) as error:
        return f"gives no answer ({type(error).__name__})."


def database() -> str:
    """Reachable and migrated."""
    if schema.is_newer():
        return schema.NEWER
    return "" if schema.is_current() else "tables of this version are missing. Run: flask --app wsgi db upgrade"


def key_ring() -> str:
    """Reachable, apart from the database, and opened by this master key."""
    ring = keyring.current()
    ring.prepare()
    if _where(ring.engine.url) == _where(db.engine.url):
        return "it lies in the main database, so every backup would hold keys and rosters together. Give it its own."
    newest = db.session.scalar(
        sa.select(Occurrence).where(Occurrence.purged_at.is_(None)).order_by(Occurrence.keep_until.desc()).limit(1)
    )
    if newest is None:
        return ""
    try:
        ring.week_key(newest.key_week)
    except keyring.KeyIsGone:
        return f"the key of week {newest.key_week} is not there: this is not the key ring of this database."
    except InvalidUnwrap:
        return "SCHEDULER_MASTER_KEY does not open it: it was made with another one."
    return ""


def _where(url: sa.URL) -> tuple[object, ...]:
    """Two addresses of one database may differ in user and driver."""
    return url.get_backend_name(), url.host, url.port, url.database, url.query.get("host")


def mail_server() -> str:
    """Somebody answers there as a mail server does."""
    if not current_app.config["MAIL_SERVER"]:
        return "" if current_app.config["DEMO"] else "SCHEDULER_MAIL_SERVER is missing: nobody would get a letter."
    place = (current_app.config["MAIL_SERVER"], current_app.config["MAIL_PORT"])
    with socket.create_connection(place, timeout=5) as connection:
        if not current_app.config["MAIL_USE_SSL"] and not connection.recv(3).startswith(b"220"):
            return f"{place[0]}:{place[1]} does not answer as a mail server."
    if not (current_app.config["MAIL_USE_TLS"] or current_app.config["MAIL_USE_SSL"]) and not _is_here(place[0]):
        return "letters would travel in the open. Set SCHEDULER_MAIL_USE_TLS=1 (or _SSL)."
    return ""


def _is_here(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}


def base_url() -> str:
    """https, unless it is this machine."""
    address = urlsplit(current_app.config["BASE_URL"])
    if address.scheme == "https" or _is_here(address.hostname or ""):
        return ""
    return f"{current_app.config['BASE_URL']} is not https: links and sign-ins would travel in the open."


def limits() -> str:
    """All that answers the web must count requests together."""
    if serve.web_processes(current_app) == 1:
        return (
            "SCHEDULER_LIMITER_STORAGE_URL is memory, so only one web process runs. Leave it out, and those of one "
            "machine count requests together; name a Redis or Valkey, and those of several machines do."
        )
    alone = current_app.config["RATELIMIT_STORAGE_URI"].startswith("shared:")
    if not alone or db.engine.dialect.name == "sqlite":
        return ""
    return (
        "each `web` counts requests by itself, so two of them, here or on two machines, let through twice as many. If "
        "there is more than one, name the same Redis or Valkey for all: SCHEDULER_LIMITER_STORAGE_URL=redis://…"
    )


def counters() -> str:
    """Tries to sign in are counted: without that, nobody could be stopped, so nobody is let in."""
    if not current_app.config["RATELIMIT_ENABLED"]:
        if _is_here(urlsplit(current_app.config["BASE_URL"]).hostname or ""):
            return ""
        return "SCHEDULER_LIMITER_OFF is set, so anybody may guess passwords all day. Leave it out."
    if limiter.storage.check():
        return ""
    return (
        "what SCHEDULER_LIMITER_STORAGE_URL names gives no answer, and nobody on staff can sign in until it does. "
        "Start the Redis or Valkey."
    )


def proxies() -> str:
    """Behind a proxy the visitors' networks are known from its headers only."""
    if current_app.config["TRUSTED_PROXIES"] or not current_app.config["BASE_URL"].startswith("https://"):
        return ""
    return (
        "https comes from a proxy in front, but SCHEDULER_TRUSTED_PROXIES is 0, so all visitors count as one network. "
        "Set it to how many proxies stand in front."
    )


def worker() -> str:
    """One was at work a short while ago."""
    row = heartbeat()
    if row is None or row.beaten_at is None:
        return Note("none was at work yet. Start one: flask --app wsgi worker (`serve` brings its own)")
    if clock.now() - row.beaten_at <= LONGEST_SILENCE:
        return ""
    return f"none was at work since {_minute(row.beaten_at)}. Start one: flask --app wsgi worker"


def outbox() -> str:
    """No letter waits long beyond its time."""
    late = postman.lateness().total_seconds() / 60
    if late <= LATE_MINUTES:
        return ""
    return f"the oldest letter is {late:.0f} minutes late. Is a worker running? flask --app wsgi worker"


def pause() -> str:
    """Mail goes."""
    if not postman.is_paused():
        return ""
    return "mail is paused, and no letter leaves. Look what is due, and let it go: flask --app wsgi resume-mail"


def purge() -> str:
    """What is past its keep-by day is gone, and so are the keys of weeks that are over, from every file."""
    if late := privacy.overdue():
        return f"{late} dates are more than a day past their keep-by day. Run: flask --app wsgi purge"
    if late := trainings.overdue():
        return f"{late} employer requests are more than a day past their keep-by day. Run: flask --app wsgi purge"
    over = clock.week_of(clock.now().date() - timedelta(days=8))
    if old := [week for week in keyring.current().weeks() if week < over]:
        return f"keys of weeks that are over are still there: {', '.join(old)}. Run: flask --app wsgi purge"
    try:
        keyring.current().sweep()
    except (keyring.NotSwept, sa.exc.SQLAlchemyError) as error:
        return (
            f"destroyed keys may still stand in files of the key ring ({type(error).__name__}). A long transaction "
            "is in the way there, or its tables belong to somebody else."
        )
    return ""


def audit() -> str:
    """Every entry of who looked is as it was written."""
    for host in partners():
        if number := audits.check_chain(host.id):
            return (
                f"entry {number} of {host.slug} was changed or taken away, so nobody can say who looked since. Find "
                "out who could write to the database, and compare with a copy of it."
            )
    return ""


def phones() -> str:
    """Pages promise that one can call the host."""
    if silent := [host.slug for host in hosts_without_phone()]:
        return (
            f"nobody can call {', '.join(silent)}, though dates are coming and pages say so. Tell a number: "
            "flask --app wsgi organization set NAME --phone …"
        )
    return ""


def backups() -> str:
    """The last copy is not old."""
    row = heartbeat()
    if row is None or row.copied_at is None:
        return "none was made with flask --app wsgi backup; docs/operations.md says how."
    if clock.now() - row.copied_at <= OLDEST_COPY:
        return ""
    return f"the last one was made {_minute(row.copied_at)} (of the key ring only if it was named). Is its timer on?"


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "key ring": key_ring,
    "mail server": mail_server,
    "secret key": passwords.guessable_secret,
    "base url": base_url,
    "demo": passwords.published,
    "proxies": proxies,
    "limits": limits,
    "counters": counters,
    "worker": worker,
    "mail": pause,
    "outbox": outbox,
    "purge": purge,
    "audit": audit,
    "phones": phones,
    "backups": backups,
}
ADVICE = {limits, proxies, phones, backups}
