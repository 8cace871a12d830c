"""Letters about a date that is off, or that moved: what calendars make of them, and what they say to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest

from scheduler import events, letters, registrations
from scheduler.core import tokens
from scheduler.core.extensions import transaction
from scheduler.models import message as kinds

from .conftest import REASON, Scene
from .reading import LINK, calendar_of, page_of, parsed, text_of


def entry_of(letter: letters.Letter) -> tuple[str, icalendar.cal.Component]:
    calendar = calendar_of(parsed(letter))
    assert calendar is not None
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [
        (kinds.CANCELLATION_HOST, "CANCEL", "CANCELLED"),
        (kinds.MOVE, "REQUEST", "CONFIRMED"),
        (kinds.NEW_ADDRESS, "REQUEST", "CONFIRMED"),
    ],
)
@pytest.mark.parametrize("wording", ["full", "discreet"])
def test_the_calendar_knows_which_entry_is_meant(
    scene: Scene, kind: str, method: str, status: str, wording: str
) -> None:
    news = scene.letter(kind, wording=wording)
    told, entry = entry_of(news)
    first = entry_of(scene_confirmation(scene))[1]
    assert (told, entry["STATUS"]) == (method, status)
    assert entry["UID"] == first["UID"] and entry["ORGANIZER"] == first["ORGANIZER"]
    assert entry["DTSTAMP"].dt > scene_registered(scene), "later than the first letter's"
    assert entry["SEQUENCE"] >= 1
    if method == "CANCEL":
        assert not entry.walk("VALARM") and entry["TRANSP"] == "TRANSPARENT"


def scene_confirmation(scene: Scene) -> letters.Letter:
    """The first letter; its octets are made anew, so only what never changes is the same as it was."""
    return scene.composed(kinds.CONFIRMATION)


def scene_registered(scene: Scene) -> Any:
    return scene.world.registration(scene.registration_id).created_at


def test_the_time_in_the_calendar_moves(scene: Scene) -> None:
    before = entry_of(scene.confirmation())[1]
    news = entry_of(move_on(scene))[1]
    assert (news["DTSTART"].dt - before["DTSTART"].dt).days == 7
    assert news["SEQUENCE"] == before["SEQUENCE"] + 1
    assert news["DTSTAMP"].dt > before["DTSTAMP"].dt
    assert news["UID"] == before["UID"]


def test_a_cancellation_is_newer_than_the_place(scene: Scene) -> None:
    before = entry_of(scene.confirmation())[1]
    occurrence_id = scene.world.registration(scene.registration_id).occurrence_id
    with transaction():
        events.cancel_date(occurrence_id, REASON)
    news = entry_of(scene.composed(kinds.CANCELLATION_HOST))[1]
    assert news["SEQUENCE"] > before["SEQUENCE"] and news["DTSTAMP"].dt > before["DTSTAMP"].dt
    assert news["UID"] == before["UID"]


def move_on(scene: Scene) -> letters.Letter:
    """The same place, a week later."""
    occurrence = scene.world.registration(scene.registration_id).occurrence
    week = timedelta(weeks=1)
    wished = (occurrence.id, occurrence.starts_local + week, occurrence.ends_local + week, occurrence.venue_id)
    scene.at.later(hours=1)
    with transaction():
        events.move_date(*wished)
    return scene.composed(kinds.MOVE)


def in_line(scene: Scene, **person: Any) -> None:
    scene.waitlist_joined(**person)
    scene.mark_sent(kinds.WAITLIST_JOINED)


def test_who_waits_in_line_hears_of_it_without_an_invitation(scene: Scene) -> None:
    in_line(scene, wording="full", language="en")
    letter = parsed(move_on(scene))
    assert calendar_of(letter) is None
    text = text_of(letter)
    assert "You are still in line, at the same place in it." in text
    assert "Keep my place" not in text and "Please answer by" not in text


def test_who_waits_in_line_is_offered_other_dates_too(scene: Scene) -> None:
    in_line(scene, wording="full", language="en")
    occurrence_id = scene.world.registration(scene.registration_id).occurrence_id
    with transaction():
        scene.world.clinic(slug="another", type="daca_renewal")
    with transaction():
        events.cancel_date(occurrence_id, REASON)
    letter = parsed(scene.composed(kinds.CANCELLATION_HOST))
    assert calendar_of(letter) is None
    assert "You can move to one of these with one tap:" in text_of(letter)


@pytest.mark.parametrize("kind", [kinds.CANCELLATION_HOST, kinds.MOVE])
def test_text_and_page_say_the_same_and_every_link_only_leads_there(scene: Scene, kind: str) -> None:
    letter = parsed(scene.letter(kind, wording="full", language="en"))
    own = scene.world.registration(scene.registration_id).token(tokens.LETTER)
    links = {link.rstrip(".") for link in LINK.findall(text_of(letter))}
    assert links and links <= set(LINK.findall(page_of(letter)))
    assert {link.partition("#")[0].removesuffix("/cancellation").rpartition("/")[2] for link in links} == {own}


def test_a_held_place_is_asked_to_confirm_before_it_is_lost(scene: Scene) -> None:
    with transaction():
        posted = scene.world.clinic(slots=1, seats=9, slug="busy-clinic", flow_minutes=0)
        for _ in range(5):
            scene.registration_id = scene.world.attends(posted, wording="full", language="en")
    letter = parsed(move_on(scene))
    assert "Please confirm your place by Sunday, November 22, 10:00 AM, or it goes to someone else." in text_of(letter)
    assert calendar_of(letter) is None
    with transaction():
        registrations.reconfirm(scene.registration_id)
    assert scene.world.registration(scene.registration_id).keep_asked_at is None


@pytest.mark.parametrize("wording", ["full", "discreet"])
def test_another_day_in_another_house_says_both(scene: Scene, wording: str) -> None:
    """Whoever only reads old and new day goes to the old house."""
    scene.confirmation(wording=wording)
    occurrence = scene.world.registration(scene.registration_id).occurrence
    week, occurrence_id = timedelta(weeks=1), occurrence.id
    starts, ends = occurrence.starts_local + week, occurrence.ends_local + week
    with transaction():
        elsewhere = scene.world.venue(occurrence.event.organization_id)
    with transaction():
        events.move_date(occurrence_id, starts, ends, elsewhere)
    letter = parsed(scene.composed(kinds.MOVE))
    assert "The address is new, too." in text_of(letter) and "The address is new, too." in page_of(letter)
