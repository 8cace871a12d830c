"""Mail servers that refuse, drop and stall, and workers that die meanwhile, for a long time."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from types import ModuleType

import pytest
from flask import Flask

from scheduler import postman
from scheduler.core.extensions import mail

from ..ground.faulty import DRIP, DROP, STALL, FaultyServer
from .conftest import StartWorker
from .outbox import let_leases_end, let_pauses_end, not_sent, wait_until, write_letters

LETTERS, WORKERS, ROUNDS = 2000, 3, 4


class Moody(FaultyServer):
    """Drops after DATA, greylists, or closes, each for one letter in fifty."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(7)
        self.dropped = 0

    def _answer(self, talk: object, step: str, recipient: str = "") -> str:
        mood = self.chance.random()
        if step == "END" and mood < 0.02:
            self.dropped += 1
            raise ConnectionError
        if step == "RCPT" and mood < 0.02:
            self.faults = {f"RCPT {recipient}": "451 later"}
        elif step == "MAIL" and mood < 0.01:
            self.faults = {"MAIL": "421 closing"}
        else:
            self.faults = {}
        return super()._answer(talk, step, recipient)  # type: ignore[arg-type]


@pytest.mark.drill
def test_kills_and_moods(app: Flask, world: ModuleType, start_worker: StartWorker) -> None:
    server = Moody()
    people = write_letters(world, LETTERS)
    workers = [start_worker(server.port) for _ in range(WORKERS)]
    for number in range(ROUNDS):
        goal = (number + 1) * LETTERS // (ROUNDS + 2)
        wait_until(lambda goal=goal: len(server.taken) >= goal, "letters go on", 300)  # type: ignore[misc]
        for worker in workers:
            worker.kill()
            worker.wait()
        let_leases_end()
        workers = [start_worker(server.port) for _ in range(WORKERS)]

    def finished() -> bool:
        let_pauses_end()
        time.sleep(0.5)
        return not_sent() == 0

    wait_until(finished, "all letters go", 600)
    server.close()
    arrived = Counter(recipient for recipient, _ in server.taken)
    assert set(arrived) == set(people), "no letter is lost"
    assert sum(arrived.values()) - LETTERS <= server.dropped + ROUNDS * WORKERS
    ids: dict[str, set[bytes]] = {}
    for recipient, letter in server.taken:
        ids.setdefault(recipient, set()).update(re.findall(rb"^Message-ID: .*$", letter, re.M))
    assert {len(found) for found in ids.values()} == {1}, "a copy is the same letter"


@pytest.mark.drill
@pytest.mark.parametrize("fault", [STALL, DRIP, DROP])
@pytest.mark.parametrize("step", ["HELLO", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_no_worker_is_held_for_30_seconds(app: Flask, world: ModuleType, step: str, fault: str) -> None:
    server = FaultyServer({step: fault})
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port, MAIL_SUPPRESS_SEND=False)
    mail.init_app(app)
    write_letters(world, 1)
    began = time.monotonic()
    postman.deliver_due()
    assert time.monotonic() - began < 30
    server.close()
    assert not_sent() == 1
