"""What counts as new on a list of which somebody was told an older version."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask

from scheduler.core.extensions import db, transaction
from scheduler.models.checklist import Checklist, new_on_the_list

from .conftest import Scene
from .reading import page_of, parsed, text_of

Item = dict[str, Any]
LETTERS = {"text": {"en": "Your letters.", "es": "Sus cartas."}, "need": "bring"}
CARD = {"text": {"en": "A bank card.", "es": "Una tarjeta."}, "need": "if_it_applies"}


def a_list(*items: Item) -> uuid.UUID:
    with transaction():
        made = Checklist(id=uuid.uuid4(), title={}, items=list(items), reviewed_on=date(2026, 11, 1))
        db.session.add(made)
        db.session.flush()
        return made.id


@pytest.mark.parametrize(
    ("now", "new"),
    [
        ([LETTERS, CARD], []),
        ([CARD], []),
        ([LETTERS, CARD, {"text": {"en": "Glasses."}, "need": "comfort"}], ["Glasses."]),
        ([LETTERS, CARD | {"text": {"en": "Your bank  CARD, please.", "es": "una  tarjeta."}}], []),
        ([LETTERS, CARD | {"need": "bring"}], ["A bank card."]),
        ([LETTERS | {"need": "comfort"}, CARD], []),
        ([CARD | {"text": {"en": "A money order.", "es": "Un giro."}}], ["A money order."]),
    ],
    ids=["same", "less", "more", "better words", "now it must come", "no longer must", "another thing"],
)
def test_what_is_new(app: Flask, now: list[Item], new: list[str]) -> None:
    told, present = a_list(LETTERS, CARD), a_list(*now)
    found = new_on_the_list(told, db.session.get(Checklist, present))
    assert [item["text"]["en"] for item in found] == new


def test_who_was_told_this_very_list_or_none(app: Flask) -> None:
    present = db.session.get(Checklist, a_list(LETTERS))
    assert present is not None
    assert new_on_the_list(present.id, present) == new_on_the_list(None, present) == []
    assert new_on_the_list(present.id, None) == []


@pytest.mark.parametrize("contact_kind", ["email", "helper_email"])
def test_discreet_words_tell_that_it_changed_and_not_what(scene: Scene, contact_kind: str) -> None:
    wording = "full" if contact_kind == "helper_email" else "discreet"
    message = parsed(scene.reminder(new_list=True, wording=wording, contact_kind=contact_kind))
    said = text_of(message) + page_of(message)
    assert said.count("What to bring has changed. See your page") == 2
    assert "list" not in said.casefold() and "bank card" not in said and "tarjeta" not in said


def test_who_registers_after_the_change_reads_nothing_of_it(scene: Scene) -> None:
    with transaction():
        posted = scene.world.clinic()
    scene.new_list(posted.checklist_id)
    with transaction():
        registration_id = scene.world.attends(posted, wording="full")
    told = scene.world.registration(registration_id)
    assert told.checklist_id == told.occurrence.event.checklist_id != posted.checklist_id
    assert new_on_the_list(told.checklist_id, told.occurrence.event.checklist) == []
