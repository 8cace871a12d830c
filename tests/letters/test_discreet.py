"""A shared phone, a curious neighbor, a preview on a lock screen: discreet letters say nothing of the matter."""

from __future__ import annotations

import re

import pytest

from scheduler.core.extensions import db, transaction
from scheduler.models.organization import Organization

from .conftest import REGISTRATION_LETTERS, TITLE, Scene
from .reading import calendar_of, everything, page_of, parsed, text_of

MATTER = [
    "daca", "immigra", "inmigra", "legal", "clinic", "clínica", "lawyer", "abogad", "attorney", "renew", "renov",
    "workshop", "taller", "notario", "pilsen", "harbor", "loomis", "letters, if",
]  # fmt: skip
HOST = ["lamplight", "hello@", "daca-renewal-pilsen", *TITLE.values()]


@pytest.mark.parametrize("language", ["en", "es", "pl"])
@pytest.mark.parametrize("kind", REGISTRATION_LETTERS)
def test_nothing_is_said_anywhere_in_the_octets(scene: Scene, kind: str, language: str) -> None:
    said = everything(parsed(scene.letter(kind, wording="discreet", language=language))).casefold()
    assert not [word for word in [*MATTER, *HOST] if word.casefold() in said]


@pytest.mark.parametrize("kind", REGISTRATION_LETTERS)
def test_the_same_scan_finds_it_in_full_wording(scene: Scene, kind: str) -> None:
    said = everything(parsed(scene.letter(kind, wording="full"))).casefold()
    assert {"daca", "lamplight"} <= {word for word in [*MATTER, *HOST] if word in said}


@pytest.mark.parametrize("kind", REGISTRATION_LETTERS)
def test_it_comes_from_the_neutral_desk_and_is_answered_there(scene: Scene, kind: str) -> None:
    message = parsed(scene.letter(kind, wording="discreet"))
    assert message["From"] == "Calendar desk / Agenda <desk@porchlight.example>"
    assert message["Reply-To"] == "desk@porchlight.example"
    assert "312-555-0190" in text_of(message), "who has a question can call"


def test_the_calendar_says_appointment(scene: Scene) -> None:
    calendar = calendar_of(parsed(scene.confirmation(wording="discreet")))
    assert calendar is not None
    (entry,) = calendar.walk("VEVENT")
    assert entry["SUMMARY"] == "Appointment / Cita"
    assert "LOCATION" not in entry
    assert entry["ORGANIZER"] == "mailto:desk@porchlight.example"


def test_a_sensitive_event_is_discreet_unless_full_words_were_chosen(scene: Scene) -> None:
    assert "DACA" not in scene.confirmation().words.subject
    assert "DACA" in scene.confirmation(wording="full", event={"slug": "another"}).words.subject


def test_a_helpers_letter_is_discreet_whatever_was_chosen_and_greets_no_name(scene: Scene) -> None:
    letter = scene.confirmation(
        contact_kind="helper_email", contact="nephew@post.example", wording="full", language="en"
    )
    said = everything(parsed(letter))
    assert "This is for the person you help." in text_of(parsed(letter))
    assert "This is for the person you help." in page_of(parsed(letter))
    assert not [word for word in [*MATTER, *HOST, "marisol", "ortega"] if word.casefold() in said.casefold()]


def test_the_colour_of_the_door_says_nothing_either(scene: Scene) -> None:
    doors = {
        tuple(re.findall(r'class="door"[^>]*background-color:(#\w+)', page_of(parsed(letter))))
        for letter in (
            scene.confirmation(),
            scene.confirmation(event={"type": "citizenship", "slug": "another"}),
        )
    }
    assert len(doors) == 1


def test_a_neutral_name_that_the_host_chose_is_used(scene: Scene) -> None:
    with transaction():
        host = scene.world.organization()
        db.session.get_one(Organization, host).discreet_sender = "Front desk, Room 2"
    message = parsed(scene.confirmation())
    assert message["From"].addresses[0].display_name == "Front desk, Room 2"
    assert len(message["From"].addresses) == 1, "a comma makes no second sender"
