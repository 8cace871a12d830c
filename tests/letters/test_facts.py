"""What a letter tells, and to whom: places, times, lists, counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from scheduler import outbox, registrations
from scheduler.core.extensions import db, transaction
from scheduler.models import message as kinds
from scheduler.models.registration import Registration

from .conftest import Scene
from .reading import calendar_of, page_of, parsed, text_of

FULL = {"wording": "full", "language": "en"}


def words(letter: Any) -> str:
    return text_of(parsed(letter)) + page_of(parsed(letter))


def test_a_hidden_address_is_told_to_people_with_a_place_only(scene: Scene) -> None:
    with transaction():
        hidden = scene.world.venue(scene.world.organization(), hidden=True)
    kept = words(scene.confirmation(event={"venue_id": hidden, "slug": "one"}, **FULL))
    waiting = words(scene.waitlist_joined(event={"venue_id": hidden, "slug": "two"}, **FULL))
    assert "1810 S. Harbor St." in kept and "Pink Line" in kept
    assert "Harbor" not in waiting and "Pink Line" not in waiting and "Area: Pilsen" in waiting


def test_an_online_event_names_no_place_and_no_weather(scene: Scene) -> None:
    with transaction():
        online = scene.world.venue(scene.world.organization(), online=True)
    announced = {"venue_id": online, "format": "online", "join_link": "https://meet.example/papers"}
    said = words(scene.reminder(event={**announced, "slug": "one"}, **FULL))
    kept = words(scene.confirmation(event={**announced, "slug": "two"}, **FULL))
    waiting = words(scene.waitlist_joined(event={**announced, "slug": "three"}, **FULL))
    assert all("https://meet.example/papers" in letter for letter in (said, kept)) and "meet.example" not in waiting
    assert "online" in said and "Snow" not in said and "Child care" not in said


def test_a_date_that_went_online_sends_nobody_to_its_old_house(scene: Scene) -> None:
    """A snow day: the place still stands in the plan, and nobody has to go there."""
    announced = {"format": "online", "join_link": "https://meet.example/papers"}
    kept = scene.confirmation(event={**announced, "slug": "one"}, **FULL)
    for letter in (kept, scene.reminder(event={**announced, "slug": "two"}, **FULL)):
        said = words(letter)
        assert "https://meet.example/papers" in said and "Harbor" not in said and "Pink Line" not in said
        calendar = calendar_of(parsed(letter))
        if calendar is not None:
            entry = calendar.walk("VEVENT")[0]
            assert str(entry["LOCATION"]) == "Online" and "Pink Line" not in str(entry["DESCRIPTION"])


def test_without_a_link_somebody_says_how_to_join(scene: Scene) -> None:
    assert "The host tells you how to join." in words(scene.confirmation(event={"format": "online"}, **FULL))


@pytest.mark.parametrize(
    ("format", "link", "told"),
    [
        ("online", "https://meet.example/a", "There is a new link to join."),
        ("online", "", "The way to join has changed."),
        ("hybrid", "https://meet.example/a", "The address or the way to join has changed."),
        ("in_person", "https://meet.example/a", "You can take part in person only."),
        ("in_person", "", "The address has changed."),
    ],
)
def test_news_of_the_way_to_join_is_true_whatever_it_was(scene: Scene, format: str, link: str, told: str) -> None:
    scene.confirmation(**FULL)
    scene.mark_sent(kinds.CONFIRMATION)
    with transaction():
        event = scene.world.registration(scene.registration_id).occurrence.event
        event.format, event.join_link = format, link
        outbox.tell_of_address(event.id)
    said = words(scene.composed(kinds.NEW_ADDRESS))
    assert told in said and ("The address has changed." in said) == (told == "The address has changed.")


def test_a_timed_clinic_tells_the_persons_own_time_and_a_workshop_its_hours(scene: Scene) -> None:
    with transaction():
        clinic, workshop = scene.world.clinic(slug="clinic"), scene.world.workshop(slug="workshop")
        scene.registration_id = scene.world.attends(clinic, slot=2, **FULL)
    assert "10:30 AM (Chicago time)" in words(scene.composed(kinds.CONFIRMATION))
    with transaction():
        scene.registration_id = scene.world.attends(workshop, **FULL)
    assert "6:00 PM – 7:30 PM (Chicago time)" in words(scene.composed(kinds.CONFIRMATION))


def test_who_waits_learns_the_place_in_line_of_now(scene: Scene) -> None:
    with transaction():
        posted = scene.world.clinic(slots=1, seats=1)
        for _ in range(3):
            scene.registration_id = scene.world.attends(posted, **FULL)
    assert "Your place in line: 2" in words(scene.composed(kinds.WAITLIST_JOINED))


def test_several_places_under_one_address_are_counted_and_one_can_be_cancelled(scene: Scene) -> None:
    line = "There are now 2 places under this address. You can cancel one here."
    with transaction():
        posted = scene.world.clinic(seats=5)
        scene.registration_id = scene.world.attends(posted, language="en")
    assert "under this address" not in words(scene.composed(kinds.CONFIRMATION))
    with transaction():
        scene.registration_id = scene.world.attends(posted, language="en")
    assert words(scene.composed(kinds.CONFIRMATION)).count(line) == 2, "in the text and in the page"
    with transaction():
        registrations.cancel(scene.registration_id)
        scene.registration_id = scene.world.attends(posted, contact="other@post.example", language="en")
    assert "under this address" not in words(scene.composed(kinds.CONFIRMATION))


def test_the_fifth_place_asks_to_be_confirmed_and_invites_to_nothing_yet(scene: Scene) -> None:
    with transaction():
        posted = scene.world.clinic(seats=9)
        for _ in range(5):
            scene.registration_id = scene.world.attends(posted, language="en")
    letter = scene.composed(kinds.CONFIRMATION)
    assert letter.words.subject.startswith("Please confirm:")
    assert "Please confirm your place by Sunday, November 22, 10:00 AM, or it goes to someone else." in words(letter)
    assert "text/calendar" not in letter.octets.decode()
    with transaction():
        registrations.reconfirm(scene.registration_id)
    letter = scene.composed(kinds.CONFIRMATION)
    assert "Please confirm" not in words(letter) and "text/calendar" in letter.octets.decode()


@pytest.mark.parametrize(
    ("moment", "subject"),
    [
        ("2026-12-02 09:30", "In 3 days: DACA Renewal Workshop in Pilsen"),
        ("2026-12-03 08:00", "In 2 days: DACA Renewal Workshop in Pilsen"),
        ("2026-12-04 20:59", "Tomorrow: DACA Renewal Workshop in Pilsen"),
        ("2026-12-05 08:00", "Today: DACA Renewal Workshop in Pilsen"),
    ],
)
def test_a_reminder_counts_the_days_from_when_it_is_sent(scene: Scene, moment: str, subject: str) -> None:
    scene.reminder(**FULL)
    scene.at(moment)
    assert scene.composed(kinds.REMINDER).words.subject == subject


def test_staff_who_wrote_a_name_down_greet_by_it(scene: Scene) -> None:
    scene.confirmation(**FULL)
    with transaction():
        db.session.get_one(Registration, scene.registration_id).source = "phone"
    assert "Hello Marisol Ortega." in words(scene.composed(kinds.CONFIRMATION))


def test_a_text_that_we_lack_is_given_and_marked_in_the_language_that_we_have(scene: Scene) -> None:
    letter = scene.confirmation(event={"title": {"en": "Paper Evening"}}, wording="full", language="es")
    assert '<span lang="en">Paper Evening</span>' in page_of(parsed(letter))


def test_a_language_that_we_do_not_write_gets_english_first(scene: Scene) -> None:
    assert scene.confirmation(language="pl").words.languages == ("en", "es")


def test_a_long_title_is_cut_between_words_and_the_time_stays(scene: Scene) -> None:
    title = "A very long evening about papers and forms and everything that belongs to them"
    subject = scene.confirmation(event={"title": {"en": title, "es": title}}, **FULL).words.subject
    assert len(subject) <= 78 and subject.endswith("…, Sat, Dec 5, 9:30 AM")
    assert title.startswith(subject.removeprefix("You have a place: ").partition("…")[0] + " ")


def test_letters_of_other_topics_do_not_warn_of_notaries(scene: Scene) -> None:
    assert "notario" in words(scene.confirmation(**FULL))
    assert "notario" not in words(scene.confirmation(event={"type": "wellness", "slug": "calm"}, **FULL))


def test_the_hours_of_a_clock_change_are_the_wall_clocks(scene: Scene) -> None:
    scene.at("2027-03-01 10:00")
    with transaction():
        posted = scene.world.clinic(starts_local=datetime(2027, 3, 14, 9, 30))
        scene.registration_id = scene.world.attends(posted, **FULL)
    assert "Sunday, March 14\n9:30 AM (Chicago time)" in scene.composed(kinds.CONFIRMATION).words.text


def test_what_hosts_write_is_text_and_never_markup(scene: Scene) -> None:
    letter = scene.confirmation(event={"title": {"en": "<b>Bold</b> & {{ 7 * 7 }}"}}, **FULL)
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; {{ 7 * 7 }}" in page_of(parsed(letter))
    assert "<b>Bold</b> & {{ 7 * 7 }}" in text_of(parsed(letter))


def test_nothing_is_taken_out_of_a_calendar_that_was_never_put_there(scene: Scene) -> None:
    """A place that was only held had no invitation."""
    with transaction():
        posted = scene.world.clinic(seats=9)
        for _ in range(5):
            scene.registration_id = scene.world.attends(posted, **FULL)
    scene.mark_sent(kinds.CONFIRMATION)
    with transaction():
        registrations.cancel(scene.registration_id)
    letter = scene.composed(kinds.CANCELLATION_OWN)
    assert "METHOD:CANCEL" not in letter.octets.decode() and "out of your calendar" not in words(letter)
