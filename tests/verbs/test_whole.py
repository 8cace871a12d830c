"""What a letter speaks of, brought along for many at once, is what one would hear when asking for it alone."""

from __future__ import annotations

import uuid
from datetime import time
from types import ModuleType

import sqlalchemy as sa
from flask import Flask

from scheduler import outbox, registrations, trainings
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.models.message import CHANGE, SENT, Message
from scheduler.models.registration import Registration
from scheduler.models.whole import whole, whole_of
from scheduler.trainings import Terms


def test_what_comes_along_is_what_one_would_ask_for(app: Flask, world: ModuleType) -> None:
    """Two places with one contact, one given back with the same contact, one of somebody else; one has had letters."""
    with transaction():
        posted = world.workshop(seats=9)
        addresses = ("ana@post.example", "ana@post.example", "ana@post.example", "ben@post.example")
        ids = [world.attends(posted, contact=address) for address in addresses]
    with transaction():
        registrations.cancel(ids[2])
        told = db.session.scalars(sa.select(Message).where(Message.registration_id == ids[0])).one()
        told.state, told.sent_at = SENT, clock.now()
        outbox.enqueue(CHANGE, db.session.get_one(Registration, ids[0]))
        first = told.id
    found = whole_of(list(db.session.scalars(sa.select(Message.id))))
    known = {message.id: (message.first_sent, message.same_contact) for message in found.values()}
    db.session.rollback()
    db.session.expunge_all()
    alone = {one.id: (one.first_sent, one.same_contact) for one in db.session.scalars(sa.select(Message))}
    assert known == alone
    assert {first, None} == {told for told, _same in known.values()}
    assert {0, 1, 2} >= {same for _told, same in known.values()} >= {0, 1}


def test_letters_of_employers_know_the_first_one_too(app: Flask, world: ModuleType) -> None:
    """Two requests, one of which has been answered; and somebody's place between them."""
    with transaction():
        training_id = employers.offer(world.organization())
        said = employers.said(wishes=[employers.a_wish(days=20)])
        asked = [trainings.submit(training_id, said, f"nonce {number}").id for number in range(2)]
        world.attends(world.workshop())
    with transaction():
        received = db.session.scalars(sa.select(Message).where(Message.booking_id == asked[0])).one()
        received.state, received.sent_at = SENT, clock.now()
        trainings.take_up(asked[0])
        trainings.accept(asked[0], Terms(0, time(9, 30), None, 18))
        first = received.id
    found = whole_of(list(db.session.scalars(sa.select(Message.id))))
    known = {message.id: message.first_sent for message in found.values()}
    assert (
        sorted((str(one.booking_id), one.first_sent) for one in found.values() if one.first_sent)
        == [(str(asked[0]), first)] * 2
    )
    db.session.rollback()
    db.session.expunge_all()
    assert known == {one.id: one.first_sent for one in db.session.scalars(sa.select(Message))}


def test_a_message_that_is_gone_is_left_out(app: Flask) -> None:
    assert whole(uuid.uuid4()) is None
