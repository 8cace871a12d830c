"""User: a member of staff who signs in. Membership: their role in an organization. SignIn: one session of theirs."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from ..core import sealing
from ..core.extensions import db
from .base import Id, Instant, Model, Sealed, seal_place
from .organization import ROLES, Organization

LIFE = timedelta(hours=12)
IDLE = timedelta(minutes=30)


def _key(purpose: str) -> bytes:
    return sealing.derive(current_app.config["MASTER_KEY"], f"staff {purpose}")


class User(Model):
    """Name and e-mail are sealed; the e-mail is found by a blind index."""

    __tablename__ = "staff_user"

    id: Mapped[Id]
    email_sealed: Mapped[Sealed]
    email_index: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    name_sealed: Mapped[Sealed]
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    language: Mapped[str] = mapped_column(sa.String(10), default="en")
    created_at: Mapped[datetime] = mapped_column(Instant)

    memberships: Mapped[list[Membership]] = relationship(back_populates="user", order_by="Membership.organization_id")

    @staticmethod
    def index_of(email: str) -> bytes:
        """The blind index under which this e-mail would stand."""
        return sealing.blind_index(_key("index"), unicodedata.normalize("NFC", email).strip().casefold())

    def identify(self, name: str, email: str) -> None:
        """Seal name and e-mail. The id is set first: the seal is bound to it."""
        if self.id is None:
            self.id = uuid.uuid4()
        self.name_sealed = sealing.seal(_key("field"), seal_place("staff_user", "name", self.id), name)
        self.email_sealed = sealing.seal(_key("field"), seal_place("staff_user", "email", self.id), email)
        self.email_index = self.index_of(email)

    @property
    def name(self) -> str:
        return sealing.unseal(_key("field"), seal_place("staff_user", "name", self.id), self.name_sealed)

    @property
    def email(self) -> str:
        return sealing.unseal(_key("field"), seal_place("staff_user", "email", self.id), self.email_sealed)


class Membership(Model):
    """A user's place in an organization."""

    __tablename__ = "membership"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("staff_user.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(sa.String(20))

    user: Mapped[User] = relationship(back_populates="memberships")
    organization: Mapped[Organization] = relationship()

    __table_args__ = (sa.CheckConstraint("role IN ('lead', 'coordinator', 'checkin_lead')", name="role"),)


class SignIn(Model):
    """A session row that can be revoked. The cookie holds a random token; the row holds its SHA-256."""

    __tablename__ = "sign_in"

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("staff_user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship()

    # What Flask-Login asks of a user: whoever was found by a live token is one.
    is_authenticated = is_active = True
    is_anonymous = False

    def is_live(self, now: datetime) -> bool:
        """True while the session was neither ended, nor left alone for half an hour, nor is half a day old."""
        return self.revoked_at is None and now < self.expires_at and now < self.last_seen_at + IDLE


def people(organization_id: uuid.UUID) -> list[tuple[Membership, datetime | None]]:
    """Who is in an organization, by role and e-mail, and when each was last seen; None for who never signed in."""
    seen = sa.select(sa.func.max(SignIn.last_seen_at)).where(SignIn.user_id == Membership.user_id).scalar_subquery()
    query = sa.select(Membership, seen).options(joinedload(Membership.user))
    found = db.session.execute(query.where(Membership.organization_id == organization_id))
    return sorted(((member, at) for member, at in found), key=lambda who: (ROLES.index(who[0].role), who[0].user.email))
