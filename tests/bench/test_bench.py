"""`make bench` with tiny numbers: every row is there, on both databases, and the table says what was reached."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import table, watch
from bench.rounds import Row
from scheduler.core.config import ROOT

NAMES = {
    "event list", "hello like the event list", "event list to hello", "event page", "event page to hello", "full feed",
    "full feed to hello", "304", "304 to hello", "memory of web and worker after load", "first visit",
    "registrations, 8 at once", "bare transactions, 8 at once", "registrations, 32 at once",
    "bare transactions, 32 at once", "registrations to bare transactions", "12 people for 5 places: slowest answer",
    "12 people for 5 places: places given", "cold start to the first page", "letters, 1 worker", "letters, 2 workers",
    "statements for the list, cold, 20 events", "statements for the list, warm, 20 events",
    "statements for the list, cold, 60 events", "statements for the list, warm, 60 events",
}  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.drill)])
def test_every_row_is_there(tmp_path: Path, database: str) -> None:
    found = tmp_path / "bench.json"
    words = [sys.executable, "-m", "bench", "--small", "--database", database, "--out", str(found)]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    rows = {row["name"]: row for row in json.loads(found.read_text())["rows"]}
    assert set(rows) >= NAMES
    assert all(row["value"] > 0 and row["database"] == database for row in rows.values())
    assert rows["12 people for 5 places: places given"]["value"] == 5
    assert rows["statements for the list, warm, 60 events"]["value"] == 1
    assert all(f"| {database} | {name} |" in ended.stdout for name in NAMES)
    assert str(ROOT) not in found.read_text(), "what is measured names no machine"


def test_the_median_is_that_of_quiet_runs() -> None:
    row = Row("anything", "per s", "sqlite")
    for value, others in ((100, 0.01), (1, watch.CROWDED), (80, 0.0), (90, 0.1)):
        row.add(value, watch.Meanwhile(others=others))
    assert row.median() == 90 and row.told()["quiet_runs"] == 3


def test_where_nothing_was_quiet_the_table_says_so() -> None:
    row = Row("letters, 2 workers", "letters/s", "sqlite")
    row.add(600, watch.Meanwhile(others=0.9))
    line = table.drawn([row.told()]).split("\n")[-1]
    assert "reached" in line and "others had the machine" in line


def test_a_ratio_is_of_the_same_database() -> None:
    rows = []
    for database, ours, theirs in (("sqlite", 900.0, 300.0), ("postgresql", 500.0, 400.0)):
        for name, value in (("304", ours), ("hello like the 304", theirs)):
            row = Row(name, "answers/s", database)
            row.add(value)
            rows.append(row.told())
    found = {row["database"]: row["value"] for row in table.with_ratios(rows) if row["name"] == "304 to hello"}
    assert found == {"sqlite": 3.0, "postgresql": 1.25}
