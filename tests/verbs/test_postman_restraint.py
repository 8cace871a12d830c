"""Somebody else's address in our form: three dates a day at most, and nothing is lost."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import postman, registrations, worker
from scheduler.core import clock, keyring
from scheduler.core.extensions import db, limiter, mail, transaction
from scheduler.models import registration as states
from scheduler.models.letter_day import LetterCount, LetterDay
from scheduler.models.message import Message
from scheduler.postman import days, delivery, restraint
from scheduler.registrations import Wishes

from ..ground.mail import Sink


@pytest.fixture(autouse=True, params=["shared://", "redis://elsewhere"])
def limited(app: Flask, request: pytest.FixtureRequest) -> Iterator[None]:
    """Limits are on: letters are counted in the database, and by the server of the limits where one is named."""
    app.config["RATELIMIT_STORAGE_URI"] = request.param
    empty_counters()
    yield
    limiter.enabled = False


def empty_counters() -> None:
    """What the limiter counts in from now on; nobody else counts there."""
    fresh = Flask("limits")
    fresh.config.update(RATELIMIT_ENABLED=True, RATELIMIT_STORAGE_URI="memory://")
    limiter.init_app(fresh)


@pytest.fixture
def attend(world: ModuleType, at: Any) -> Callable[..., None]:
    """attend(5, dates=2): five places under one address on each of two dates."""
    at("2026-11-21 10:00")

    def keep(places: int = 1, dates: int = 1, **changes: object) -> None:
        with transaction():
            for _ in range(dates):
                posted = world.workshop(seats=50, slug=uuid.uuid4().hex)
                for _ in range(places):
                    world.attends(posted, **changes)

    return keep


def test_three_dates_a_day_and_the_rest_tomorrow(attend: Callable[..., None], letters_sent: Sink, at: Any) -> None:
    attend(dates=5)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 3
    at.later(hours=23)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 3
    at.later(hours=1, minutes=1)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 5, "nothing is lost"


def test_a_family_on_one_date_hears_of_each_place(attend: Callable[..., None], letters_sent: Sink) -> None:
    attend(places=5)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 5


def test_one_date_does_not_fill_a_mailbox_either(attend: Callable[..., None], letters_sent: Sink) -> None:
    attend(places=30)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == restraint.LETTERS_A_DAY.amount == 8


def test_a_place_is_held_until_its_letter_could_be_answered(world: ModuleType, letters_sent: Sink, at: Any) -> None:
    at("2026-11-21 10:00")
    with transaction():
        workshop = world.workshop(seats=50)
        for _ in range(8):
            world.attends(workshop)
    postman.deliver_due()
    with transaction():
        ninth = world.attends(workshop)
    at.later(minutes=1)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 8
    for minutes, letters in ((23 * 60 + 59, 8), (1, 9), (23 * 60 + 58, 9)):
        at.later(minutes=minutes)
        with transaction():
            registrations.lapse_holds(workshop.occurrence_id)
        postman.deliver_due()
        assert (world.registration(ninth).state, len(letters_sent.deliveries)) == (states.HELD, letters)
    assert "10:01 AM" in str(letters_sent.letters[-1].get_body(("plain",))), "it says until when"
    at.later(minutes=2)
    with transaction():
        registrations.lapse_holds(workshop.occurrence_id)
    assert world.registration(ninth).state == states.CANCELLED, "and then it is free"


def test_a_place_is_held_longer_while_nobody_could_be_asked(world: ModuleType, letters_sent: Sink, at: Any) -> None:
    """Mail is paused: whoever was never asked has not kept silent."""
    at("2026-11-21 10:00")
    with transaction():
        workshop = world.workshop(seats=50)
        fifth = [world.attends(workshop) for _ in range(5)][-1]
        postman.pause_mail()
    at.later(hours=24)
    with transaction():
        assert registrations.lapse_holds(workshop.occurrence_id) == 0
    assert world.registration(fifth).held_until == clock.now() + registrations.HOLD
    postman.resume_mail()
    postman.deliver_due()
    at.later(hours=24)
    with transaction():
        assert registrations.lapse_holds(workshop.occurrence_id) == 1


def test_a_place_is_held_longer_while_no_worker_asked(world: ModuleType, letters_sent: Sink, at: Any) -> None:
    """The workers were away for a day: first they look for places to free, and only then letters go."""
    at("2026-11-21 10:00")
    with transaction():
        workshop = world.workshop(seats=50)
        fifth = [world.attends(workshop) for _ in range(5)][-1]
    at.later(hours=25)
    with transaction():
        assert registrations.lapse_holds(workshop.occurrence_id) == 0
    postman.deliver_due()
    assert world.registration(fifth).held_until == clock.now() + registrations.HOLD
    at.later(hours=24)
    with transaction():
        assert registrations.lapse_holds(workshop.occurrence_id) == 1


@pytest.mark.parametrize(
    "changes", [{"contact_kind": "phone", "contact": "312-555-0143"}, {"source": "phone"}], ids=["phone", "by phone"]
)
def test_who_gets_no_letter_to_answer_is_not_only_held(world: ModuleType, changes: dict[str, str]) -> None:
    """Nobody could say yes to it, so the place would go after a day."""
    asked = {name: value for name, value in changes.items() if name != "source"}
    with transaction():
        workshop = world.workshop(seats=50)
        for number in range(6):
            attendee = world.attendee(**asked)
            source = changes.get("source", "web")
            place = registrations.register(workshop.occurrence_id, workshop.slot_id, attendee, f"form {number}", source)
            assert place.state == states.CONFIRMED and place.held_until is None


def test_a_button_that_anybody_can_press_opens_no_mailbox(world: ModuleType, letters_sent: Sink, at: Any) -> None:
    """Whoever typed an address sees the page of the place, and "I'm coming" there, without reading any letter."""
    at("2026-11-21 10:00")
    with transaction():
        place = world.attends(world.workshop())
    with transaction():
        registrations.reconfirm(place)
    for number in range(12):
        language = ("es", "en")[number % 2]
        with transaction():
            registrations.change(place, replace(Wishes.of(world.registration(place)), language=language))
        postman.deliver_due()
    assert len(letters_sent.deliveries) <= restraint.LETTERS_A_DAY.amount == 8


def test_a_place_is_held_no_longer_however_often_it_is_changed(world: ModuleType, at: Any) -> None:
    at("2026-11-21 10:00")
    with transaction():
        workshop = world.workshop(seats=50)
        ninth = [world.attends(workshop) for _ in range(9)][-1]
    for language in ("es", "en", "es"):
        with transaction():
            registrations.change(ninth, replace(Wishes.of(world.registration(ninth)), language=language))
        postman.deliver_due()
    assert world.registration(ninth).held_until == clock.now() + timedelta(days=2)


def test_several_dates_do_not_fill_it_more(attend: Callable[..., None], letters_sent: Sink, at: Any) -> None:
    attend(places=5, dates=3)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 8
    at.later(hours=24, minutes=1)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 15, "nothing is lost"


def test_letters_that_wait_use_up_nothing(attend: Callable[..., None], letters_sent: Sink) -> None:
    attend(dates=20)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 3


def test_what_waits_for_tomorrow_waits_however_slow_the_postman_is(
    attend: Callable[..., None], letters_sent: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters are drawn ahead, and drawn again when they have become old: then too, each is counted once."""
    monkeypatch.setattr(delivery, "FRESH_SECONDS", 0.0)
    attend(dates=5)
    attend(places=9, contact="other@post.example")
    postman.deliver_due()
    assert [len(letters_sent.to(f"{who}@post.example")) for who in ("marisol", "other")] == [3, 8]


