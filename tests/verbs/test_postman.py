"""The postman: claims, outcomes, back-off, and what never happens: a letter lost, or told to the wrong person."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import postman, registrations, reminders
from scheduler.core import clock
from scheduler.core.extensions import db, mail, transaction
from scheduler.models import message as kinds
from scheduler.models.message import FAILED, SENT, VOID, WAITING, Message
from scheduler.models.organization import Organization
from scheduler.models.registration import Registration
from scheduler.postman import queue, smtp

from ..ground.faulty import DRIP, DROP, STALL, FaultyServer
from ..ground.mail import Sink

TODAY = "2026-11-21 10:00"


@pytest.fixture(autouse=True)
def today(at: Any) -> None:
    at(TODAY)


@pytest.fixture
def people(app: Flask, world: ModuleType) -> Callable[..., list[uuid.UUID]]:
    """people(3, wording="full"): so many keep a place; returns their registrations' ids."""

    def keep(count: int, **changes: object) -> list[uuid.UUID]:
        with transaction():
            posted = world.workshop(seats=count, slug=f"workshop-{uuid.uuid4().hex[:8]}")
            return [
                world.attends(posted, **({"contact": f"person{number}@post.example"} | changes))
                for number in range(count)
            ]

    return keep


@pytest.fixture
def server(app: Flask) -> Iterator[FaultyServer]:
    """A mail server to be made faulty; the app sends its mail there."""
    found = FaultyServer()
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=found.port, MAIL_SUPPRESS_SEND=False)
    mail.init_app(app)
    yield found
    found.close()


def the_letter() -> Message:
    db.session.rollback()
    return db.session.scalars(sa.select(Message)).one()


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Message.state).order_by(Message.state)))


def test_each_letter_goes_in_an_envelope_of_its_own(people: Callable[..., Any], letters_sent: Sink, app: Flask) -> None:
    people(5)
    assert postman.deliver_due() == 5
    assert sorted(delivery.recipients for delivery in letters_sent.deliveries) == [
        [f"person{number}@post.example"] for number in range(5)
    ]
    assert {delivery.sender for delivery in letters_sent.deliveries} == {"desk@porchlight.example"}
    assert states() == [SENT] * 5
    assert postman.deliver_due() == 0 and len(letters_sent.deliveries) == 5, "nothing goes twice"


def test_what_arrives_is_what_was_written(people: Callable[..., Any], letters_sent: Sink) -> None:
    people(1, language="es", wording="full")
    postman.deliver_due()
    (letter,) = letters_sent.letters
    assert letter["Subject"].startswith("Tiene un lugar: ")
    assert not letter.defects and letter.get_body(("html",)) is not None
    raw = letters_sent.deliveries[0].raw
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998


def test_one_connection_carries_a_batch(people: Callable[..., Any], server: FaultyServer) -> None:
    people(20)
    assert postman.deliver_due() == 20
    assert server.connections == 1 and len(server.taken) == 20


def test_flask_mails_recorder_sees_what_went(people: Callable[..., Any], letters_sent: Sink) -> None:
    people(1, language="en", wording="full")
    with mail.record_messages() as recorded:
        postman.deliver_due()
    (seen,) = recorded
    assert seen.recipients == ["person0@post.example"] and seen.subject.startswith("You have a place")
    assert "Your place is kept." in seen.body and "<h1" in seen.html


def test_a_suppressed_app_sends_nothing_but_records(
    people: Callable[..., Any], server: FaultyServer, app: Flask
) -> None:
    app.config["MAIL_SUPPRESS_SEND"] = True
    mail.init_app(app)
    people(1)
    with mail.record_messages() as recorded:
        postman.deliver_due()
    assert len(recorded) == 1 and server.connections == 0


