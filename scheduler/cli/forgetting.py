"""The command that purges by hand."""

from __future__ import annotations

import click

from .. import privacy, trainings
from ..core.extensions import transaction
from ..models.base import in_language
from ..models.tally import roughly
from ..privacy import Due
from . import schema


def purge(dry_run: bool) -> None:
    """Say what is due, and let it go. Ends with 1 when a date could not be purged."""
    schema.require_current()
    dates = privacy.due()
    click.echo(f"{_are(len(dates), 'date')} past the keep-by day.")
    for date in dates:
        click.echo(_line(date))
    click.echo(f"{_are(trainings.due(), 'employer request')} past the keep-by day.")
    if dry_run:
        click.echo("Nothing was changed (--dry-run).")
        return
    # First the requests: a week's key dies only when nothing needs it.
    with transaction():
        erased = trainings.erase_due()
    purged = privacy.purge_due()
    click.echo(f"{_are(erased, 'employer request')} erased.")
    click.echo(f"{_are(purged, 'date')} purged. Counts and receipts stay; see Receipts in the console.")
    if purged < len(dates) and privacy.due():
        raise click.ClickException("Some could not be purged. The log names them; the worker tries again each minute.")


def _line(date: Due) -> str:
    """In words: when, what, whose, until when it was kept, and roughly how much goes."""
    occurrence, event = date.occurrence, date.occurrence.event
    return (
        f"  {occurrence.starts_local:%Y-%m-%d %H:%M}  {in_language(event.title, 'en') or event.slug} "
        f"({event.organization.name}), kept until {occurrence.keep_until}: "
        f"{roughly(date.registrations)} places, {roughly(date.messages)} letters"
    )


def _are(number: int, word: str) -> str:
    return f"1 {word} is" if number == 1 else f"{number} {word}s are"
