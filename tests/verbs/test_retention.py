"""How long an organization keeps names: said by itself, for what is over too, and never longer than was promised."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, organizations, postman, privacy
from scheduler.core import clock, keyring
from scheduler.core.errors import Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.demo.cast import Posted
from scheduler.events import ErasedAtOnce
from scheduler.models import revision
from scheduler.models.event import Occurrence
from scheduler.models.organization import Organization
from scheduler.models.registration import Registration
from scheduler.models.tally import Receipt
from scheduler.organizations import Contact

from ..ground.mail import Sink
from ..ground.statements import counted
from .test_trainings import announced

CONTACT = Contact("312-555-0177", "new@lamplight.example", "https://lamplight.example", "Reading room")


@pytest.fixture
def posted(world: ModuleType, at: Any) -> Posted:
    """A workshop on 4 December with somebody on it; people were told 30 days."""
    at("2026-11-20 10:00")
    with transaction():
        made: Posted = world.workshop()
        world.attends(made)
    return made


def keep(posted: Posted, days: int, erasing: int = 0) -> None:
    with transaction():
        events.keep_for(posted.organization_id, days, erasing)


def the(posted: Posted) -> Occurrence:
    return db.session.get_one(Occurrence, posted.occurrence_id, populate_existing=True)


def days_said(posted: Posted) -> int:
    return db.session.get_one(Organization, posted.organization_id, populate_existing=True).retention_days


def name_on(posted: Posted) -> str:
    query = sa.select(Registration).where(Registration.occurrence_id == posted.occurrence_id)
    return db.session.scalars(query).one().name


def only_its_week_has_a_key(posted: Posted) -> None:
    for week in keyring.current().weeks():
        if week != the(posted).key_week:
            keyring.current().destroy(week)


def token() -> revision.Token:
    with db.engine.connect() as connection:
        state = revision.read(connection, clock.now())
    assert state is not None
    return state.token


def test_fewer_days_hold_for_what_is_to_come_and_for_what_is_over(posted: Posted, world: ModuleType, at: Any) -> None:
    at("2026-12-08 10:00")
    with transaction():
        coming = world.workshop()
        world.attends(coming)
    keep(posted, 10)
    assert [the(one).days_kept for one in (posted, coming)] == [10, 10]
    assert name_on(posted) == name_on(coming) == "Marisol Ortega", "the keys moved along with their weeks"


def test_more_days_hold_only_where_nobody_was_promised_fewer(posted: Posted, world: ModuleType, at: Any) -> None:
    with transaction():
        nobody, sensitive, modest = world.workshop(), world.workshop(sensitive=True), world.workshop(retention_days=14)
    keep(posted, 60)
    assert [the(one).days_kept for one in (posted, nobody, sensitive, modest)] == [30, 60, 30, 14]
    at("2026-12-08 10:00")
    keep(posted, 45)
    assert [the(one).days_kept for one in (posted, nobody)] == [30, 45], "what is over is kept no longer, but shorter"
    keep(posted, 60)
    assert [the(one).days_kept for one in (posted, nobody)] == [30, 45]


def test_other_organizations_keep_theirs(posted: Posted, world: ModuleType) -> None:
    with transaction():
        other = world.workshop(host="far-shore")
    keep(posted, 7)
    assert the(other).days_kept == 30 and days_said(other) == 30


@pytest.mark.parametrize("days", [6, 61, 0, -1])
def test_what_nobody_may_wish(posted: Posted, days: int) -> None:
    with pytest.raises(Refusal) as found:
        keep(posted, days)
    assert (found.value.field, days_said(posted)) == ("retention_days", 30)


def test_nobody_is_nowhere(app: Flask) -> None:
    with pytest.raises(Missing), transaction():
        events.keep_for(uuid.uuid4(), 20)
    with pytest.raises(Missing), transaction():
        organizations.set_contact(uuid.uuid4(), CONTACT)


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_locks_are_taken_in_the_order_of_the_house(posted: Posted, world: ModuleType) -> None:
    """Events, then dates, then the organization: whoever looks at a roster holds its date, and locks that one last."""
    with transaction():
        world.workshop()
    with counted() as statements:
        keep(posted, 12)
    locking = [str(words) for words in statements if "FOR NO KEY UPDATE" in str(words)]
    asked = [re.findall(r"FROM (\w+)", words)[0] for words in locking]
    assert asked[:4] == ["event", "occurrence", "occurrence", "organization"]


class TestAtOnce:
    @pytest.fixture
    def over(self, posted: Posted, at: Any) -> Posted:
        """The workshop is over for 20 days."""
        at("2026-12-24 10:00")
        return posted

    def test_nothing_is_saved_before_somebody_was_told(self, over: Posted) -> None:
        with pytest.raises(ErasedAtOnce) as found:
            keep(over, 19)
        assert found.value.dates == 1
        assert str(found.value.words).startswith("1 date that is over would be erased within the hour.")
        assert (days_said(over), the(over).days_kept) == (30, 30)
        keep(over, 20)
        assert the(over).days_kept == 20, "its last day is today"

    def test_who_was_told_of_fewer_is_told_again(self, over: Posted, world: ModuleType) -> None:
        with transaction():
            world.workshop(starts_local=world.a_day_ahead(-10, "18:00"))
        with pytest.raises(ErasedAtOnce) as found:
            keep(over, 7, erasing=1)
        assert found.value.dates == 2
        keep(over, 7, erasing=2)
        assert days_said(over) == 7

    @pytest.mark.parametrize("days", [7, 12, 19])
    def test_it_is_due_then_and_was_not_before(self, over: Posted, days: int) -> None:
        """Its week may have lost its key long ago, and the receipt may not say that all went days before."""
        only_its_week_has_a_key(over)
        keep(over, days, erasing=1)
        assert the(over).keep_until == clock.today("America/Chicago") - timedelta(days=1)
        assert name_on(over) == "Marisol Ortega" and privacy.overdue() == 0
        assert privacy.purge_due() == 1
        assert db.session.scalars(sa.select(Receipt.kept_until)).one() == the(over).keep_until
        assert db.session.scalar(sa.select(Registration.id)) is None

    def test_what_was_due_or_erased_before_is_not_counted(self, over: Posted, at: Any) -> None:
        at("2027-01-05 10:00")
        keep(over, 8)
        assert the(over).days_kept == 30
        privacy.purge_due()
        keep(over, 7)
        assert the(over).days_kept == 30

    def test_an_event_that_says_less_comes_to_the_same(self, over: Posted) -> None:
        """Thirteen days ago is a week that has no key: the words could not be saved."""
        only_its_week_has_a_key(over)
        less = replace(announced(the(over).event), retention_days=7)
        with pytest.raises(ErasedAtOnce), transaction():
            events.edit(over.event_id, less)
        with transaction():
            events.edit(over.event_id, less, erasing=1)
        assert the(over).keep_until == clock.today("America/Chicago") - timedelta(days=1)


class TestRevision:
    def test_days_raise_it_and_pages_tell_them(self, posted: Posted, app: Flask) -> None:
        address = f"/en/events/{posted.slug}"
        assert "We erase it 30 days after the event." in app.test_client().get(address).text
        before = token()
        keep(posted, 12)
        assert token() != before
        assert "We erase it 12 days after the event." in app.test_client().get(address).text

    def test_a_contact_raises_it_and_pages_tell_it(self, posted: Posted, app: Flask) -> None:
        address = f"/en/events/{posted.slug}"
        assert "312-555-0190" in app.test_client().get(address).text
        before = token()
        with transaction():
            organizations.set_contact(posted.organization_id, CONTACT)
        assert token() != before
        page = app.test_client().get(address).text
        assert "312-555-0177" in page and "https://lamplight.example" in page and "312-555-0190" not in page

    def test_the_same_again_is_quiet_and_waits_for_no_date(self, posted: Posted) -> None:
        with transaction():
            organizations.set_contact(posted.organization_id, CONTACT)
        before = token()
        with counted() as statements:
            keep(posted, 30)
            with transaction():
                organizations.set_contact(posted.organization_id, CONTACT)
        assert token() == before
        assert not [words for words in map(str, statements) if "FROM occurrence" in words or "UPDATE" in words[:6]]

    def test_what_is_refused_raises_nothing(self, posted: Posted, at: Any) -> None:
        at("2026-12-24 10:00")
        before = token()
        with pytest.raises(ErasedAtOnce):
            keep(posted, 7)
        assert token() == before


@pytest.mark.parametrize("sensitive", [True, False])
def test_letters_that_wait_are_written_with_the_new_contact(
    world: ModuleType, at: Any, letters_sent: Sink, sensitive: bool
) -> None:
    at("2026-11-20 10:00")
    with transaction():
        posted = world.workshop(sensitive=sensitive)
        world.attends(posted)
    with transaction():
        organizations.set_contact(posted.organization_id, CONTACT)
    postman.deliver_due()
    (letter,) = letters_sent.to("marisol@post.example")
    host = "Reading room" if sensitive else "Lamplight Community House"
    assert letter["From"].addresses[0].display_name == host
    answers_to = "desk@porchlight.example" if sensitive else CONTACT.email
    assert letter["Reply-To"].addresses[0].addr_spec == answers_to
    body = letter.get_body(("plain",))
    assert body and "312-555-0177" in body.get_content() and "312-555-0190" not in body.get_content()
