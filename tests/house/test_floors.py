"""Imports go down only: a room knows the floors below it, and nobody on its own."""

from __future__ import annotations

import re

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
    for name, (path, _) in modules().items():
        if room(name) not in verbs:
            continue
        text = path.read_text()
        for word in ("import request", "request,", " session,", "current_user", "import g\n"):
            lines = [line for line in text.splitlines() if line.startswith("from flask") and word.strip(",") in line]
            assert not lines, f"{where(path)} takes {word.strip()} from flask: hand the value in from the page instead"


def test_the_map_names_every_noun_and_all_of_the_ground() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text().split("```")[1]
    there = {name.split(".")[2] for name in modules() if name.startswith(("scheduler.models.", "scheduler.core."))}
    missing = sorted(there - set(re.findall(r"\w+", drawn)))
    assert not missing, f"docs/architecture.md says nothing of {missing}: add them to the rows of models and core"
