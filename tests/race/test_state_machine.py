"""Drill A3: in whatever order things happen to a date, counters equal rows and nobody is passed over.

Hypothesis chooses the acts: register (alone, as a group, beyond four of one contact), send a form again, cancel,
erase, confirm, check in and undo it, take an offer or not (in time, twice, too late), promote, resize, take offers
back, change, walk in, let in, move, close and reopen, and let time pass: days and nights, holds and offers that
lapse, with and without a worker. `model.py` says what must follow.
"""

from __future__ import annotations

from collections import Counter
from types import ModuleType

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from scheduler.models.registration import CONFIRMED, HELD, OFFERED, WAITLISTED

from ..conftest import Clock
from .one_date import OneDate

pytestmark = pytest.mark.race

EVERYTHING = {
    CONFIRMED, HELD, WAITLISTED, OFFERED, "Refusal", "TimeTaken", "cancel", "erase", "reconfirm", "check_in",
    "undo_check_in", "accept", "too late", "stay", "go", "withdraw", "promote", "out of turn", "resize",
    "hold lapsed", "offer lapsed", "left the line", "change", "no change", "walk_in", "let_in", "move", "close",
    "reopen",
}  # fmt: skip


def live_through(world: ModuleType, at: Clock, *, lives: int, steps: int, same_each_time: bool) -> Counter[str]:
    """So many dates with so many acts each; returns how often each thing was seen."""
    OneDate.world, OneDate.at, OneDate.seen = world, at, Counter()
    run_state_machine_as_test(
        OneDate,
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            derandomize=same_each_time,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return +OneDate.seen


def test_counters_equal_rows(app: Flask, world: ModuleType, at: Clock) -> None:
    """At least 300 acts, the same ones each time."""
    seen = live_through(world, at, lives=110, steps=40, same_each_time=True)
    assert seen["steps"] >= 300 and not EVERYTHING - seen.keys(), (EVERYTHING - seen.keys(), seen)


@pytest.mark.drill
def test_counters_equal_rows_for_long(app: Flask, world: ModuleType, at: Clock) -> None:
    """At least 5,000 acts, other ones each time."""
    seen = live_through(world, at, lives=250, steps=40, same_each_time=False)
    assert seen["steps"] >= 5_000 and not EVERYTHING - seen.keys(), (EVERYTHING - seen.keys(), seen)
