"""Backups: the main database and the key ring, copied while everything runs, and never into one place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import click
import sqlalchemy as sa

from .. import postman
from ..core import keyring
from ..core.extensions import db, transaction
from . import schema

LONGEST_DUMP_SECONDS = 3600


def backup(database: Path, ring: Path | None) -> None:
    """Copy the database, beat once so that the copy is known as one, then copy the key ring.

    In this order a restored pair differs too, and mail waits until a person resumes it.
    """
    schema.require_current()
    if ring is not None and ring.resolve().parent == database.resolve().parent:
        raise click.ClickException(
            "Both copies would lie in one folder, and whoever has it and the master key reads all that was kept. "
            "Choose another place for the key ring, with a short life."
        )
    copy(db.engine, database)
    postman.part_from_copies()
    click.echo(f"The database is copied to {database} ({database.stat().st_size // 1024} KB).")
    if ring is None:
        click.echo("The key ring is not copied: --keyring names where to.")
    else:
        copy(keyring.current().engine, ring)
        click.echo(f"The key ring is copied to {ring}. Delete this copy within a week.")
    with transaction():
        postman.note_copy()


def copy(engine: sa.Engine, to: Path) -> None:
    """One consistent copy that only its owner may read. Raises ClickException in words; never writes over a file."""
    try:
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise click.ClickException(f"{to} cannot be written: {error.strerror}.") from None
    try:
        if engine.dialect.name == "sqlite":
            _vacuum_into(engine, to)
        else:
            _dump(engine.url, to)
    except sqlite3.Error as error:
        to.unlink(missing_ok=True)
        raise click.ClickException(f"{to} cannot be written: {error}.") from None
    except BaseException:
        to.unlink(missing_ok=True)
        raise


def _vacuum_into(engine: sa.Engine, to: Path) -> None:
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(to),))
    finally:
        connection.close()


def _dump(url: sa.URL, to: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise click.ClickException("pg_dump is missing. Install PostgreSQL's client programs, of the server's version.")
    place = url._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603 - the program is pg_dump, and what it is told is our own setting
        [program, "--format=custom", "--no-owner", "--no-privileges", f"--file={to}", f"--dbname={place}"],
        env=os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {}),
        capture_output=True,
        text=True,
        timeout=LONGEST_DUMP_SECONDS,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"pg_dump failed: {done.stderr.strip()[-300:]}")
