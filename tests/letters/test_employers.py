"""Every letter that an employer may get."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime, time

import pytest
import sqlalchemy as sa
from flask import Flask

from scheduler import events, letters, trainings
from scheduler.core.extensions import db, transaction
from scheduler.demo import employers
from scheduler.events import Announcement
from scheduler.models import message as kinds
from scheduler.models.event import Event, Occurrence
from scheduler.models.message import Message
from scheduler.models.registration import CHECKED_IN
from scheduler.models.training import Booking, Training, Wish
from scheduler.models.whole import whole
from scheduler.trainings import Alternatives, Terms

from .conftest import Scene
from .reading import everything, parsed
from .test_golden import assert_golden
from .test_pages import (
    test_it_is_clean_and_brings_nothing_from_elsewhere as test_its_page_is_clean,  # noqa: F401
)
from .test_pages import test_it_names_its_languages_and_itself as test_its_page_names_its_languages  # noqa: F401
from .test_pages import test_links_are_ours_and_say_where_they_lead as test_its_links_lead_somewhere  # noqa: F401
from .test_pages import test_styles_are_those_that_mail_programs_keep as test_its_styles_are_kept  # noqa: F401
from .test_pages import test_text_and_page_have_the_same_links_and_times as test_text_and_page_agree  # noqa: F401

TYPED = ("Fictional Foods", "Dana Whitfield", "60612", "elevator", "312-555-0140")
ANSWERS = {
    "en": "Our trainer is away in early December.",
    "es": "Nuestra capacitadora no está a principios de diciembre.",
}

TITLE = {"en": "Form I-9 the Right Way", "es": "El formulario I-9 bien hecho"}
OPEN_DATE = {
    "slug": "open-date", "type": "employer_training", "admission": "seats",
    "title": {"en": "Form I-9, open date", "es": "Formulario I-9, fecha abierta"},
}  # fmt: skip
REASON = {"en": "The trainer is ill.", "es": "La capacitadora está enferma."}


class Booked:
    """One employer who asks for a training, and what becomes of it."""

    def __init__(self, scene: Scene, language: str) -> None:
        self.scene, self.language = scene, language
        wishes = [Wish(date(2026, 12, 8), "morning"), Wish(date(2026, 12, 10), "afternoon")]
        with transaction():
            host = scene.world.organization()
            self.training_id = employers.offer(host, title=TITLE)
            said = employers.said(wishes=wishes, language=language)
            booking = trainings.submit(self.training_id, said, "nonce")
            self.id, booking.reference = booking.id, "T-ABC234"

    def received(self) -> letters.Letter:
        return self.composed(kinds.BOOKING_RECEIVED)

    def accepted(self) -> letters.Letter:
        with transaction():
            trainings.take_up(self.id)
            trainings.accept(self.id, Terms(0, time(9, 30), None, 18))
        return self.composed(kinds.BOOKING_ACCEPTED)

    def accepted_elsewhere(self) -> letters.Letter:
        with transaction():
            trainings.take_up(self.id)
            venue_id = self.scene.world.venue(self.scene.world.organization())
            trainings.accept(self.id, Terms(1, time(13), venue_id, 18))
        return self.composed(kinds.BOOKING_ACCEPTED)

    def declined(self) -> letters.Letter:
        with transaction():
            open_to_all = self.scene.world.workshop(starts_local=datetime(2026, 12, 17, 9, 0), **OPEN_DATE)
            trainings.take_up(self.id)
            other = [Wish(date(2026, 12, 15), "morning"), Wish(date(2027, 1, 5), "evening")]
            trainings.decline(self.id, Alternatives(ANSWERS[self.language], other, [open_to_all.occurrence_id]))
        return self.composed(kinds.BOOKING_DECLINED)

    def moved(self) -> letters.Letter:
        self.accepted()
        with transaction():
            there = self.occurrence()
            events.move_date(there.id, datetime(2026, 12, 9, 9), datetime(2026, 12, 9, 11), there.venue_id)
        trainings.tell_changes()
        return self.composed(kinds.BOOKING_CHANGED)

    def called_off(self) -> letters.Letter:
        self.accepted()
        with transaction():
            events.cancel_date(self.occurrence().id, REASON)
        trainings.tell_changes()
        return self.composed(kinds.BOOKING_CHANGED)

    def online(self) -> Occurrence:
        """Set without a link to join."""
        with transaction():
            trainings.take_up(self.id)
            venue_id = self.scene.world.venue(self.scene.world.organization(), online=True)
            trainings.accept(self.id, Terms(0, time(9, 30), venue_id, 18))
        return self.occurrence()

    def link_is_there(self, link: str = "https://meet.example/fair-hiring") -> letters.Letter:
        say_link(self.online().event_id, link)
        trainings.tell_changes()
        assert not self.written(kinds.BOOKING_CHANGED)
        return self.composed(kinds.BOOKING_LINK)

    def link_is_gone(self) -> letters.Letter:
        session_id = self.online().id
        with transaction():
            db.session.get_one(Occurrence, session_id).event.join_link = "https://meet.example/fair-hiring"
        say_link(self.occurrence().event_id, "")
        return self.composed(kinds.BOOKING_LINK)

    def over(self, came: bool = True) -> letters.Letter:
        self.accepted()
        with transaction():
            place = trainings.join(self.id, "Ana Vale", self.language, "n")
            if came:
                place.state = CHECKED_IN
        self.scene.at("2026-12-08 12:30")
        with transaction():
            trainings.tell_over()
        return self.composed(kinds.BOOKING_OVER)

    def over_and_nobody_came(self) -> letters.Letter:
        return self.over(came=False)

    def occurrence(self) -> Occurrence:
        occurrence = db.session.get_one(Booking, self.id).occurrence
        assert occurrence is not None
        return occurrence

    def written(self, kind: str) -> list[uuid.UUID]:
        return list(db.session.scalars(sa.select(Message.id).where(Message.letter == kind)))

    def composed(self, kind: str) -> letters.Letter:
        (found,) = self.written(kind)
        message = whole(found)
        assert message is not None
        return letters.compose(message)


def say_link(event_id: uuid.UUID, link: str) -> None:
    """The provider types it into the form of the event."""
    with transaction():
        event = db.session.get_one(Event, event_id)
        names = [field.name for field in fields(Announcement) if field.name != "join_link"]
        events.edit(event_id, Announcement(join_link=link, **{name: getattr(event, name) for name in names}))


MAKE: dict[str, Callable[[Booked], letters.Letter]] = {
    "booking_received": Booked.received,
    "booking_accepted": Booked.accepted,
    "booking_accepted.elsewhere": Booked.accepted_elsewhere,
    "booking_declined": Booked.declined,
    "booking_changed.moved": Booked.moved,
    "booking_changed.called_off": Booked.called_off,
    "booking_link": Booked.link_is_there,
    "booking_link.gone": Booked.link_is_gone,
    "booking_over": Booked.over,
    "booking_over.nobody_came": Booked.over_and_nobody_came,
}


@pytest.fixture(params=list(MAKE))
def letter(request: pytest.FixtureRequest, app: Flask, scene: Scene) -> letters.Letter:
    return MAKE[request.param](Booked(scene, "es"))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", list(MAKE))
def test_as_the_employer_reads_it(scene: Scene, kind: str, language: str) -> None:
    assert_golden(MAKE[kind](Booked(scene, language)), f"{kind}.{language}")


def test_nothing_that_was_typed_on_the_form_is_repeated(letter: letters.Letter) -> None:
    """Nobody has confirmed the address: the form must not become a way to write to strangers."""
    said = everything(parsed(letter))
    assert not [words for words in TYPED if words in said]


def test_later_letters_stand_under_the_first_one(scene: Scene) -> None:
    booked = Booked(scene, "en")
    first = booked.received()
    assert first.email["In-Reply-To"] is None
    with transaction():
        message = db.session.scalars(sa.select(Message)).one()
        message.state, message.sent_at = kinds.SENT, message.created_at
    accepted = parsed(booked.accepted())
    assert accepted["In-Reply-To"] == accepted["References"] == first.email["Message-ID"]
    assert parsed(booked.received())["In-Reply-To"] is None, "nothing stands under itself"


def test_what_is_not_offered_any_more_is_linked_by_nobody(scene: Scene) -> None:
    booked = Booked(scene, "en")
    with transaction():
        db.session.get_one(Training, booked.training_id).offered = False
    written = everything(parsed(booked.declined()))
    assert "/trainings/" not in written and written.count("/en/trainings") >= 2


@pytest.mark.parametrize("make", [Booked.accepted, Booked.moved, Booked.over])
def test_the_last_day_of_the_list_is_named(scene: Scene, make: Callable[[Booked], letters.Letter]) -> None:
    booked = Booked(scene, "en")
    letter = make(booked)
    day = min(db.session.get_one(Booking, booked.id).keep_until, booked.occurrence().keep_until)
    for written in (letter.words.text, letter.words.html):
        assert f"We erase the names on {day:%B} {day.day}, {day.year}." in written


def test_only_the_link_is_new(scene: Scene) -> None:
    """Nothing that the poster says has changed."""
    letter = Booked(scene, "en").link_is_there()
    for written in (letter.words.text, letter.words.html):
        assert "Your staff find the link on their page, with their code." in written
        assert "poster" not in written and "Something about your training has changed" not in written
        assert "https://meet.example" not in written, "it is for who has a place"


def test_a_move_and_a_link_are_told_in_one_letter(scene: Scene) -> None:
    booked = Booked(scene, "en")
    session = booked.online()
    with transaction():
        there = booked.occurrence()
        events.move_date(session.id, datetime(2026, 12, 9, 9), datetime(2026, 12, 9, 11), there.venue_id)
    say_link(booked.occurrence().event_id, "https://meet.example/fair-hiring")
    trainings.tell_changes()
    assert not booked.written(kinds.BOOKING_LINK)
    assert "print the poster anew" in booked.composed(kinds.BOOKING_CHANGED).words.text
