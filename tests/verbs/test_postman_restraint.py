"""Somebody else's address in our form: three dates a day at most, and nothing is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from scheduler import postman, registrations
from scheduler.core.extensions import limiter, transaction
from scheduler.postman import delivery, restraint
from scheduler.registrations import Wishes

from ..ground.mail import Sink


@pytest.fixture(autouse=True)
def limited(app: Flask) -> Iterator[None]:
    """Limits are on, with counters of their own."""
    fresh = Flask("limits")
    fresh.config.update(RATELIMIT_ENABLED=True, RATELIMIT_STORAGE_URI="memory://")
    limiter.init_app(fresh)
    yield
    limiter.enabled = False


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
