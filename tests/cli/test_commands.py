"""Commands, called as an operator would; in processes of their own where settings are read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from scheduler import accounts
from scheduler.core import config, keyring
from scheduler.core.extensions import db, transaction
from scheduler.models import Event, Occurrence, Organization, Registration, Slot
from scheduler.models.message import FAILED, Message

from ..conftest import Clock
from ..ground import returned
from ..ground.mail import Delivery, Sink

ROOT = Path(__file__).resolve().parents[2]


def flask(environ: Mapping[str, str], *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """`flask --app wsgi …` with these settings and no others; `said`: what it reads."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT, env=kept | dict(environ), text=True, capture_output=True, timeout=60, input=said,
    )  # fmt: skip


def call(app: Flask, *words: str) -> Result:
    """The command in this process, on this app."""
    return app.test_cli_runner().invoke(args=list(words))


def test_seed_builds_once_and_then_says_so(app: Flask) -> None:
    first = call(app, "seed")
    assert first.exit_code == 0, first.output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == 31
    second = call(app, "seed", "--world", "large")
    assert "a world already" in second.output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == 31


def test_seed_large_and_empty(app: Flask) -> None:
    assert call(app, "seed", "--world", "empty").exit_code == 0
    assert db.session.scalar(sa.select(Organization.id).limit(1)) is None
    made = call(app, "seed", "--world", "large", "--events", "5", "--registrations", "40")
    assert made.exit_code == 0, made.output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 40


def test_create_admin_makes_organization_and_lead(app: Flask) -> None:
    words = ["--email", "first@house.example", "--name", "Ada First", "--password", "four words in a row",
             "--organization", "Dzień Dobry House"]  # fmt: skip
    made = call(app, "create-admin", *words)
    assert made.exit_code == 0, made.output
    host = db.session.scalars(sa.select(Organization)).one()
    assert (host.slug, host.name) == ("dzien-dobry-house", "Dzień Dobry House")
    assert accounts.prove("first@house.example", "four words in a row")
    again = call(app, "create-admin", *words)
    assert again.exit_code == 1 and "already an account" in again.output


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [("a@b.example", "short", "12 characters"), ("nobody", "four words in a row", "not an e-mail address")],
)
def test_create_admin_refuses_in_words(app: Flask, email: str, password: str, words: str) -> None:
    facts = ["--email", email, "--name", "A", "--password", password, "--organization", "House"]
    made = call(app, "create-admin", *facts)
    assert made.exit_code == 1 and words in made.output
    assert db.session.scalar(sa.select(Organization.id).limit(1)) is None, "nothing is stored by halves"


@pytest.mark.parametrize("name", ["", " ", "Two\nlines", "Two\u2028lines", "n" * 201])
def test_create_admin_wants_a_name_that_fits(app: Flask, name: str) -> None:
    facts = ["--email", "a@b.example", "--name", "A", "--password", "four words in a row", "--organization", name]
    made = call(app, "create-admin", *facts)
    assert made.exit_code == 1 and "one line of 1 to 200 letters" in made.output
    assert db.session.scalar(sa.select(Organization.id).limit(1)) is None


def test_serve_without_a_mail_server_refuses_in_words(environ: Mapping[str, str]) -> None:
    refused = flask(environ, "serve")
    assert refused.returncode == 1
    assert "SCHEDULER_MAIL_SERVER is missing" in refused.stderr and "Traceback" not in refused.stderr


def test_serve_says_when_tables_are_missing(tmp_path: Path) -> None:
    bare = {"SCHEDULER_INSTANCE_DIR": str(tmp_path), "SCHEDULER_MAIL_SERVER": "127.0.0.1", "PORT": "8997"}
    refused = flask(bare, "serve")
    assert refused.returncode == 1 and "db upgrade" in refused.stderr