def test_other_addresses_are_not_touched(attend: Callable[..., None], letters_sent: Sink) -> None:
    attend(dates=5)
    attend(dates=2, contact="other@post.example")
    postman.deliver_due()
    assert len(letters_sent.to("other@post.example")) == 2


def test_capital_letters_make_no_other_address(attend: Callable[..., None], letters_sent: Sink) -> None:
    attend(dates=3)
    attend(contact="Marisol@POST.example")
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 3


def test_without_counters_letters_go(
    attend: Callable[..., None], letters_sent: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(limiter.limiter, "hit", broken)
    monkeypatch.setattr(days.InDatabase, "hit", broken)
    attend(dates=5)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 5


def test_changing_the_address_again_and_again_is_no_way_around(world: ModuleType, letters_sent: Sink, at: Any) -> None:
    """Each change tells the new address; nobody's mailbox is filled by changing to it and back."""
    at("2026-11-21 10:00")
    with transaction():
        registration_id = world.attends(world.workshop())
    for number in range(24):
        address = "victim@post.example" if number % 2 else "mine@post.example"
        with transaction():
            wishes = replace(Wishes.of(world.registration(registration_id)), contact=address)
            registrations.change(registration_id, wishes)
        postman.deliver_due()
    assert len(letters_sent.to("victim@post.example")) == 8


def test_a_mail_server_that_is_away_uses_up_nothing(attend: Callable[..., None], app: Flask, at: Any) -> None:
    attend(places=3)
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=1, MAIL_SUPPRESS_SEND=False)
    mail.init_app(app)
    for _minute in range(12):
        postman.deliver_due()
        at.later(minutes=1)
    waits_until = db.session.scalars(sa.select(Message.next_try_at)).all()
    assert len(waits_until) == 3 and max(waits_until) < clock.now() + timedelta(hours=2)


