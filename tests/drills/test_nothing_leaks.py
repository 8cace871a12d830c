"""Drills J1 and J2: what people tell us stands in no file that could be lost, and a stolen database confirms nobody.

People with a telltale word in every field go through every flow of the real server: they type wrong, keep a place,
confirm it, give it back, ask to be erased; staff look them up and check them in; an employer books a training; letters
go out. Then every file of
the databases (logs of what is not yet stored included), the backup, the folder for temporary files and all that
the server said are searched for the word.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import shutil
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import privacy
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models.message import WAITING, Message
from scheduler.models.registration import CANCELLED, CHECKED_IN, CONFIRMED, WAITLISTED, Registration

from ..conftest import Clock
from ..ground.houses import House
from ..ground.mail import Sink
from ..race import machines
from ..race.callers import FormReader
from .canaries import disguises, found
from .outbox import wait_until

pytestmark = pytest.mark.xdist_group("crowds")

PLACES = 20
CANDIDATES = 10_000


class Browser:
    """Asks one machine, keeps cookies, follows redirections."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        with self._opener.open(self.base + path) as answer:
            return answer.read().decode()

    def press(self, path: str, to: str = "", **typed: str) -> tuple[str, str]:
        """Open a page, type, press the button; the path where it led, and the page."""
        fields = FormReader(self.get(path)).fields | typed
        return self.post(to or path, fields)

    def post(self, path: str, fields: Mapping[str, str]) -> tuple[str, str]:
        asked = urllib.request.Request(self.base + path, urlencode(fields).encode(), {"Origin": self.base})
        try:
            answer = self._opener.open(asked)
        except HTTPError as refused:
            answer = refused
        with answer:
            return answer.url.removeprefix(self.base).partition("#")[0].partition("?")[0], answer.read().decode()


@pytest.fixture
def sink() -> Iterator[Sink]:
    kept = Sink()
    yield kept
    kept.close()


def typed_by(number: int, word: str) -> dict[str, str]:
    """Everything that the form asks, with the word in it."""
    address = f"{word}{number}@post.example"
    contact = {"contact_kind": "helper_email" if number % 5 == 4 else "email", "email": address}
    return {"name": f"{word.capitalize()} {number}", "note": f"It says {word} here.", **contact}


def attend(browser: Browser, path: str, number: int, word: str) -> None:
    """Type wrong, then right; and do with the place what this number of person does: the fourth changes it."""
    answers = typed_by(number, word)
    _, again = browser.press(path, **answers, party="99")
    assert answers["name"] in again, "what was typed stays on the page"
    place, page = browser.press(path, **answers)
    assert answers["name"] in page
    if number % 4 == 0:
        moved = {"email": f"{word}new{number}@post.example", "note": f"Now it says {word}."}
        place, page = browser.press(f"{place}/changes", **moved)
        assert moved["email"] in page
    for wish in {1: ["confirmation"], 2: ["cancellation"], 3: ["erasure"]}.get(number % 4, []):
        browser.post(f"{place}/{wish}", {"sure": "1"})


def work_at_the_door(browser: Browser, staff: Any, date: str, word: str) -> None:
    """Staff sign in, look somebody up and check them in; a stranger tries to sign in with an address of ours."""
    for path in ("/sign-in", "/sign-in/help"):
        Browser(int(browser.base.rpartition(":")[2])).press(path, email=f"{word}0@post.example", password=word)
    browser.press("/sign-in", email=staff.email, password=staff.password)
    roster = f"/console/dates/{date}/roster"
    assert word.capitalize() in browser.get(roster)
    _, page = browser.press(roster, q=f"{word} 1")
    assert f"{word.capitalize()} 1" in page
    first = page.partition("/check-in")[0].rpartition("/console/registrations/")[2]
    browser.press(roster, f"/console/registrations/{first}/check-in")


def book_a_training(employer: Browser, provider: Browser, staff: Any, word: str) -> None:
    """An employer asks, first wrongly; the provider reads it and sets the session; one of its people comes in."""
    form = "/en/trainings/fair-hiring/request"
    asked = {
        "employer": f"{word} Foods", "name": word.capitalize(), "email": f"hr@{word}.example", "note": f"So {word}.",
        "phone": "312 555 0140", "place": "theirs", "zip": "60612", "part_1": "morning", "languages": "en",
        "day_1": (clock.today("America/Chicago") + timedelta(days=20)).isoformat(), "audience": "owner",
    }  # fmt: skip
    assert asked["employer"] in employer.press(form, **asked, head_count="900")[1]
    own, page = employer.press(form, **asked, head_count="9")
    assert asked["employer"] in page and asked["email"] in page
    provider.press("/sign-in", email=staff.email, password=staff.password)
    booking = re.findall(r'href="(/console/bookings/[0-9a-f-]{36})"', provider.get("/console/bookings/"))[0]
    assert asked["employer"] in provider.press(booking, f"{booking}/taking-up")[1]
    provider.press(f"{booking}/acceptance", wish="0", starts="09:00", venue="theirs")
    invitation = re.findall(r"/en/invitations/[\w-]{64}", employer.get(own))[0]
    assert word in employer.press(invitation, name=f"{word} at work")[1]
    assert f"{word} at work" in employer.get(own)


