"""`serve`: one command, three processes, a greeting; and nothing is left when it ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from scheduler.serve import Shares

from ..ground.mail import free_port
from ..race import callers

ROOT = Path(__file__).resolve().parents[2]
LONGEST_START = 60.0

# One after the other, over one demo world.
pytestmark = pytest.mark.xdist_group("serve")


class Served:
    """A running `serve` with the demo world."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}
        own = {"SCHEDULER_DEMO": "1", "SCHEDULER_INSTANCE_DIR": str(folder), "PORT": str(self.port)}
        self.main = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "serve"],
            cwd=ROOT, env=kept | own, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_until(lambda: "Stop with Ctrl-C" in self.said)
        self.children = psutil.Process(self.main.pid).children(recursive=True)

    def _read(self) -> None:
        assert self.main.stdout is not None
        self.lines.extend(iter(self.main.stdout.readline, ""))

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def wait_until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST_START
        while not reached():
            assert time.monotonic() < deadline, f"not within {LONGEST_START:.0f} s:\n{self.said}"
            time.sleep(0.02)

    def end(self) -> str:
        """What it said, after it and all its children are gone."""
        self.main.wait(LONGEST_START)
        _, alive = psutil.wait_procs(self.children, timeout=5)
        for child in alive:
            child.kill()
        assert not alive, f"left behind: {alive}"
        self._reader.join(5)
        return self.said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo world is kept between the tests."""
    return tmp_path_factory.mktemp("serve")


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    running = Served(folder)
    yield running
    if running.main.poll() is None:
        running.main.kill()
        running.end()


def test_it_greets_answers_and_leaves_nothing_behind(served: Served, folder: Path) -> None:
    for words in (
        f"lit at {served.base}/",
        "lead@monarch-youth.example",
        "porchlight-demo-lead",
        f"{served.base}/mailbox",
    ):
        assert words in served.said
    with urllib.request.urlopen(f"{served.base}/en/") as page:
        assert page.status == 200
    lingering = socket.create_connection(("127.0.0.1", served.port))
    served.main.send_signal(signal.SIGINT)
    said = served.end()
    lingering.close()
    assert served.main.returncode == 0 and "Good night" in said and "Traceback" not in said, said
    again = Served(folder)
    assert "Building" not in again.said, "the world is built once"
    again.main.send_signal(signal.SIGTERM)
    assert "Traceback" not in again.end() and again.main.returncode == 0


def test_each_web_process_keeps_to_its_share_of_the_processors(served: Served) -> None:
    """With all its threads; letters and whoever else is there may work on any of them."""
    kept = []
    for child in served.children:
        of_threads = {frozenset(os.sched_getaffinity(thread.id)) for thread in child.threads()}
        assert len(of_threads) == 1, "all threads of a process keep to the same"
        kept += of_threads
    everywhere = os.sched_getaffinity(0)
    if len(everywhere) == 1:
        assert set(kept) == {frozenset(everywhere)}
    else:
        first, second = (share for share in kept if share != everywhere)
        assert first and second and first.isdisjoint(second) and first | second == everywhere


def test_where_the_system_forbids_it_nothing_is_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a sandbox of systemd may."""

    def forbidden(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    Shares(2).take()


@pytest.mark.parametrize(("processes", "kept"), [(1, ["0123"]), (2, ["02", "13"]), (3, ["03", "1", "2"])])
def test_how_processors_are_shared_out(monkeypatch: pytest.MonkeyPatch, processes: int, kept: list[str]) -> None:
    """Evenly, and a process that comes again takes a share of the same size."""
    taken: list[str] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1, 2, 3})
    monkeypatch.setattr(os, "sched_setaffinity", lambda _process, own: taken.append("".join(map(str, own))))
    shares = Shares(processes)
    for _ in range(processes + 1):
        shares.take()
    assert taken == [*kept, kept[0]]


def test_ctrl_c_reaches_everybody_in_a_terminal(served: Served) -> None:
    os.killpg(served.main.pid, signal.SIGINT)
    said = served.end()
    assert served.main.returncode == 0 and "Traceback" not in said and "unexpectedly" not in said, said


def test_a_dead_part_stops_the_whole_and_says_so(served: Served) -> None:
    served.children[0].kill()
    assert "mail worker ended unexpectedly" in served.end()
    assert served.main.returncode == 1


def test_children_do_not_outlive_a_killed_parent(served: Served) -> None:
    served.main.kill()
    served.end()


def test_nor_while_somebody_is_being_served(served: Served, folder: Path) -> None:
    """Whoever was told to end serves them first, and must not be told so often that it waits for ever."""
    line, path = callers.Line(served.port), "/en/events/daca-get-ready-gage-park/place"
    line.send(callers.get(path, served.port))
    fields = callers.FormReader(line.receive()[2].decode()).fields | {"name": "Ana", "contact_kind": "none"}
    turn = os.open(folder / "porchlight.sqlite-turn", os.O_RDWR)
    fcntl.flock(turn, fcntl.LOCK_EX)
    line.send(callers.post(path, served.port, fields))
    time.sleep(0.5)
    served.main.kill()
    time.sleep(4)
    os.close(turn)
    assert line.receive()[0] == 303
    served.end()


def test_a_taken_port_is_said_in_words(served: Served, folder: Path) -> None:
    own = {"SCHEDULER_DEMO": "1", "SCHEDULER_INSTANCE_DIR": str(folder), "PORT": str(served.port)}
    second = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "serve"],
        cwd=ROOT, env=os.environ | own, text=True, capture_output=True, timeout=20,
    )  # fmt: skip
    assert second.returncode == 1 and f"Port {served.port}" in second.stderr and "Traceback" not in second.stderr
    assert f"Set another, as in PORT={served.port + 1}." in second.stderr and "make" not in second.stderr
