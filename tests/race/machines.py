"""Machines: the real `flask serve`, web and mail worker, on a port of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..ground.mail import Sink, free_port

ROOT = Path(__file__).resolve().parents[2]
LIT = "Stop with Ctrl-C"


@contextmanager
def lit(environ: Mapping[str, str], sink: Sink, count: int) -> Iterator[list[int]]:
    """So many machines on the same databases; gives their ports."""
    with ExitStack() as stack:
        yield [stack.enter_context(_machine(environ, sink)) for _ in range(count)]


@contextmanager
def _machine(environ: Mapping[str, str], sink: Sink) -> Iterator[int]:
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}
    own = {
        **environ,
        "PORT": str(port),
        "SCHEDULER_BASE_URL": f"http://127.0.0.1:{port}",
        "SCHEDULER_MAIL_SERVER": sink.host,
        "SCHEDULER_MAIL_PORT": str(sink.port),
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    machine = subprocess.Popen(
        command, cwd=ROOT, env=kept | own, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert machine.stdout is not None
    said = []
    try:
        for line in machine.stdout:
            said.append(line)
            if LIT in line:
                break
        else:
            raise AssertionError(f"it did not start:\n{''.join(said)}")
        yield port
    finally:
        machine.send_signal(signal.SIGTERM)
        rest, _ = machine.communicate(timeout=60)
        print("".join(said) + rest)
