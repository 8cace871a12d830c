"""Pages of the console ask as often for many dates, times or people as for one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, time
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import checkin, registrations, trainings
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.demo.cast import Posted
from scheduler.models.event import Occurrence
from scheduler.models.registration import Registration
from scheduler.models.training import Booking

from ..ground.statements import counted
from .signing_in import sign_in

FEW, MANY = 2, 9
Make = Callable[[ModuleType, int], str]


def many_times(world: ModuleType, number: int) -> Posted:
    """One date with so many times, and somebody at each."""
    found: Posted = world.clinic(slots=number, seats=1)
    for slot in range(number):
        world.attends(found, slot, contact=f"p{slot}@post.example")
    return found


def many_dates(world: ModuleType, number: int) -> Posted:
    """One event with so many dates, and somebody to call on each."""
    posted = [world.workshop(starts_local=world.a_day_ahead(14 + day, "18:00")) for day in range(number)]
    for day, one in enumerate(posted):
        world.attends(one, contact_kind="phone", contact=f"312-555-01{10 + day}")
        db.session.get_one(Occurrence, one.occurrence_id).event_id = posted[0].event_id
    db.session.flush()
    found: Posted = posted[0]
    return found


def sheet(world: ModuleType, number: int) -> str:
    return f"/console/dates/{many_times(world, number).occurrence_id}/sheet"


def roster(world: ModuleType, number: int) -> str:
    return f"/console/dates/{many_times(world, number).occurrence_id}/roster"


def changes(world: ModuleType, number: int) -> str:
    """Of the first of so many people, who could choose from as many times."""
    people = sa.select(Registration.id).where(Registration.occurrence_id == many_times(world, number).occurrence_id)
    return f"/console/registrations/{db.session.scalars(people.order_by(Registration.number)).first()}/changes"


def calls(world: ModuleType, number: int) -> str:
    return f"/console/events/{many_dates(world, number).event_id}/calls"


def offers(world: ModuleType, number: int) -> str:
    """So many people to call about an offer each."""
    found: Posted = world.workshop(seats=number)
    seated = [world.attends(found, contact=f"s{one}@post.example") for one in range(number)]
    for one in range(number):
        world.attends(found, contact_kind="phone", contact=f"312-555-01{10 + one}")
    for place in seated:
        registrations.cancel(place)
    return f"/console/dates/{found.occurrence_id}/calls"


def reminders(world: ModuleType, number: int) -> str:
    return f"/console/events/{many_dates(world, number).event_id}/reminders"


def attended(world: ModuleType, number: int) -> Booking:
    """A private session of this morning to which so many came."""
    said = employers.said(wishes=[employers.a_wish(5)])
    booking = trainings.submit(employers.offer(world.organization()), said, str(uuid.uuid4()))
    trainings.take_up(booking.id)
    trainings.accept(booking.id, trainings.Terms(0, time(9), None, number))
    places = [trainings.join(booking.id, f"Person {one}", "en", f"{booking.id}-{one}").id for one in range(number)]
    assert booking.occurrence is not None
    booking.occurrence.schedule(datetime(2026, 11, 28, 7), datetime(2026, 11, 28, 8), 30)
    for place in places:
        checkin.check_in(place)
    return booking


def certificates(world: ModuleType, number: int) -> str:
    return f"/console/bookings/{attended(world, number).id}/certificates"


def own_certificates(world: ModuleType, number: int) -> str:
    return f"/en/bookings/{attended(world, number).token()}/certificates"


@pytest.fixture
def desk(client: FlaskClient, world: ModuleType, at: Any) -> FlaskClient:
    at("2026-11-28 09:00")
    with transaction():
        lead = world.organizer()
    return sign_in(client, lead)


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (sheet, 14),
        (roster, 15),
        (changes, 18),
        (calls, 22),
        (offers, 22),
        (reminders, 10),
        (certificates, 12),
        (own_certificates, 3),
    ],
)
def test_many_cost_no_more_statements_than_few(desk: FlaskClient, world: ModuleType, make: Make, most: int) -> None:
    counts = []
    for number in (FEW, MANY):
        with transaction():
            path = make(world, number)
        with counted() as statements:
            assert desk.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= most
