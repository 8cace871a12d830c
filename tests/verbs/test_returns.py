"""Letters that a mail server took and that come back later: found again, written down, and shown to who calls."""

from __future__ import annotations

import json
import logging
import random
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import letters, outbox, postman, privacy, registrations, reminders, rosters, trainings
from scheduler.core import clock, logs
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models import inbox
from scheduler.models import message as kinds
from scheduler.models.message import FAILED, SENT, VOID, WAITING, Message
from scheduler.models.registration import PHONE, Registration
from scheduler.registrations import Wishes

from ..ground import returned
from ..ground.mail import Delivery, Sink

BOUNCES = "bounces@mail.porchlight.example"


@pytest.fixture(autouse=True)
def today(at: Any) -> None:
    at("2026-11-21 10:00")


@pytest.fixture(autouse=True)
def with_bounces(app: Flask) -> None:
    app.config["MAIL_BOUNCES"] = BOUNCES


@pytest.fixture
def posted(world: ModuleType) -> Any:
    with transaction():
        return world.workshop(seats=9)


@pytest.fixture
def bounce(app: Flask) -> Callable[[bytes], str]:
    """What the command says of these octets on its standard input."""

    def command(octets: bytes) -> str:
        db.session.rollback()
        done = app.test_cli_runner().invoke(args=["bounce"], input=octets)
        assert done.exit_code == 0 and done.exception is None, done.output
        return str(done.stdout).strip()

    return command


def attends(world: ModuleType, posted: Any, **person: Any) -> uuid.UUID:
    with transaction():
        place: uuid.UUID = world.attends(posted, **person)
    return place


def sent_to(sink: Sink, address: str = "marisol@post.example") -> Delivery:
    """The last letter to this address, after everything due went out."""
    postman.deliver_due()
    return [delivery for delivery in sink.deliveries if delivery.recipients == [address]][-1]


def letter_of(place: uuid.UUID, kind: str = kinds.CONFIRMATION) -> Message:
    db.session.rollback()
    query = sa.select(Message).where(Message.registration_id == place, Message.letter == kind)
    return db.session.scalars(query).one()


def all_states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Message.state).order_by(Message.created_at, Message.id)))


def out_of_reach(posted: Any, staff: Any) -> list[uuid.UUID]:
    """Whom the call list names because their letters come back."""
    with transaction():
        found = rosters.call_list(posted.occurrence_id, staff.user_id).out_of_reach
    return [call.registration_id for call in found if call.mail_failed]


def marked(posted: Any, staff: Any) -> list[uuid.UUID]:
    """Whom the roster marks."""
    with transaction():
        people = rosters.view(posted.occurrence_id, staff.user_id).people
    return [person.id for person in people if person.mail_failed]


# Whom mail servers tell


def test_each_letter_comes_back_to_an_address_of_its_own(world: ModuleType, posted: Any, letters_sent: Sink) -> None:
    for number in range(5):
        attends(world, posted, contact=f"person{number}@post.example")
    assert postman.deliver_due() == 5
    senders = [delivery.sender for delivery in letters_sent.deliveries]
    assert len(set(senders)) == 5
    for delivery, letter in zip(letters_sent.deliveries, letters_sent.letters, strict=True):
        mark = letter["Message-ID"].strip("<>").partition("@")[0]
        assert delivery.sender == f"bounces+{mark}@mail.porchlight.example"
        assert letter["From"].addresses[0].addr_spec == "desk@porchlight.example"
        assert letter["Reply-To"].addresses[0].addr_spec != delivery.sender
        assert b"bounces+" not in delivery.raw, "it stands on the envelope only"


def test_without_the_setting_the_desk_is_told(
    app: Flask, world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any
) -> None:
    app.config["MAIL_BOUNCES"] = ""
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    assert delivery.sender == "desk@porchlight.example"
    assert bounce(returned.postfix(delivery)) == "noted", "whoever pipes the desk's mail is understood, too"
    assert letter_of(place).state == FAILED


