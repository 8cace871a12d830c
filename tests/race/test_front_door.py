"""Drill A1 through the front door: the real web server, the real form, raw sockets, 256 requests in flight.

SQLite serves from one machine with one web process; PostgreSQL from two machines, and the impatient press on both.
600 people are what two cores can serve in a test run; `make drills` lets 2,000 come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType

import pytest
from flask import Flask

from scheduler.core.extensions import db, transaction

from ..ground.mail import Sink
from . import callers, machines
from .promises import broken, heard

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]

PLACES = 100


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


@pytest.mark.parametrize("people", [600, pytest.param(2_000, marks=pytest.mark.drill)])
def test_a_crowd_at_the_door(
    app: Flask, environ: Mapping[str, str], world: ModuleType, sink: Sink, people: int
) -> None:
    """Everybody is answered with a page of their own; the first 100 have a place, the others a place in line."""
    with transaction():
        posted = world.workshop(seats=PLACES)
    count = 1 if db.engine.dialect.name == "sqlite" else 2
    with machines.lit(environ, sink, count) as running:
        said = callers.storm(f"/en/events/{posted.slug}/place", [machine.port for machine in running], people)
    assert len(said) == people + people // callers.IMPATIENT
    assert broken(posted.occurrence_id, people, heard(said)) == {}
    seconds = sorted(one.seconds for one in said)
    print(f"half of them waited {seconds[len(said) // 2]:.2f} s, the last {seconds[-1]:.2f} s")
