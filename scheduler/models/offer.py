"""Offer: a freed place, held until a time for the first party in line that fits."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core import tokens
from .base import Id, Instant, Model
from .event import Slot
from .registration import Registration

OPEN, ACCEPTED, DECLINED, LAPSED, WITHDRAWN = "open", "accepted", "declined", "lapsed", "withdrawn"
STATES = (OPEN, ACCEPTED, DECLINED, LAPSED, WITHDRAWN)


class Offer(Model):
    """While it is open, its registration is `offered` and counted on the slot."""

    __tablename__ = "offer"

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    occurrence_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("occurrence.id", ondelete="CASCADE"), index=True)
    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("slot.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(10), default=OPEN)
    made_at: Mapped[datetime] = mapped_column(Instant)
    held_until: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    registration: Mapped[Registration] = relationship()
    slot: Mapped[Slot] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined', 'lapsed', 'withdrawn')", name="state"),
        sa.Index("ix_offer_state_held_until", "state", "held_until"),
        sa.Index(
            "uq_offer_open",
            "registration_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    def is_open(self, now: datetime) -> bool:
        """True while it can be taken."""
        return self.state == OPEN and self.held_until > now

    def token(self) -> str:
        """The mailed link's token: for this one offer, dead with the date's key or a new generation of links."""
        key = self.registration.occurrence.derived_key("links")
        return tokens.derive(key, self.id, tokens.OFFER, self.registration.link_generation)
