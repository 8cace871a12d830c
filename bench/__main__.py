"""`make bench`, or `python -m bench --help`: measure, print a table, write JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from . import measures, rounds, table
from .house import POSTGRESQL, ROOT, SQLITE


def main() -> None:
    asked = _asked()
    size = measures.Size.small() if asked.small else measures.Size()
    rows = []
    for kind in asked.database:
        rows += [row.told() for row in rounds.on(kind, size, _say)]
    if asked.install:
        _say("install into a fresh environment")
        octets, packages = measures.install()
        rows += [_once("install", "MB", octets / 1e6), _once("packages installed", "", packages)]
    rows = table.with_ratios(rows)
    found = {"measured_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", "machine": _machine(), "rows": rows}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print(table.drawn(rows))
    print(f"\nAll figures: {asked.out}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--database", nargs="+", choices=(SQLITE, POSTGRESQL), default=[SQLITE, POSTGRESQL])
    parser.add_argument("--small", action="store_true", help="tiny numbers: only see that everything works")
    parser.add_argument("--install", action="store_true", help="also measure a fresh environment (needs the network)")
    parser.add_argument("--out", type=Path, default=ROOT / "instance" / "bench.json", help="where the JSON goes")
    return parser.parse_args()


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _once(name: str, unit: str, value: float) -> dict[str, object]:
    return {"name": name, "unit": unit, "database": "-", "value": value, "quiet_runs": 1, "runs": [{"value": value}]}


def _machine() -> dict[str, object]:
    return {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}


if __name__ == "__main__":
    main()
