"""The editor as its people use it: without JavaScript, and with everything that may go wrong."""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from scheduler import events, registrations
from scheduler.core.extensions import db, transaction
from scheduler.models.event import Event, Occurrence
from scheduler.models.organization import CHECKIN_LEAD, COORDINATOR, LEAD

from .reading import page, read
from .signing_in import filled, press, save, sign_in

WORDS = {
    "type": "legal_clinic",
    "title_en": "Free Legal Clinic",
    "title_es": "Clínica legal gratis",
    "summary_en": "Talk with a lawyer.",
    "summary_es": "Hable con un abogado.",
    "languages": ["en", "es"],
    "admission": "timed",
    "format": "in_person",
    "visibility": "public",
    "party_max": "4",
    "sensitive": "y",
    "steps-0-label_en": "Talk with a lawyer",
    "steps-0-label_es": "Hablar con un abogado",
    "steps-0-minutes": "60",
}
DATE = {
    "day": "2026-12-05", "starts": "09:30", "last": "12:00", "every": "30", "places": "4", "ends": "13:00",
}  # fmt: skip


@pytest.fixture
def staff(world: ModuleType, at: Any) -> Any:
    at("2026-11-20 10:00")
    with transaction():
        return world.organizer(COORDINATOR)


@pytest.fixture
def desk(client: FlaskClient, staff: Any) -> FlaskClient:
    return sign_in(client, staff)


def event_of(title: str = "Free Legal Clinic") -> Event:
    db.session.rollback()
    return next(event for event in db.session.scalars(sa.select(Event)) if event.title.get("en") == title)


@pytest.fixture
def draft(desk: FlaskClient) -> str:
    """The address of a draft without dates."""
    answer = save(desk, "/console/events/new?type=legal_clinic", **WORDS)
    assert answer.status_code == 303, answer.text
    return f"/console/events/{event_of().id}"


def test_the_kind_of_event_presets_what_is_sensitive(desk: FlaskClient) -> None:
    assert "What kind of event is it?" in desk.get("/console/events/new").text
    assert " checked" in _sensitive(desk.get("/console/events/new?type=legal_clinic").text)
    assert " checked" not in _sensitive(desk.get("/console/events/new?type=education").text)


def test_a_kind_that_is_always_sensitive_says_so_and_stays_so(desk: FlaskClient) -> None:
    said = WORDS | {"sensitive": ""}
    assert save(desk, "/console/events/new?type=legal_clinic", **said).status_code == 303
    assert event_of().sensitive
    page = desk.get(f"/console/events/{event_of().id}/words").text
    assert " checked" in _sensitive(page)
    assert "ticked or not: DACA renewal, Legal clinic," in page
    too_long = save(desk, f"/console/events/{event_of().id}/words", **said, retention_days="60")
    assert too_long.status_code == 422 and "Write a number from 7 to 30." in too_long.text


def _sensitive(page: str) -> str:
    return next(line for line in page.splitlines() if 'name="sensitive"' in line)


def test_from_an_idea_to_a_public_page(desk: FlaskClient, draft: str, world: ModuleType, staff: Any) -> None:
    with transaction():
        venue_id = world.venue(staff.organization_id)
    assert "To do" in desk.get(draft).text
    refused = press(desk, draft, f"{draft}/publication")
    assert refused.status_code == 422 and "Add a date that is still to come." in refused.text

    shown = save(desk, f"{draft}/dates", **DATE, venue=str(venue_id), show="y")
    assert shown.status_code == 200 and "That makes 6 times" in shown.text and "11:30 AM" in shown.text
    assert not event_of().occurrences

    added = save(desk, f"{draft}/dates", **DATE, venue=str(venue_id))
    assert added.status_code == 303, added.text
    assert "6 times, 9:30 AM to 12:00 PM, 4 places each" in desk.get(f"{draft}/dates").text

    slug = event_of().slug
    assert desk.get(f"/en/events/{slug}").status_code == 404
    for language, title in (("en", "Free Legal Clinic"), ("es", "Clínica legal gratis")):
        preview = desk.get(f"{draft}/preview?lang={language}")
        assert preview.status_code == 200 and title in preview.text and f'<html lang="{language}"' in preview.text
        assert preview.headers["Cache-Control"] == "no-store"
    assert event_of().state == "draft"

    assert press(desk, draft, f"{draft}/publication").status_code == 303
    assert event_of().state == "published"
    assert "Free Legal Clinic" in desk.get(f"/en/events/{slug}").text
    assert "Free Legal Clinic" in desk.get("/en/").text