@pytest.mark.parametrize(
    ("faults", "state", "failure"),
    [
        ({"RCPT": "550 no such box"}, FAILED, "550"),
        ({"END": "554 we do not like it"}, FAILED, "554"),
        ({"DATA": "554 no"}, FAILED, "554"),
        ({"RCPT": "451 greylisted"}, WAITING, "451"),
        ({"RCPT": "421 too busy"}, WAITING, "421"),
        ({"DATA": "421 too busy"}, WAITING, "421"),
        ({"END": "452 full"}, WAITING, "452"),
        ({"END": DROP}, WAITING, queue.BROKEN_OFF),
        ({"MAIL": DROP}, WAITING, queue.BROKEN_OFF),
        ({"MAIL": "451 later"}, WAITING, "451"),
        ({"MAIL": "553 not from here"}, WAITING, queue.NO_SERVER),
        ({"HELLO": "554 go away"}, WAITING, queue.NO_SERVER),
        ({"HELLO": DROP}, WAITING, queue.NO_SERVER),
        ({"EHLO": DROP}, WAITING, queue.NO_SERVER),
        ({"END": "nonsense"}, WAITING, queue.BROKEN_OFF),
        ({"RCPT": "530 5.7.0 Authentication required"}, WAITING, queue.NO_SERVER),
        ({"RCPT": "554 5.7.1 <x>: Relay access denied"}, WAITING, queue.NO_SERVER),
        ({"RCPT": "550 relay not permitted"}, WAITING, queue.NO_SERVER),
        ({"DATA": "535 5.7.8 sign in first"}, WAITING, queue.NO_SERVER),
    ],
)
def test_what_a_server_may_answer(
    people: Callable[..., Any], server: FaultyServer, faults: dict[str, str], state: str, failure: str
) -> None:
    people(1)
    server.faults = faults
    postman.deliver_due()
    letter = the_letter()
    assert (letter.state, letter.failure, letter.attempts) == (state, failure, 1)
    assert letter.lease_until is None
    if state == WAITING:
        assert letter.next_try_at == clock.now() + timedelta(minutes=1)


