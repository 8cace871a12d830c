"""The audit chain: nothing in it can be altered, and nobody can look without a line in it."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import audits, checkin, rosters
from scheduler.core import tokens
from scheduler.core.extensions import db, transaction
from scheduler.models.audit import AuditEntry

from ..cli.test_commands import call

SUBJECT = uuid.uuid4()


@pytest.fixture
def chain(world: ModuleType) -> uuid.UUID:
    """The host, with five entries by one member of staff."""
    with transaction():
        staff = world.organizer()
    for _number in range(5):
        with transaction():
            audits.append(staff.organization_id, staff.user_id, audits.ROSTER_VIEWED, SUBJECT)
    organization_id: uuid.UUID = staff.organization_id
    return organization_id


def change(*statements: str) -> None:
    """What somebody with the database in their hands could do, once they had taken the guard away."""
    guard = (
        ("ALTER TABLE audit_entry DISABLE TRIGGER USER", "ALTER TABLE audit_entry ENABLE TRIGGER USER")
        if db.engine.dialect.name == "postgresql"
        else ("DROP TRIGGER audit_entry_keep_UPDATE", "DROP TRIGGER audit_entry_keep_DELETE")
    )
    before = guard[:1] if db.engine.dialect.name == "postgresql" else guard
    after = guard[1:] if db.engine.dialect.name == "postgresql" else ()
    with transaction():
        for statement in (*before, *statements, *after):
            db.session.execute(sa.text(statement))


def test_numbers_follow_each_other(chain: uuid.UUID) -> None:
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert all(later.previous == earlier.digest for earlier, later in pairwise(entries))
    assert audits.check_chain(chain) is None


def test_each_organization_has_its_own_chain(chain: uuid.UUID, world: ModuleType) -> None:
    with transaction():
        other = world.outsider()
        audits.append(other.organization_id, other.user_id, audits.ROSTER_VIEWED, SUBJECT)
    assert audits.check_chain(chain) is None
    assert audits.check_chain(other.organization_id) is None


def test_an_altered_entry_is_found(chain: uuid.UUID) -> None:
    change("UPDATE audit_entry SET act = 'person viewed' WHERE number = 3")
    assert audits.check_chain(chain) == 3


def test_a_deleted_entry_is_found(chain: uuid.UUID) -> None:
    change("DELETE FROM audit_entry WHERE number = 2")
    assert audits.check_chain(chain) == 2


def test_a_deleted_last_entry_is_found(chain: uuid.UUID) -> None:
    change("DELETE FROM audit_entry WHERE number = 5")
    assert audits.check_chain(chain) == 5


def test_swapped_entries_are_found(chain: uuid.UUID) -> None:
    change(
        "UPDATE audit_entry SET number = 99 WHERE number = 2",
        "UPDATE audit_entry SET number = 2 WHERE number = 4",
        "UPDATE audit_entry SET number = 4 WHERE number = 99",
    )
    assert audits.check_chain(chain) == 2


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET act = 'nothing'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_an_entry(chain: uuid.UUID, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="only ever added"), transaction():
        db.session.execute(sa.text(statement))
    assert audits.check_chain(chain) is None


def test_looks_at_the_same_time_make_one_chain(app: Flask, world: ModuleType) -> None:
    with transaction():
        staff = world.organizer()
    faults: list[BaseException] = []

    def look() -> None:
        try:
            with app.app_context():
                for _number in range(5):
                    with transaction():
                        audits.append(staff.organization_id, staff.user_id, audits.ROSTER_VIEWED, SUBJECT)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=look) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 30
    assert audits.check_chain(staff.organization_id) is None


def test_an_entry_goes_with_what_it_records(chain: uuid.UUID, world: ModuleType) -> None:
    with pytest.raises(RuntimeError), transaction():
        audits.append(chain, uuid.uuid4(), audits.ROSTER_VIEWED, SUBJECT)
        raise RuntimeError("the page broke")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 5
    assert audits.check_chain(chain) is None


def test_looks_at_numbers_do_not_count_who_walked_in(world: ModuleType, at: Any) -> None:
    """After the purge the chain is still there: three walk-ins are not told, and three entries would."""
    at("2026-11-21 09:00")
    with transaction():
        staff, other = world.organizer(), world.organizer()
        posted = world.clinic(starts_local=datetime(2026, 11, 21, 9, 30))
        people = [checkin.walk_in(posted.occurrence_id, name, "es", 1, name).id for name in ("Ana", "Beto", "Carla")]
    for who in (staff, staff, other):
        for place_id in people:
            with transaction():
                rosters.number_card(place_id, who.user_id)
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [(entry.user_id, entry.act, entry.subject_id) for entry in entries] == [
        (who.user_id, audits.NUMBER_VIEWED, posted.occurrence_id) for who in (staff, other)
    ]
    assert audits.check_chain(posted.organization_id) is None


def test_the_doctor_says_that_a_chain_is_broken(chain: uuid.UUID, app: Flask, world: ModuleType) -> None:
    with transaction():
        world.outsider()
    assert "ok   audit" in call(app, "doctor").output
    change("DELETE FROM audit_entry WHERE number = 5")
    found = call(app, "doctor")
    assert found.exit_code == 1 and "fix  audit: entry 5 of lamplight was changed or taken away" in found.output


def test_no_entry_leads_to_a_person_once_the_key_is_gone(world: ModuleType) -> None:
    """An old letter's link, and its entry in a calendar, tell the id of the place; the chain outlives both."""
    with transaction():
        staff, posted = world.organizer("lead"), world.workshop()
        place = world.attends(posted)
    with transaction():
        rosters.view_person(place, staff.user_id)
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == audits.PERSON_VIEWED)).one()
    registration = world.registration(place)
    assert entry.subject_id == registration.audited_as != place, "while the date lives, it can be told who was meant"
    assert tokens.row_of(registration.token()) == place
    everywhere = [value for row in db.session.scalars(sa.select(AuditEntry)) for value in vars(row).values()]
    assert place not in everywhere and posted.occurrence_id not in everywhere
