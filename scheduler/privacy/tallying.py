"""What is counted before a date's names go, so that no number ever leads back to one of them."""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from ..core import keyring
from ..core.extensions import db
from ..models import registration as states
from ..models import tally as counts
from ..models.event import Occurrence, Slot
from ..models.message import CALL, Message
from ..models.registration import Registration
from ..models.tally import FEWEST, Tally
from ..registrations.walking_in import WALK_IN

CAME, DID_NOT_COME, CALLED_OFF = "came", "did_not_come", "called_off"
NOT_CONFIRMED, WAITED, GAVE_BACK = "not_confirmed", "waited", "gave_back"
NOBODY_LOOKED = "nobody_looked"
"""Had a place on a date that is only online, where there is no door."""
PLACES, PEOPLE_CAME, CHILD_CARE = "places", "people_came", "child_care"

ADDS_UP = (counts.OUTCOME, counts.SPOKEN, counts.SOURCE)
"""Each place is counted exactly once in these, so their cells could be taken from a total.

Sizes of groups are not counted: with the number of people who came they would tell how many came alone.
"""

Cells = Mapping[str, int]
Told = dict[str, int | None]


def tally(occurrence: Occurrence) -> list[Tally]:
    """The rows that stay. The occurrence must be locked."""
    places = list(db.session.scalars(sa.select(Registration).where(Registration.occurrence_id == occurrence.id)))
    rows = kept(_counted(occurrence, places), _heads(places) + _came_and_erased(occurrence, places))
    return [
        Tally(id=uuid.uuid4(), occurrence_id=occurrence.id, dimension=dimension, value=value, count=count)
        for dimension, cells in rows.items()
        for value, count in cells.items()
    ]


def kept(counted: Mapping[str, Cells], heads: int) -> dict[str, Told]:
    """All numbers of one date as they may be kept, looked at together. `heads`: how many people came."""
    places = sum(counted[counts.OUTCOME].values())
    if not places:
        return {}
    ends = told(counted[counts.OUTCOME], adds_up=True)
    came = ends.get(CAME)
    # Who walks in has come: beside a hidden count of those who came, that of walk-ins would be its lower bound.
    hide = frozenset[str]() if came else frozenset({WALK_IN})
    rows = {name: told(cells, adds_up=name in ADDS_UP, hide=hide) for name, cells in counted.items()}
    return {**rows, counts.OUTCOME: ends, counts.TOTAL: _totals(places, heads, came)}


def told(cells: Cells, *, adds_up: bool, hide: frozenset[str] = frozenset()) -> Told:
    """The cells as they may be kept: None where a number is under five, in `hide`, or would give away one that is.

    Where cells add up to a total that may be known, others are hidden too, chosen by chance, until each hidden one
    could be anything from one to four. Where even all of them together are too few for that, nothing is kept.
    """
    filled = {value: count for value, count in cells.items() if count > 0}
    hidden = {value for value, count in filled.items() if count < FEWEST or value in hide}
    while adds_up and hidden and not _could_be_any(filled, hidden):
        open_cells = sorted(filled.keys() - hidden)
        if not open_cells:
            return {}
        hidden.add(secrets.choice(open_cells))
    return {value: None if value in hidden else count for value, count in filled.items()}


def _could_be_any(cells: Cells, hidden: set[str]) -> bool:
    """True if the sum of the hidden cells, which may be known, leaves one to four open for each of them."""
    spare = sum(cells[value] for value in hidden) - len(hidden)
    return len(hidden) > 1 and spare >= FEWEST - 2


def _came_and_erased(occurrence: Occurrence, places: Sequence[Registration]) -> int:
    """People who came and had themselves erased since: their seats are still counted, and nothing else is left."""
    query = sa.select(sa.func.coalesce(sa.func.sum(Slot.seats_taken), 0)).where(Slot.occurrence_id == occurrence.id)
    known = sum(place.party for place in places if place.state in states.COUNTED and not place.is_gone())
    return max(0, int(db.session.scalar(query) or 0) - known)


def _totals(places: int, heads: int, came: int | None) -> Told:
    """Both rounded. Where it is not told how many places came, the people who came would give it away."""
    return {PLACES: counts.rough(places), PEOPLE_CAME: counts.rough(heads) if came else None}


def _heads(places: Sequence[Registration]) -> int:
    """People who came and are still in the list."""
    return sum(place.arrived or place.party for place in places if _came(place) and not place.is_gone())


def _counted(occurrence: Occurrence, places: Sequence[Registration]) -> dict[str, Counter[str]]:
    calls = sa.select(Message.outcome).where(
        Message.occurrence_id == occurrence.id,
        Message.channel == CALL,
        Message.outcome.is_not(None),
        Message.outcome_at.is_not(None),
    )
    return {
        counts.OUTCOME: Counter(_outcomes(occurrence, places)),
        counts.SPOKEN: Counter(place.spoken for place in places),
        counts.SOURCE: Counter(place.source for place in places),
        counts.NEEDS: Counter(need for place in places for need in _needs(place)),
        counts.CALLS: Counter(str(outcome) for outcome in db.session.scalars(calls)),
    }


def _came(place: Registration) -> bool:
    return place.state == states.CHECKED_IN or place.arrived > 0


def _outcomes(occurrence: Occurrence, places: Sequence[Registration]) -> Iterator[str]:
    has_door = not occurrence.is_only_online or any(map(_came, places))
    for place in places:
        if _came(place):
            yield CAME
        elif place.state == states.CANCELLED:
            yield GAVE_BACK
        elif occurrence.is_cancelled:
            yield CALLED_OFF
        elif place.state in (states.WAITLISTED, states.OFFERED):
            yield WAITED
        elif place.state == states.HELD:
            yield NOT_CONFIRMED
        else:
            yield DID_NOT_COME if has_door else NOBODY_LOOKED


def _needs(place: Registration) -> Iterator[str]:
    """What helped them. A seal that no longer opens, as in a restored copy, stops no purge."""
    if place.children:
        yield CHILD_CARE
    try:
        yield from place.needs
    except (keyring.KeyIsGone, InvalidTag):
        return