@pytest.fixture
def in_database(app: Flask) -> None:
    app.config["RATELIMIT_STORAGE_URI"] = "shared://"


@pytest.mark.usefixtures("in_database")
def test_every_worker_knows_what_the_others_wrote(attend: Callable[..., None], letters_sent: Sink) -> None:
    """Three rounds of `flask tick` are three processes, and each began to count anew."""
    for _process in range(3):
        empty_counters()
        attend(dates=4)
        postman.deliver_due()
    assert len(letters_sent.deliveries) == 3


@pytest.mark.usefixtures("in_database")
def test_workers_at_the_same_moment_count_together(
    attend: Callable[..., None], letters_sent: Sink, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "AT_ONCE", 2)
    attend(dates=12)

    def work() -> None:
        with app.app_context():
            while postman.deliver_due():
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(letters_sent.deliveries) == 3


@pytest.mark.usefixtures("in_database")
def test_what_was_counted_goes_at_night_with_its_key(attend: Callable[..., None], letters_sent: Sink, at: Any) -> None:
    attend(dates=2)
    postman.deliver_due()
    first = db.session.scalars(sa.select(LetterDay)).one().key_wrapped
    marks = set(db.session.scalars(sa.select(LetterCount.mark)))
    assert len(marks) == 6, "letters, dates, each date, each letter"
    at("2026-11-22 00:01")
    worker.do_chores()
    assert not db.session.scalars(sa.select(LetterDay)).all() and not db.session.scalars(sa.select(LetterCount)).all()
    attend(dates=1)
    postman.deliver_due()
    assert db.session.scalars(sa.select(LetterDay)).one().key_wrapped != first
    assert not marks & set(db.session.scalars(sa.select(LetterCount.mark)))


@pytest.mark.usefixtures("in_database")
def test_a_key_ring_that_was_put_back_stops_no_counting(attend: Callable[..., None], letters_sent: Sink) -> None:
    attend(dates=3)
    postman.deliver_due()
    keyring.current().destroy(db.session.scalars(sa.select(LetterDay.key_week)).one())
    attend(dates=4)
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 6


def test_who_changes_to_anothers_address_and_cancels_writes_to_nobody(
    world: ModuleType, letters_sent: Sink, at: Any
) -> None:
    at("2026-11-21 10:00")
    with transaction():
        place = world.attends(world.workshop(), contact="own@post.example")
    postman.deliver_due()
    at.later(minutes=1)
    with transaction():
        registrations.change(place, replace(Wishes.of(world.registration(place)), contact="victim@post.example"))
    with transaction():
        registrations.cancel(place)
    postman.deliver_due()
    assert letters_sent.to("victim@post.example") == []
