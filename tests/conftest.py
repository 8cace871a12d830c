"""What every test may ask for.

`app`        a fresh house on SQLite, then on PostgreSQL: a test that asks for it runs on both
`client`     a browser without JavaScript; every request starts clean, as on a real server
`world`      the named cast of scheduler.demo.cast
`at`         sets the clock: at("2026-11-28 09:00") is a wall time in Chicago, or give an aware instant
`mail_sink`  a real SMTP server on loopback that keeps what it is given (also named `letters_sent`)
`environ`    SCHEDULER_* variables with which a process of its own finds the same databases
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler.core import clock
from scheduler.core.extensions import db, limiter
from scheduler.demo import cast

from .ground.houses import House, PostgresHouse, SqliteHouse
from .ground.mail import Sink
from .ground.statements import refuse_forgotten

ZONE = "America/Chicago"
KINDS = {"sqlite": SqliteHouse, "postgresql": PostgresHouse}


@pytest.fixture(scope="session")
def house_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], House]]:
    """house_on("sqlite"): the one house on that database, built when first asked for; whoever asks empties it."""
    built: dict[str, House] = {}

    def house(kind: str) -> House:
        if kind not in built:
            built[kind] = KINDS[kind](tmp_path_factory.mktemp(kind))
            with built[kind].app.app_context():
                refuse_forgotten(db.engine)
        return built[kind]

    yield house
    for found in built.values():
        found.close()


@pytest.fixture(params=list(KINDS))
def house(request: pytest.FixtureRequest, house_on: Callable[[str], House]) -> Iterator[House]:
    """The house on one database, empty."""
    found = house_on(request.param)
    settings = dict(found.app.config)
    found.empty()
    found.app.extensions["shelf"].clear()
    # There is one limiter for all apps of a process, and some other app of these tests may have switched it on.
    limiter.enabled = found.app.config["RATELIMIT_ENABLED"]
    yield found
    found.app.config.clear()
    found.app.config.update(settings)


@pytest.fixture
def app(house: House) -> Iterator[Flask]:
    """The app, inside its context."""
    with house.app.app_context():
        yield house.app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def environ(house: House) -> Mapping[str, str]:
    """What a process of its own needs to stand on the same ground."""
    return house.environ


@pytest.fixture
def world(app: Flask) -> ModuleType:
    """The named cast: call its functions inside `with transaction():`."""
    return cast


class Clock:
    """Sets what clock.now() says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, moment: datetime | str) -> datetime:
        """Stop the clock at an aware instant, or at a wall time in Chicago such as "2026-11-28 09:00"."""
        if isinstance(moment, str):
            moment = clock.to_utc(datetime.fromisoformat(moment), ZONE)
        assert moment.tzinfo is not None, "an instant is aware"
        self._monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    def later(self, **span: float) -> datetime:
        """Let time pass: later(minutes=5)."""
        return self(clock.now() + timedelta(**span))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the clock of this process."""
    return Clock(monkeypatch)


@pytest.fixture
def mail_sink(app: Flask) -> Iterator[Sink]:
    """A real SMTP server on loopback; the app sends its mail there."""
    sink = Sink()
    sink.receive_for(app)
    yield sink
    sink.close()


@pytest.fixture
def letters_sent(mail_sink: Sink) -> Sink:
    """The same sink, by what is read from it."""
    return mail_sink
