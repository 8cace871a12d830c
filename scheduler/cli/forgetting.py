"""The command that purges by hand."""

from __future__ import annotations

import click

from .. import privacy
from ..models.base import in_language
from ..privacy import Due
from . import schema


def purge(dry_run: bool) -> None:
    """Say what is due, and let it go. Ends with 1 when a date could not be purged."""
    schema.require_current()
    dates = privacy.due()
    click.echo(f"{_dates(len(dates))} past the keep-by day.")
    for date in dates:
        click.echo(_line(date))
    if dry_run:
        click.echo("Nothing was changed (--dry-run).")
        return
    purged = privacy.purge_due()
    click.echo(f"{_dates(purged)} purged. Counts and receipts stay; see Receipts in the console.")
    if purged < len(dates) and privacy.due():
        raise click.ClickException("Some could not be purged. The log names them; the worker tries again each minute.")


def _dates(count: int) -> str:
    return "1 date is" if count == 1 else f"{count} dates are"


def _line(date: Due) -> str:
    """In words: when, what, whose, until when it was kept, and how much goes."""
    occurrence, event = date.occurrence, date.occurrence.event
    return (
        f"  {occurrence.starts_local:%Y-%m-%d %H:%M}  {in_language(event.title, 'en') or event.slug} "
        f"({event.organization.name}), kept until {occurrence.keep_until}: "
        f"{_count(date.registrations, 'place')}, {_count(date.messages, 'letter')}"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
