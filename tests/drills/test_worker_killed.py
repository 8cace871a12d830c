"""A worker is killed while the mail server holds its letter: none is lost, and a second copy is the same letter."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from ..ground.mail import Sink
from .conftest import StartWorker
from .outbox import let_leases_end, not_sent, wait_until, write_letters

LETTERS, KILLED_AFTER = 40, 12


class SlowSink(Sink):
    """Has the whole letter for a moment before it says so: the moment in which a kill hurts."""

    async def handle_DATA(self, *asked: Any) -> str:
        answer = await super().handle_DATA(*asked)
        await asyncio.sleep(0.03)
        return answer


@pytest.fixture
def sink(app: Flask) -> Iterator[SlowSink]:
    found = SlowSink()
    yield found
    found.close()


def test_kill_minus_9(world: ModuleType, sink: SlowSink, start_worker: StartWorker) -> None:
    people = write_letters(world, LETTERS)

    first = start_worker(sink.port)
    wait_until(lambda: len(sink.deliveries) >= KILLED_AFTER, "the first worker delivers")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not_sent() > 0, "it was killed in the middle of its work"

    let_leases_end()
    second = start_worker(sink.port)
    wait_until(lambda: not_sent() == 0, "the second worker finishes")
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0, "a worker that is asked to stop ends well"

    arrived = Counter(delivery.recipients[0] for delivery in sink.deliveries)
    assert set(arrived) == set(people), "no letter is lost"
    assert sum(arrived.values()) <= LETTERS + 1, "one kill costs one copy at most"
    for address in people:
        assert len({letter["Message-ID"] for letter in sink.to(address)}) == 1, "a copy is the same letter"
