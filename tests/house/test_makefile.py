"""The demo world has a folder of its own, and `make clean` takes nothing that somebody may miss."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .tree import ROOT

REAL = ("porchlight.sqlite", "keyring.sqlite", "master-key", "secret-key", "bench.json")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with our Makefile, a real installation, a demo world, and a flask that says where it would work."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in (
        "requirements.txt",
        ".venv/bin/python",
        *(f"instance/{name}" for name in REAL),
        "instance/demo/master-key",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("scheduler", "tests", "bench", "migrations"):
        (tmp_path / name).mkdir()
    (tmp_path / ".venv" / "ready").touch()
    flask = tmp_path / ".venv" / "bin" / "flask"
    flask.write_text('#!/bin/sh\necho "$SCHEDULER_DEMO $SCHEDULER_INSTANCE_DIR $PORT $@"\n')
    flask.chmod(0o755)
    return tmp_path


def make(checkout: Path, *asked: str, **settings: str) -> str:
    """What `make` says, without the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCHEDULER_", "MAKE", "PORT"))}
    done = subprocess.run(
        ["make", "--no-print-directory", *asked],
        cwd=checkout, env=kept | settings, text=True, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_clean_leaves_a_real_database_and_its_keys(checkout: Path) -> None:
    make(checkout, "clean")
    assert {path.name for path in (checkout / "instance").iterdir()} == set(REAL)
    assert not (checkout / ".venv").exists()


def test_the_demo_lives_where_clean_looks(checkout: Path) -> None:
    assert make(checkout, "run") == "1 instance/demo 8000 --app wsgi serve"


def test_a_folder_that_was_named_is_used(checkout: Path) -> None:
    said = make(checkout, "run", SCHEDULER_INSTANCE_DIR="/some where", PORT="8765")
    assert said == "1 /some where 8765 --app wsgi serve"