# What comes back


@pytest.mark.parametrize("write", returned.MANNERS)
def test_whose_letter_comes_back_later_is_called(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, at: Any, write: returned.Writer
) -> None:
    with transaction():
        staff = world.organizer()
    place, other = attends(world, posted), attends(world, posted, contact="other@post.example")
    delivery = sent_to(letters_sent)
    assert out_of_reach(posted, staff) == marked(posted, staff) == []
    went = letter_of(place)
    at.later(minutes=5)
    assert bounce(write(delivery)) == "noted"
    letter = letter_of(place)
    assert (letter.state, letter.failure) == (FAILED, "5.1.1")
    assert (letter.attempts, letter.sent_at) == (1, went.sent_at)
    assert letter_of(other).state == SENT
    assert out_of_reach(posted, staff) == marked(posted, staff) == [place]


@pytest.mark.parametrize("write", returned.MANNERS)
def test_the_letter_in_it_says_which_it_was_where_the_address_does_not(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, write: returned.Writer
) -> None:
    place, other = attends(world, posted), attends(world, posted, contact="other@post.example")
    assert bounce(write(sent_to(letters_sent), to="desk@porchlight.example")) == "noted"
    assert (letter_of(place).state, letter_of(other).state) == (FAILED, SENT)


def test_an_address_that_other_servers_have_wrapped_is_understood(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any
) -> None:
    place = attends(world, posted)
    delivery = replace(sent_to(letters_sent), raw=b"Subject: none of ours\r\n\r\n")
    name, _at, domain = delivery.sender.partition("@")
    assert bounce(returned.exim(delivery, to=f"prvs=0123abcdef={name.upper()}@{domain}")) == "noted"
    assert letter_of(place).state == FAILED


@pytest.mark.parametrize("status", ["5.1.1", "5.7.509 (rejected by policy)", "5.0.0", "4.4.7"])
def test_only_the_number_is_kept(world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, status: str) -> None:
    place = attends(world, posted)
    assert bounce(returned.exim(sent_to(letters_sent), status=status)) == "noted"
    assert letter_of(place).failure == status.partition(" ")[0]


def test_the_same_report_twice_changes_nothing_more(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any
) -> None:
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    assert bounce(returned.postfix(delivery)) == "noted"
    assert bounce(returned.postfix(delivery, status="5.2.2")) == "unchanged"
    assert (letter_of(place).failure, letter_of(place).attempts) == ("5.1.1", 1)


def test_a_letter_that_fills_the_report_is_read_past(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any
) -> None:
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    delivery = replace(delivery, raw=delivery.raw + b"filled up to the brim\r\n" * 200_000)
    assert bounce(returned.postfix(delivery, to="desk@porchlight.example")) == "noted"
    assert letter_of(place).state == FAILED


# What is no reason to call


@pytest.mark.parametrize(
    ("action", "status"),
    [("delayed", "4.4.1"), ("delayed", "5.0.0"), ("delivered", "2.0.0"), ("relayed", "2.1.5"),
     ("expanded", "2.0.0"), ("failed", ""), ("failed", "5"), ("", "5.1.1"), ("unfailed", "5.1.1")],
)  # fmt: skip
def test_what_may_still_arrive_has_not_come_back(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, action: str, status: str
) -> None:
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    assert {bounce(write(delivery, action=action, status=status)) for write in returned.MANNERS} == {"ignored"}
    assert (letter_of(place).state, letter_of(place).failure) == (SENT, "")


def test_answers_of_people_and_their_machines_are_none(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any
) -> None:
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    assert bounce(returned.out_of_office(delivery)) == "ignored"
    told = returned.exim(delivery)
    forwarded = b"From: a@b.example\nContent-Type: message/rfc822\n\n" + told
    quoted = told.replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed")
    read_receipt = told.replace(b"message/delivery-status", b"message/disposition-notification")
    for octets in (forwarded, quoted, read_receipt, delivery.raw):
        assert bounce(octets) == "ignored"
    assert letter_of(place).state == SENT


