"""Plates: letters that many people get are printed; each is, octet for octet, the letter that would have been drawn."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import letters, outbox
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.letters import Printed, plates
from scheduler.models.message import CONFIRMATION, REMINDER, Message
from scheduler.models.registration import Registration
from scheduler.models.reminder import Reminder
from scheduler.models.whole import whole

PEOPLE = 6
ADDRESSES = ["a{}@post.example", "the.long.name+{}-of_somebody@a-much-longer-name.example", "x{}@b.co"]
RANDOM = re.compile(rb"=+\d{10,}==|\nDate: [^\r]+\r")


@pytest.fixture(autouse=True)
def fresh(at: Any) -> None:
    at("2026-11-23 09:00")
    plates._shelf.of(object())


def written(world: ModuleType, kind: str, letter: str, **person: Any) -> list[Message]:
    """So many people of one date, each with the letter."""
    with transaction():
        posted = getattr(world, kind)(seats=50, sensitive=True, starts_local=datetime(2026, 11, 25, 18, 0))
        for number in range(PEOPLE):
            contact = ADDRESSES[number % len(ADDRESSES)].format(number)
            world.attends(posted, **{"contact": contact, **person})
        if letter == REMINDER:
            reminders_for(posted.occurrence_id)
    query = sa.select(Message.id).where(Message.letter == letter).order_by(Message.id)
    return [found for row in db.session.scalars(query) if (found := whole(row))]


def reminders_for(occurrence_id: object) -> None:
    reminder = db.session.scalars(sa.select(Reminder).where(Reminder.occurrence_id == occurrence_id)).first()
    assert reminder is not None
    for registration in db.session.scalars(sa.select(Registration)).all():
        outbox.enqueue(REMINDER, registration)
    db.session.execute(sa.update(Message).where(Message.letter == REMINDER).values(reminder_id=reminder.id))


def plain(octets: bytes) -> bytes:
    return RANDOM.sub(b"~", octets)


@pytest.mark.parametrize("kind", ["clinic", "workshop"])
@pytest.mark.parametrize("letter", [CONFIRMATION, REMINDER])
@pytest.mark.parametrize(
    "person",
    [{"language": "en"}, {"language": "es"}, {"language": "es", "wording": "full"}, {"contact_kind": "helper_email"}],
    ids=str,
)
def test_a_printed_letter_is_the_drawn_one(
    app: Flask, world: ModuleType, kind: str, letter: str, person: dict[str, Any]
) -> None:
    printed = 0
    for message in written(world, kind, letter, **person):
        found, drawn = letters.compose_alike(message, "edition"), letters.compose(message)
        assert (found.sender, found.recipient) == (drawn.sender, drawn.recipient)
        assert plain(found.octets) == plain(drawn.octets)
        printed += isinstance(found, Printed)
    assert printed >= PEOPLE - 2, "the third letter of a kind is printed"


def test_each_printed_letter_comes_back_to_an_address_of_its_own(
    app: Flask, world: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_BOUNCES", "bounces@porchlight.example")
    found = [letters.compose_alike(message, "edition") for message in written(world, "workshop", CONFIRMATION)]
    for letter in found:
        mark = re.search(rb"\r\nMessage-ID: <([0-9a-f]{32})@", letter.octets)
        assert mark is not None and letter.sender == f"bounces+{mark[1].decode()}@porchlight.example"
    assert sum(isinstance(letter, Printed) for letter in found) >= 2
    assert len({letter.sender for letter in found}) == PEOPLE


def test_the_date_is_that_of_printing(app: Flask, world: ModuleType, at: Any) -> None:
    messages = written(world, "workshop", CONFIRMATION)
    for message in messages[:-1]:
        letters.compose_alike(message, "edition")
    at.later(minutes=7)
    assert b"\r\nDate: Mon, 23 Nov 2026 15:07:00 +0000\r\n" in letters.compose_alike(messages[-1], "edition").octets


def test_what_is_public_and_changed_is_drawn_anew(app: Flask, world: ModuleType) -> None:
    messages = written(world, "workshop", CONFIRMATION)
    for message in messages[:4]:
        letters.compose_alike(message, 1)
    assert isinstance(letters.compose_alike(messages[4], 1), Printed)
    assert not isinstance(letters.compose_alike(messages[5], 2), Printed)


@pytest.mark.parametrize(
    "changed",
    [{"source": "phone"}, {"party": 2, "held_until": None, "state": "held"}, {"created_at": timedelta(minutes=3)}],
    ids=str,
)
def test_what_is_not_equal_is_not_printed_from_the_same_plate(
    app: Flask, world: ModuleType, changed: dict[str, Any]
) -> None:
    messages = written(world, "workshop", CONFIRMATION)
    for message in messages[:4]:
        letters.compose_alike(message, "edition")
    registration = messages[4].registration
    assert registration is not None
    for name, value in changed.items():
        setattr(registration, name, clock.now() + value if isinstance(value, timedelta) else value)
    found, drawn = letters.compose_alike(messages[4], "edition"), letters.compose(messages[4])
    assert not isinstance(found, Printed) and plain(found.octets) == plain(drawn.octets)
    db.session.rollback()


@pytest.mark.parametrize(
    "address", ["Rosa@Post.Example", "o'hara@post.example", "señal@post.example", "a@xn--4ca.example"]
)
def test_unusual_addresses_are_drawn(app: Flask, world: ModuleType, address: str) -> None:
    for message in written(world, "workshop", CONFIRMATION, contact=address)[:4]:
        try:
            drawn = letters.compose(message)
        except letters.Unaddressable:
            with pytest.raises(letters.Unaddressable):
                letters.compose_alike(message, "edition")
            continue
        found = letters.compose_alike(message, "edition")
        assert not isinstance(found, Printed) and plain(found.octets) == plain(drawn.octets)


def test_a_plate_that_fails_its_proof_is_thrown_away(
    app: Flask, world: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something of one person's that nobody thought of stays with that person."""
    monkeypatch.setattr(plates, "_person", lambda *given: REAL(*given) | {"code": b"AAAA-AAAA"})
    for message in written(world, "workshop", CONFIRMATION):
        found = letters.compose_alike(message, "edition")
        assert not isinstance(found, Printed)
        assert plain(found.octets) == plain(letters.compose(message).octets)


REAL = plates._person
