"""Audits: who looked at what, and who was let in, written down where nobody can change it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC

import sqlalchemy as sa

from .core import clock
from .core.errors import Missing
from .core.extensions import db
from .models.audit import AuditEntry
from .models.organization import Organization

ROSTER_VIEWED, PERSON_VIEWED, PERSON_CHANGED = "roster viewed", "person viewed", "person changed"
LETTERS_VIEWED, CALLS_VIEWED, CALL_RECORDED = "letters viewed", "calls viewed", "call recorded"
SHEET_VIEWED, NUMBER_VIEWED = "sign-in sheet viewed", "number viewed"
MEMBER_MADE, MEMBER_REMOVED = "member made", "member removed"

OPERATOR = uuid.UUID(int=0)
"""Who acts at the terminal, where nobody signs in."""

NOTHING_BEFORE = bytes(32)
AT_ONCE = 500


def append(organization_id: uuid.UUID, user_id: uuid.UUID, act: str, subject_id: uuid.UUID) -> None:
    """Add an entry to the organization's chain, in the transaction of what it records."""
    number = _next_number(organization_id)
    entry = AuditEntry(
        id=uuid.uuid4(),
        organization_id=organization_id,
        number=number,
        user_id=user_id,
        act=act,
        subject_id=subject_id,
        happened_at=clock.now().astimezone(UTC),
        previous=_digest_of(organization_id, number - 1),
    )
    entry.digest = entry.sum_up()
    db.session.add(entry)
    db.session.flush()


def append_role(organization_id: uuid.UUID, user_id: uuid.UUID, role: str) -> None:
    """At the terminal a user was given a role."""
    append(organization_id, OPERATOR, f"{MEMBER_MADE} {role}", user_id)


def append_once(organization_id: uuid.UUID, user_id: uuid.UUID, act: str, subject_id: uuid.UUID) -> None:
    """The same, unless this person's entry is there: the chain outlives the names, and must not count them."""
    known = sa.select(AuditEntry.id).where(
        AuditEntry.subject_id == subject_id, AuditEntry.user_id == user_id, AuditEntry.act == act
    )
    if db.session.scalar(known.limit(1)) is None:
        append(organization_id, user_id, act, subject_id)


def _next_number(organization_id: uuid.UUID) -> int:
    """Counting locks the organization's row, so two who look at once stand in line and the chain has one order."""
    number = db.session.scalar(
        sa.update(Organization)
        .where(Organization.id == organization_id)
        .values(audit_number=Organization.audit_number + 1)
        .returning(Organization.audit_number)
        .execution_options(synchronize_session=False)
    )
    if number is None:
        raise Missing()
    return number


def _digest_of(organization_id: uuid.UUID, number: int) -> bytes:
    digest = db.session.scalar(
        sa.select(AuditEntry.digest).where(AuditEntry.organization_id == organization_id, AuditEntry.number == number)
    )
    return digest or NOTHING_BEFORE


def check_chain(organization_id: uuid.UUID) -> int | None:
    """The number of the first entry that was altered, moved or taken away; None when all are as they were written."""
    expected, previous = 1, NOTHING_BEFORE
    least = _counted(organization_id)
    for entry in _entries(organization_id):
        if (entry.number, entry.previous, entry.digest) != (expected, previous, entry.sum_up()):
            return expected
        expected, previous = expected + 1, entry.digest
    # Somebody may look while this reads: then there are more than at first.
    return None if least <= expected - 1 <= _counted(organization_id) else expected


def _counted(organization_id: uuid.UUID) -> int:
    return db.session.scalar(sa.select(Organization.audit_number).where(Organization.id == organization_id)) or 0


def _entries(organization_id: uuid.UUID) -> Iterator[AuditEntry]:
    """All of them in order, some hundred at a time."""
    rest = sa.select(AuditEntry).where(AuditEntry.organization_id == organization_id).order_by(AuditEntry.number)
    rest = rest.limit(AT_ONCE).execution_options(populate_existing=True)
    found = db.session.scalars(rest).all()
    while found:
        yield from found
        found = db.session.scalars(rest.where(AuditEntry.number > found[-1].number)).all()
