"""Organization: who hosts. The roles that a user may have in it."""

from __future__ import annotations

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core.extensions import db
from .base import Id, Model, Texts, WordSet

LEAD, COORDINATOR, CHECKIN_LEAD = "lead", "coordinator", "checkin_lead"
ROLES = (LEAD, COORDINATOR, CHECKIN_LEAD)


class Organization(Model):
    """A partner that hosts events. Its contact is public; it is nobody's private address."""

    __tablename__ = "organization"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    about: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    area: Mapped[str] = mapped_column(sa.String(80), default="")
    languages: Mapped[list[str]] = mapped_column(WordSet(200), default=list)
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    website: Mapped[str] = mapped_column(sa.String(300), default="")
    discreet_sender: Mapped[str] = mapped_column(sa.String(80), default="Calendar desk / Agenda")
    verified_on: Mapped[date | None]
    badge: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    retention_days: Mapped[int] = mapped_column(default=30)
    audit_number: Mapped[int] = mapped_column(default=0)

    __table_args__ = (sa.CheckConstraint("retention_days BETWEEN 7 AND 60", name="retention_days"),)


class Cohost(Model):
    """An organization named in the consent text beside the host."""

    __tablename__ = "cohost"

    event_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True
    )


def called(words: str) -> Organization | None:
    """The partner with this slug, or else with this name."""
    wanted = sa.or_(Organization.slug == words, Organization.name == words)
    return db.session.scalar(sa.select(Organization).where(wanted).order_by(Organization.slug != words).limit(1))


def partners() -> list[Organization]:
    """All who host, by name."""
    return list(db.session.scalars(sa.select(Organization).order_by(Organization.name, Organization.id)))
