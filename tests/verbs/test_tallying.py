"""No number that is kept leads back to one to four people, not even by taking the others from a total."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.models.tally import FEWEST, OUTCOME, SOURCE, TOTAL, rough
from scheduler.privacy import tallying, told

MOST_PLACES, MOST_HEADS = 15, 3
ENDS = ("came", "did_not_come", "not_confirmed")
Counted = Mapping[str, Mapping[str, int]]
CELLS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 30), max_size=8)


@given(CELLS)
def test_small_numbers_are_never_told(cells: dict[str, int]) -> None:
    for adds_up in (True, False):
        for count in told(cells, adds_up=adds_up).values():
            assert count is None or count >= 5


@given(CELLS)
def test_what_is_told_is_true(cells: dict[str, int]) -> None:
    for value, count in told(cells, adds_up=True).items():
        assert count in (None, cells[value]) and cells[value] > 0


@given(CELLS)
def test_a_known_total_leaves_one_to_four_open(cells: dict[str, int]) -> None:
    """Whoever knows the exact total and takes away all that is told still cannot tell any hidden count."""
    kept = told(cells, adds_up=True)
    hidden = [value for value, count in kept.items() if count is None]
    if not hidden:
        return
    rest = sum(cells.values()) - sum(count for count in kept.values() if count)
    others = len(hidden) - 1
    assert others and all(rest - guess >= others for guess in (1, 2, 3, 4))


def test_a_count_by_itself_needs_no_company() -> None:
    assert told({"step_free": 2, "reader": 6}, adds_up=False) == {"step_free": None, "reader": 6}


def test_where_hiding_cannot_help_nothing_is_kept() -> None:
    assert told({"es": 1, "en": 1}, adds_up=True) == {}


def test_another_hidden_count_is_chosen_by_chance() -> None:
    """If it were always the smallest one, its size could be guessed, and with it the count that it protects."""
    seen = {
        value
        for _ in range(200)
        for value, count in told({"pl": 2, "en": 20, "es": 30}, adds_up=True).items()
        if count is None
    }
    assert seen == {"pl", "en", "es"}


def splits(count: int, names: tuple[str, ...]) -> Iterator[dict[str, int]]:
    """Every way in which so many places fall into these cells."""
    for first in itertools.product(range(count + 1), repeat=len(names) - 1):
        if sum(first) <= count:
            yield dict(zip(names, (*first, count - sum(first)), strict=True))


def worlds() -> Iterator[tuple[Counted, int]]:
    """Every small date, with each number of people who may have come. Who walks in has come; some were erased since."""
    for count in range(1, MOST_PLACES + 1):
        for ends, ways in itertools.product(splits(count, ENDS), splits(count, ("web", "walk_in"))):
            if ways["walk_in"] <= ends["came"]:
                heads = range(ends["came"], ends["came"] * MOST_HEADS + 3, 4)
                yield from (({OUTCOME: ends, SOURCE: ways}, number) for number in heads)


def hidden_counts(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """For all that may be kept, whatever chance chooses, and each cell hidden in it: which counts it may stand for."""
    found = defaultdict(set)
    for choice, (counted, heads) in itertools.product((0, -1), worlds()):
        monkeypatch.setattr(tallying.secrets, "choice", lambda cells, choice=choice: cells[choice])
        rows = tallying.kept(counted, heads)
        whole = tuple((dimension, *sorted(cells.items())) for dimension, cells in sorted(rows.items()))
        for dimension, cells in rows.items():
            for value in (value for value, count in cells.items() if count is None and dimension != TOTAL):
                found[whole, dimension, value].add(counted[dimension][value])
    return [could_be for could_be in found.values() if min(could_be) < FEWEST]


def test_no_hidden_number_follows_from_all_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads everything, and knows how it is made, still has three numbers at least to choose from."""
    found = hidden_counts(monkeypatch)
    assert len(found) > 100 and min(len(could_be) for could_be in found) >= 3


def test_that_search_finds_what_a_total_gives_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The people who came used to be told beside a hidden count of the places that came."""
    monkeypatch.setattr(tallying, "_totals", lambda places, heads, _came: {"people_came": rough(heads)})
    assert min(len(could_be) for could_be in hidden_counts(monkeypatch)) == 1


def test_that_search_finds_what_the_door_gives_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "WALK_IN", "nothing is hidden with those who came")
    assert min(len(could_be) for could_be in hidden_counts(monkeypatch)) == 1


def test_fourteen_came_alone_and_one_stayed_away() -> None:
    rows = tallying.kept({OUTCOME: {"came": 13, "did_not_come": 1}, SOURCE: {"web": 14}}, 13)
    assert rows[TOTAL] == {"places": 15, "people_came": None}
    assert rows[OUTCOME] == {"came": None, "did_not_come": None}


def test_people_who_came_are_told_where_the_places_are() -> None:
    rows = tallying.kept({OUTCOME: {"came": 9, "did_not_come": 7}, SOURCE: {"web": 16}}, 15)
    assert rows[TOTAL] == {"places": 15, "people_came": 15}
