"""What do you have about me? The page of a place tells all that is stored, and gives nothing away to a stranger."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from flask.testing import FlaskClient

from scheduler import events, registrations
from scheduler.core import tokens
from scheduler.core.config import ROOT
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Occurrence
from scheduler.models.registration import HELD, PHONE, Registration
from scheduler.web.places import base

from .filling import kept

TOLD_AS_IT_IS = {
    "lapses", "state", "party", "children", "arrived", "door_number", "language", "spoken", "contact_kind", "wording",
    "reminders", "consent_version", "source", "employer_sealed", "link_generation", "feed_generation", "sequence",
    "created_at", "revised_at", "held_until", "heard_local", "proven", "keep_asked_at", "reconfirmed_at",
    "checked_in_at", "cancelled_at", "erase_at",
}  # fmt: skip
TOLD_BY = {
    "slot_id": "registration.starts_local",
    "name_sealed": "registration.name",
    "contact_sealed": "registration.contact",
    "note_sealed": "registration.note",
    "needs_sealed": "registration.needs",
    "code_sealed": "registration.code_shown",
    "checklist_id": "told.reviewed_on",
    "heard_venue_id": "known_place",
    "number": "with a number in the order of coming",
    "line": "with a number in the order of coming",
}
"""Columns that the page tells in other words than their own, and by which."""
LEFT_OUT = {
    "id": "it stands for the row, and says nothing of the person; their link names it",
    "occurrence_id": "the page as a whole is about this date",
    "contact_index": "drawn from the contact, which is told; it cannot be read",
    "code_index": "drawn from the code, which is told; it cannot be read",
    "employer_index": "drawn from the company, which is told; it cannot be read",
    "nonce_index": "drawn from the form, of which all fields are told; it cannot be read",
    "answers_index": "drawn from the form, of which all fields are told; it cannot be read",
    "erase_asked": "from then on there is no page any more",
}
"""Columns that the page does not tell, and why not."""


@pytest.fixture(autouse=True)
def now(at: Callable[[str], datetime]) -> datetime:
    return at("2026-12-01 10:00")


def test_all_that_is_stored_is_told() -> None:
    template = (ROOT / "templates/places/mine.html").read_text()
    columns = {column.key for column in Registration.__table__.columns}
    listed = [TOLD_AS_IT_IS, set(TOLD_BY), set(LEFT_OUT)]
    unlisted, gone = columns.difference(*listed), set().union(*listed) - columns
    assert not unlisted, f"tell people of {unlisted} in templates/places/mine.html and list it here, or say why not"
    assert not gone, f"nothing is stored under {gone} any more: take it off this list and off mine.html"
    wanted = {column: f"registration.{column}" for column in TOLD_AS_IT_IS} | TOLD_BY
    untold = {column for column, words in wanted.items() if not re.search(rf"{re.escape(words)}\b", template)}
    assert not untold, f"mine.html says “That is all”, but does not tell {untold}"


def newest() -> Registration:
    db.session.rollback()
    return db.session.query(Registration).order_by(Registration.number.desc()).limit(1).one()


def from_letter() -> str:
    return f"/en/place/{newest().token(tokens.LETTER)}"


def test_until_when_a_place_is_held_shows_only_from_the_letter(client: FlaskClient, world: ModuleType) -> None:
    """Whoever typed somebody's e-mail must not learn from it whether the e-mail is known here."""
    with transaction():
        workshop = world.workshop(seats=9)
    page = [kept(client, workshop) for _ in range(5)][-1]
    assert newest().state == HELD
    shown = client.get(page).text
    assert "Held until" not in shown and "The link in our letter shows two things more" in shown
    for _look in range(2):
        letter = client.get(from_letter()).text
        assert "Held until you say yes, at most until: Wednesday, December 2," in letter
        assert "two things more" not in letter and "You said yes from our letter" not in letter
        assert "Held until" not in client.get(page).text, "the page that was drawn for the letter is another one"


def test_who_said_yes_from_the_letter_reads_there_that_we_know(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        workshop = world.workshop(seats=9)
    page = kept(client, workshop)
    words = "You said yes from our letter, on the phone or at the door."
    client.post(f"{page}/confirmation")
    assert words not in client.get(from_letter()).text
    client.post(f"{from_letter()}/confirmation")
    assert words in client.get(from_letter()).text and words not in client.get(page).text


def test_who_has_a_telephone_only_is_told_as_much_as_is_safe(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        place = world.attends(world.workshop(), contact_kind=PHONE, contact="312-555-0143")
    with transaction():
        registrations.reconfirm(place)
    page = client.get(f"/en/place/{newest().token()}").text
    assert "You said yes from our letter, on the phone or at the door." in page
    assert "Call us to hear until when" in page and "The link in our letter" not in page


@pytest.mark.parametrize("hidden", [False, True])
def test_the_place_before_the_move_is_told_as_far_as_they_may_know(
    client: FlaskClient, world: ModuleType, hidden: bool
) -> None:
    with transaction():
        before = world.venue(world.organization(), hidden=hidden)
        workshop = world.workshop(seats=1, venue_id=before)
        world.attends(workshop)
    seated = f"/en/place/{newest().token()}"
    with transaction():
        world.attends(workshop, contact="b@post.example")
    waits = f"/en/place/{newest().token()}"
    with transaction():
        date = db.session.get_one(Occurrence, workshop.occurrence_id)
        week = timedelta(weeks=1)
        events.move_date(date.id, date.starts_local + week, date.ends_local + week, world.venue(world.organization()))
    told = "The place as you knew it before it moved: "
    assert f"{told}Harbor Street Library" in client.get(seated).text
    assert (f"{told}Harbor Street Library" in client.get(waits).text) == (not hidden)
    assert told in client.get(waits).text


def test_who_gave_the_place_back_reads_when_it_is_erased(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        place = world.attends(world.workshop())
    link = f"/en/place/{newest().token()}"
    assert "We erase it on Tuesday, December 1, 10:55 AM." not in client.get(link).text
    with transaction():
        registrations.cancel(place)
    assert "We erase it on Tuesday, December 1, 10:55 AM." in client.get(link).text


def test_the_letters_page_too_is_the_persons_own(
    client: FlaskClient, world: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is drawn once for all alike, as the other; held and kept ones apart."""
    with transaction():
        workshop = world.workshop(seats=9)
    for _place in range(5):
        kept(client, workshop)
    links = [f"/en/place/{one.token(tokens.LETTER)}" for one in db.session.query(Registration)]
    alike: Any = [client.get(link).text for link in links]
    with monkeypatch.context() as patch:
        patch.setattr(base, "is_common", lambda *_: False)
        assert [client.get(link).text for link in links] == alike
