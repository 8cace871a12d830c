"""Commands for whoever looks after the house."""

from __future__ import annotations

import re
import unicodedata

import click

from .. import accounts, audits, events, organizations
from ..core.extensions import transaction
from ..models.organization import LEAD, called
from . import schema

LONGEST_NAME = 200
LINE_ENDS = ("Cc", "Zl", "Zp")
"""Categories of Unicode: controls, and what ends lines and paragraphs."""


def create_admin(email: str, name: str, password: str, organization: str) -> None:
    """A user who leads this organization. Raises Refusal for a known e-mail or a short password."""
    schema.require_current()
    require_address(email)
    _require_name(organization)
    with transaction():
        user = accounts.create_user(email=email, name=name, password=password, language="en")
        host = called(organization) or organizations.create_organization(slug=slug_of(organization), name=organization)
        organizations.add_member(host.id, user.id, LEAD)
        audits.append_role(host.id, user.id, LEAD)
        led = host.name
    click.echo(f"{email} now leads {led}.")


def require_address(email: str) -> None:
    """Raises ClickException for what no letter could reach."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise click.ClickException("This is not an e-mail address.")


def _require_name(organization: str) -> None:
    """Raises ClickException for what no page could show as a name."""
    broken = any(unicodedata.category(sign) in LINE_ENDS for sign in organization)
    if not organization.strip() or broken or len(organization) > LONGEST_NAME:
        raise click.ClickException(f"The organization's name must be one line of 1 to {LONGEST_NAME} letters.")


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
