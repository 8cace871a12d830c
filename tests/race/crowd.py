"""A crowd: people in processes of their own who all press the button at the same moment."""

from __future__ import annotations

import multiprocessing
import os
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier

from flask import Flask

from scheduler import create_app, registrations
from scheduler.core.extensions import transaction
from scheduler.registrations import Attendee

PROCESSES, THREADS = 4, 16
IMPATIENT = 10
"""Every tenth person presses twice."""

Keep = Callable[[uuid.UUID, Attendee, str], uuid.UUID]


@dataclass(frozen=True)
class Form:
    """What one person sends. The nonce belongs to the form that they were shown."""

    person: int
    nonce: str


@dataclass(frozen=True)
class Answer:
    """What came back for a form: the place that was kept (in which words), or the name of what went wrong."""

    nonce: str
    place: uuid.UUID | None
    fault: str = ""
    words: str = ""


def forms(people: int) -> list[list[Form]]:
    """A share for each process. The forms of the impatient are in two shares, to be sent at the same time."""
    shares: list[list[Form]] = [[] for _ in range(PROCESSES)]
    for person in range(people):
        form = Form(person, uuid.uuid4().hex)
        shares[person % PROCESSES].append(form)
        if person % IMPATIENT == 0:
            shares[(person + 1) % PROCESSES].append(form)
    return shares


def keep(occurrence_id: uuid.UUID, attendee: Attendee, nonce: str) -> uuid.UUID:
    """As a page does it: the verb inside one transaction."""
    with transaction():
        return registrations.register(occurrence_id, None, attendee, nonce).id


def storm(environ: Mapping[str, str], occurrence_id: uuid.UUID, shares: list[list[Form]], keep: Keep) -> list[Answer]:
    """All forms at once, from so many processes with so many threads each; every answer that came."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(len(shares))
    with ProcessPoolExecutor(len(shares), context, initializer=_arrive, initargs=(dict(environ), gate)) as pool:
        sent = [pool.submit(_press, occurrence_id, share, keep) for share in shares]
        return [answer for one in sent for answer in one.result()]


_app: Flask
_gate: Barrier


def _arrive(environ: Mapping[str, str], gate: Barrier) -> None:
    global _app, _gate
    os.environ.update(environ)
    _app, _gate = create_app(), gate


def _press(occurrence_id: uuid.UUID, share: list[Form], keep: Keep) -> list[Answer]:
    _gate.wait(60)
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda form: _answer(occurrence_id, form, keep), share))


def _answer(occurrence_id: uuid.UUID, form: Form, keep: Keep) -> Answer:
    with _app.app_context():
        try:
            return Answer(form.nonce, keep(occurrence_id, attendee(form.person), form.nonce))
        except Exception as fault:
            return Answer(form.nonce, None, type(fault).__name__)


def attendee(person: int) -> Attendee:
    """Somebody of their own, with an address of their own."""
    return Attendee(
        name=f"Person {person}", contact_kind="email", contact=f"p{person}@post.example", language="en", spoken="en"
    )
