"""Letters by the dozen, and how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType

import sqlalchemy as sa

from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models.message import SENT, WAITING, Message


def write_letters(world: ModuleType, count: int) -> list[str]:
    """So many people keep a place; their addresses."""
    people = [f"person{number}@post.example" for number in range(count)]
    with transaction():
        posted = world.workshop(seats=count)
    for batch in range(0, count, 100):
        with transaction():
            for address in people[batch : batch + 100]:
                world.attends(posted, contact=address)
    return people


def not_sent() -> int:
    """How many letters have not gone."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Message).where(Message.state != SENT)) or 0


def let_leases_end() -> None:
    """As if the two minutes had passed for which a dead worker's letters stay in its hands."""
    _all_waiting(lease_until=clock.now())


def let_pauses_end() -> None:
    """As if the minutes had passed until the next try."""
    _all_waiting(next_try_at=clock.now())


def _all_waiting(**values: object) -> None:
    free = sa.select(Message.id).where(Message.state == WAITING).with_for_update(skip_locked=True)
    with transaction():
        db.session.execute(
            sa.update(Message).where(Message.id.in_(free)).values(**values).execution_options(synchronize_session=False)
        )


def wait_until(reached: Callable[[], bool], what: str, longest: float = 60.0) -> None:
    """Look again and again, but not for ever."""
    deadline = time.monotonic() + longest
    while not reached():
        assert time.monotonic() < deadline, f"{what}: not within {longest:.0f} s"
        time.sleep(0.02)