def test_postgresql_without_its_keys_is_refused_in_words(tmp_path: Path) -> None:
    bare = {"SCHEDULER_INSTANCE_DIR": str(tmp_path), "SCHEDULER_DATABASE_URL": "postgresql://localhost/nowhere"}
    refused = flask(bare, "doctor")
    assert refused.returncode == 1
    assert "SCHEDULER_KEYRING_URL is missing" in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SCHEDULER_MAIL_PORT", "smtp", "SCHEDULER_MAIL_PORT must be a number"),
        ("SCHEDULER_MAIL_BOUNCES", "bounces", "SCHEDULER_MAIL_BOUNCES must be an address such as"),
        ("SCHEDULER_MAIL_BOUNCES", "Bounces <b@post.example>", "SCHEDULER_MAIL_BOUNCES must be an address such as"),
        ("SCHEDULER_MAIL_BOUNCES", f"{'b' * 32}@post.example", "SCHEDULER_MAIL_BOUNCES must be an address such as"),
        ("SCHEDULER_MAIL_DEFAULT_SENDER", "Porchlight", "SCHEDULER_MAIL_DEFAULT_SENDER must be one address such as"),
        ("SCHEDULER_TIMEZONE", "Mars/Olympus", "SCHEDULER_TIMEZONE must be an IANA zone"),
        ("SCHEDULER_DEFAULT_LANGUAGE", "xx", "SCHEDULER_DEFAULT_LANGUAGE must be en or es, and is 'xx'."),
        ("SCHEDULER_MASTER_KEY", "secret", "64 hexadecimal digits"),
        ("SCHEDULER_SECRET_KEY_FILE", "/nowhere/at/all", "SCHEDULER_SECRET_KEY_FILE cannot be read"),
        ("SCHEDULER_BASE_URL", "porchlight.example", "SCHEDULER_BASE_URL must be like https://porchlight.example"),
        ("SCHEDULER_BASE_URL", "https://", "SCHEDULER_BASE_URL must be like https://porchlight.example"),
        ("SCHEDULER_BASE_URL", "http://[::1", "SCHEDULER_BASE_URL must be like https://porchlight.example"),
        ("SCHEDULER_BASE_URL", "https://porchlight.example/Places/", "without a path"),
        ("SCHEDULER_BASE_URL", "https://porchlight.example?place=1", "without a path"),
        ("SCHEDULER_MAIL_SERVER", "mail..example", "SCHEDULER_MAIL_SERVER must be like mail.porchlight.example"),
    ],
)
def test_a_bad_setting_is_said_in_words(tmp_path: Path, name: str, value: str, words: str) -> None:
    refused = flask({"SCHEDULER_INSTANCE_DIR": str(tmp_path), name: value}, "doctor")
    assert refused.returncode == 1 and words in refused.stderr and "Traceback" not in refused.stderr


def test_a_guessable_secret_key_opens_no_house_that_others_can_reach(tmp_path: Path) -> None:
    """The contract says nothing of its length: on this machine alone it is found by doctor, and serves."""
    short = {"SCHEDULER_INSTANCE_DIR": str(tmp_path), "SCHEDULER_SECRET_KEY": "changeme"}
    refused = flask({**short, "SCHEDULER_BASE_URL": "https://porchlight.example"}, "doctor")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert "SCHEDULER_SECRET_KEY must have 32 characters or more" in refused.stderr
    assert flask(short, "db", "upgrade").returncode == 0
    found = flask(short, "doctor")
    assert found.returncode == 1 and "fix  secret key: SCHEDULER_SECRET_KEY has fewer than 32" in found.stdout


@pytest.mark.parametrize("kind", ["postgres", "postgresql"])
def test_addresses_of_both_databases_may_be_as_providers_write_them(tmp_path: Path, kind: str) -> None:
    keys = {f"SCHEDULER_{name}_KEY": "ab" * 32 for name in ("SECRET", "MASTER")}
    keys["SCHEDULER_INSTANCE_DIR"] = str(tmp_path)
    read = config.read(keys | {f"SCHEDULER_{name}_URL": f"{kind}://u@host/name" for name in ("DATABASE", "KEYRING")})
    assert {read["SQLALCHEMY_DATABASE_URI"], read["KEYRING_URL"]} == {"postgresql+psycopg://u@host/name"}


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("https://Porchlight.Example", "https://porchlight.example"),
        ("HTTPS://porchlight.example:443/", "https://porchlight.example"),
        ("http://porchlight.example:80", "http://porchlight.example"),
        ("https://porchlight.example:8443", "https://porchlight.example:8443"),
        ("http://porchlight.example:443", "http://porchlight.example:443"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]"),
        ("http://localhost:80", "http://localhost:80"),
    ],
)
def test_the_own_address_may_be_as_people_write_it(tmp_path: Path, written: str, plain: str) -> None:
    """Browsers say a host in small letters, without the usual port; on this machine it says where to listen."""
    read = config.read({"SCHEDULER_INSTANCE_DIR": str(tmp_path), "SCHEDULER_BASE_URL": written})
    assert read["BASE_URL"] == plain


