"""Certificates: for whom there is one, when, and who can print them."""

from __future__ import annotations

import re
import uuid
from datetime import date, time
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import audits, checkin, events, privacy, registrations, trainings
from scheduler.core import keyring
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.demo.cast import Staff
from scheduler.models.audit import AuditEntry
from scheduler.models.registration import Registration
from scheduler.models.training import Booking, Wish
from scheduler.models.venue import Venue

from .reading import page, read
from .signing_in import sign_in

NAMES = ("Zita Absent", "Beto <b>Ruiz</b>", "Ana Vale", "Eva Gone")
WORDS = "There is nothing to print now."
EMPTY = "Nobody was marked as attended"


@pytest.fixture
def host(app: Flask, world: ModuleType, at: Any) -> uuid.UUID:
    at("2026-11-21 10:00")
    with transaction():
        found: uuid.UUID = world.organization()
    return found


@pytest.fixture
def booking_id(host: uuid.UUID) -> uuid.UUID:
    """A session on Tuesday morning; four people have a place."""
    return booked(employers.said(wishes=[Wish(date(2026, 12, 8), "morning")]), host, NAMES)


def booked(said: trainings.Request, host: uuid.UUID, names: tuple[str, ...]) -> uuid.UUID:
    with transaction():
        booking_id = trainings.submit(employers.offer(host), said, str(uuid.uuid4())).id
        trainings.take_up(booking_id)
        trainings.accept(booking_id, trainings.Terms(0, time(9), None, 18))
        for name in names:
            trainings.join(booking_id, name, "en", f"{booking_id}{name}")
    return booking_id


def booking(booking_id: uuid.UUID) -> Booking:
    return db.session.get_one(Booking, booking_id, populate_existing=True)


def come(at: Any, *names: str) -> None:
    """They are checked in as it begins; then it is over."""
    at("2026-12-08 09:05")
    with transaction():
        for row in db.session.scalars(sa.select(Registration)).all():
            if row.name in names:
                checkin.check_in(row.id)
    at("2026-12-08 11:00")


def own(booking_id: uuid.UUID, end: str = "/certificates", lang: str = "en") -> str:
    return f"/{lang}/bookings/{booking(booking_id).token()}{end}"


def named(text: str) -> list[str]:
    """On the certificates, one each."""
    return [read(f"<main>{found}</main>") for found in re.findall(r"<h2>(.*?)</h2>", text[: text.index("</main>")])]


@pytest.fixture
def staff(world: ModuleType) -> Staff:
    """The provider's coordinator."""
    with transaction():
        found: Staff = world.organizer("coordinator")
    return found


def test_who_came_has_one_and_nobody_else(client: FlaskClient, booking_id: uuid.UUID, at: Any) -> None:
    come(at, *NAMES[1:3])
    answer = client.get(own(booking_id))
    assert answer.headers["Cache-Control"] == "no-store" and 'name="robots" content="noindex"' in answer.text
    assert named(answer.text) == ["Ana Vale", "Beto <b>Ruiz</b>"]
    assert "Beto &lt;b&gt;Ruiz&lt;/b&gt;" in answer.text and "Zita" not in answer.text and "Eva" not in answer.text
    text = read(answer.text)
    for said in ("Certificate of attendance", "Fair Hiring", "Tuesday, December 8, 2026", "9:00 AM – 11:00 AM",
                 "2 hours", "At the employer’s place", "Lamplight Community House", "312-555-0190",
                 "Signature of the trainer", f"Reference {booking(booking_id).reference}.",
                 "Lamplight Community House can confirm this certificate until January 7, 2027."):  # fmt: skip
        assert text.count(said) >= 2, said
    assert "Fictional Foods" not in answer.text and "60612" not in answer.text


def test_in_spanish(client: FlaskClient, booking_id: uuid.UUID, at: Any) -> None:
    come(at, "Ana Vale")
    answer = client.get(own(booking_id, lang="es"))
    assert named(answer.text) == ["Ana Vale"]
    text = read(answer.text)
    assert "Contratación justa" in text and "martes, 8 de diciembre de 2026" in text and "2 horas" in text
    assert "En el lugar de trabajo" in text and "7 de enero de 2027" in text


def test_the_employer_finds_them_when_the_session_is_over(client: FlaskClient, booking_id: uuid.UUID, at: Any) -> None:
    def linked() -> bool:
        return own(booking_id) in page(client, own(booking_id, ""))

    at("2026-12-08 10:59")
    assert not linked()
    come(at, "Ana Vale")
    assert linked()
    with transaction():
        booking(booking_id).certificates = False
    assert linked(), "somebody came"
    with transaction():
        db.session.execute(sa.update(Registration).values(state="no_show"))
    assert not linked()
    with transaction():
        booking(booking_id).certificates = True
    assert linked(), "they were asked for"
    assert EMPTY in read(page(client, own(booking_id))) and named(page(client, own(booking_id))) == []


def test_before_the_end_there_are_words(client: FlaskClient, booking_id: uuid.UUID, at: Any) -> None:
    assert WORDS in read(page(client, own(booking_id)))
    come(at, "Ana Vale")
    at("2026-12-08 10:59")
    text = page(client, own(booking_id))
    assert WORDS in read(text) and "Ana Vale" not in text
    at("2026-12-08 11:00")
    assert WORDS not in read(page(client, own(booking_id)))


def test_a_session_that_is_off_certifies_nobody(client: FlaskClient, booking_id: uuid.UUID, at: Any) -> None:
    come(at, "Ana Vale")
    at("2026-12-08 10:00")
    occurrence = booking(booking_id).occurrence
    assert occurrence is not None
    with transaction():
        events.cancel_date(occurrence.id, {"en": "Ice.", "es": "Hielo."})
    at("2026-12-08 12:00")
    text = page(client, own(booking_id))
    assert WORDS in read(text) and "Ana Vale" not in text