def test_words_are_changed_and_kept(desk: FlaskClient, draft: str) -> None:
    page = desk.get(f"{draft}/words").text
    for words in ("Clínica legal gratis", "Hable con un abogado.", "Hablar con un abogado"):
        assert words in page
    answer = save(desk, f"{draft}/words", title_en="Another Clinic", **{"steps-0-minutes": "45"})
    assert answer.status_code == 303, answer.text
    event = event_of("Another Clinic")
    assert (event.slug, event.flow_minutes, event.party_max) == ("another-clinic", 60, 4)
    assert event.languages == ["en", "es"]
    assert event.title["es"] == "Clínica legal gratis"


def test_the_minutes_of_a_visit_are_counted_when_left_empty(desk: FlaskClient, draft: str) -> None:
    save(desk, f"{draft}/words", flow_minutes="", **{"steps-1-label_en": "Exit", "steps-1-label_es": "Salida",
                                                    "steps-1-minutes": "15"})  # fmt: skip
    assert event_of().flow_minutes == 75
    assert len(event_of().steps) == 2


def test_more_rows_keep_what_was_typed(desk: FlaskClient, draft: str) -> None:
    page = save(desk, f"{draft}/words", title_en="Half typed", more="y")
    assert page.status_code == 200
    assert "Half typed" in page.text
    assert page.text.count("steps-6-label_en") > 0
    assert event_of().title["en"] == "Free Legal Clinic"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"title_en": "", "title_es": ""}, "Write a title, at least in one language."),
        ({"title_en": "x" * 300}, "Please use 120 characters or fewer."),
        ({"title_en": "Line\x00break"}, "hidden sign"),
        ({"type": "party"}, "Choose one from the list."),
        ({"admission": "magic"}, "Choose one from the list."),
        ({"party_max": "500"}, "Write a number from 1 to 50."),
        ({"party_max": "0"}, "Write a number from 1 to 50."),
        ({"party_max": "many"}, "Write a number from 1 to 50."),
        ({"checklist": str(uuid.uuid4())}, "Choose one from the list."),
        ({"checklist": "no-uuid"}, "Choose one from the list."),
        ({"organization": str(uuid.uuid4())}, "Choose one from the list."),
        ({"languages": ["en", "klingon"]}, "Choose only from the list."),
        ({"flow_minutes": "soon"}, "Write a number from 0 to 720."),
        ({"steps-1-label_en": "Only English"}, "Write it in Spanish too."),
    ],
)
def test_what_cannot_stand_is_said_and_typed_values_stay(desk: FlaskClient, typed: dict[str, Any], words: str) -> None:
    answer = save(desk, "/console/events/new?type=legal_clinic", **{**WORDS, **typed})
    assert answer.status_code == 422
    assert words in answer.text and "<title>Error:" in answer.text
    assert "Clínica legal gratis" in answer.text or "title_es" in typed
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == 0