def test_doctor_finds_what_is_wrong(app: Flask) -> None:
    app.config.update(BASE_URL="http://porchlight.example", MAIL_SERVER="127.0.0.1", MAIL_PORT=1)
    found = call(app, "doctor")
    assert found.exit_code == 1
    assert "ok   database" in found.output and "ok   key ring" in found.output
    assert "fix  mail server: gives no answer" in found.output
    assert "fix  base url" in found.output


def test_doctor_is_content(app: Flask, mail_sink: Sink) -> None:
    for week in keyring.current().weeks():
        keyring.current().destroy(week)  # other tests live in other years
    found = call(app, "doctor")
    assert found.exit_code == 0 and "fix" not in found.output, found.output


def test_doctor_sees_that_nobody_delivers(app: Flask, world: ModuleType, at: Clock, mail_sink: Sink) -> None:
    with transaction():
        workshop = world.workshop()
    with transaction():
        world.attends(workshop)
    at.later(minutes=12)
    found = call(app, "doctor")
    assert found.exit_code == 1 and "12 minutes late" in found.output, found.output


def test_doctor_knows_a_foreign_master_key(app: Flask, environ: Mapping[str, str], world: ModuleType) -> None:
    with transaction():
        world.workshop()
    found = flask(dict(environ) | {"SCHEDULER_MASTER_KEY": "ab" * 32}, "doctor")
    assert "does not open it" in found.stdout


def test_retime_derives_instants_again(app: Flask, world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic()
    right = db.session.get_one(Occurrence, clinic.occurrence_id).starts_at
    with transaction():
        db.session.execute(sa.text("UPDATE occurrence SET starts_at = '2020-01-01 00:00:00'"))
        db.session.execute(sa.text("UPDATE slot SET starts_at = '2020-01-01 00:00:00'"))
    assert "1 dates" in call(app, "retime").output
    assert db.session.get_one(Occurrence, clinic.occurrence_id).starts_at == right
    assert db.session.get_one(Slot, clinic.slot_id).starts_at == right


def test_tick_delivers_what_is_due(app: Flask, world: ModuleType, mail_sink: Sink) -> None:
    with transaction():
        workshop = world.workshop()
    with transaction():
        world.attends(workshop)
    assert call(app, "tick").exit_code == 0
    assert [delivery.recipients for delivery in mail_sink.deliveries] == [["marisol@post.example"]]


def test_a_mail_server_pipes_what_comes_back(
    app: Flask, environ: Mapping[str, str], world: ModuleType, mail_sink: Sink
) -> None:
    app.config["MAIL_BOUNCES"] = "bounces@porchlight.example"
    with transaction():
        world.attends(world.workshop())
    assert call(app, "tick").exit_code == 0
    report = returned.postfix(mail_sink.deliveries[0]).decode("ascii")
    found = [flask(environ, "bounce", said=octets) for octets in (report, report, "", "\x00")]
    assert [(one.returncode, one.stdout) for one in found] == [
        (0, "noted\n"), (0, "unchanged\n"), (0, "ignored\n"), (0, "ignored\n"),
    ]  # fmt: skip
    db.session.rollback()
    letter = db.session.scalars(sa.select(Message)).one()
    assert (letter.state, letter.failure) == (FAILED, "5.1.1")
    assert str(letter.id) in found[0].stderr and "post.example" not in "".join(one.stderr for one in found)


def test_a_mail_server_comes_again_when_the_database_is_away(tmp_path: Path) -> None:
    delivery = Delivery("bounces+0123456789abcdef0123456789abcdef@porchlight.example", ["m@post.example"], b"")
    report = returned.exim(delivery).decode("ascii")
    found = flask({"SCHEDULER_INSTANCE_DIR": str(tmp_path)}, "bounce", said=report)
    assert (found.returncode, found.stdout) == (75, "later\n")
    assert "Traceback" not in found.stderr and "post.example" not in found.stderr