def test_what_nobody_knows_changes_nothing(world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any) -> None:
    attends(world, posted)
    delivery = sent_to(letters_sent)
    bare = replace(delivery, raw=b"Subject: none of ours\r\n\r\n")
    for mark in ("0" * 32, letters.mark(uuid.uuid4()), str(uuid.uuid4()), "", "%", "\u2028".encode().hex()):
        assert bounce(returned.postfix(replace(bare, sender=f"bounces+{mark}@mail.porchlight.example"))) == "unknown"
    row = db.session.scalars(sa.select(Message.id)).one()
    for key in (row.hex, str(row)):
        assert bounce(returned.exim(bare, to=f"bounces+{key}@mail.porchlight.example")) == "unknown"
    assert all_states() == [SENT]


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"\x00", b"\xff\xfe" * 5000, b"\r\n\r\n", b"Content-Type: multipart/report\n\n", b"To: \xc3\x28+\n\n--\n",
        b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n--x--",
        b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n"
        b"Content-Transfer-Encoding: base64\n\nQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQ==\n--x--",
        b"Content-Type: multipart/report; boundary*0*=''x%FF; boundary*9=y\n\n--x\n",
        b"Content-Type: multipart/report;" * 99,
        b"".join(b"Content-Type: multipart/report; boundary=b%d\n\n--b%d\n" % (one, one) for one in range(3000)),
        b"Content-Type: message/rfc822\n\n" * 3000,
    ],
    ids=lambda octets: str(len(octets)),
)  # fmt: skip
def test_no_octets_make_it_fall(app: Flask, bounce: Any, octets: bytes) -> None:
    assert bounce(octets) == "ignored"


def test_reports_that_were_mangled_on_the_way_do_no_harm(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any
) -> None:
    attends(world, posted)
    delivery, dice = sent_to(letters_sent), random.Random(7)
    bare = replace(delivery, sender=f"bounces+{'0' * 32}@x.example", raw=b"Subject: none of ours\r\n\r\n")
    for number in range(60):
        octets = bytearray(returned.MANNERS[number % 3](bare))
        for _ in range(dice.randrange(1, 40)):
            octets[dice.randrange(len(octets))] = dice.randrange(256)
        assert bounce(bytes(octets[: dice.randrange(len(octets))])) in ("ignored", "unknown")
    assert all_states() == [SENT]


# Which letters can come back


def test_only_letters_that_went_come_back(world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any) -> None:
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    for state in (WAITING, VOID):
        with transaction():
            db.session.execute(sa.update(Message).values(state=state))
        assert bounce(returned.exim(delivery)) == "unchanged"
        assert (letter_of(place).state, letter_of(place).failure) == (state, "")


def test_a_call_is_no_letter(world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any) -> None:
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    with transaction():
        db.session.execute(sa.update(Message).values(channel=kinds.CALL))
    assert bounce(returned.exim(delivery)) == "unknown"
    assert letter_of(place).state == SENT


def test_after_a_week_nothing_comes_back(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, at: Any
) -> None:
    attends(world, posted)
    delivery = sent_to(letters_sent)
    at.later(days=7, minutes=1)
    assert bounce(returned.exim(delivery)) == "unknown"
    at.later(minutes=-2)
    assert bounce(returned.exim(delivery)) == "noted"


def test_whoever_was_erased_meanwhile_stays_so(world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any) -> None:
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    with transaction():
        registrations.erase(place)
    postman.deliver_due()
    with transaction():
        assert privacy.erase_due() == 1
    assert bounce(returned.postfix(delivery)) == "unknown"


def test_an_old_address_says_nothing_of_the_new_one(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, at: Any
) -> None:
    with transaction():
        staff = world.organizer()
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    at.later(minutes=2)
    wishes = Wishes.of(db.session.get_one(Registration, place))
    with transaction():
        registrations.change(place, replace(wishes, contact="right@post.example"))
    assert bounce(returned.postfix(delivery)) == "unchanged"
    assert out_of_reach(posted, staff) == marked(posted, staff) == []
    again = sent_to(letters_sent, "right@post.example")
    assert bounce(returned.postfix(again)) == "noted", "this one is about the address that we have"
    assert out_of_reach(posted, staff) == marked(posted, staff) == [place]


