"""Drills A1 and A2: a crowd calls the verb from four processes with 64 threads, without a web server between.

This is the sharpest form of the race. `test_front_door.py` runs it through the real web server.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import pytest
from flask import Flask

from scheduler.core.extensions import db, transaction

from . import crowd, naive
from .promises import ANSWERS, SEATS, broken

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]

PEOPLE, PLACES = 2_000, 100
FEW = 400


def test_a_crowd_gets_exactly_the_places(app: Flask, environ: Mapping[str, str], world: ModuleType) -> None:
    """A1: 2,000 people and 200 replays for 100 places: the first 100 get them, the others stand in line."""
    with transaction():
        occurrence_id = world.workshop(seats=PLACES).occurrence_id
    answers = crowd.storm(environ, occurrence_id, crowd.forms(PEOPLE), crowd.keep)
    assert broken(occurrence_id, PEOPLE, answers) == {}


def test_a_naive_allocator_is_caught(app: Flask, environ: Mapping[str, str], world: ModuleType) -> None:
    """A2: the same checks fail when the lock is left out, on each database in its own way."""
    with transaction():
        occurrence_id = world.workshop(seats=PLACES).occurrence_id
    answers = crowd.storm(environ, occurrence_id, crowd.forms(FEW), naive.keep)
    found = broken(occurrence_id, FEW, answers)
    if db.engine.dialect.name == "postgresql":
        assert SEATS in found, "PostgreSQL lets two people count the same free place"
    else:
        assert "OperationalError" in found[ANSWERS], "SQLite refuses to turn an old reading into a write"
