"""Drill B1: the web is killed while people register. Who got no answer presses again, and nobody gets two places."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler.core.extensions import db, transaction
from scheduler.models.event import Occurrence

from ..ground.mail import Sink
from ..race import callers, machines
from ..race.promises import broken, heard

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crowds")]

PLACES, KILLS = 100, 3


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


@pytest.mark.parametrize("people", [400, pytest.param(10_000, marks=pytest.mark.drill)])
def test_kill_minus_9(app: Flask, environ: Mapping[str, str], world: ModuleType, sink: Sink, people: int) -> None:
    """As many places as forms, and every place that was promised exists."""
    with transaction():
        posted = world.workshop(seats=PLACES)
    path = f"/en/events/{posted.slug}/place"
    with machines.lit(environ, sink, 1) as [machine], ThreadPoolExecutor(1) as outside:
        storm = outside.submit(callers.storm, path, [machine.port], people, stubborn=True)
        for kill in range(1, KILLS + 1):
            while kept(posted.occurrence_id) < people * kill // (KILLS + 1) and not storm.done():
                time.sleep(0.01)
            machine.kill()
            machine.start()
        said = storm.result()
    assert sum(one.tries for one in said) > len(said), "the kills hit nobody"
    assert broken(posted.occurrence_id, people, heard(said)) == {}


def kept(occurrence_id: uuid.UUID) -> int:
    """How many places, in the room or in line, have been given so far."""
    db.session.rollback()
    return db.session.scalar(sa.select(Occurrence.last_number).where(Occurrence.id == occurrence_id)) or 0
