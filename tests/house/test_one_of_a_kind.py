"""One commit, one clock, one mail door, one list of who may see what."""

from __future__ import annotations

import ast
import re

import pytest
from flask import Flask

from .tree import PACKAGE, ROOT, modules, where

READINGS = (
    r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.time(_ns)?\(|from time import\b.*\btime(_ns)?\b"
    r"|func\.now\(|utcnow|(?i:current_timestamp)"
)
BANNED = {"utils", "helpers", "manager", "handler", "service", "process", "data", "info"}


def found(pattern: str, *, but: tuple[str, ...] = ()) -> list[str]:
    rows = []
    for path, _ in modules().values():
        if path.relative_to(PACKAGE).as_posix() in but:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(pattern, line):
                rows.append(where(path, number))
    return rows


def test_one_commit() -> None:
    commits = found(r"\.commit\(")
    assert len(commits) == 1 and commits[0].startswith("scheduler/core/extensions.py"), (
        f"commit( stands in {commits}: open `with transaction():` at the edge, and let verbs flush"
    )


def test_one_clock() -> None:
    others = found(READINGS, but=("core/clock.py",))
    assert not others, f"{others} read a clock of their own: call clock.now(), which tests can set"


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("began = time.time()", True),
        ("began = time.time_ns()", True),
        ("from time import sleep, time", True),
        ("from time import time_ns as ticks", True),
        ("rows.where(Row.due_at <= sa.func.current_timestamp())", True),
        ('sa.text("SELECT CURRENT_TIMESTAMP")', True),
        ("on = date.today()", True),
        ("from datetime import time", False),
        ("from time import monotonic", False),
        ("ends = time.monotonic() + seconds", False),
    ],
)
def test_the_look_for_clocks_sees_them(line: str, reads: bool) -> None:
    assert bool(re.search(READINGS, line)) is reads


def test_one_mail_door() -> None:
    doors = {row.split(":")[0] for row in found(r"\bsmtplib\b")}
    assert all(door.startswith("scheduler/postman") for door in doors), (
        f"{doors}: letters leave through the postman only; write a row with outbox.enqueue()"
    )
    assert not found(r"\bmail\.send\(|\.send_message\(Message"), "Flask-Mail's send has no timeout: use the postman"


def test_only_seats_counts_seats() -> None:
    writers = found(r"seats_taken\s*[-+]?=[^=]|seats_taken=", but=("seats/counting.py", "models/event.py"))
    writers = [row for row in writers if not row.startswith("scheduler/demo")]
    assert not writers, f"{writers}: seats are counted in seats/counting.py only, behind the occurrence's lock"


def test_no_outbound_requests() -> None:
    assert not found(r"^\s*(import|from) (requests|httpx|urllib\.request|aiohttp)\b"), (
        "the server talks to SMTP and its databases only"
    )


def test_every_view_declares_its_access(app: Flask) -> None:
    for name, view in app.view_functions.items():
        assert hasattr(view, "access"), f"{name}: put @access.public/form/link/staff/… under its route decorator"


def test_files_and_functions_stay_small() -> None:
    long_files, long_functions = [], []
    for path, tree in modules().values():
        lines = len(path.read_text().splitlines())
        if lines > 250:
            long_files.append(f"{where(path)} ({lines})")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno + 1 > 40:
                long_functions.append(f"{where(path, node.lineno)} {node.name}")
    assert not long_files, f"{long_files}: split by purpose into a folder of the same name; no import changes"
    assert not long_functions, f"{long_functions}: name the steps and call them in order"


def test_plain_names() -> None:
    empty = sorted(name for name in modules() if says_nothing(name))
    assert not empty, f"{empty} say nothing: name a module, and a folder, after the noun or verb it holds"


def says_nothing(name: str) -> bool:
    """True if any part of a dotted name is one of the words that fit everything."""
    return not BANNED.isdisjoint(name.split("."))


def test_the_look_for_plain_names_sees_folders() -> None:
    assert says_nothing("scheduler.helpers.dates") and says_nothing("scheduler.core.utils")
    assert not says_nothing("scheduler.core.clock")


def test_nothing_is_left_for_later() -> None:
    marks = found(r"\b(TODO|FIXME|XXX)\b|NotImplementedError")
    assert not marks, f"{marks}: finish it or take it out"


def test_every_verb_and_noun_is_described() -> None:
    silent = [where(path) for path, tree in modules().values() if not ast.get_docstring(tree)]
    assert not silent, f"{silent}: begin with one line that says what the module is"


def test_no_vendored_files() -> None:
    for path in (ROOT / "static").rglob("*"):
        assert path.suffix not in {".woff", ".woff2", ".ttf", ".map"} and ".min." not in path.name, (
            f"{path.name}: fonts and libraries come from packages or not at all"
        )
