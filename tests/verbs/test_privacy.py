"""Who cancels is forgotten within the hour; who asks for it, right after the last letter."""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import checkin, events, postman, privacy, registrations, worker
from scheduler.core import clock
from scheduler.core.errors import Conflict, Missing
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Slot
from scheduler.models.message import Message
from scheduler.models.registration import Registration

from ..ground.houses import House
from ..ground.mail import Sink, all_sent


@pytest.fixture
def place(app: Flask, world: ModuleType, at: Any) -> uuid.UUID:
    at("2026-11-21 10:00")
    with transaction():
        found: uuid.UUID = world.attends(world.workshop(sensitive=True), language="en")
        return found


def erase_due() -> int:
    with transaction():
        return privacy.erase_due()


def rows() -> tuple[int, int]:
    """Registrations and messages that are left."""
    db.session.rollback()
    return tuple(db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Registration, Message))  # type: ignore[return-value]


def test_a_kept_place_is_not_touched(place: uuid.UUID, at: Any) -> None:
    at.later(days=3)
    assert erase_due() == 0 and rows() == (1, 1)


def test_a_cancelled_place_goes_within_the_hour_with_its_letters(place: uuid.UUID, at: Any, letters_sent: Sink) -> None:
    with transaction():
        registrations.cancel(place)
    while postman.deliver_due():
        pass
    at.later(minutes=54)
    assert erase_due() == 0
    at.later(minutes=5)
    assert erase_due() == 1 and rows() == (0, 0)
    db.session.rollback()
    assert db.session.scalars(sa.select(Slot.seats_taken)).one() == 0


def test_who_asks_to_be_erased_gets_the_last_letter_first(place: uuid.UUID, letters_sent: Sink) -> None:
    all_sent()
    with transaction():
        registrations.erase(place)
    assert erase_due() == 0, "the letter has not gone"
    while postman.deliver_due():
        pass
    assert [letter["Subject"] for letter in letters_sent.letters] == [
        "Saturday 6:00 PM is canceled / Sábado 6:00 p.m., cancelado"
    ]
    assert erase_due() == 1 and rows() == (0, 0)


def test_a_mail_server_that_is_away_does_not_keep_anybody_longer(place: uuid.UUID, at: Any) -> None:
    with transaction():
        registrations.erase(place)
    at.later(minutes=59)
    assert erase_due() == 1 and rows() == (0, 0)


def test_without_an_address_there_is_nothing_to_wait_for(app: Flask, world: ModuleType) -> None:
    with transaction():
        place = world.attends(world.workshop(), contact_kind="none", contact="")
    with transaction():
        registrations.erase(place)
    assert erase_due() == 1 and rows() == (0, 0)


def test_who_was_checked_in_can_be_erased_and_keeps_the_seat(place: uuid.UUID, at: Any, letters_sent: Sink) -> None:
    at("2026-12-05 18:00")
    with transaction():
        checkin.check_in(place)
    with transaction():
        registrations.erase(place)
    with pytest.raises(Missing), transaction():
        registrations.locked(place)
    assert erase_due() == 1 and rows() == (0, 0), "nothing waits to be told"
    assert db.session.scalars(sa.select(Slot.seats_taken)).one() == 1, "somebody sits there"


def test_who_of_a_group_did_not_come_leaves_their_seats(app: Flask, world: ModuleType, at: Any) -> None:
    at("2026-11-21 10:00")
    with transaction():
        posted = world.workshop(starts_local=world.a_day_ahead(0, "11:00"))
        group = world.attends(posted, party=4)
    with transaction():
        checkin.check_in(group, 1)
    with transaction():
        registrations.erase(group)
    db.session.rollback()
    assert db.session.scalars(sa.select(Slot.seats_taken)).one() == 1


@pytest.mark.parametrize("came", [True, False], ids=["came", "did not come"])
def test_after_the_date_everybody_can_be_erased_without_a_letter(
    place: uuid.UUID, at: Any, letters_sent: Sink, came: bool
) -> None:
    at("2026-12-05 18:00")
    if came:
        with transaction():
            checkin.check_in(place)
    at("2026-12-07 10:00")
    with transaction():
        assert checkin.mark_no_shows() == (not came)
    with transaction():
        registrations.erase(place)
    while postman.deliver_due():
        pass
    assert erase_due() == 1 and rows() == (0, 0)
    assert not letters_sent.letters


def test_nobody_gives_back_a_place_on_a_date_that_is_off(place: uuid.UUID, letters_sent: Sink) -> None:
    with transaction():
        found = db.session.get_one(Registration, place)
        events.cancel_date(found.occurrence_id, {"en": "No heat.", "es": "No hay calefacción."})
    while postman.deliver_due():
        pass
    with transaction():
        registrations.erase(place)
    while postman.deliver_due():
        pass
    (letter,) = letters_sent.letters
    assert letter["Subject"] == "Change to Saturday / Cambio del sábado"
    assert erase_due() == 1


def test_who_is_erased_after_the_date_gets_no_letter_and_gives_nothing_back(
    place: uuid.UUID, at: Any, letters_sent: Sink
) -> None:
    at("2026-12-05 19:31")
    with pytest.raises(Conflict), transaction():
        registrations.cancel(place)
    with transaction():
        registrations.erase(place)
    assert postman.deliver_due() == 0 and not letters_sent.letters


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_who_is_erased_stays_in_no_file_either(app: Flask, world: ModuleType, house: House, at: Any) -> None:
    """The date's key lives on for weeks, and with it a sealed name could be read from the write-ahead log."""
    with transaction():
        posted = world.workshop()
        place = world.attends(posted, contact_kind="none", contact="")
    kept = world.registration(place)
    octets = bytes(kept.name_sealed), bytes(kept.code_sealed)

    def found() -> list[bytes]:
        files = [path.read_bytes() for path in house.folder.glob("porchlight.sqlite*")]
        return [sealed for sealed in octets if any(sealed in content for content in files)]

    assert len(found()) == 2, "the search finds what is there"
    with transaction():
        registrations.erase(place)
    at(clock.now() + timedelta(hours=2))
    worker.do_chores()
    worker.erase()
    assert found() == []
