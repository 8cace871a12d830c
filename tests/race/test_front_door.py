"""Drill A1 through the front door: the real web server, the real form, raw sockets, 256 requests in flight.

SQLite serves from one machine with one web process; PostgreSQL from two machines, and the impatient press on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType

import pytest
from flask import Flask

from scheduler.core import tokens
from scheduler.core.extensions import db, transaction

from ..ground.mail import Sink
from . import callers, machines
from .crowd import Answer
from .promises import broken

pytestmark = pytest.mark.race

PLACES = 100
PATH = "/en/place/"


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


@pytest.mark.parametrize(
    "people",
    [
        600,
        pytest.param(2_000, marks=pytest.mark.drill),
    ],
)
def test_a_crowd_at_the_door(
    app: Flask, environ: Mapping[str, str], world: ModuleType, sink: Sink, people: int
) -> None:
    """Everybody is answered with a page of their own; the first 100 have a place, the others a place in line."""
    with transaction():
        posted = world.workshop(seats=PLACES)
    db.session.remove()
    count = 1 if db.engine.dialect.name == "sqlite" else 2
    with machines.lit(environ, sink, count) as ports:
        said = callers.storm(f"/en/events/{posted.slug}/place", ports, people)
    assert len(said) == people + people // callers.IMPATIENT
    assert broken(posted.occurrence_id, people, [answer(one) for one in said]) == {}
    seconds = sorted(one.seconds for one in said)
    print(f"half of them waited {seconds[len(said) // 2]:.2f} s, the last {seconds[-1]:.2f} s")


def answer(said: callers.Said) -> Answer:
    """Only a redirection to a place's own page is an answer; equal forms get equal ones."""
    token = said.location.removeprefix(PATH)
    if said.status != 303 or token == said.location:
        return Answer(said.nonce, None, f"{said.status} {said.location}")
    return Answer(said.nonce, tokens.row_of(token), words=said.location)