def test_odd_but_honest_words_are_kept(desk: FlaskClient) -> None:
    title = "Clínica 💙 <b>“gratis”</b> مرحبا"
    assert save(desk, "/console/events/new?type=legal_clinic", **{**WORDS, "title_en": title}).status_code == 303
    page = desk.get(f"/console/events/{event_of(title).id}").text
    assert "&lt;b&gt;" in page and "<b>“gratis”" not in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"day": ""}, "Choose the day."),
        ({"day": "soon"}, "like 2026-12-05"),
        ({"day": "2026-02-30"}, "like 2026-12-05"),
        ({"day": "9999-12-31"}, "within the next two years"),
        ({"day": "2026-11-01"}, "still to come"),
        ({"day": "2027-03-14", "starts": "02:30", "last": "03:30", "ends": "05:00"}, "Clocks skip 2:30 AM"),
        ({"starts": "25:00"}, "Write a time like 09:30."),
        ({"starts": ""}, "Write when it starts."),
        ({"ends": "09:00"}, "later than the start"),
        ({"last": "13:30"}, "between the first one and the end"),
        ({"every": "0"}, "from 5 to 240"),
        ({"every": "5", "starts": "00:00", "ends": "23:00"}, "more than 60 times"),
        ({"places": "-1"}, "from 0 to 2000"),
        ({"places": "99999999999999999999"}, "from 0 to 2000"),
        ({"venue": str(uuid.uuid4())}, "Choose one from the list."),
    ],
)
def test_dates_that_cannot_be_are_refused_in_words(
    desk: FlaskClient, draft: str, typed: dict[str, Any], words: str
) -> None:
    answer = save(desk, f"{draft}/dates", **{**DATE, "venue": "", **typed})
    assert answer.status_code == 422
    assert words in answer.text
    assert not event_of().occurrences


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-12-05", 5), ("2027-03-13", 5), ("2027-03-14", 23), ("2026-12-31", 5), ("2027-11-07", 25)]
)
def test_an_evening_may_last_until_midnight(desk: FlaskClient, draft: str, day: str, hours: int) -> None:
    start = "19:00" if hours == 5 else "00:00"
    typed = DATE | {"day": day, "starts": start, "last": "22:00", "every": "240", "ends": "00:00", "venue": ""}
    assert save(desk, f"{draft}/dates", **typed).status_code == 303
    [occurrence] = event_of().occurrences
    assert occurrence.ends_at - occurrence.starts_at == timedelta(hours=hours)
    ends, address = occurrence.ends_local, f"/console/dates/{occurrence.id}"
    assert (ends - timedelta(days=1)).isoformat() == f"{day}T00:00:00"
    assert "– 12:00 AM" in desk.get(f"{draft}/dates").text
    assert filled(desk.get(address).text)["ends"] == ["00:00"]
    assert save(desk, address, places="9").status_code == 303
    assert event_of().occurrences[0].ends_local == ends
    for wrong in ({"ends": "00:30", "starts": "19:00"}, {"last": "00:00", "starts": "19:00"}):
        assert save(desk, address, **wrong).status_code == 422, wrong


def test_the_last_of_all_days_is_too_far_away_also_at_midnight(desk: FlaskClient, draft: str) -> None:
    answer = save(desk, f"{draft}/dates", **DATE | {"day": "9999-12-31", "ends": "00:00", "venue": ""})
    assert answer.status_code == 422 and "Choose a date within the next two years." in answer.text


def test_an_impatient_thumb_adds_one_date(desk: FlaskClient, draft: str) -> None:
    typed = filled(desk.get(f"{draft}/dates").text) | DATE | {"venue": ""}
    assert desk.post(f"{draft}/dates", data=typed).status_code == 303
    again = desk.post(f"{draft}/dates", data=typed | {"places": "7"})
    assert again.status_code == 422 and 'id="day-e"' in again.text and "This date is there already." in again.text
    assert 'value="2026-12-05"' in again.text and 'value="7"' in again.text
    assert len(event_of().occurrences) == 1


def test_a_date_is_changed_and_removed(desk: FlaskClient, draft: str) -> None:
    save(desk, f"{draft}/dates", **DATE, venue="")
    address = f"/console/dates/{event_of().occurrences[0].id}"
    assert save(desk, address, every="60", places="2").status_code == 303
    slots = event_of().occurrences[0].slots
    assert [(slot.starts_local.hour, slot.seats_limit) for slot in slots] == [(9, 2), (10, 2), (11, 2)]
    asked = desk.get(f"{address}/removal")
    assert asked.status_code == 200 and len(event_of().occurrences) == 1
    assert press(desk, f"{address}/removal").status_code == 303
    assert not event_of().occurrences