def waiting_letters() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(Message.id)).where(Message.state == WAITING)) or 0


def folders(house: House, tmp_path: Path) -> list[Path]:
    """Every file of the house, on disk now; with a backup beside the database."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if db.engine.dialect.name == "postgresql":
            connection.execute(sa.text("CHECKPOINT"))
            return [house.folder, tmp_path, Path(connection.scalar(sa.text("SHOW data_directory")) or "")]
    shutil.copy(house.folder / "porchlight.sqlite", tmp_path / "copied while open.sqlite")
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{tmp_path / secrets.token_hex(4)}.backup'")
        connection.exec_driver_sql("BEGIN")
    return [house.folder, tmp_path]


@pytest.mark.parametrize("people", [40, pytest.param(1_000, marks=pytest.mark.drill)])
def test_no_file_holds_what_people_told_us(
    app: Flask, house: House, world: ModuleType, sink: Sink, at: Clock, tmp_path: Path, people: int
) -> None:
    word = "q" + secrets.token_hex(6)
    with transaction():
        posted, staff = world.workshop(seats=people // 4, sensitive=True), world.organizer()
        tonight = world.workshop(sensitive=True, starts_local=world.a_day_ahead(0, "23:59"))
        employers.offer(staff.organization_id)
    environ = {**house.environ, "TMPDIR": str(tmp_path)}
    with machines.lit(environ, sink, 1) as [machine]:
        for number in range(people):
            attend(Browser(machine.port), f"/en/events/{posted.slug}/place", number, word)
        attend(Browser(machine.port), f"/en/events/{tonight.slug}/place", 1, word)
        work_at_the_door(Browser(machine.port), staff, str(tonight.occurrence_id), word)
        book_a_training(Browser(machine.port), Browser(machine.port), staff, word)
        wait_until(lambda: waiting_letters() == 0, "the letters")
        assert found(word, folders(house, tmp_path)) == []
    assert not [look for look in disguises(word) if look in machine.said.encode()]
    assert any(word.encode() in letter.as_bytes() for letter in sink.letters), "the word did go through the house"
    states = set(db.session.scalars(sa.select(Registration.state)))
    assert states >= {CONFIRMED, WAITLISTED, CANCELLED, CHECKED_IN}
    at.later(hours=2)
    with transaction():
        assert privacy.erase_due()
    assert found(word, folders(house, tmp_path)) == []
    at.later(days=60)
    assert privacy.purge_due() == 3, "both evenings and the session at work"
    assert not db.session.scalars(sa.select(Registration.id).limit(1)).first()
    assert found(word, folders(house, tmp_path)) == []


def test_the_search_would_find_it(tmp_path: Path) -> None:
    """Negative control: a file that holds the word is found, in whatever it is dressed."""
    word = "q" + secrets.token_hex(6)
    for number, dressed in enumerate(
        [
            f"name={word.capitalize()}".encode(),
            f"xx{word} 1".encode("utf-16-be"),
            f"xx{word}".encode().hex().encode(),
            *(base64.b64encode(b"x" * before + word.encode() + b" and more") for before in range(3)),
        ]
    ):
        (tmp_path / str(number)).write_bytes(b"before " + dressed + b" after")
        assert [row for row in found(word, [tmp_path]) if row.startswith(f"{tmp_path / str(number)}:")], dressed


def test_a_stolen_database_confirms_nobody(app: Flask, world: ModuleType) -> None:
    """Whoever has the rows without the keys cannot try out addresses: no stored value is a hash of one of them."""
    people = [f"person{number}@post.example" for number in range(CANDIDATES)]
    with transaction():
        posted = world.workshop(seats=PLACES)
        for address in people[:PLACES]:
            world.attends(posted, contact=address)
    stolen = set(values_in_the_database())
    guesses = {guess for address in people for guess in hashes(address, str(posted.occurrence_id))}
    assert len(stolen) > PLACES and not stolen & guesses


def values_in_the_database() -> Iterator[bytes]:
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            for value in row:
                if isinstance(value, (bytes, memoryview)):
                    yield bytes(value)
                elif isinstance(value, str):
                    yield value.encode()


def hashes(address: str, public: str) -> Iterator[bytes]:
    """What an index without a secret could look like; `public` stands beside it in the rows."""
    for shape in (address, f"contact|{address}", f"{public}{address}"):
        for name in ("md5", "sha1", "sha256", "blake2s"):
            digest = hashlib.new(name, shape.encode()).digest()
            yield digest
            yield digest.hex().encode()
        yield hmac.new(public.encode(), shape.encode(), "sha256").digest()
        yield hmac.new(b"", shape.encode(), "sha256").digest()
