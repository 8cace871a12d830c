"""After the purge the roster tells what stays, leads find every receipt, and links answer as if they never were."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import postman, privacy
from scheduler.core import tokens
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted, Staff
from scheduler.models.audit import AuditEntry
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR, LEAD
from scheduler.models.registration import Registration

from ..conftest import Clock
from .signing_in import sign_in, token_in


@pytest.fixture
def posted(app: Flask, world: ModuleType, at: Clock) -> Posted:
    at("2026-11-16 10:00")
    with transaction():
        found: Posted = world.workshop(seats=20, starts_local=world.a_day_ahead(5, "18:00"), sensitive=True)
        for number in range(8):
            world.attends(found, spoken="es" if number < 7 else "pl")
    return found


def purge(at: Clock) -> None:
    at("2026-12-22 10:00")
    assert privacy.purge_due() == 1


def staff(world: ModuleType, role: str = LEAD) -> Staff:
    with transaction():
        found: Staff = world.organizer(role)
    return found


@pytest.mark.parametrize("role", [LEAD, COORDINATOR, CHECKIN_LEAD])
def test_the_roster_tells_what_stays(
    client: FlaskClient, world: ModuleType, posted: Posted, at: Clock, role: str
) -> None:
    member = staff(world, role)
    purge(at)
    sign_in(client, member)
    page = client.get(f"/console/dates/{posted.occurrence_id}/roster").text
    assert "These names were erased on December 22, 2026." in page
    assert "Did not come" in page and "Polski" in page and "Places: about 10" in page
    assert "Marisol" not in page
    assert db.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 0, "there is nobody to look at"


def test_every_number_that_stays_is_rounded_alike(
    client: FlaskClient, world: ModuleType, posted: Posted, at: Clock
) -> None:
    """Eight signed up: neither a language, nor a source, nor the sum of any cells may tell more than the receipt."""
    lead = staff(world)
    purge(at)
    sign_in(client, lead)
    page = client.get(f"/console/dates/{posted.occurrence_id}/roster").text
    numbers = re.findall(r"<(?:dd|b)>(\d+)</", page[page.index('id="stays"') : page.index('id="receipt"')])
    assert numbers and all(int(number) % 5 == 0 for number in numbers), numbers
    editor = client.get(f"/console/events/{posted.event_id}").text
    assert "Counts" in editor and "on the list" not in editor
    assert "taken" not in client.get(f"/console/dates/{posted.occurrence_id}/times").text


def test_leads_find_the_receipts_of_their_own(
    client: FlaskClient, world: ModuleType, posted: Posted, at: Clock
) -> None:
    lead = staff(world)
    with transaction():
        outsider = world.outsider()
    sign_in(client, lead)
    assert "Nothing was erased yet" in client.get("/console/receipts").text
    purge(at)
    sign_in(client, lead)
    page = client.get("/console/receipts").text
    assert "Paper Evening" in page and "Names erased Tue, Dec 22" in page and "Key goes at the end of the week" in page
    assert "What was erased, and when" in client.get("/console/?show=past").text
    at("2026-12-29 10:00")
    privacy.purge_due()
    sign_in(client, lead)
    assert "Key destroyed" in client.get("/console/receipts").text
    assert "No old copy of these names" in client.get(f"/console/dates/{posted.occurrence_id}/roster").text
    sign_in(client, outsider)
    assert "Paper Evening" not in client.get("/console/receipts").text
    assert client.get(f"/console/dates/{posted.occurrence_id}/roster").status_code == 404


@pytest.mark.parametrize("role", [COORDINATOR, CHECKIN_LEAD])
def test_receipts_are_for_leads(client: FlaskClient, world: ModuleType, app: Flask, role: str) -> None:
    sign_in(client, staff(world, role))
    assert client.get("/console/receipts").status_code == 403
    assert "What was erased" not in client.get("/console/?show=past").text


def paths_with(app: Flask, token: str) -> list[str]:
    """Every address that a mailed link of an attendee can have, with this token in it."""
    adapter = app.url_map.bind("localhost")
    rules = [rule for rule in app.url_map.iter_rules() if "token" in rule.arguments and "GET" in (rule.methods or ())]
    ours = [rule for rule in rules if re.match(r"/<lang:lang>/place/|/stop/|/feeds/", rule.rule)]
    assert len(ours) >= 10
    return [adapter.build(rule.endpoint, {"token": token, "lang": "en"}, method="GET") for rule in ours]


def test_links_and_lists_answer_as_if_they_never_were(
    app: Flask, client: FlaskClient, world: ModuleType, posted: Posted, at: Clock
) -> None:
    row = db.session.scalars(sa.select(Registration).order_by(Registration.number).limit(1)).one()
    links = {purpose: row.token(purpose) for purpose in (tokens.PLACE, tokens.FEED, tokens.STOP_REMINDERS)}
    registration_id, code = row.id, row.code
    lead = staff(world)
    assert client.get(f"/en/place/{links[tokens.PLACE]}").status_code == 200
    assert client.get(f"/feeds/{links[tokens.FEED]}.ics").status_code == 200
    purge(at)
    for link in links.values():
        for path, unknown in zip(paths_with(app, link), paths_with(app, "A" * 64), strict=True):
            gone, never = client.get(path), client.get(unknown)
            assert (gone.status_code, gone.data) == (never.status_code, never.data) and gone.status_code == 404, path
    assert "We can&#39;t find that code" in client.post("/en/place", data={"code": code}).text
    sign_in(client, lead)
    for path in (f"dates/{posted.occurrence_id}/letters", f"dates/{posted.occurrence_id}/calls"):
        assert client.get(f"/console/{path}").status_code == 404
    assert client.get(f"/console/registrations/{registration_id}").status_code == 404


def test_health_is_red_when_a_promise_is_broken(client: FlaskClient, posted: Posted, at: Clock) -> None:
    with transaction():
        postman.drop_due()
    at("2026-12-22 10:00")
    assert client.get("/health").json["overdue_purges"] == 0, "the worker has a day"
    at("2026-12-23 10:00")
    answer = client.get("/health")
    assert (answer.status_code, answer.json["overdue_purges"], answer.json["status"]) == (503, 1, "late")
    privacy.purge_due()
    assert client.get("/health").json == {
        "status": "ok", "database": "ok", "mail": "ok", "oldest_due_letter_seconds": 0, "overdue_purges": 0,
    }  # fmt: skip


def test_staff_are_told_that_mail_is_paused(client: FlaskClient, world: ModuleType, posted: Posted, at: Clock) -> None:
    sign_in(client, staff(world))
    assert "Mail is paused" not in client.get("/console/").text
    with transaction():
        postman.pause_mail()
    assert client.get("/health").json["mail"] == "paused"
    assert "Mail is paused: no letter leaves." in client.get("/console/").text
    postman.resume_mail()
    at.later(minutes=6)
    assert "Letters are late." in client.get("/console/").text


def test_no_page_of_a_purged_date_breaks(client: FlaskClient, world: ModuleType, posted: Posted, at: Clock) -> None:
    """Whatever staff open or press there: it is gone, or it tells what stays."""
    lead = staff(world)
    purge(at)
    sign_in(client, lead)
    token = token_in(client.get("/console/").text)
    adapter = client.application.url_map.bind("localhost")
    for rule in client.application.url_map.iter_rules():
        if rule.arguments == {"occurrence_id"}:
            path = adapter.build(rule.endpoint, {"occurrence_id": posted.occurrence_id}, method=min(rule.methods or ()))
            for method in (rule.methods or set()) & {"GET", "POST"}:
                answer = client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
                assert answer.status_code < 500, (method, path)
    for path in (f"/en/events/{posted.slug}", f"/events/{posted.slug}.ics", f"/en/events/{posted.slug}/place"):
        assert client.get(path).status_code < 500, path
