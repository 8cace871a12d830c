"""What the machine does meanwhile: processor time, memory, and whether somebody else had it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
CROWDED = 0.15
"""From this share of the machine in others' hands on, a run does not count."""


@dataclass
class Meanwhile:
    """`others`: the share of the machine that was not ours; `spent`: processor seconds of the watched tree."""

    others: float = 0.0
    spent: float = 0.0

    @property
    def quiet(self) -> bool:
        return self.others < CROWDED


def tree(*roots: int) -> set[int]:
    """These processes with all that descend from them."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        row = _row(folder)
        if row:
            children.setdefault(int(row[1]), []).append(int(folder.name))
    found, left = set(), [root for root in roots if root]
    while left:
        found.add(number := left.pop())
        left += children.get(number, [])
    return found


def _row(folder: Path) -> list[str]:
    """What follows a process's name in /proc/PID/stat: state, parent, …; empty if it has ended."""
    try:
        return (folder / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def spent(*roots: int) -> float:
    """Processor seconds of a tree so far, with those of children that have ended."""
    rows = (_row(Path(f"/proc/{number}")) for number in tree(*roots))
    return sum(sum(map(int, row[11:15])) for row in rows if row) / TICK


def _busy() -> float:
    """Processor seconds that the whole machine has spent."""
    fields = list(map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / TICK


@contextmanager
def watched(ours: tuple[int, ...], of: tuple[int, ...]) -> Iterator[Meanwhile]:
    """`ours`: roots of everything that we run, this process among them; `of`: roots whose time is counted."""
    found, began = Meanwhile(), time.perf_counter()
    busy, mine, counted = _busy(), spent(*ours), spent(*of)
    yield found
    machine = (time.perf_counter() - began) * (os.cpu_count() or 1)
    found.others = max(0.0, (_busy() - busy) - (spent(*ours) - mine)) / machine
    found.spent = spent(*of) - counted


def memory(*roots: int) -> int:
    """Octets in memory of a tree; what several share is counted once (PSS)."""
    octets = 0
    for number in tree(*roots):
        try:
            rows = Path(f"/proc/{number}/smaps_rollup").read_text().split("\n")
        except OSError:
            continue
        octets += sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:"))
    return octets
