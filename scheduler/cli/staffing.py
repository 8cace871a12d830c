"""Commands that say who works for an organization."""

from __future__ import annotations

import uuid

import click
from flask import current_app

from .. import accounts, audits, organizations
from ..core import clock
from ..core.errors import Missing
from ..core.extensions import transaction
from ..models.organization import LEAD, Organization, called
from ..models.user import User, people
from . import schema, upkeep


def add(email: str, organization: str, role: str, name: str | None) -> None:
    """Give a role to whoever has this e-mail. Raises Refusal when somebody takes it at the same moment."""
    schema.require_current()
    upkeep.require_address(email)
    host = known_host(organization)
    host_id, house = host.id, host.name
    is_new = accounts.by_email(email) is None
    if is_new and not name:
        name = click.prompt("Nobody has this e-mail yet. Name")
    with transaction():
        user = accounts.by_email(email) or _invited(email, str(name))
        organizations.add_member(host_id, user.id, role)
        audits.append_role(host_id, user.id, role)
    click.echo(f"{email} is {role} of {house} now.")
    if is_new:
        click.echo("A letter with a link is on its way: for one hour it sets a password. /sign-in/help sends another.")
    _say_if_nobody_leads(host_id, house)


def _invited(email: str, name: str) -> User:
    return accounts.invite(email=email, name=name, language=current_app.config["DEFAULT_LANGUAGE"])


def known_host(organization: str) -> Organization:
    """Raises ClickException for one that nobody knows."""
    host = called(organization)
    if host is None:
        raise click.ClickException(f"There is no organization {organization}.")
    return host


def _say_if_nobody_leads(host_id: uuid.UUID, house: str) -> None:
    if not any(member.role == LEAD for member, _seen in people(host_id)):
        click.echo(f"Nobody leads {house} now.")


def remove(email: str, organization: str) -> None:
    """The membership goes, and every session with it: what is open in a browser is of no use any more."""
    schema.require_current()
    host = known_host(organization)
    host_id, house = host.id, host.name
    user_id = _known(email)
    try:
        with transaction():
            organizations.remove_member(host_id, user_id)
            accounts.sign_out_everywhere(user_id)
            audits.append(host_id, audits.OPERATOR, audits.MEMBER_REMOVED, user_id)
    except Missing:
        raise click.ClickException(f"{email} is not in {house}.") from None
    click.echo(f"{email} is not in {house} any more, and signed out everywhere.")
    _say_if_nobody_leads(host_id, house)


def _known(email: str) -> uuid.UUID:
    user = accounts.by_email(email)
    if user is None:
        raise click.ClickException("Nobody has this e-mail.")
    return user.id


def sign_out(email: str) -> None:
    """End every session of somebody who stays."""
    schema.require_current()
    user_id = _known(email)
    with transaction():
        accounts.sign_out_everywhere(user_id)
    click.echo(f"{email} is signed out everywhere.")


def say_who(organization: str) -> None:
    """A line for each person."""
    schema.require_current()
    host = known_host(organization)
    for member, seen in people(host.id):
        when = f"last seen {clock.to_minute(seen).isoformat(' ', 'minutes')}" if seen else "not seen yet"
        click.echo(f"{member.user.email:<40}  {member.role:<12}  {when}")
