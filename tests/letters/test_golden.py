"""Every letter, as a person reads it. After a change of words: REWRITE_LETTERS=1, then read what git shows."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest

from scheduler import letters, registrations
from scheduler.core.extensions import transaction
from scheduler.registrations import Wishes

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
def test_a_date_that_is_off_while_nothing_else_has_room(scene: Scene, language: str) -> None:
    letter = scene.cancellation_host(others=False, wording="full", language=language)
    assert_golden(letter, f"cancellation_host.nothing_else.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_who_leaves_a_date_that_is_off_before_hearing_of_it(scene: Scene, wording: str, language: str) -> None:
    letter = scene.cancellation_own_while_off(wording=wording, language=language)
    assert_golden(letter, f"cancellation_own.off.{wording}.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_who_waits_for_a_date_that_is_off(scene: Scene, wording: str, language: str) -> None:
    letter = scene.cancellation_host_in_line(wording=wording, language=language)
    assert_golden(letter, f"cancellation_host.in_line.{wording}.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_only_the_place_is_another(scene: Scene, wording: str, language: str) -> None:
    assert_golden(scene.move(venue=True, wording=wording, language=language), f"move.place.{wording}.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_only_the_end_is_another(scene: Scene, wording: str, language: str) -> None:
    assert_golden(scene.move(hours=1, wording=wording, language=language), f"move.end.{wording}.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_it_is_off_on_the_day_that_they_know(scene: Scene, wording: str, language: str) -> None:
    letter = scene.off_before_hearing_of_the_move(wording=wording, language=language)
    assert_golden(letter, f"cancellation_host.unheard.{wording}.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_may_join_from_home_gets_the_link(scene: Scene, language: str) -> None:
    letter = scene.confirmation(
        event={"format": "hybrid", "join_link": "https://meet.example/clinic"}, wording="full", language=language
    )
    assert_golden(letter, f"confirmation.hybrid.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_another_link_is_no_other_address(scene: Scene, wording: str, language: str) -> None:
    letter = scene.another_link(wording=wording, language=language)
    assert_golden(letter, f"new_address.link.{wording}.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_nobody_keeps_a_place_that_was_only_offered(scene: Scene, wording: str, language: str) -> None:
    letter = scene.move_while_offered(wording=wording, language=language)
    assert_golden(letter, f"move.offered.{wording}.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_one_day_before(scene: Scene, language: str) -> None:
    assert_golden(scene.reminder(days=1, wording="full", language=language), f"reminder.tomorrow.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_new_address_under_which_many_places_are_kept_must_confirm(scene: Scene, language: str) -> None:
    with transaction():
        posted = scene.world.clinic(slots=1, seats=9, slug="busy-clinic")
        for _ in range(4):
            scene.world.attends(posted, contact="many@post.example")
        scene.registration_id = scene.world.attends(posted, wording="full", language=language)
    with transaction():
        wishes = replace(Wishes.of(scene.world.registration(scene.registration_id)), contact="many@post.example")
        registrations.change(scene.registration_id, wishes)
    assert_golden(scene.composed("change"), f"change.held.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
@pytest.mark.parametrize("offered", [False, True], ids=["in line", "offered"])
def test_who_waits_and_changes_something(scene: Scene, wording: str, language: str, offered: bool) -> None:
    """They change from the other language to this one."""
    other = "es" if language == "en" else "en"
    letter = scene.change_in_line(offered, wording=wording, language=other)
    assert_golden(letter, f"change.{'offered' if offered else 'in_line'}.{wording}.{language}")


@pytest.mark.parametrize(("wording", "language"), list(product(["full", "discreet"], ["en", "es"])))
def test_the_next_reminder_tells_what_is_new_on_the_list(scene: Scene, wording: str, language: str) -> None:
    letter = scene.reminder(new_list=True, wording=wording, language=language)
    assert_golden(letter, f"reminder.new_list.{wording}.{language}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_second_offer_says_that_it_is_the_last(scene: Scene, language: str) -> None:
    assert_golden(scene.offer(lapses=1, wording="full", language=language), f"offer.last.{language}")


@pytest.mark.parametrize("wording", ["full", "discreet"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_reminder_of_the_same_morning(scene: Scene, wording: str, language: str) -> None:
    afternoon = {"reminder_days": [0], "starts_local": datetime(2026, 12, 5, 14, 0)}
    letter = scene.reminder(0, event=afternoon, wording=wording, language=language)
    assert_golden(letter, f"reminder.today.{wording}.{language}")
