"""The cast that tests share, the synthetic world, and that the demo world is the same every time."""

from __future__ import annotations

from types import ModuleType

import sqlalchemy as sa
from flask import Flask

from scheduler.core.extensions import db, transaction
from scheduler.demo import large
from scheduler.demo import world as demo
from scheduler.models import Event, Occurrence, Registration, Slot
from scheduler.models import registration as places

from ..ground.houses import House


def names() -> list[str]:
    return sorted(row.name for row in db.session.scalars(sa.select(Registration)))


def test_the_demo_world_is_the_same_every_time(app: Flask, house: House) -> None:
    demo.seed()
    before = names()
    db.session.rollback()
    house.empty()
    demo.seed()
    assert names() == before


def test_the_large_world_is_sealed_and_counted(app: Flask) -> None:
    assert sum(large.build(events=12, registrations=100)) == 112
    for model, rows in ((Event, 12), (Registration, 100)):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == rows
    assert db.session.scalar(sa.select(sa.func.sum(Slot.seats_taken))) == 100
    assert db.session.scalar(sa.select(sa.func.sum(Occurrence.last_number))) == 100
    somebody = db.session.scalars(sa.select(Registration).limit(1)).one()
    assert somebody.contact.endswith("@post.example")


def test_the_cast_stands_on_an_empty_house(world: ModuleType) -> None:
    with transaction():
        clinic = world.clinic(slots=2, seats=1)
        workshop = world.workshop(seats=1, sensitive=True)
        staff, outsider = world.organizer("coordinator"), world.outsider()
    with transaction():
        seated, waiting = world.attends(workshop), world.attends(workshop, contact="two@post.example")
        timed = world.attends(clinic, slot=1, party=1)
    assert world.registration(seated).state == places.CONFIRMED
    assert world.registration(waiting).state == places.WAITLISTED
    assert world.registration(timed).slot_id == clinic.slot_ids[1]
    assert staff.organization_id == clinic.organization_id != outsider.organization_id
