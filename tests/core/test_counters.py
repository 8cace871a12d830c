"""Counters in shared memory: processes count together, counters end, and a full table makes room."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from scheduler.core import counters
from scheduler.core.counters import SharedMemoryStorage

EACH, PROCESSES = 2_000, 4


@pytest.fixture
def storage() -> Iterator[SharedMemoryStorage]:
    made = storage_from_string("shared://")
    assert isinstance(made, SharedMemoryStorage)
    yield made
    made.close()


def test_processes_and_threads_count_together(storage: SharedMemoryStorage) -> None:
    """Without the lock they overwrite each other's counts: 4 processes were seen to lose a third."""
    fork = multiprocessing.get_context("fork")
    crowd = [fork.Process(target=count, args=(storage,)) for _ in range(PROCESSES)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert storage.get("door") == EACH * PROCESSES


def count(storage: SharedMemoryStorage) -> None:
    for _ in range(EACH):
        storage.incr("door", 60)


def test_a_counter_ends(storage: SharedMemoryStorage, at: Callable[..., datetime]) -> None:
    began = at("2026-12-01 10:00")
    assert [storage.incr("a", 60), storage.incr("a", 60, 2), storage.incr("b", 5)] == [1, 3, 1]
    assert storage.get_expiry("a") == began.timestamp() + 60
    at("2026-12-01 10:00:59")
    assert (storage.get("a"), storage.get("b")) == (3, 0)
    at("2026-12-01 10:01:00")
    assert (storage.get("a"), storage.incr("a", 60)) == (0, 1)


def test_what_is_cleared_is_forgotten(storage: SharedMemoryStorage) -> None:
    for name in "abc":
        storage.incr(name, 60)
    storage.clear("a")
    storage.clear("unknown")
    assert [storage.get(name) for name in "abc"] == [0, 1, 1]
    assert storage.reset() == 2 and storage.get("b") == 0 and storage.check()


def test_where_all_places_are_taken_the_first_to_end_makes_room(
    storage: SharedMemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "ROOM", 4)
    for number in range(4):
        storage.incr(f"name {number}", 60 + number)
    storage.incr("one more", 100)
    assert [storage.get(f"name {number}") for number in range(4)] == [0, 1, 1, 1]
    assert storage.get("one more") == 1


def test_limits_hold_with_it(storage: SharedMemoryStorage) -> None:
    limiter, rate = FixedWindowRateLimiter(storage), parse("3 per minute")
    assert [limiter.hit(rate, "somebody") for _ in range(5)] == [True, True, True, False, False]
    assert limiter.test(rate, "somebody else")
    assert limiter.get_window_stats(rate, "somebody").remaining == 0
