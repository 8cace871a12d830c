"""Each measure once. Each returns a row's raw figures; bench.rounds repeats and interleaves them."""

from __future__ import annotations

import gzip
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scheduler import serve

from . import crowd, flood, floor, watch
from .house import POSTGRESQL, ROOT, SQLITE, House, free_port, wait_until_lit

BROWSER = ("Accept-Encoding: gzip, deflate, br",)
CONNECTIONS = 64


@dataclass(frozen=True)
class Size:
    """How much is done. `small` is for seeing that everything works."""

    seconds: float = 4.0
    events: int = 200
    many_events: int = 20_000
    people: int = 600
    crowd: int = 300
    seats: int = 50
    letters: int = 3_000
    rounds: int = 3

    @classmethod
    def small(cls) -> Size:
        return cls(seconds=0.2, events=20, many_events=60, people=12, crowd=12, seats=5, letters=12, rounds=1)


@contextmanager
def hello(octets: int) -> Iterator[tuple[int, int]]:
    """A bare Flask hello of so many octets: its process and its port."""
    port = free_port()
    words = [sys.executable, "-m", "bench.hello", str(port), str(serve.SEVERAL), str(octets)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            time.sleep(0.05)
            try:
                flood.run(port, 1, 0.01, "/")
                break
            except subprocess.CalledProcessError:
                continue
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(20)


def addresses(slug: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What is flooded: the name of the row, the address, and the headers."""
    return {
        "event list": ("/en/", BROWSER),
        "event page": (f"/en/events/{slug}", BROWSER),
        "full feed": ("/calendar.ics", BROWSER),
    }


def tag(port: int, path: str) -> str:
    """What a reader sends who has the answer already."""
    answer = one(port, path)
    found = re.search(rb"\r\netag: ([^\r]+)", answer, re.IGNORECASE)
    assert found, "the answer has no tag"
    return found[1].decode()


def one(port: int, path: str, headers: tuple[str, ...] = BROWSER) -> bytes:
    """One whole answer."""
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        line.sendall(flood.request(port, path, headers))
        return flood.whole(line)


def registrations(house: House, slug: str, size: Size, at_once: int) -> crowd.Crowd:
    """People who keep a place, so many at once, each with all of form, button and own page."""
    return crowd.run(house.port, slug, size.people, at_once)


def bare_transactions(house: House, size: Size, at_once: int) -> float:
    """The floor under registrations, on the same disk and the same server."""
    if house.kind == POSTGRESQL:
        return floor.postgresql(house.address, size.seconds / 2, at_once)
    with tempfile.TemporaryDirectory(dir=house.folder) as folder:
        return floor.sqlite(Path(folder), size.seconds / 2, at_once)


def letters(house: House, size: Size, workers: int) -> tuple[int, float, float]:
    """Letters written beforehand, delivered by so many workers: how many, the seconds from first to last, and those
    of the processor."""
    written = house.inside("write_letters", str(size.letters))
    with ExitStack() as stack:
        sink = subprocess.Popen([sys.executable, "-m", "bench.sink"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        stack.callback(sink.kill)
        assert sink.stdout is not None
        port = sink.stdout.readline().strip()
        settings = {"SCHEDULER_MAIL_SERVER": "127.0.0.1", "SCHEDULER_MAIL_PORT": port}
        found = [stack.enter_context(house.running("worker", **settings)) for _ in range(workers)]
        moments = [float(sink.stdout.readline().split()[1]) for _ in range(written)]
        spent = watch.spent(*found)
    assert house.inside("letters_left") == 0, "a letter was taken and is still in the outbox"
    return written, moments[-1] - moments[0], spent


def cold_start(house: House, mail_port: int) -> tuple[float, int]:
    """Seconds from the command to the first page, and the memory of web and worker then."""
    settings = {"SCHEDULER_MAIL_SERVER": "127.0.0.1", "SCHEDULER_MAIL_PORT": str(mail_port)}
    began = time.perf_counter()
    with house.running("serve", **settings) as process:
        wait_until_lit(house.port)
        return time.perf_counter() - began, watch.memory(process)


def first_visit(port: int) -> int:
    """Octets on the wire of the first page with all that it links to, as a browser loads it."""
    page = one(port, "/en/")
    whole = one(port, "/en/", ("Accept-Encoding: gzip",))
    words = gzip.decompress(whole.partition(b"\r\n\r\n")[2]).decode()
    linked = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', words))
    return len(page) + sum(len(one(port, path)) for path in linked)


def install() -> tuple[int, int]:
    """Octets and packages that `make run` brings into a fresh environment, with what its first start compiles."""
    house = House(SQLITE)
    with tempfile.TemporaryDirectory() as folder, closing(house):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python, before = f"{folder}/bin/python", _octets(folder)
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        wanted = ["install", "-qq", "--no-compile", "--require-hashes", "-r", str(ROOT / "requirements.txt")]
        subprocess.run([*pip, *wanted], check=True)
        start = [python, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        subprocess.run(start, check=True, cwd=ROOT, env=house.environ, capture_output=True)
        listed = subprocess.run([*pip, "list", "--format=freeze"], check=True, capture_output=True, text=True)
        packages = [row for row in listed.stdout.split() if not row.startswith(("pip=", "setuptools="))]
        return _octets(folder) - before, len(packages)


def _octets(folder: str) -> int:
    return sum(path.lstat().st_blocks * 512 for path in Path(folder).rglob("*") if not path.is_symlink())
