"""Venue: a place where dates are held."""

from __future__ import annotations

import uuid
from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, mapped_column

from ..core.extensions import db
from .base import Id, Model, Texts, WordSet

PUBLIC, AFTER_REGISTRATION = "public", "after_registration"
ACCESS = ("step_free", "restroom", "seating")

WORKPLACE = "At the employer’s place / En el lugar de trabajo"
"""How the table names the one place that stands for every workplace: whose it is, only the sealed request tells."""


class Venue(Model):
    """Belongs to one organization, or to all (organization_id is NULL). `access` holds words of ACCESS."""

    __tablename__ = "venue"

    id: Mapped[Id]
    organization_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    city: Mapped[str] = mapped_column(sa.String(80), default="Chicago")
    state: Mapped[str] = mapped_column(sa.String(20), default="IL")
    zip_code: Mapped[str] = mapped_column(sa.String(10), default="")
    area: Mapped[str] = mapped_column(sa.String(80), default="", index=True)
    room: Mapped[str] = mapped_column(sa.String(120), default="")
    transit: Mapped[Texts] = mapped_column(sa.JSON, default=dict)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    access: Mapped[list[str]] = mapped_column(WordSet(200), default=list)
    parking: Mapped[str] = mapped_column(sa.String(200), default="")
    visibility: Mapped[str] = mapped_column(sa.String(20), default=PUBLIC)
    online: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (sa.CheckConstraint("visibility IN ('public', 'after_registration')", name="visibility"),)

    @property
    def is_workplace(self) -> bool:
        return self.name == WORKPLACE

    @property
    def called(self) -> str:
        """Its name; that of a workplace is said in the language of the moment."""
        return str(_("At the employer’s place")) if self.is_workplace else self.name

    @property
    def called_with_room(self) -> str:
        """`Harbor Street Library, Room 2`."""
        return f"{self.called}, {self.room}" if self.room else self.called

    @property
    def hidden(self) -> bool:
        """True if only people with a place learn the address."""
        return self.visibility == AFTER_REGISTRATION

    @property
    def kept_back(self) -> bool:
        """True if how to get there is told to people with a place only: a hidden address, or a link."""
        return self.hidden or self.online

    @property
    def whereabouts(self) -> str:
        """Its part of the city; where that is not known its name, or for a hidden place its city."""
        return self.area or (self.city if self.hidden else self.called)

    @property
    def full_address(self) -> str:
        """`1805 S. Loomis St., Chicago, IL 60608`; empty for an online or unnamed place."""
        if not self.address:
            return ""
        return ", ".join(part for part in (self.address, self.city, f"{self.state} {self.zip_code}".strip()) if part)


def within_reach(organization_ids: Collection[uuid.UUID]) -> list[Venue]:
    """Where these organizations may hold dates: their own places, then the shared ones, by name."""
    ours = Venue.organization_id.in_(organization_ids)
    query = sa.select(Venue).where(sa.or_(ours, Venue.organization_id.is_(None)))
    return list(db.session.scalars(query.order_by(Venue.organization_id.is_(None), Venue.name, Venue.id)))


def areas() -> list[str]:
    """The parts of the city that places name so far."""
    return list(db.session.scalars(sa.select(Venue.area).where(Venue.area != "").distinct().order_by(Venue.area)))
