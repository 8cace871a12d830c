"""Machines: the real `flask serve`, web and mail worker, on a port of its own. They can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from ..ground.mail import Sink, free_port

ROOT = Path(__file__).resolve().parents[2]
LIT = "Stop with Ctrl-C"
LONGEST_STOP_SECONDS = 60


class Machine:
    """One `serve`, with its children in a group of its own. `said`: all that it wrote to the terminal."""

    def __init__(self, environ: Mapping[str, str], sink: Sink) -> None:
        self.port = free_port()
        self.said = ""
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")} | {
            **environ,
            "PORT": str(self.port),
            "SCHEDULER_BASE_URL": f"http://127.0.0.1:{self.port}",
            "SCHEDULER_MAIL_SERVER": sink.host,
            "SCHEDULER_MAIL_PORT": str(sink.port),
        }

    def start(self) -> None:
        """Returns when it answers."""
        self._main = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "serve"],
            cwd=ROOT,
            env=self._environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._main.stdout is not None
        for line in self._main.stdout:
            self.said += line
            if LIT in line:
                return
        raise AssertionError(f"it did not start:\n{self.said}")

    def kill(self) -> None:
        """As if somebody had pulled the plug: web and worker have no time for anything."""
        children = psutil.Process(self._main.pid).children(recursive=True)
        os.killpg(self._main.pid, signal.SIGKILL)
        # The web processes follow their parent, each in its own moment; until then they hold the port.
        psutil.wait_procs(children, timeout=LONGEST_STOP_SECONDS)
        self._main.communicate(timeout=LONGEST_STOP_SECONDS)

    def stop(self) -> None:
        """As an operator does it."""
        if self._main.poll() is None:
            self._main.send_signal(signal.SIGTERM)
        try:
            self.said += self._main.communicate(timeout=LONGEST_STOP_SECONDS)[0]
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        print(self.said)


@contextmanager
def lit(environ: Mapping[str, str], sink: Sink, count: int) -> Iterator[list[Machine]]:
    """So many machines on the same databases."""
    with ExitStack() as stack:
        machines = [Machine(environ, sink) for _ in range(count)]
        for machine in machines:
            machine.start()
            stack.callback(machine.stop)
        yield machines
