"""Workers in processes of their own, to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Worker = subprocess.Popen[str]
StartWorker = Callable[[int], Worker]


@pytest.fixture
def start_worker(environ: Mapping[str, str]) -> Iterator[StartWorker]:
    """start_worker(port): a worker in a process of its own, that sends its mail to this port of loopback."""
    started: list[Worker] = []
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}

    def start(port: int) -> Worker:
        own = {**environ, "SCHEDULER_MAIL_SERVER": "127.0.0.1", "SCHEDULER_MAIL_PORT": str(port)}
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
        worker = subprocess.Popen(command, cwd=ROOT, env=kept | own, text=True, stderr=subprocess.DEVNULL)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        if worker.poll() is None:
            worker.kill()
        worker.wait()
