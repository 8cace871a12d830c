"""The catalogue: what a provider offers to employers."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from ..core import clock
from ..core.errors import Missing, Refusal
from ..core.extensions import db
from ..models.base import Texts
from ..models.training import Training

SLUG_LENGTH = 80


@dataclass(frozen=True)
class Offering:
    """What a provider says of a training, cleaned."""

    title: Texts
    summary: Texts
    minutes: int
    people_min: int
    people_max: int
    formats: list[str]
    languages: list[str]
    audience: list[str] = field(default_factory=list)
    prerequisite_id: uuid.UUID | None = None
    offered: bool = True


def save(organization_id: uuid.UUID, said: Offering, training_id: uuid.UUID | None = None) -> Training:
    """A new training, or another wording of one. Raises Missing for somebody else's, Refusal with the field."""
    if said.people_min > said.people_max:
        raise Refusal(_l("The largest group can't be smaller than the smallest one."), field="people_max")
    training = _own(organization_id, training_id) if training_id else _new(organization_id, said)
    _check_prerequisite(training, said.prerequisite_id)
    for name, value in asdict(said).items():
        setattr(training, name, value)
    training.revised_at = clock.now()
    db.session.add(training)
    db.session.flush()
    return training


def _new(organization_id: uuid.UUID, said: Offering) -> Training:
    return Training(id=uuid.uuid4(), organization_id=organization_id, slug=_free_slug(said.title))


def _own(organization_id: uuid.UUID, training_id: uuid.UUID) -> Training:
    training = db.session.get(Training, training_id, populate_existing=True, with_for_update={"key_share": True})
    if training is None or training.organization_id != organization_id:
        raise Missing()
    return training


def _check_prerequisite(training: Training, prerequisite_id: uuid.UUID | None) -> None:
    if prerequisite_id is None:
        return
    if db.session.get(Training, prerequisite_id) is None or prerequisite_id == training.id:
        raise Refusal(_l("Choose a training from the list."), field="prerequisite")


def _free_slug(title: Texts) -> str:
    words = title.get("en") or title.get("es") or ""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_LENGTH].strip("-") or "training"
    taken = set(db.session.scalars(sa.select(Training.slug).where(Training.slug.startswith(base))))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
