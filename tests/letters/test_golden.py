"""Every letter, as a person reads it. After a change of words: REWRITE_LETTERS=1, then read what git shows."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest

from scheduler import letters
from scheduler.core.extensions import transaction

from .conftest import REGISTRATION_LETTERS, Scene
from .reading import for_people

GOLDEN = Path(__file__).parent / "golden"


def assert_golden(letter: letters.Letter, name: str) -> None:
    written, path = for_people(letter), GOLDEN / f"{name}.txt"
    if os.environ.get("REWRITE_LETTERS"):
        path.write_text(written, "utf-8")
    assert path.exists(), f"no golden {name}; it would say:\n{written}"
    assert written == path.read_text("utf-8")


@pytest.mark.parametrize(
    ("kind", "wording", "language"), list(product(REGISTRATION_LETTERS, ["full", "discreet"], ["en", "es"]))
)
def test_letters_about_a_place(scene: Scene, kind: str, wording: str, language: str) -> None:
    assert_golden(scene.letter(kind, wording=wording, language=language), f"{kind}.{wording}.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_sign_in_help(scene: Scene, language: str) -> None:
    assert_golden(scene.sign_in_help(language), f"sign_in_help.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_letter_to_a_helper(scene: Scene, language: str) -> None:
    letter = scene.confirmation(
        contact_kind="helper_email", contact="nephew@post.example", wording="full", language=language
    )
    assert_golden(letter, f"confirmation.helper.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_fifth_place_under_one_address_waits_for_an_answer(scene: Scene, language: str) -> None:
    with transaction():
        posted = scene.world.clinic(slots=1, seats=9, slug="busy-clinic")
        for _ in range(5):
            scene.registration_id = scene.world.attends(posted, wording="discreet", language=language)
    assert_golden(scene.composed("confirmation"), f"confirmation.held.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_one_day_before(scene: Scene, language: str) -> None:
    assert_golden(scene.reminder(days=1, wording="full", language=language), f"reminder.tomorrow.{language}")
