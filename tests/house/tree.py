"""The source of the house, parsed once, for the guards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "scheduler"


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """Dotted name (`scheduler.core.clock`) to path and syntax tree."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = (path, ast.parse(path.read_text(), str(path)))
    return found


def imports(name: str) -> Iterator[tuple[str, int]]:
    """The modules of the house that `name` imports, with line numbers."""
    path, tree = modules()[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = ".".join(parts[: len(parts) - node.level + 1])
                base = f"{above}.{base}" if base else above
            for alias in node.names:
                target = f"{base}.{alias.name}"
                yield (target if target in modules() else base), node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno


def where(path: Path, line: int = 0) -> str:
    """`scheduler/seats.py:12`, for messages."""
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))


def room(name: str) -> str:
    """The room of a module: a folder in the package root is one room, but each module of core is its own."""
    parts = name.split(".")[1:]
    if not parts:
        return "the roof"
    return ".".join(parts[:2]) if parts[0] == "core" else parts[0]
