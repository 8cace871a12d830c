"""A big synthetic world, written in batches: for measuring, never for showing."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from ..core import clock, keyring
from ..core.extensions import db, transaction
from ..models import event as states
from ..models import registration as places
from ..models.doors import SENSITIVE_TYPES, TYPES
from ..models.event import Event, Occurrence, Slot
from ..models.organization import Organization
from ..models.registration import Registration
from ..models.venue import Venue
from .crowd import NAMES

ZONE = "America/Chicago"
AREAS = ("Pilsen", "Uptown", "Loop", "Albany Park", "Chinatown", "Gage Park", "Rogers Park", "Humboldt Park")
DAYS = 180
EVENTS_AT_ONCE, REGISTRATIONS_AT_ONCE = 500, 2_000

Row = dict[str, Any]


def build(events: int, registrations: int) -> Iterator[int]:
    """Write a world of so many events and registrations; yields how many rows each step wrote.

    Every event has one date within half a year and one time with room for all its people.
    """
    chance = random.Random(7)
    hosts, venues = _ground()
    each, more = divmod(registrations, max(events, 1))
    number = 0
    while number < events:
        batch = range(number, min(number + EVENTS_AT_ONCE, events))
        crowds = {place: each + (place < more) for place in batch}
        rows = [_event(place, chance, hosts, venues, max(20, crowds[place] + 5)) for place in batch]
        with transaction():
            for model, part in zip((Event, Occurrence, Slot), zip(*rows, strict=True), strict=True):
                _insert(model, list(part))
        yield len(batch)
        dates = [row[1]["id"] for row in rows]
        yield from _fill(dict(zip(dates, crowds.values(), strict=True)), chance)
        number = batch.stop


def _insert(model: type[Any], rows: list[Row]) -> None:
    db.session.execute(sa.insert(_table(model)), rows)


def _table(model: type[Any]) -> sa.Table:
    table: sa.Table = model.__table__
    return table


def _ground() -> tuple[list[uuid.UUID], list[tuple[uuid.UUID, str]]]:
    """Ten hosts and forty venues."""
    hosts = [Organization(id=uuid.uuid4(), slug=f"host-{n}", name=f"Host {n}", area=AREAS[n % 8]) for n in range(10)]
    venues = [
        Venue(id=uuid.uuid4(), name=f"Hall {n}", address=f"{100 + n} W. Example St.", zip_code="60601",
              area=AREAS[n % len(AREAS)], transit={"en": f"Bus {n}", "es": f"Autobús {n}"}, access=["step_free"])
        for n in range(40)
    ]  # fmt: skip
    with transaction():
        db.session.add_all([*hosts, *venues])
        return [host.id for host in hosts], [(venue.id, venue.area) for venue in venues]


def _event(
    number: int, chance: random.Random, hosts: list[uuid.UUID], venues: list[tuple[uuid.UUID, str]], seats: int
) -> tuple[Row, Row, Row]:
    now = clock.to_minute(clock.now())
    kind = chance.choice(TYPES)
    title = {"en": f"Open evening {number}", "es": f"Tarde abierta {number}"}
    event_id = uuid.uuid4()
    event = {
        "id": event_id, "organization_id": chance.choice(hosts), "slug": f"open-evening-{number}", "type": kind,
        "state": states.PUBLISHED, "admission": "single_session", "title": title,
        "summary": {"en": "Come as you are.", "es": "Venga como es."},
        "languages": chance.choice((["en"], ["en", "es"], ["es", "pl"], ["ar", "en", "es"])),
        "amenities": chance.choice((["free"], ["free", "step_free"], ["free", "child_care", "step_free"])),
        "sensitive": kind in SENSITIVE_TYPES, "created_at": now, "revised_at": now, "published_at": now,
    }  # fmt: skip
    day = clock.today(ZONE) + timedelta(days=1 + chance.randrange(DAYS))
    wall = datetime.combine(day, time(chance.randint(9, 18), chance.choice((0, 30))))
    occurrence = _date(event_id, chance.choice(venues)[0], wall, now)
    slot = {
        "id": uuid.uuid4(), "occurrence_id": occurrence["id"], "starts_local": wall,
        "starts_at": occurrence["starts_at"], "seats_limit": seats, "seats_taken": 0,
    }  # fmt: skip
    return event, occurrence, slot


def _date(event_id: uuid.UUID, venue_id: uuid.UUID, wall: datetime, now: datetime) -> Row:
    ends = wall + timedelta(minutes=90)
    keep_until = ends.date() + timedelta(days=30)
    week = clock.week_of(keep_until)
    return {
        "id": uuid.uuid4(), "event_id": event_id, "venue_id": venue_id, "zone": ZONE, "starts_local": wall,
        "ends_local": ends, "starts_at": clock.to_utc(wall, ZONE), "ends_at": clock.to_utc(ends, ZONE),
        "keep_until": keep_until, "key_week": week, "key_wrapped": keyring.current().wrap_new(week),
        "created_at": now, "revised_at": now,
    }  # fmt: skip


def _fill(crowds: dict[uuid.UUID, int], chance: random.Random) -> Iterator[int]:
    """People for these dates, one to a place, sealed like everybody's."""
    rows = _people(crowds, chance)
    while batch := list(islice(rows, REGISTRATIONS_AT_ONCE)):
        with transaction():
            _insert(Registration, batch)
        yield len(batch)
    counts = [{"place": place, "count": count} for place, count in crowds.items() if count]
    with transaction():
        for model, column, key in ((Slot, "seats_taken", "occurrence_id"), (Occurrence, "last_number", "id")):
            table = _table(model)
            here = table.c[key] == sa.bindparam("place")
            if counts:
                db.session.execute(sa.update(table).where(here).values({column: sa.bindparam("count")}), counts)
        # So much came at once that PostgreSQL does not know how much: it drew a list in 10 s instead of 0.07.
        db.session.execute(sa.text("ANALYZE"))


