"""Units, compose file and image start commands that exist, name settings that are read, and hold no secret."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from flask import Flask

from ..house.tree import PACKAGE, ROOT

DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").glob("*.*"))


def test_no_secret_stands_here() -> None:
    """Whatever is secret comes from a file that is named, and the names say so."""
    for path in FILES:
        for line in path.read_text().splitlines():
            assert not re.search(r"(password|secret|key|token)[\w-]*\s*[:=]\s*[\"']?[A-Za-z0-9+]{16,}", line, re.I), (
                path
            )
            assert not re.search(r"://\w+:[^@\s]+@", line), f"{path.name}: a password in an address"


def test_every_command_exists(app: Flask) -> None:
    said = "\n".join(path.read_text() for path in [*FILES, ROOT / "README.md", ROOT / "docs" / "operations.md"])
    called = set(re.findall(r"--app wsgi ([a-z][a-z-]+)", said))
    composed = set(re.findall(r'command: \["([a-z-]+)"', (DEPLOY / "compose" / "compose.yaml").read_text()))
    unknown = (called | composed) - set(app.cli.commands) - {"postgres", "valkey-server"}
    assert called >= {"serve", "web", "worker", "backup", "doctor"} and not unknown, unknown


def test_every_setting_is_read() -> None:
    known = (PACKAGE / "core" / "config.py").read_text()
    for path in FILES:
        for name in re.findall(r"SCHEDULER_([A-Z_]+?)(?:_FILE)?\b", path.read_text()):
            assert f'"{name}"' in known, f"{path.name} sets SCHEDULER_{name}, which nobody reads"


def test_the_image_holds_all_that_runs() -> None:
    said = (DEPLOY / "Containerfile").read_text()
    let_in = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (.+) \S+$", said, re.M):
        for name in source.split():
            assert (ROOT / name).exists() and f"!{name}" in let_in, name
    assert "USER 10001" in said and "--require-hashes" in said


def compose_asks(port: int) -> int:
    """What the health check of compose.yaml ends with, asking somebody at this port."""
    said = (DEPLOY / "compose" / "compose.yaml").read_text()
    (program,) = re.findall(r"- python\n\s+- -c\n\s+- >-\n(.+?)\n\s+interval:", said, re.S)
    program = " ".join(program.split()).replace("8000", str(port)).replace("timeout=8", "timeout=1")
    settings = {"SCHEDULER_BASE_URL": "https://porchlight.example"}
    return subprocess.run([sys.executable, "-c", program], env=settings, stderr=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("status", [200, 503])
def test_a_web_server_that_answers_for_its_health_is_well(status: int) -> None:
    """Letters that are late are no reason to call the web dead. It asks by the public name: no other is answered."""
    asked: list[tuple[str, str]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Host"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as web:
        threading.Thread(target=web.handle_request, daemon=True).start()
        assert compose_asks(web.server_port) == 0
    assert asked == [("/health", "porchlight.example")]


def test_a_web_server_that_takes_calls_and_says_nothing_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert compose_asks(silent.getsockname()[1]) != 0


def test_the_proxy_writes_no_address_down() -> None:
    """Without a word about logs, Caddy writes each failed request to its standard error: its address holds a link."""
    said = (DEPLOY / "compose" / "Caddyfile").read_text()
    everywhere, site = said.split("{$SITE} {")
    assert re.search(r"log \{\s+exclude .*http\.log\.error\b.*http\.handlers\.reverse_proxy\b", everywhere)
    assert not re.search(r"^\s*log\b", site, re.M)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.parametrize("unit", [path for path in UNITS if path.suffix != ".sysusers"], ids=lambda path: path.name)
def test_systemd_understands_the_units(unit: Path, tmp_path: Path) -> None:
    for path in UNITS:
        text = re.sub(r"/opt/porchlight/\S*(flask|backup\.sh)", "/bin/true", path.read_text())
        (tmp_path / path.name.replace("@.", "@1.")).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name.replace("@.", "@1."))],
        capture_output=True, text=True, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    ours = [line for line in checked.stderr.splitlines() if "porchlight" in line]
    assert not ours, ours


def test_commands_by_hand_use_the_database_of_the_units() -> None:
    """It stands in the settings that the docs write: who reads those by hand reads no unit."""
    said = (ROOT / "docs" / "operations.md").read_text()
    (settings,) = re.findall(r"cat > /etc/porchlight/settings <<'END'\n(.+?)\nEND\n", said, re.S)
    assert "SCHEDULER_INSTANCE_DIR=/var/lib/porchlight" in settings.splitlines()
    for unit in (path.read_text() for path in UNITS if path.suffix == ".service"):
        assert "EnvironmentFile=/etc/porchlight/settings" in unit and "StateDirectory=porchlight\n" in unit
        assert "Environment=SCHEDULER_INSTANCE_DIR=/var/lib/porchlight\n" in unit


@pytest.mark.parametrize("several", [False, True], ids=["one machine", "several"])
def test_a_command_by_hand_has_the_settings_and_not_the_rights_of_root(tmp_path: Path, several: bool) -> None:
    (tmp_path / "settings").write_text("SCHEDULER_INSTANCE_DIR=/somewhere\nSCHEDULER_SITE_NAME='A $1 door'\n")
    names = ["secret-key", "master-key", "database-url", "keyring-url"] if several else []
    for name in names:
        (tmp_path / name).write_text(f"the {name}\n")
    program = tmp_path / "runuser"
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"; echo; umask; env | grep ^SCHEDULER_\n')
    program.chmod(0o755)
    script = (DEPLOY / "porchlight.sh").read_text()
    script = script.replace("/etc/porchlight", str(tmp_path)).replace("/opt/porchlight", str(tmp_path))
    done = subprocess.run(
        ["sh", "-c", script, "porchlight", "staff", "list", "Lamplight House"],
        capture_output=True, text=True, check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip
    called, umask, *settings = done.stdout.splitlines()
    assert called == "-u|porchlight|--|.venv/bin/flask|--app|wsgi|staff|list|Lamplight House|" and umask == "0077"
    expected = ["SCHEDULER_INSTANCE_DIR=/somewhere", "SCHEDULER_SITE_NAME=A $1 door"]
    expected += [f"SCHEDULER_{name.upper().replace('-', '_')}=the {name}" for name in names]
    assert sorted(settings) == sorted(expected)


def test_compose_finds_its_settings_in_every_shell() -> None:
    """Cron has no shell in which somebody said them: what must be set stands in the file that Compose reads."""
    said = (ROOT / "docs" / "operations.md").read_text()
    (written,) = re.findall(r"cat > \.env <<'END'\n(.+?)\nEND\nchmod 600 \.env\n", said, re.S)
    needed = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose" / "compose.yaml").read_text()))
    assert needed and needed <= set(re.findall(r"^(\w+)=", written, re.M))
    assert "deploy/compose/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_web_processes_may_keep_to_their_share_of_the_processors() -> None:
    """The later filter allows what the one before it takes away with all resources."""
    for name in ("porchlight.service", "porchlight-web@.service"):
        filters = re.findall(r"^SystemCallFilter=(.+)$", (DEPLOY / "systemd" / name).read_text(), re.M)
        assert filters.index("sched_setaffinity") > filters.index("~@privileged @resources")


@pytest.mark.parametrize("status", [0, 7], ids=["the backup works", "the backup fails"])
def test_old_copies_go_whatever_becomes_of_the_new_one(tmp_path: Path, status: int) -> None:
    """And before it, or a disk that is full of them stays full."""
    keys = {"keyring-a.copy": 6.1, "keyring-b.copy": 5.9}
    # "Up to 35 days", says the privacy page, and the next night would be too late.
    ages = {**keys, "porchlight-a.copy": 34.1, "porchlight-b.copy": 33.9, "mine.txt": 400}
    for name, days in ages.items():
        kept = tmp_path / ("keys" if name.startswith("keyring") else "main") / name
        kept.parent.mkdir(exist_ok=True)
        kept.touch()
        os.utime(kept, (time.time() - days * 86_400,) * 2)
    program = tmp_path / "flask"
    program.write_text(f'#!/bin/sh\necho "$@"\nls {tmp_path}/keys {tmp_path}/main\nexit {status}\n')
    program.chmod(0o755)
    done = subprocess.run(
        [DEPLOY / "backup.sh", tmp_path / "main", tmp_path / "keys"],
        capture_output=True, text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == status
    asked, *found = done.stdout.splitlines()
    assert re.search(r"^--app wsgi backup \S+/main/porchlight-\w+\.copy --keyring \S+/keys/keyring-\w+\.copy$", asked)
    assert {name for name in found if name in ages} == {"keyring-b.copy", "porchlight-b.copy", "mine.txt"}


def test_no_copy_outlives_the_promise_because_the_timer_came_some_minutes_sooner(tmp_path: Path) -> None:
    """A copy that is left tonight is 7 (or 35) days old tomorrow, and older when tomorrow's start is a later one."""
    timer = (DEPLOY / "systemd" / "porchlight-backup.timer").read_text()
    minutes = int(re.findall(r"^RandomizedDelaySec=(\d+)min$", timer, re.M)[0])
    (tmp_path / "flask").symlink_to("/bin/true")
    for name, nights in (("keyring-a.copy", 6), ("porchlight-a.copy", 34)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - nights * 86_400 + 2 * minutes * 60,) * 2)
    asked = [DEPLOY / "backup.sh", tmp_path, tmp_path]
    subprocess.run(asked, check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert not list(tmp_path.glob("*-a.copy"))


def test_a_folder_that_is_away_keeps_nothing_alive_in_the_other(tmp_path: Path) -> None:
    old = tmp_path / "keyring-a.copy"
    old.touch()
    os.utime(old, (0, 0))
    (tmp_path / "flask").symlink_to("/bin/true")
    asked = [DEPLOY / "backup.sh", tmp_path / "nowhere", tmp_path]
    done = subprocess.run(asked, capture_output=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert done.returncode and not old.exists()
