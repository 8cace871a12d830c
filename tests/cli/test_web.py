"""`web`: only the web, for one of several machines. It answers, tells nobody's mail, and ends when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping

import psutil
from flask import Flask

from ..ground.mail import free_port
from .test_commands import ROOT, call, flask


def test_it_answers_until_it_is_stopped(environ: Mapping[str, str]) -> None:
    port = str(free_port())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}
    web = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "web"], cwd=ROOT, env=kept | dict(environ) | {"PORT": port},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert web.stdout is not None
    said = web.stdout.readline()
    assert f"answers at 127.0.0.1:{port}" in said, said
    with urllib.request.urlopen(f"http://localhost:{port}/health") as answer:
        assert json.load(answer)["mail"] == "ok"
    children = psutil.Process(web.pid).children(recursive=True)
    web.terminate()
    rest, _ = web.communicate(timeout=30)
    assert web.returncode == 0 and rest == ""
    assert not psutil.wait_procs(children, timeout=5)[1], "nothing is left behind"


def test_several_processes_need_counters_that_they_share(environ: Mapping[str, str]) -> None:
    alone = dict(environ) | {"SCHEDULER_LIMITER_STORAGE_URL": "memory://"}
    refused = flask(alone, "web", "--processes", "2")
    assert refused.returncode == 1 and "SCHEDULER_LIMITER_STORAGE_URL" in refused.stderr


def test_help_says_how_many_processes_there_are(app: Flask) -> None:
    """On either database."""
    said = call(app, "web", "--help").output
    assert "two, or one where they cannot count" in said and "SQLite" not in said