def _people(crowds: dict[uuid.UUID, int], chance: random.Random) -> Iterator[Row]:
    names = [name for names in NAMES.values() for name in names]
    columns = [column.key for column in Registration.__table__.columns]
    for occurrence_id, count in crowds.items():
        if not count:
            continue
        occurrence = db.session.get_one(Occurrence, occurrence_id)
        slot_id = db.session.scalars(sa.select(Slot.id).where(Slot.occurrence_id == occurrence_id)).one()
        db.session.expunge(occurrence)
        now = clock.to_minute(clock.now())
        for number in range(1, count + 1):
            row = Registration(id=uuid.uuid4(), occurrence=occurrence, slot_id=slot_id, number=number, line=number)
            row.created_at = row.revised_at = now
            _describe(row, f"{chance.choice(names)} {number}", chance)
            yield {"occurrence_id": occurrence_id} | {
                name: value for name in columns if (value := getattr(row, name)) is not None
            }


def _describe(row: Registration, name: str, chance: random.Random) -> None:
    row.state, row.party, row.children, row.wording = places.CONFIRMED, 1, 0, places.DISCREET
    row.language, row.spoken = chance.choice(("en", "es")), "es"
    row.contact_kind, row.source, row.reminders, row.consent_version = places.EMAIL, "web", True, 1
    row.link_generation, row.feed_generation, row.sequence, row.erase_asked = 1, 1, 0, False
    row.lapses, row.arrived = 0, 0
    row.nonce_index = places.nonce_index(row.occurrence, f"large-{row.number}")
    row.answers_index = places.nonce_index(row.occurrence, f"large-answers-{row.number}")
    row.keep_secret(
        name=name,
        contact=f"neighbor{row.number}-{row.id.hex[:8]}@post.example",
        note="",
        needs=[],
        code="".join(secrets.choice(places.CODE_LETTERS) for _ in range(8)),
    )
