"""What the house makes for itself is its owner's only, whatever the system usually allows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .test_commands import ROOT


def test_fresh_files_are_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "instance"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}
    own = {"SCHEDULER_DEMO": "1", "SCHEDULER_INSTANCE_DIR": str(folder)}
    for words in (["db", "upgrade"], ["tick"], ["doctor"]):
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT, env=kept | own, capture_output=True, timeout=60, umask=0o022,
        )  # fmt: skip
    made = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    assert {"porchlight.sqlite", "keyring.sqlite", "master-key", "secret-key"} <= set(made)
    assert made.pop("instance") == 0o700
    assert set(made.values()) == {0o600}, made