def test_who_did_not_come_by_the_invitation_is_no_matter_of_the_employer(
    client: FlaskClient, booking_id: uuid.UUID, at: Any
) -> None:
    come(at, "Ana Vale", "Eva Gone")
    with transaction():
        for row in db.session.scalars(sa.select(Registration)).all():
            if row.name == "Eva Gone":
                row.source = "walk_in"
            if row.name == "Ana Vale":
                asked = row.id
    assert named(page(client, own(booking_id))) == ["Ana Vale"]
    with transaction():
        registrations.erase(asked)
    assert EMPTY in read(page(client, own(booking_id))), "who asked to be erased is not named any more"


def test_an_employer_sees_their_own_people_only(
    client: FlaskClient, booking_id: uuid.UUID, host: uuid.UUID, at: Any
) -> None:
    other = booked(employers.said(wishes=[Wish(date(2026, 12, 8), "morning")]), host, ("Otis Other",))
    come(at, "Ana Vale", "Otis Other")
    assert named(page(client, own(booking_id))) == ["Ana Vale"]
    assert named(page(client, own(other))) == ["Otis Other"]


def test_a_link_that_was_renewed_or_whose_key_is_gone_leads_nowhere(
    client: FlaskClient, booking_id: uuid.UUID, at: Any
) -> None:
    come(at, "Ana Vale")
    old = own(booking_id)
    with transaction():
        booking(booking_id).link_generation += 1
    assert client.get(old).status_code == 404 and client.get(own(booking_id)).status_code == 200
    new = own(booking_id)
    keyring.current().destroy(booking(booking_id).key_week)
    db.session.rollback()
    assert client.get(new).status_code == 404


def test_they_go_when_the_names_go(client: FlaskClient, booking_id: uuid.UUID, at: Any) -> None:
    come(at, "Ana Vale")
    address = own(booking_id)
    at("2027-01-07 23:00")
    assert named(page(client, address)) == ["Ana Vale"], "on the last day that they name"
    at("2027-01-08 00:30")
    text = page(client, address)
    assert WORDS in read(text) and "Ana Vale" not in text, "though nothing was purged yet"
    assert privacy.purge_due() == 1
    assert WORDS in read(page(client, address))
    with transaction():
        assert trainings.erase_due() == 1
    assert client.get(address).status_code == 404


def test_they_promise_nothing_beyond_what_is_kept(client: FlaskClient, booking_id: uuid.UUID, at: Any) -> None:
    come(at, "Ana Vale")
    for sooner in (date(2027, 1, 3), date(2026, 12, 20)):
        with transaction():
            booking(booking_id).keep(sooner)
        assert trainings.confirmed_until(booking(booking_id)) == sooner
    assert "until December 20, 2026" in read(page(client, own(booking_id)))


def test_a_hidden_place_is_not_written_down_for_others(
    client: FlaskClient, booking_id: uuid.UUID, world: ModuleType, at: Any
) -> None:
    come(at, "Ana Vale")
    with transaction():
        session = booking(booking_id).occurrence
        assert session is not None
        session.venue_id = world.venue(session.event.organization_id)
    assert "Harbor Street Library 1810 S. Harbor St., Chicago, IL 60608" in read(page(client, own(booking_id)))
    with transaction():
        db.session.scalars(
            sa.select(Venue).where(Venue.name == "Harbor Street Library")
        ).one().visibility = "after_registration"
    text = page(client, own(booking_id))
    assert "Harbor" not in text and "Pilsen" in read(text)


def test_the_provider_prints_the_same_and_it_is_written_down(
    client: FlaskClient, booking_id: uuid.UUID, staff: Staff, at: Any
) -> None:
    def acts() -> list[tuple[str, uuid.UUID]]:
        db.session.rollback()
        query = sa.select(AuditEntry.act, AuditEntry.subject_id).order_by(AuditEntry.number)
        return [(act, subject) for act, subject in db.session.execute(query)]

    address = f"/console/bookings/{booking_id}/certificates"
    desk = sign_in(client, staff)
    assert WORDS in read(page(desk, address)) and acts() == [], "nobody is named"
    assert address not in page(desk, f"/console/bookings/{booking_id}")
    come(at, "Ana Vale", "Eva Gone")
    sign_in(desk, staff)
    assert address in page(desk, f"/console/bookings/{booking_id}")
    shown = page(desk, address)
    assert named(shown) == named(page(desk, own(booking_id))) == ["Ana Vale", "Eva Gone"]
    theirs = page(desk, own(booking_id))
    assert "write it on the paper" in read(theirs) and "This view is logged." not in read(theirs)
    assert "write it on the paper" not in "".join(re.findall(r"<article.*?</article>", theirs, re.S)), "nor is printed"
    assert "write it on the paper" in read(shown) and "This view is logged." in read(shown)
    known_as = db.session.get_one(Booking, booking_id).audited_as
    assert acts()[-1] == ("certificates viewed", known_as) and audits.check_chain(staff.organization_id) is None


@pytest.mark.parametrize(("role", "where", "status"), [
    ("lead", "lamplight", 200), ("checkin_lead", "lamplight", 403), ("lead", "far-shore", 404),
])  # fmt: skip
def test_only_who_answers_requests_prints_them(
    client: FlaskClient, booking_id: uuid.UUID, world: ModuleType, at: Any, role: str, where: str, status: int
) -> None:
    come(at, "Ana Vale")
    with transaction():
        staff = world.organizer(role, where)
    answer = sign_in(client, staff).get(f"/console/bookings/{booking_id}/certificates")
    assert answer.status_code == status and ("Ana Vale" in answer.text) == (status == 200)
