"""What every act shares: a date in the house, the model of it beside, and somebody to whom it happens."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from scheduler.core.errors import Conflict, Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.models import offer as offers
from scheduler.models.registration import OFFERED

from ..conftest import Clock
from .model import Model, Person

PLACES, PARTY_MOST = 3, 3
WISHES = st.sampled_from([0, 1, 1, None])
PARTIES = st.sampled_from([1, 1, 1, 2, 3, PARTY_MOST + 1])
ANYBODY = st.integers(0, 999)

Draw = Callable[[st.SearchStrategy[Any]], Any]


@contextmanager
def refused(kind: type[Refusal]) -> Iterator[None]:
    """The act is refused in exactly this way."""
    with pytest.raises(kind) as found, transaction():
        yield
    assert type(found.value) is kind


class Acting:
    """Chooses who does it, and does it in the house; `seen` counts what was done."""

    world: ModuleType
    at: Clock
    seen: Counter[str]
    model: Model
    posted: Posted

    @property
    def largest_party(self) -> int:
        """A larger group than a time has places would wait for ever."""
        return min(PARTY_MOST, self.model.limit)

    def somebody(self, number: int, *states: str) -> Person:
        """Mostly somebody in one of these states; now and then just anybody."""
        people = self.model.people
        fitting = [who for who in people if who.state in states and not who.gone]
        choice = fitting if fitting and number % 5 else people
        return choice[number % len(choice)]

    def somebody_asked(self, number: int) -> Person | None:
        """Mostly somebody to whom a place is offered; now and then somebody who had an offer once."""
        person = self.somebody(number, OFFERED)
        asked = [who for who in self.model.people if who.offers]
        return person if person.offers or not asked else asked[number % len(asked)]

    def act(self, person: Person, verb: Callable[[uuid.UUID], object], *states: str) -> bool:
        """Do it; False if it was refused, as it must be where their state does not fit."""
        if person.gone or person.state not in states:
            with refused(Missing if person.gone else Conflict):
                verb(person.id)
            return False
        with transaction():
            verb(person.id)
        self.seen[verb.__name__] += 1
        return True

    def offer_id(self, person: Person) -> uuid.UUID:
        """The latest one, or one just like it: two that ended alike in the same minute are refused alike."""
        assert person.offer is not None
        return db.session.scalars(
            sa.select(offers.Offer.id).where(
                offers.Offer.registration_id == person.id,
                offers.Offer.state == person.offer.state,
                offers.Offer.held_until == person.offer.until,
            )
        ).first()  # type: ignore[return-value]
