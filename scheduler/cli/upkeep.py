"""Commands for whoever looks after the house."""

from __future__ import annotations

import re
import unicodedata

import click
import sqlalchemy as sa

from .. import accounts, events, organizations
from ..core.extensions import db, transaction
from ..models.organization import LEAD, Organization
from . import schema


def create_admin(email: str, name: str, password: str, organization: str) -> None:
    """A user who leads this organization. Raises Refusal for a known e-mail or a short password."""
    schema.require_current()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise click.ClickException("This is not an e-mail address.")
    with transaction():
        user = accounts.create_user(email=email, name=name, password=password, language="en")
        host = _known(organization) or organizations.create_organization(slug=slug_of(organization), name=organization)
        organizations.add_member(host.id, user.id, LEAD)
        led = host.name
    click.echo(f"{email} now leads {led}.")


def _known(organization: str) -> Organization | None:
    return db.session.scalar(
        sa.select(Organization).where(sa.or_(Organization.name == organization, Organization.slug == organization))
    )


def slug_of(name: str) -> str:
    """`Dzień Dobry Neighbors` → `dzien-dobry-neighbors`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "house"


def retime() -> None:
    """Say how many dates stand at another instant now."""
    schema.require_current()
    with transaction():
        moved = events.retime_future()
    click.echo(f"{moved} dates stand at another instant now.")
