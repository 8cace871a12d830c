"""Steps that need the house's own verbs: `python -m bench.inside STEP …` prints one JSON value."""

from __future__ import annotations

import itertools
import json
import sys
import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from scheduler import create_app, outbox
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.demo import cast
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import CONFIRMATION, WAITING, Message
from scheduler.models.registration import Registration

LISTS = ("/en/", "/es/events?topic=legal&needs=free", "/en/events?page=3")


def post(app: Flask, slug: str, seats: str) -> str:
    """A workshop with so many seats; returns its slug."""
    with transaction():
        return cast.workshop(
            slug=slug, seats=int(seats), sensitive=True, starts_local=cast.a_day_ahead(40, "18:00")
        ).slug


def write_letters(app: Flask, count: str) -> int:
    """A confirmation for so many people, due now; returns how many were written."""
    with transaction():
        db.session.execute(sa.delete(Message))
        people = db.session.scalars(sa.select(Registration).limit(int(count))).all()
        for registration in people:
            outbox.enqueue(CONFIRMATION, registration)
    return len(people)


def letters_left(app: Flask) -> int:
    """How many are not sent yet."""
    waiting = sa.select(sa.func.count()).where(Message.state == WAITING).select_from(Message)
    return db.session.scalar(waiting) or 0


def statements(app: Flask) -> dict[str, Any]:
    """What a page of the list asks of the database: without the shelf's copy, and with it; and its time without."""
    said: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *words: said.append(words[2]))
    client, cold, warm, seconds = app.test_client(), [], [], []
    app.extensions["shelf"]._behind = 0
    for path in itertools.chain(LISTS[:1], LISTS):
        app.extensions["shelf"].clear()
        said.clear()
        began = time.perf_counter()
        answer = client.get(path, base_url=app.config["BASE_URL"])
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200
        cold.append(_asked(said))
        said.clear()
        client.get(path, base_url=app.config["BASE_URL"])
        warm.append(_asked(said))
    return {"cold": max(cold[1:]), "warm": max(warm[1:]), "seconds": max(seconds[1:])}


def _asked(said: list[str]) -> int:
    return sum(not statement.startswith(("BEGIN", "ROLLBACK")) for statement in said)


def soon(app: Flask) -> str:
    """The slug of an event of the large world whose page shows everything."""
    later = Occurrence.starts_at > clock.now() + timedelta(days=2)
    query = sa.select(Event.slug).join(Event.occurrences).where(later).order_by(Occurrence.starts_at, Event.slug)
    return str(db.session.scalar(query.limit(1)))


STEPS = {step.__name__: step for step in (post, write_letters, letters_left, statements, soon)}


if __name__ == "__main__":
    house = create_app()
    with house.app_context():
        sys.stdout.write("\n" + json.dumps(STEPS[sys.argv[1]](house, *sys.argv[2:])) + "\n")  # type: ignore[operator]
