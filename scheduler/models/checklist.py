"""Checklist: what to bring, versioned, with a reviewed-on date."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..core.extensions import db
from .base import Id, Model, Texts

NEEDS = ("bring", "if_you_have_it", "if_it_applies", "ask_host", "comfort")


class Checklist(Model):
    """One frozen version of a list. `items`: [{"text": Texts, "need": one of NEEDS}]. Editing makes version + 1."""

    __tablename__ = "checklist"

    id: Mapped[Id]
    series: Mapped[uuid.UUID] = mapped_column(sa.Uuid, default=uuid.uuid4, index=True)
    version: Mapped[int] = mapped_column(default=1)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[Texts] = mapped_column(sa.JSON)
    items: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    reviewed_on: Mapped[date]
    review_every_days: Mapped[int] = mapped_column(default=90)
    reviewed_by_role: Mapped[str] = mapped_column(sa.String(120), default="")
    source_label: Mapped[str] = mapped_column(sa.String(200), default="")
    replaced: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (sa.UniqueConstraint("series", "version"),)

    @property
    def due_on(self) -> date:
        """The last day before which somebody should check the list again."""
        return self.reviewed_on + timedelta(days=self.review_every_days)

    def is_overdue(self, today: date) -> bool:
        """True when the next review should have happened."""
        return self.due_on < today


def current(organization_ids: Collection[uuid.UUID]) -> list[Checklist]:
    """The newest versions of these organizations' lists, then of the shared ones, the longest unreviewed first."""
    ours = Checklist.organization_id.in_(organization_ids)
    query = sa.select(Checklist).where(sa.or_(ours, Checklist.organization_id.is_(None)), sa.not_(Checklist.replaced))
    return list(
        db.session.scalars(query.order_by(Checklist.organization_id.is_(None), Checklist.reviewed_on, Checklist.id))
    )


def new_on_the_list(told: uuid.UUID | None, present: Checklist | None) -> list[dict[str, Any]]:
    """The items that somebody who was told an older list has not read there, or not as a thing that must be brought.

    Better words in one language make no new item. Who was told no list is told all of it anyway.
    """
    if told is None or present is None or told == present.id:
        return []
    before = db.session.get(Checklist, told)
    return [item for item in present.items if before and not any(_covers(item, old) for old in before.items)]


def _covers(item: dict[str, Any], old: dict[str, Any]) -> bool:
    said = {" ".join(text.casefold().split()) for text in old["text"].values()}
    same = any(" ".join(text.casefold().split()) in said for text in item["text"].values() if text)
    return same and (item["need"] == old["need"] or item["need"] != "bring")
