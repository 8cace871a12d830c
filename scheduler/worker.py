"""Worker: everything that falls due by itself, one round or forever."""

from __future__ import annotations

import logging
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from flask import Flask

from . import checkin, events, postman, privacy, registrations, reminders, trainings, waitlist
from .core import keyring
from .core.extensions import db, fold_log, transaction
from .models.tally import roughly

log = logging.getLogger(__name__)

CHORES: dict[str, Callable[[], int]] = {
    "reminders": reminders.write_due,
    "silent": events.ask_by_phone,
    "no-shows": checkin.mark_no_shows,
    "sessions": trainings.tell_over,
    "bookings": trainings.erase_due,
    "notes": privacy.forget_notes,
}
DATE_CHORES: dict[str, tuple[Callable[[], list[uuid.UUID]], Callable[[uuid.UUID], int]]] = {
    "holds": (registrations.dates_with_held, registrations.lapse_holds),
    "lapses": (waitlist.dates_with_lapses, waitlist.lapse_offers),
    "offers": (waitlist.dates_to_offer, waitlist.offer_due),
}
"""On which dates something is due, and what; each date in a transaction of its own, because it is locked."""
LONG_CHORES: dict[str, Callable[[], int]] = {
    "employers": trainings.tell_changes,
    "heartbeat": postman.beat,
    "purge": privacy.purge_due,
}
"""Those that open their transactions themselves."""
SECONDS_BETWEEN_CHORES = 60.0
SECONDS_OF_REST = 1.0
SECONDS_FOR_LAST_LETTERS = 300.0
"""So long erasing waits for letters that still go out: with the 55 minutes before, the hour that we promise."""


def tick(app: Flask) -> None:
    """One round of everything that is due."""
    with app.app_context():
        do_chores()
        while deliver():
            pass
        erase()


def forever(app: Flask, stop: threading.Event | None = None) -> None:
    """Round after round, until SIGTERM, SIGINT or `stop`; a letter in hand is finished first."""
    stop = stop or threading.Event()
    next_chores = time.monotonic()
    erase_by: float | None = None
    with _stopped_by_signals(stop):
        while not stop.is_set():
            with app.app_context():
                if (begun := time.monotonic()) >= next_chores:
                    next_chores = begun + SECONDS_BETWEEN_CHORES
                    erase_by = erase_by or begun + SECONDS_FOR_LAST_LETTERS
                    do_chores()
                delivered = deliver(stop.is_set)
                if erase_by and (not delivered or time.monotonic() >= erase_by):
                    erase_by = None
                    erase()
            if not delivered:
                stop.wait(SECONDS_OF_REST)


def do_chores() -> None:
    """Each in a transaction of its own: one that fails is tried again in the next round and stops nobody else."""
    for name, chore in CHORES.items():
        do(name, chore)
    for name, (dates, chore_of) in DATE_CHORES.items():
        do(name, partial(do_each, name, dates, chore_of), nullcontext)
    for name, chore in LONG_CHORES.items():
        do(name, chore, nullcontext)


def do_each(name: str, dates: Callable[[], list[uuid.UUID]], chore_of: Callable[[uuid.UUID], int]) -> int:
    """The same chore for each date where it is due: one that is busy is left for the next round; the rest go on."""
    for occurrence_id in dates():
        do(name, partial(chore_of, occurrence_id))
    return 0


def erase() -> None:
    """After the letters, which go with the people that they are for: first their last letter, then they."""
    do("erasures", privacy.erase_due)
    do("traces", _tidy, nullcontext)


def _tidy() -> int:
    """What was erased, emptied or sealed anew leaves the write-ahead log, and old keys leave the memory."""
    fold_log()
    keyring.current().forget()
    return 0


def do(name: str, chore: Callable[[], int], around: Callable[[], AbstractContextManager[None]] = transaction) -> None:
    """One chore. The log keeps a fault's name and kind, nothing personal, and no number that could lead to somebody."""
    try:
        with around():
            count = chore()
        if count:
            log.info("%s: %s", name, roughly(count))
    except Exception as error:
        db.session.rollback()
        log.error("%s failed: %s", name, type(error).__name__)


def deliver(stop: Callable[[], bool] = lambda: False) -> int:
    """One batch of letters; 0 if nothing was due, or nothing could be done."""
    try:
        return postman.deliver_due(stop)
    except Exception as error:
        db.session.rollback()
        log.error("delivery failed: %s", type(error).__name__)
        return 0


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """In the main thread of a process; a worker in another thread is stopped by its event only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
