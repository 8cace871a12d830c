"""Imports go down only: a room knows the floors below it, and nobody on its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from .tree import ROOT, imports, modules, room, where

FLOORS = [
    {"core.errors", "core.clock", "core.languages", "core.cursors"},
    {"core.keyfiles"},
    {"core.config", "core.logs", "core.tokens", "core.wording", "core.postoffice", "core.counters", "core.engines"},
    {"core.keyring"},
    {"core.extensions", "core.sealing"},
    {"models"},
    {"calendars"},
    {"letters"},
    {"seats", "outbox"},
    {"waitlist", "reminders", "accounts", "organizations", "postman", "audits"},
    {"registrations"},
    {"privacy", "rosters"},
    {"events", "checkin"},
    {"trainings"},
    {"worker"},
    {"forms"},
    {"web", "cli", "serve", "demo"},
    {"the roof"},
]
FORMS_MAY_KNOW = {"core.errors", "core.clock", "core.languages"}
OF_A_REQUEST = {"request", "session", "g", "current_user"}
FLOOR = {name: floor for floor, rooms in enumerate(FLOORS) for name in rooms}


def test_every_room_has_a_floor() -> None:
    homeless = {room(name) for name in modules()} - set(FLOOR) - {"core"}
    assert not homeless, f"give {sorted(homeless)} a place in FLOORS (and in docs/architecture.md), or move their code"


def test_imports_go_down_only() -> None:
    climbing = []
    for name, (path, _) in modules().items():
        here = room(name)
        for target, line in imports(name):
            there = room(target)
            if not target.startswith("scheduler.") or there == here or "core" in (here, there):
                continue
            if FLOOR[there] >= FLOOR[here] and not (here in {"cli", "serve"} and there in {"demo", "serve"}):
                climbing.append(f"{where(path, line)} imports {there}")
    assert not climbing, (
        "these imports climb, or knock at a neighbour's door:\n  " + "\n  ".join(climbing) + "\n"
        "Move the shared part to a floor below both, or hand the value in as an argument."
    )


def test_forms_know_no_database() -> None:
    for name, (path, _) in modules().items():
        if room(name) == "forms":
            for target, line in imports(name):
                if target.startswith("scheduler.") and room(target) != "forms":
                    assert room(target) in FORMS_MAY_KNOW, (
                        f"{where(path, line)}: a form is a shape. Hand choices in from the page instead of {target}."
                    )


def test_verbs_do_not_know_the_request() -> None:
    verbs = set().union(*FLOORS[4:14])
    for name, (path, tree) in modules().items():
        if room(name) in verbs:
            for taken, line in taken_from_a_request(tree):
                raise AssertionError(
                    f"{where(path, line)} takes {taken} from flask: hand the value in from the page instead"
                )


def taken_from_a_request(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What a module could learn about the request and who sends it, with line numbers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _is_flask(node.module or ""):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name in OF_A_REQUEST)
        elif isinstance(node, ast.Import):
            yield from (("everything", node.lineno) for alias in node.names if _is_flask(alias.name))


def _is_flask(module: str) -> bool:
    return module.split(".")[0] in {"flask", "flask_login"}


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("from flask import current_app, request", ["request"]),
        ("from flask import (\n    g,\n    session as kept,\n)", ["g", "session"]),
        ("from flask.globals import g", ["g"]),
        ("from flask_login import current_user", ["current_user"]),
        ("def verb():\n    import flask", ["everything"]),
        ("from flask import current_app", []),
    ],
)
def test_the_look_for_the_request_sees_it(line: str, taken: list[str]) -> None:
    assert [name for name, _ in taken_from_a_request(ast.parse(line))] == taken


def test_the_map_names_every_noun_and_all_of_the_ground() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text().split("```")[1]
    there = {name.split(".")[2] for name in modules() if name.startswith(("scheduler.models.", "scheduler.core."))}
    missing = sorted(there - set(re.findall(r"\w+", drawn)))
    assert not missing, f"docs/architecture.md says nothing of {missing}: add them to the rows of models and core"