@pytest.mark.parametrize("step", ["HELLO", "EHLO", "MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("fault", [STALL, DRIP])
def test_nobody_holds_a_worker(
    people: Callable[..., Any], server: FaultyServer, monkeypatch: pytest.MonkeyPatch, step: str, fault: str
) -> None:
    for name, seconds in (("CONNECT", 0.3), ("COMMAND", 0.3), ("LETTER", 0.5), ("GOODBYE", 0.1)):
        monkeypatch.setattr(smtp, f"{name}_SECONDS", seconds)
    people(1)
    server.faults = {step: fault}
    began = datetime.now()
    postman.deliver_due()
    assert datetime.now() - began < timedelta(seconds=3)
    assert the_letter().state == WAITING and the_letter().attempts == 1


def test_the_real_limits_leave_a_worker_free_within_30_seconds() -> None:
    assert smtp.CONNECT_SECONDS <= 10 and smtp.COMMAND_SECONDS <= 20
    assert smtp.LETTER_SECONDS + smtp.GOODBYE_SECONDS < 30
    assert timedelta(seconds=2 * smtp.LETTER_SECONDS) < queue.LEASE


def test_one_bad_address_stops_nobody(people: Callable[..., Any], server: FaultyServer) -> None:
    people(3)
    server.faults = {"RCPT person1@post.example": "550 no such box"}
    postman.deliver_due()
    assert states() == [FAILED, SENT, SENT]
    assert sorted(recipient for recipient, _ in server.taken) == ["person0@post.example", "person2@post.example"]


def test_a_server_that_ends_a_used_connection_costs_no_letter_a_minute(
    people: Callable[..., Any], server: FaultyServer
) -> None:
    people(3)
    server.faults = {"RSET": DROP}
    assert postman.deliver_due() == 3
    assert states() == [SENT] * 3 and server.connections == 3


def test_a_missing_server_is_asked_once_and_everybody_waits(
    people: Callable[..., Any], server: FaultyServer, at: Any
) -> None:
    people(4)
    server.faults = {"HELLO": DROP}
    assert postman.deliver_due() == 0
    assert server.connections == 1
    db.session.rollback()
    letters = db.session.scalars(sa.select(Message)).all()
    assert {letter.failure for letter in letters} == {queue.NO_SERVER}
    assert sorted(letter.attempts for letter in letters) == [0, 0, 0, 1]
    server.faults = {}
    assert postman.deliver_due() == 0, "nobody is tried before the pause is over"
    at.later(minutes=1)
    assert postman.deliver_due() == 4 and states() == [SENT] * 4


def test_tries_grow_rarer_and_end_after_two_days(people: Callable[..., Any], server: FaultyServer, at: Any) -> None:
    people(1)
    server.faults = {"RCPT": "451 greylisted"}
    due, pauses = clock.now(), []
    while the_letter().state == WAITING:
        at(the_letter().next_try_at)
        tried = clock.now()
        postman.deliver_due()
        pauses.append(the_letter().next_try_at - tried)
    minutes = [pause / timedelta(minutes=1) for pause in pauses[:-1]]
    assert minutes[:3] == [1, 5, 15] and set(minutes[3:]) == {60}
    assert the_letter().state == FAILED and the_letter().failure == "451"
    assert timedelta(hours=47) <= clock.now() - due <= timedelta(hours=48)


def test_what_waited_for_long_has_two_days_from_its_first_try(
    people: Callable[..., Any], server: FaultyServer, at: Any
) -> None:
    """Mail was paused, or nobody worked: one minute without a server, just then, loses no letter."""
    people(4)
    at.later(hours=49)
    server.faults = {"HELLO": DROP}
    assert postman.deliver_due() == 0 and states() == [WAITING] * 4
    at.later(minutes=1)
    assert postman.deliver_due() == 0 and states() == [WAITING] * 4
    server.faults = {}
    at.later(minutes=6)
    assert postman.deliver_due() == 4 and states() == [SENT] * 4


def test_a_letter_that_went_out_does_not_go_again_because_that_could_not_be_written_down(
    people: Callable[..., Any], letters_sent: Sink, monkeypatch: pytest.MonkeyPatch, at: Any
) -> None:
    people(1)
    written, troubles = queue.sent, [1, 2]

    def troubled(claimed: queue.Claim) -> bool:
        if troubles:
            troubles.pop()
            raise sa.exc.OperationalError("UPDATE", {}, Exception("canceling statement due to lock timeout"))
        return written(claimed)

    monkeypatch.setattr(queue, "sent", troubled)
    assert postman.deliver_due() == 1 and the_letter().state == SENT
    at.later(hours=1)
    assert postman.deliver_due() == 0 and len(letters_sent.deliveries) == 1


def test_retries_carry_the_same_message_id(people: Callable[..., Any], server: FaultyServer, at: Any) -> None:
    people(1)
    server.faults = {"END": DROP}
    postman.deliver_due()
    server.faults = {}
    at.later(minutes=1)
    postman.deliver_due()
    ids = [line for _, letter in server.taken for line in letter.split(b"\r\n") if line.startswith(b"Message-ID:")]
    assert len(ids) == 2 and len(set(ids)) == 1
    assert the_letter().state == SENT


def test_a_letter_is_looked_at_again_before_it_goes(people: Callable[..., Any], letters_sent: Sink) -> None:
    (registration_id,) = people(1)
    with transaction():
        claims = queue.claim(10)
        registration = db.session.get_one(Registration, registration_id)
        registration.state = "cancelled"
    with transaction():
        queue.give_back(claims[0])
    postman.deliver_due()
    assert letters_sent.deliveries == [] and the_letter().state == VOID


def test_an_address_that_is_none_fails_and_is_not_named(
    people: Callable[..., Any], letters_sent: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    people(1, contact="rosa@post.example, luis@post.example")
    postman.deliver_due()
    assert (the_letter().state, the_letter().failure) == (FAILED, "address")
    assert "post.example" not in caplog.text


def test_logs_hold_ids_only(people: Callable[..., Any], server: FaultyServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "scheduler")
    people(2, name="Marisol Ortega")
    server.faults = {"RCPT person1@post.example": "550 <person1@post.example> unknown"}
    postman.deliver_due()
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("scheduler"))
    ids = [str(message_id) for message_id in db.session.scalars(sa.select(Message.id))]
    assert all(message_id in logged for message_id in ids)
    assert "post.example" not in caplog.text and "Marisol" not in caplog.text


def test_a_letter_that_cannot_be_written_waits_for_the_repair(
    people: Callable[..., Any], letters_sent: Sink, monkeypatch: pytest.MonkeyPatch, at: Any
) -> None:
    people(2)
    from scheduler import letters

    genuine, seen = letters.compose_alike, []

    def once_broken(message: Message, edition: object) -> letters.Letter | letters.Printed:
        seen.append(message.id)
        if len(seen) == 1:
            raise RuntimeError("rosa@post.example")
        return genuine(message, edition)

    monkeypatch.setattr(letters, "compose_alike", once_broken)
    assert postman.deliver_due() == 2
    assert states() == [SENT, WAITING]
    at.later(minutes=1)
    postman.deliver_due()
    assert states() == [SENT, SENT]


def test_a_destroyed_key_ends_its_letters(people: Callable[..., Any], letters_sent: Sink, app: Flask) -> None:
    people(1)
    ring = app.extensions["keyring"]
    for week in ring.weeks():
        ring.destroy(week)
    postman.deliver_due()
    assert the_letter().state == VOID and letters_sent.deliveries == []


def test_call_list_letters_are_never_mailed(people: Callable[..., Any], letters_sent: Sink) -> None:
    people(1, contact_kind="phone", contact="312-555-0123")
    assert postman.deliver_due() == 0
    assert the_letter().channel == kinds.CALL and the_letter().state == WAITING


# Claims


def test_two_claims_never_share_a_letter(people: Callable[..., Any]) -> None:
    people(6)
    with transaction():
        first = queue.claim(4)
    with transaction():
        second = queue.claim(4)
    assert len(first) == 4 and len(second) == 2
    assert not {claimed.message_id for claimed in first} & {claimed.message_id for claimed in second}


def test_many_workers_at_once_send_each_letter_once(people: Callable[..., Any], letters_sent: Sink, app: Flask) -> None:
    people(40)

    def work() -> None:
        with app.app_context():
            while postman.deliver_due():
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    arrived = sorted(delivery.recipients[0] for delivery in letters_sent.deliveries)
    assert arrived == sorted(f"person{number}@post.example" for number in range(40))


def test_a_lease_ends_and_the_older_claim_writes_nothing_any_more(people: Callable[..., Any], at: Any) -> None:
    people(1)
    with transaction():
        (old,) = queue.claim(1)
    at.later(seconds=119)
    with transaction():
        assert queue.claim(1) == []
    at.later(seconds=2)
    with transaction():
        (new,) = queue.claim(1)
    assert new.fence == old.fence + 1
    with transaction():
        assert queue.sent(old) is False and queue.failed(old, "550") is False
    assert the_letter().state == WAITING
    with transaction():
        assert queue.sent(new) is True
    assert the_letter().state == SENT


def test_an_outcome_does_not_bring_a_void_letter_back(people: Callable[..., Any]) -> None:
    (registration_id,) = people(1)
    with transaction():
        (claimed,) = queue.claim(1)
    with transaction():
        registrations.cancel(registration_id)
    with transaction():
        assert queue.try_again(claimed, "451") is False


def test_a_worker_that_is_asked_to_stop_gives_the_rest_back(people: Callable[..., Any], letters_sent: Sink) -> None:
    people(5)
    assert postman.deliver_due(stop=lambda: len(letters_sent.deliveries) >= 2) == 2
    db.session.rollback()
    rest = db.session.scalars(sa.select(Message).where(Message.state == WAITING)).all()
    assert [(letter.lease_until, letter.attempts) for letter in rest] == [(None, 0)] * 3
    assert postman.deliver_due() == 3


def test_a_worker_whose_lease_runs_out_gives_the_rest_back(
    people: Callable[..., Any], letters_sent: Sink, monkeypatch: pytest.MonkeyPatch, at: Any
) -> None:
    people(3)
    genuine = smtp.Connection.send

    def slow(connection: smtp.Connection, *envelope: Any) -> None:
        genuine(connection, *envelope)
        at.later(seconds=50)

    monkeypatch.setattr(smtp.Connection, "send", slow)
    assert postman.deliver_due() == 2
    assert states() == [SENT, SENT, WAITING]
    assert postman.deliver_due() == 1


# How late


def test_nothing_due_is_not_late(app: Flask) -> None:
    assert postman.lateness() == timedelta()


def test_a_letter_that_no_worker_took_is_late(people: Callable[..., Any], at: Any) -> None:
    people(1)
    at.later(minutes=7)
    assert postman.lateness() == timedelta(minutes=7)


def test_a_server_that_is_away_makes_letters_late_though_they_will_be_tried_later(
    people: Callable[..., Any], server: FaultyServer, at: Any
) -> None:
    people(2)
    server.faults = {"HELLO": DROP}
    for _ in range(6):
        postman.deliver_due()
        at.later(minutes=1)
    assert postman.lateness() == timedelta(minutes=6)


def test_a_recipients_greylisting_is_not_our_lateness(
    people: Callable[..., Any], server: FaultyServer, at: Any
) -> None:
    people(1)
    server.faults = {"RCPT": "451 greylisted"}
    postman.deliver_due()
    at.later(seconds=59)
    assert postman.lateness() == timedelta()


def test_a_fault_of_ours_makes_letters_late_though_they_will_be_tried_later(
    people: Callable[..., Any], letters_sent: Sink, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scheduler import letters

    def broken(*given: object) -> None:
        raise RuntimeError

    people(1)
    monkeypatch.setattr(letters, "compose_alike", broken)
    for _ in range(6):
        postman.deliver_due()
        at.later(minutes=1)
    assert postman.lateness() == postman.outlook()[0] == timedelta(minutes=6)
    assert the_letter().failure == queue.FAULT and letters_sent.deliveries == []
    monkeypatch.undo()
    at.later(minutes=15)
    postman.deliver_due()
    assert the_letter().state == SENT and postman.lateness() == timedelta()


def test_a_letter_in_the_quiet_hours_is_not_late(app: Flask, world: ModuleType, at: Any, letters_sent: Sink) -> None:
    with transaction():
        world.attends(world.workshop())
    postman.deliver_due()
    at("2026-12-02 18:00")
    with transaction():
        reminders.write_due()
    at("2026-12-02 23:30")
    postman.deliver_due()
    assert len(letters_sent.deliveries) == 1, "nobody is reminded at night"
    assert postman.lateness() == timedelta()


# TLS and names


def test_a_server_without_the_tls_that_was_asked_for_gets_no_letter(
    people: Callable[..., Any], server: FaultyServer, app: Flask
) -> None:
    app.config["MAIL_USE_TLS"] = True
    mail.init_app(app)
    people(1)
    postman.deliver_due()
    assert server.taken == [] and the_letter().failure == queue.NO_SERVER


def test_a_comma_in_a_hosts_name_is_not_a_second_sender(people: Callable[..., Any], letters_sent: Sink) -> None:
    people(1, wording="full", language="en")
    with transaction():
        db.session.scalars(sa.select(Organization)).one().name = "Lamplight, Legal Aid"
    postman.deliver_due()
    (address,) = letters_sent.letters[0]["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Lamplight, Legal Aid", "desk@porchlight.example")
