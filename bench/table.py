"""The rows as people read them: figure, goal, and whether it was reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Rows = dict[tuple[str, str], dict[str, Any]]
PAGES = ("event list", "event page", "full feed", "304")


@dataclass(frozen=True)
class Goal:
    """`reached` takes the figure."""

    words: str
    reached: Callable[[float], bool]


GOALS = {
    "registrations, 8 at once": Goal("≥ 300", lambda found: found >= 300),
    "registrations, 32 at once": Goal("≥ 300", lambda found: found >= 300),
    "slowest answer": Goal("≤ 2", lambda found: found <= 2),
    "places given": Goal("exactly 50", lambda found: found == 50),
    "letters, 2 workers": Goal("≥ 500", lambda found: found >= 500),
    "memory of web and worker after load": Goal("≤ 250", lambda found: found <= 250),
    "cold start to the first page": Goal("≤ 1.5", lambda found: found <= 1.5),
    "first visit": Goal("≤ 20", lambda found: found <= 20),
    "packages installed": Goal("≤ 50", lambda found: found <= 50),
    "install": Goal("≤ 150", lambda found: found <= 150),
    "statements for the list, cold": Goal("≤ 6", lambda found: found <= 6),
    "statements for the list, warm": Goal("1", lambda found: found <= 1),
}
RATIO = Goal("≥ 2", lambda found: found >= 2)
HALF = Goal("≥ 0.5", lambda found: found >= 0.5)


def with_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows, and those that compare two of them."""
    named: Rows = {(row["database"], row["name"]): row for row in rows}
    found = list(rows)
    for database in dict.fromkeys(row["database"] for row in rows):
        pairs = [(f"{page} to hello", page, f"hello like the {page}") for page in PAGES]
        pairs.append(
            ("registrations to bare transactions", "registrations, 32 at once", "bare transactions, 32 at once")
        )
        for name, above, below in pairs:
            over, under = named.get((database, above)), named.get((database, below))
            if over and under and over["value"] and under["value"]:
                quiet = min(over["quiet_runs"], under["quiet_runs"])
                found.append({"name": name, "unit": "ratio", "database": database, "quiet_runs": quiet, "runs": []})
                found[-1]["value"] = over["value"] / under["value"]
    return found


def goal_of(name: str) -> Goal | None:
    if name.endswith("to hello"):
        return RATIO
    if name == "registrations to bare transactions":
        return HALF
    return next((goal for words, goal in GOALS.items() if words in name), None)


def drawn(rows: list[dict[str, Any]]) -> str:
    """A table in plain text, which Markdown reads too."""
    lines = ["| database | what | figure | | CPU ms each | goal | |", "|---|---|---:|---|---:|---|---|"]
    for row in rows:
        value, goal = row["value"], goal_of(row["name"])
        cpu = row.get("cpu_ms")
        marks = ["" if goal is None else "reached" if goal.reached(value) else "not yet"]
        if row["runs"] and not row["quiet_runs"]:
            marks.append("(others had the machine)")
        cells = [row["database"], row["name"], _short(value), row["unit"], _short(cpu) if cpu else ""]
        lines.append(f"| {' | '.join([*cells, goal.words if goal else '', ' '.join(marks).strip()])} |")
    return "\n".join(lines)


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
