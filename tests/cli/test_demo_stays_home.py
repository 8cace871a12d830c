"""The demo's passwords are published: they open a demo on this machine, and no other house."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from scheduler.cli import passwords
from scheduler.core.errors import Misconfigured
from scheduler.core.extensions import transaction
from scheduler.demo import cast, staff

from ..ground.mail import free_port
from .test_commands import call, flask

PUBLIC = "https://porchlight.example"


@pytest.fixture
def hired(app: Flask) -> None:
    """The demo's staff, in a house that a demo was."""
    with transaction():
        staff.hire({staff.FIRST: cast.organization()})


@pytest.fixture(autouse=True)
def fewer_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one organization here."""
    monkeypatch.setattr(staff, "LEADS", ())


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_real_house_does_not_open_over_a_demo_world(hired: None, environ: Mapping[str, str], command: str) -> None:
    real = {"SCHEDULER_BASE_URL": PUBLIC, "SCHEDULER_MAIL_SERVER": "127.0.0.1", "PORT": str(free_port())}
    refused = flask({**environ, **real}, command)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "The demo world is in this database, and the passwords of its staff are published." in refused.stderr


def test_on_this_machine_alone_a_seeded_world_may_be_served(app: Flask, hired: None) -> None:
    """`seed`, then `serve` with a mail server of one's own, as programs around us do."""
    passwords.refuse_published()
    app.config["BASE_URL"] = PUBLIC
    with pytest.raises(Misconfigured):
        passwords.refuse_published()


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_demo_does_not_open_for_everybody(environ: Mapping[str, str], command: str) -> None:
    demo = {"SCHEDULER_DEMO": "1", "SCHEDULER_BASE_URL": PUBLIC, "PORT": str(free_port())}
    refused = flask({**environ, **demo}, command)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert f"SCHEDULER_DEMO is set, and SCHEDULER_BASE_URL is {PUBLIC}" in refused.stderr
    assert "Building" not in refused.stdout, "before anything is written"


def test_doctor_sees_published_passwords(app: Flask, hired: None) -> None:
    found = call(app, "doctor")
    assert found.exit_code == 1 and "fix  demo: the demo world is in this database" in found.output
    app.config["DEMO"] = True
    assert "ok   demo" in call(app, "doctor").output
    app.config["BASE_URL"] = PUBLIC
    found = call(app, "doctor")
    assert found.exit_code == 1 and "fix  demo: SCHEDULER_DEMO is set" in found.output
