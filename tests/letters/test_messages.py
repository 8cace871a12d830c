"""Headers, parts and calendar: what strict mail programs and filters ask of a letter."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

import pytest

from scheduler import letters
from scheduler.core import clock
from scheduler.core.extensions import db, transaction
from scheduler.models import message as kinds
from scheduler.models.organization import Organization
from scheduler.models.registration import CONFIRMED, Registration

from .conftest import REGISTRATION_LETTERS, Scene
from .reading import calendar_of, parsed, part

ONCE = ["From", "To", "Date", "Subject", "Message-ID", "MIME-Version", "Content-Type", "Reply-To", "Content-Language"]


@pytest.fixture(
    params=[(kind, wording) for kind in REGISTRATION_LETTERS for wording in ("full", "discreet")], ids="-".join
)
def letter(request: pytest.FixtureRequest, scene: Scene) -> letters.Letter:
    kind, wording = request.param
    return scene.letter(kind, wording=wording)


def test_octets_may_travel_anywhere(letter: letters.Letter) -> None:
    assert letter.octets.isascii() and b"\x00" not in letter.octets
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", letter.octets), "every line ends with CRLF"
    assert max(map(len, letter.octets.split(b"\r\n"))) <= 998
    body = letter.octets.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 78


def test_headers(letter: letters.Letter) -> None:
    message = parsed(letter)
    for name in ONCE:
        assert len(message.get_all(name, [])) == 1, name
    assert message["Bcc"] is None and message["Precedence"] is None
    assert message["To"].addresses[0].addr_spec == letter.recipient == "marisol@post.example"
    assert len(message["To"].addresses) == 1
    assert message["From"].addresses[0].addr_spec == letter.sender == "desk@porchlight.example"
    assert message["From"].addresses[0].display_name
    assert parsedate_to_datetime(message["Date"]) == clock.now()
    assert 4 <= len(message["Subject"]) <= 78
    assert message["Auto-Submitted"] == "auto-generated" and message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "es, en"
    assert re.fullmatch(r"<[0-9a-f]{32}@porchlight\.example>", message["Message-ID"])


def test_parts(letter: letters.Letter) -> None:
    message = parsed(letter)
    assert not [defect for piece in message.walk() for defect in piece.defects]
    alternative = part(message, "multipart/alternative")
    kinds_of_body = [piece.get_content_type() for piece in alternative.iter_parts()]
    assert kinds_of_body in (["text/plain", "text/html"], ["text/plain", "text/html", "text/calendar"])
    for piece in alternative.iter_parts():
        assert piece.get_content_charset() == "utf-8"
        assert piece["Content-Transfer-Encoding"] in ("quoted-printable", "base64")
    assert "{{" not in letter.words.text + letter.words.html and "{%" not in letter.words.text


def test_one_letter_keeps_its_id_and_two_letters_differ(scene: Scene) -> None:
    first = scene.confirmation()
    scene.at.later(hours=1)
    again = scene.composed(kinds.CONFIRMATION)
    assert first.email["Message-ID"] == again.email["Message-ID"]
    assert scene.confirmation(event={"slug": "another"}).email["Message-ID"] != first.email["Message-ID"]


def test_later_letters_stand_under_the_first_one(scene: Scene) -> None:
    reminder = scene.reminder()
    first = scene.composed(kinds.CONFIRMATION)
    assert reminder.email["In-Reply-To"] == reminder.email["References"] == first.email["Message-ID"]
    assert first.email["In-Reply-To"] is None


def test_reminders_can_be_stopped_by_one_click(scene: Scene) -> None:
    message = parsed(scene.reminder())
    web, mail = re.fullmatch(r"<([^<>]+)>, <([^<>]+)>", message["List-Unsubscribe"]).groups()  # type: ignore[union-attr]
    assert re.fullmatch(r"http://localhost:8000/stop/[\w-]{64}", web)
    assert re.fullmatch(r"mailto:desk@porchlight\.example\?subject=Stop%20reminders%20[\w-]{9}", mail)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<reminders.porchlight.example>"
    assert web.encode() in scene.composed(kinds.REMINDER).octets.partition(b"\r\n\r\n")[0], "left whole, not encoded"


@pytest.mark.parametrize("kind", [kinds.CONFIRMATION, kinds.WAITLIST_JOINED, kinds.CANCELLATION_OWN])
def test_only_reminders_are_a_list(scene: Scene, kind: str) -> None:
    assert not [name for name in scene.letter(kind).email if name.startswith("List-")]


INVITATIONS = [
    (kinds.CONFIRMATION, "REQUEST"), (kinds.CHANGE, "REQUEST"), (kinds.MOVE, "REQUEST"),
    (kinds.NEW_ADDRESS, "REQUEST"), (kinds.CANCELLATION_OWN, "CANCEL"), (kinds.CANCELLATION_HOST, "CANCEL"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "method"), INVITATIONS)
@pytest.mark.parametrize("wording", ["full", "discreet"])
def test_the_calendar_is_the_last_alternative_and_a_file(scene: Scene, kind: str, method: str, wording: str) -> None:
    message = parsed(scene.letter(kind, wording=wording))
    shown, file = part(message, "text/calendar"), part(message, "application/ics")
    assert list(part(message, "multipart/alternative").iter_parts())[-1]["Content-Type"] == shown["Content-Type"]
    assert shown["Content-Type"].params["method"] == method
    assert file.get_filename() == "invite.ics" and file.get_content_disposition() == "attachment"
    assert shown.get_payload(decode=True) == file.get_payload(decode=True)
    calendar = calendar_of(message)
    assert calendar is not None and calendar["METHOD"] == method
    (entry,) = calendar.walk("VEVENT")
    assert entry["ATTENDEE"] == f"mailto:{message['To'].addresses[0].addr_spec}"
    organizer = entry["ORGANIZER"].removeprefix("mailto:")
    assert organizer == message["From"].addresses[0].addr_spec != message["To"].addresses[0].addr_spec
    assert entry["ORGANIZER"].params["CN"] == message["From"].addresses[0].display_name


def test_the_cancellation_takes_back_the_very_entry(scene: Scene) -> None:
    cancel = calendar_of(parsed(scene.cancellation_own(wording="full")))
    assert cancel is not None
    after = cancel.walk("VEVENT")[0]
    scene.at.later(hours=-2)
    with transaction():
        registration = db.session.get_one(Registration, scene.registration_id)
        registration.state, registration.cancelled_at = CONFIRMED, None
    request = calendar_of(parsed(scene.composed(kinds.CONFIRMATION)))
    assert request is not None
    before = request.walk("VEVENT")[0]
    assert (after["UID"], after["ORGANIZER"]) == (before["UID"], before["ORGANIZER"])
    assert after["SEQUENCE"] > before["SEQUENCE"] and after["DTSTAMP"].dt > before["DTSTAMP"].dt
    assert after["STATUS"] == "CANCELLED" and not after.walk("VALARM")


def test_nothing_is_invited_before_there_is_a_place(scene: Scene) -> None:
    assert calendar_of(parsed(scene.waitlist_joined())) is None
    assert calendar_of(parsed(scene.reminder(event={"slug": "another"}))) is None


@pytest.mark.parametrize(
    "typed", ["a\r\nBcc: x@evil.example", "a\nb", "a\u2028b", "a\x01b\u202ec", "a,b;<c@d.example>", '"a\\']
)
def test_what_hosts_type_stays_in_its_header(scene: Scene, typed: str) -> None:
    with transaction():
        host = db.session.get_one(Organization, scene.world.organization())
        host.name = host.discreet_sender = f"House {typed}"
    for wording, slug in (("full", "one"), ("discreet", "two")):
        letter = scene.confirmation(wording=wording, event={"slug": slug, "title": {"en": f"Title {typed}"}})
        message = parsed(letter)
        assert message["Bcc"] is None
        assert [address.addr_spec for address in message["From"].addresses] == ["desk@porchlight.example"]
        assert not re.search(r"[\r\n\x01\u2028\u202e]", message["Subject"] + message["From"].addresses[0].display_name)
        assert not [defect for piece in message.walk() for defect in piece.defects]


def test_what_a_visitor_typed_is_not_sent_to_an_address_that_nobody_has_confirmed(scene: Scene) -> None:
    for kind in REGISTRATION_LETTERS:
        letter = scene.letter(
            kind, name="Win http://evil.example", note="Call 555", wording="full", event={"slug": kind}
        )
        assert b"evil" not in letter.octets and "Call 555" not in letter.words.text + letter.words.html


@pytest.mark.parametrize(
    "address", ["x@post.example, y@post.example", "x@post", "x y@post.example", "ж@post.example", ""]
)
def test_an_address_that_is_not_one_is_refused_without_being_repeated(scene: Scene, address: str) -> None:
    with pytest.raises(letters.Unaddressable) as refused:
        scene.confirmation(contact=address)
    assert str(refused.value) == ""


def test_a_domain_of_another_script_travels_in_ascii(scene: Scene) -> None:
    letter = scene.confirmation(contact="rosa@ñandú.example")
    assert letter.recipient == "rosa@xn--and-6ma2c.example" and letter.octets.isascii()
