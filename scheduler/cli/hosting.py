"""The command that says how an organization is reached, and how long it keeps names."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import click
from werkzeug.datastructures import MultiDict

from .. import events, organizations
from ..core.extensions import db, transaction
from ..events import ErasedAtOnce
from ..forms.organizations import OrganizationForm
from ..models.organization import Organization
from ..organizations import Contact
from . import schema, staffing

OPTIONS = {"discreet_sender": "--discreet-sender", "retention_days": "--keep-days"}
"""What is not called as its column."""


def set_facts(organization: str, facts: Mapping[str, str | None], erasing: int) -> None:
    """Save what was named, as the page of the console would, and print all of it. None: it stays as it is."""
    schema.require_current()
    host_id = staffing.known_host(organization).id
    said = _checked({name: typed for name, typed in facts.items() if typed is not None})
    try:
        with transaction():
            _save(host_id, said, erasing)
    except ErasedAtOnce as refusal:
        words = f"{refusal.words} If that is meant, add: --erase {refusal.dates}"
        raise click.ClickException(words) from None
    _say(db.session.get_one(Organization, host_id))


def _checked(typed: Mapping[str, str]) -> dict[str, Any]:
    form = OrganizationForm(MultiDict(typed))
    for name in [field.name for field in form if field.name not in typed]:
        del form[name]
    if not form.validate():
        found = [f"{OPTIONS.get(field.name, f'--{field.name}')}: {field.errors[0]}" for field in form if field.errors]
        raise click.ClickException(" ".join(found))
    return dict(form.data)


def _save(host_id: uuid.UUID, said: dict[str, Any], erasing: int) -> None:
    if "retention_days" in said:
        events.keep_for(host_id, said["retention_days"], erasing)
    host = db.session.get_one(Organization, host_id)
    contact = {fact.name: said.get(fact.name, getattr(host, fact.name)) for fact in fields(Contact)}
    organizations.set_contact(host_id, Contact(**contact))


def _say(host: Organization) -> None:
    click.echo(host.name)
    for name in ("phone", "email", "website", "discreet_sender", "retention_days"):
        click.echo(f"  {OPTIONS.get(name, f'--{name}'):<18}{getattr(host, name) or '(none)'}")
