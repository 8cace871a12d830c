"""No number that is kept leads back to one to four people, not even by taking the others from a total."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scheduler.privacy import told

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