def test_a_date_with_people_says_why_it_stays(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
        world.attends(posted, party=2)
    address = f"/console/dates/{posted.occurrence_id}"
    moved = save(desk, address, ends="20:00")
    assert moved.status_code == 409 and "People have a place on this date" in moved.text
    fewer = save(desk, address, places="1")
    assert fewer.status_code == 422 and "At 9:30 AM 2 places are taken." in fewer.text
    removed = press(desk, f"{address}", f"{address}/removal")
    assert removed.status_code == 409
    db.session.rollback()
    assert db.session.get_one(Occurrence, posted.occurrence_id).state == "scheduled"


def test_what_people_rely_on_stands_there_as_facts(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
    address = f"/console/dates/{posted.occurrence_id}"
    plan = ("day", "starts", "ends", "venue")
    assert all(f'name="{name}"' in desk.get(address).text for name in plan)
    with transaction():
        world.attends(posted)
    page = desk.get(address).text
    assert not [name for name in plan if f'name="{name}"' in page]
    assert "Friday, December 4, 2026, 9:30 AM – " in page and "Move this date and tell everybody" in page
    assert save(desk, address, places="9").status_code == 303
    db.session.rollback()
    slots = db.session.get_one(Occurrence, posted.occurrence_id).slots
    assert {slot.seats_limit for slot in slots} == {9} and slots[0].starts_local.hour == 9
    for typed in ({"day": "2026-12-05"}, {"starts": "08:30"}, {"ends": "20:00"}, {"venue": ""}):
        assert save(desk, address, **typed).status_code == 409, typed


def test_times_that_were_set_one_by_one_leave_no_form(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
        world.attends(posted)
    address = f"/console/dates/{posted.occurrence_id}"
    assert save(desk, f"{address}/times", **{f"places-{posted.slot_ids[0]}": "7"}).status_code == 303
    page = desk.get(address).text
    assert "Save the date" not in page and "Times and places, one by one" in page
    refused = press(desk, address, day="2026-12-06")
    assert refused.status_code == 409 and "People have a place on this date" in refused.text


def test_a_date_that_is_over_only_tells(client: FlaskClient, world: ModuleType, staff: Any, at: Any) -> None:
    with transaction():
        posted = world.clinic()
    at("2026-12-06 10:00")
    page = sign_in(client, staff).get(f"/console/dates/{posted.occurrence_id}").text
    assert "This date is over or called off." in read(page) and "December 4, 2026" in page
    assert "Save the date" not in page and "Close registration" not in page and "Remove this date" not in page


def test_a_date_that_runs_gets_more_places(client: FlaskClient, world: ModuleType, staff: Any, at: Any) -> None:
    with transaction():
        workshop, clinic = world.workshop(), world.clinic()
    at("2026-12-04 09:40")
    desk = sign_in(client, staff)
    address = f"/console/dates/{clinic.occurrence_id}"
    assert save(desk, address, places="9", show="y").status_code == 200
    assert save(desk, address, places="9").status_code == 303
    over = save(desk, address, every="5")
    assert over.status_code == 422 and "9:35 AM is over. Choose a later time." in over.text
    ends = save(desk, address, ends="20:00")
    assert ends.status_code == 422 and "This is over. Choose a date that is still to come." in ends.text
    db.session.rollback()
    assert {slot.seats_limit for slot in db.session.get_one(Occurrence, clinic.occurrence_id).slots} == {9}
    at("2026-12-04 18:10")
    assert save(sign_in(client, staff), f"/console/dates/{workshop.occurrence_id}", places="30").status_code == 303


def test_the_next_date_begins_like_the_last(desk: FlaskClient, draft: str) -> None:
    save(desk, f"{draft}/dates", **DATE, venue="")
    page = desk.get(f"{draft}/dates").text
    assert 'value="09:30"' in page and 'value="12:00"' in page and 'value="2026-12-05"' not in page


def test_two_sessions_a_day_are_no_rule(desk: FlaskClient, draft: str) -> None:
    """From 9:00 to 14:00 are 300 minutes: more than a rule can say, so the form asks for no rule."""
    save(desk, f"{draft}/dates", **DATE | {"starts": "09:00", "last": "09:00", "ends": "17:00"}, venue="")
    address = f"/console/dates/{event_of().occurrences[0].id}"
    added = {"new-0-starts": "14:00", "new-0-places": "4"}
    assert save(desk, f"{address}/times", **added).status_code == 303
    page = desk.get(address).text
    assert 'name="every"' not in page and "set one by one" in page
    assert save(desk, address, ends="16:30").status_code == 303
    assert [slot.starts_local.hour for slot in event_of().occurrences[0].slots] == [9, 14]
    assert filled(desk.get(f"{draft}/dates").text)["every"] == [""], "no rule leads from the one to the other"
    assert save(desk, f"{draft}/dates", day="2026-12-06").status_code == 422
    assert save(desk, f"{draft}/dates", day="2026-12-06", every="60").status_code == 303


def test_a_rule_typed_before_somebody_set_times_one_by_one_is_not_dropped(desk: FlaskClient, draft: str) -> None:
    save(desk, f"{draft}/dates", **DATE, venue="")
    address = f"/console/dates/{event_of().occurrences[0].id}"
    typed = filled(desk.get(address).text) | {"places": "7", "ends": "16:30"}
    assert save(desk, f"{address}/times", **{"new-0-starts": "12:40", "new-0-places": "4"}).status_code == 303
    refused = desk.post(address, data=typed)
    assert refused.status_code == 409 and "set the times one by one while you were typing" in refused.text
    assert 'value="16:30"' in refused.text and 'name="places"' not in refused.text
    again = filled(refused.text)
    assert desk.post(address, data=again).status_code == 303
    date = event_of().occurrences[0]
    assert (date.ends_local.hour, date.ends_local.minute, date.slots[-1].seats_limit) == (16, 30, 4)


def test_two_presses_on_a_new_event_make_one_draft(desk: FlaskClient) -> None:
    typed = filled(desk.get("/console/events/new?type=legal_clinic").text) | WORDS
    first, second = (desk.post("/console/events/new?type=legal_clinic", data=typed) for _press in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location and first.location.endswith("/dates")
    db.session.rollback()
    assert len(db.session.scalars(sa.select(Event)).all()) == 1


def test_nobody_is_let_in_by_invitations_that_are_never_made(desk: FlaskClient, draft: str) -> None:
    assert 'value="invite_code"' not in desk.get(f"{draft}/words").text
    assert save(desk, f"{draft}/words", admission="invite_code").status_code == 422
    with transaction():
        event_of().admission = "invite_code"
    assert 'value="invite_code"' in desk.get(f"{draft}/words").text, "what is so stays so"


def test_a_draft_is_thrown_away_after_one_more_question(desk: FlaskClient, draft: str) -> None:
    save(desk, f"{draft}/dates", **DATE, venue="")
    assert f'href="{draft}/removal"' in desk.get(draft).text
    asked = desk.get(f"{draft}/removal")
    assert asked.status_code == 200 and "Free Legal Clinic" in asked.text and event_of()
    answer = press(desk, f"{draft}/removal")
    assert answer.status_code == 303 and "The draft is thrown away." in desk.get(answer.location).text
    assert desk.get(draft).status_code == 404
    db.session.rollback()
    assert not db.session.scalars(sa.select(Event)).all() and not db.session.scalars(sa.select(Occurrence)).all()


def test_what_is_public_is_not_thrown_away(client: FlaskClient, desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted, door = world.clinic(), world.organizer(CHECKIN_LEAD)
    address = f"/console/events/{posted.event_id}"
    assert f"{address}/removal" not in desk.get(address).text
    asked = desk.get(f"{address}/removal").text
    assert "Only a draft that was never published can be thrown away." in asked and "Throw it away" not in asked
    assert press(desk, address, f"{address}/removal").status_code == 409
    assert sign_in(client, door).get(f"{address}/removal").status_code == 403
    db.session.rollback()
    assert db.session.get_one(Event, posted.event_id).state == "published"


def test_a_past_date_of_a_draft_is_removed(client: FlaskClient, draft: str, staff: Any, at: Any) -> None:
    save(client, f"{draft}/dates", **DATE, venue="")
    address = f"/console/dates/{event_of().occurrences[0].id}"
    at("2026-12-06 10:00")
    sign_in(client, staff)
    assert f'href="{address}/removal"' in client.get(address).text
    assert press(client, f"{address}/removal").status_code == 303
    assert not event_of().occurrences


def test_a_published_event_is_not_edited_into_pieces(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
    answer = save(desk, f"/console/events/{posted.event_id}/words", title_es="")
    assert answer.status_code == 422 and "Write a title in Spanish." in answer.text


def test_an_event_with_people_says_why_it_is_not_hidden(desk: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
        place = registrations.register(posted.occurrence_id, posted.slot_id, world.attendee(), "form").token()
    address = f"/console/events/{posted.event_id}/words"
    answer = save(desk, address, visibility="private", summary_en="Kept as typed.")
    assert answer.status_code == 422 and "People signed up, and their letters lead to the page." in read(answer.text)
    assert 'id="visibility-e"' in answer.text and "Kept as typed." in answer.text
    assert desk.get(f"/en/events/{posted.slug}").status_code == 200
    with transaction():
        db.session.get_one(Event, posted.event_id).visibility = "private"
    page = desk.get(f"/en/place/{place}").text
    assert f"/place/{place}/changes" in page, "what was hidden before is still theirs"
    assert desk.get(f"/en/place/{place}/changes").status_code == 200


def pages(posted: Any) -> list[str]:
    event, date = f"/console/events/{posted.event_id}", f"/console/dates/{posted.occurrence_id}"
    ways = ("", "/words", "/dates", "/preview", "/removal")
    return [*(f"{event}{way}" for way in ways), date, f"{date}/removal"]


def test_another_organization_finds_nothing(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
        outsider = world.outsider()
    sign_in(client, outsider)
    for address in pages(posted):
        assert client.get(address).status_code == 404, address
    actions = ("words", "dates", "publication")
    for address in [f"/console/events/{posted.event_id}/{act}" for act in actions] + pages(posted)[4:]:
        answer = press(client, "/console/account", address)
        assert answer.status_code == 404, address
    assert client.get(f"/console/events/{uuid.uuid4()}").status_code == 404


def test_only_lead_and_coordinator_edit(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
        door = world.organizer(CHECKIN_LEAD)
    sign_in(client, door)
    for address in [*pages(posted), "/console/events/new"]:
        assert client.get(address).status_code == 403, address


def test_who_is_not_signed_in_is_asked_to(client: FlaskClient, world: ModuleType) -> None:
    with transaction():
        posted = world.clinic()
    for address in pages(posted):
        assert client.get(address).status_code == 303
        assert client.post(address).status_code in (303, 405)


def test_a_form_without_its_token_changes_nothing(desk: FlaskClient, draft: str) -> None:
    assert desk.post(f"{draft}/publication").status_code == 400
    assert desk.post(f"{draft}/words", data=WORDS).status_code == 400


def test_a_lead_of_two_organizations_chooses_one(client: FlaskClient, world: ModuleType, staff: Any) -> None:
    from scheduler import organizations

    with transaction():
        other = world.organization("far-shore")
        organizations.add_member(other, staff.user_id, LEAD)
    sign_in(client, staff)
    answer = save(client, "/console/events/new?type=education", **{**WORDS, "organization": str(other)})
    assert answer.status_code == 303
    assert event_of().organization_id == other


def test_an_event_that_is_over_asks_for_nothing_but_a_new_date(client: FlaskClient, world: ModuleType, at: Any) -> None:
    at("2026-11-28 09:00")
    with transaction():
        posted, lead = world.workshop(), world.organizer()
    sign_in(client, lead)
    assert "Cancel this event" in page(client, f"/console/events/{posted.event_id}")
    at("2026-12-20 09:00")
    sign_in(client, lead)
    said = page(client, f"/console/events/{posted.event_id}")
    assert "This event is over. Add a date to hold it again." in said
    assert "Please put right" not in said and "Cancel this event" not in said


def test_names_of_the_past_are_not_erased_by_a_number_alone(
    client: FlaskClient, world: ModuleType, staff: Any, at: Any
) -> None:
    with transaction():
        posted = world.workshop(title={"en": "Evening", "es": "Tarde"})
        world.attends(posted)
        lead = world.organizer(LEAD)
    date = event_of("Evening").occurrences[0]
    at(date.ends_at + timedelta(days=20))
    sign_in(client, lead)
    address = f"/console/events/{posted.event_id}/words"
    asked = save(client, address, retention_days="7")
    assert asked.status_code == 409 and "would be erased within the hour" in asked.text
    assert '<button class="btn danger" name="sure" value="1">' in asked.text
    assert event_of("Evening").retention_days is None
    assert client.post(address, data=filled(asked.text) | {"sure": "1"}).status_code == 303
    assert event_of("Evening").retention_days == 7


def test_what_would_be_good_is_said_after_publishing_too(client: FlaskClient, world: ModuleType, staff: Any) -> None:
    """Whoever keeps a place online waits for a link that nobody has written."""
    with transaction():
        posted = world.workshop(format="online", join_link="")
    sign_in(client, staff)
    address = f"/console/events/{posted.event_id}"
    assert "There is no link to join yet." in client.get(address).text
    with transaction():
        events.cancel_date(posted.occurrence_id, {"en": "No heat", "es": "Sin calefacción"})
    said = client.get(address).text
    assert "All dates are called off. Add a date to hold it again." in said and "This event is over" not in said