def test_who_has_a_phone_by_now_is_called_there(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, at: Any
) -> None:
    with transaction():
        staff = world.organizer()
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    at.later(minutes=2)
    wishes = Wishes.of(db.session.get_one(Registration, place))
    with transaction():
        registrations.change(place, replace(wishes, contact_kind=PHONE, contact="312-555-0123", wording="full"))
    assert bounce(returned.postfix(delivery)) == "unchanged"
    assert out_of_reach(posted, staff) == marked(posted, staff) == []


def test_a_letter_before_it_is_no_sign_that_this_one_arrived(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, at: Any
) -> None:
    """The second went while the first waited to be tried again; both to the same dead mailbox."""
    with transaction():
        staff = world.organizer()
    place = attends(world, posted)
    again = clock.now() + timedelta(minutes=5)
    with transaction():
        db.session.execute(sa.update(Message).values(next_try_at=again))
        outbox.enqueue(kinds.CHANGE, db.session.get_one(Registration, place))
    at.later(minutes=1)
    other = sent_to(letters_sent)
    at.later(minutes=5)
    delivery = sent_to(letters_sent)
    assert len(letters_sent.deliveries) == 2 and other.sender != delivery.sender
    assert bounce(returned.postfix(delivery)) == "noted"
    assert out_of_reach(posted, staff) == marked(posted, staff) == [place]


def test_a_letter_after_it_that_arrives_takes_the_mark_away(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, at: Any
) -> None:
    with transaction():
        staff = world.organizer()
    place = attends(world, posted)
    assert bounce(returned.postfix(sent_to(letters_sent), status="5.2.2")) == "noted"
    at("2026-12-02 18:00")
    with transaction():
        assert reminders.write_due() == 1, "not forgetting is worth a try, also after a letter came back"
    delivery = sent_to(letters_sent)
    assert letter_of(place, kinds.REMINDER).state == SENT and marked(posted, staff) == []
    at.later(minutes=5)
    assert bounce(returned.postfix(delivery)) == "noted"
    assert marked(posted, staff) == out_of_reach(posted, staff) == [place]


def test_an_employer_whose_letter_comes_back_is_named_to_the_provider(
    app: Flask, world: ModuleType, letters_sent: Sink, bounce: Any, at: Any
) -> None:
    with transaction():
        said = employers.said(wishes=[employers.a_wish(8)])
        booking_id = trainings.submit(employers.offer(world.organization()), said, "nonce").id
    delivery = sent_to(letters_sent, said.email)
    at.later(minutes=1)
    with transaction():
        trainings.change(booking_id, replace(said, email="right@work.example"))
    assert bounce(returned.exim(delivery)) == "unchanged" and not inbox.letter_failed(booking_id)
    assert bounce(returned.exim(sent_to(letters_sent, "right@work.example"))) == "noted"
    assert inbox.letter_failed(booking_id)


# What is written of it


def test_the_log_has_an_id_and_no_word_of_the_mail(
    world: ModuleType, posted: Any, letters_sent: Sink, bounce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    place = attends(world, posted)
    delivery = sent_to(letters_sent)
    caplog.clear()
    for octets in (returned.postfix(delivery), returned.postfix(delivery), returned.out_of_office(delivery), b"\xff"):
        bounce(octets)
    [line] = [record for record in caplog.records if record.name.startswith("scheduler")]
    assert line.getMessage() == f"letter {letter_of(place).id} came back: 5.1.1"
    assert logs.entry_of(line)["ids"] == [str(letter_of(place).id)]
    written = json.dumps([logs.entry_of(record) for record in caplog.records])
    assert "post.example" not in written and "unknown" not in written and "bounces+" not in written
