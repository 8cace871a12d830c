"""Audit: who looked at whose roster. Append-only (the database refuses to change a row), chained per organization."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from .base import Id, Instant, Model


class AuditEntry(Model):
    """Who (staff), did what, to which row, when. Never content, and an attendee only as their `audited_as`."""

    __tablename__ = "audit_entry"

    id: Mapped[Id]
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"))
    number: Mapped[int]
    user_id: Mapped[uuid.UUID] = mapped_column(sa.Uuid)
    act: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[uuid.UUID] = mapped_column(sa.Uuid, index=True)
    happened_at: Mapped[datetime] = mapped_column(Instant)
    previous: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))

    __table_args__ = (sa.UniqueConstraint("organization_id", "number"),)

    def sum_up(self) -> bytes:
        """SHA-256 over the entry and the digest before it: altering, deleting or reordering breaks the chain."""
        parts = (
            self.previous.hex(),
            self.organization_id.hex,
            str(self.number),
            self.user_id.hex,
            self.act,
            self.subject_id.hex,
            self.happened_at.isoformat(),
        )
        return hashlib.sha256("|".join(parts).encode()).digest()
