"""Names and subjects arrive as they were written, however long, in every script, for old programs and new ones."""

from __future__ import annotations

import email
import email.policy
import random
import re
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import getaddresses
from itertools import cycle, islice

import pytest

from scheduler.core.extensions import db, transaction
from scheduler.letters import folding
from scheduler.letters.envelopes import POLICY
from scheduler.letters.rendering import one_line
from scheduler.models.organization import Organization

from .conftest import Scene
from .test_golden import GOLDEN

HEARTLAND = "National Immigrant Justice Center, a Heartland Alliance Program for Human Needs"
LATIN = 'Centro (Romero): ayuda; "legal", \\ niñez @ Pilsen <sí>, '
ARABIC = 'مركز العدالة (شيكاغو): قانون؛ "هجرة", \\ أسرة @ <نعم>; '
PLAIN = 'Legal Aid (Pilsen): help; "free", \\ rights @ home <yes>, '
LETTERS = {"ascii": "abcXYZ089", "latin": "áñüçABCdé", "arabic": "ابتثجحخ", "polish": "łśżABCźq", "more": "中文字🕯️ꯍ"}
MARKS = [*",;:.()<>@\"\\'/?=_-–·…¿¡&%#!*+ ", "", "=?", "?=", "=?utf-8?q?"]


def long(pattern: str, length: int = 200) -> str:
    return one_line("".join(islice(cycle(pattern), length)))


NAMES = [
    HEARTLAND, "Lamplight", "J. Doe", "دار", "Ñandú, Inc.", *map(long, (LATIN, ARABIC, PLAIN)),
    *map(long, ("a,", "x", "ñ", "ab ", "ش", "=?utf-8?q?a?= ", '"', "\\", "🕯️ ")),
]  # fmt: skip


def written(name: str, subject: str) -> bytes:
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(display_name=name, addr_spec="desk@porchlight.example")
    message["Subject"] = subject
    message.set_content("words")
    return message.as_bytes()


def assert_lines_are_short(octets: bytes) -> None:
    head = octets.partition(b"\r\n\r\n")[0].decode("ascii")
    lines = head.split("\r\n")
    assert all(line.partition(":")[2].strip() if line[0] != " " else line.strip() for line in lines), "no empty line"
    for line in lines:
        assert len(line) <= (998 if line.startswith('From: "') else 78), line
        assert len(line) <= 76 or not re.search(r"=\?utf-8\?[qb]\?[^ ]*\?=", line)
    assert all(len(word) <= 75 for word in re.findall(r"=\?utf-8\?[qb]\?[^? ]*\?=", head))


def assert_one_mailbox(octets: bytes, name: str) -> None:
    (new,) = email.message_from_bytes(octets, policy=email.policy.default)["From"].addresses
    ((old, spec),) = getaddresses([email.message_from_bytes(octets)["From"]])
    assert new.addr_spec == spec == "desk@porchlight.example"
    assert str(make_header(decode_header(old))) == name
    if octets.count(b"?=\r\n =?") == 0:
        assert new.display_name == name
    # Before 3.13 Python shows the space between two encoded words of a name, which RFC 2047 lets drop.
    assert new.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:12].encode("unicode_escape").decode())
def test_a_name_is_one_name(name: str) -> None:
    octets = written(name, "Words")
    assert_lines_are_short(octets)
    assert_one_mailbox(octets, name)


def test_a_name_is_broken_between_its_words() -> None:
    """So that programs that show a space there show it where one is."""
    octets = written(long(ARABIC), "Words")
    (shown,) = email.message_from_bytes(octets, policy=email.policy.default)["From"].addresses
    assert octets.count(b"?=\r\n =?") > 3 and one_line(shown.display_name) == long(ARABIC)


@pytest.mark.parametrize("name", [HEARTLAND, long(LATIN), long(ARABIC)], ids=["english", "latin", "arabic"])
def test_a_host_with_a_long_name_is_one_sender(scene: Scene, name: str) -> None:
    with transaction():
        db.session.get_one(Organization, scene.world.organization()).name = name
    assert_one_mailbox(scene.confirmation(wording="full", language="es").octets, name)


def assert_arrives(octets: bytes, subject: str) -> None:
    assert email.message_from_bytes(octets, policy=email.policy.default)["Subject"] == subject
    assert str(make_header(decode_header(email.message_from_bytes(octets)["Subject"]))).replace("\r\n", "") == subject
    assert_lines_are_short(octets)


def test_spanish_subjects_arrive_as_they_were_written() -> None:
    subjects = {re.search(r"^Subject: (.+)$", path.read_text(), re.M)[1] for path in GOLDEN.glob("*.es.txt")}  # type: ignore[index]
    assert len(subjects) > 20
    for subject in subjects:
        assert_arrives(written("Lamplight", subject), subject)


@pytest.mark.parametrize(
    "subject", [HEARTLAND, "DACA, " * 20 + "Laredo", "x" * 78, "Taller de DACA, La Villita" + ", sí" * 20, "¿" * 78]
)
def test_long_subjects_arrive_as_they_were_written(subject: str) -> None:
    assert_arrives(written("Lamplight", subject), subject)


def some_words(dice: random.Random) -> str:
    scripts = dice.sample(list(LETTERS.values()), dice.randint(1, 2))
    pieces = [
        "".join(dice.choices(dice.choice(scripts), k=dice.randint(1, dice.choice((3, 9, 40))))) for _ in range(40)
    ]
    marked = "".join(piece + dice.choice(MARKS) + dice.choice(("", " ", " ")) for piece in pieces)
    return one_line(marked)[: dice.randint(1, 200)].strip()


def test_whatever_is_written_arrives() -> None:
    dice = random.Random(2047)
    for _ in range(2000):
        name, subject = some_words(dice), some_words(dice)
        octets = "".join(
            f"{line}\r\n"
            for line in [
                *folding.mailbox("From", Address(display_name=name, addr_spec="desk@porchlight.example")),
                *folding.words("Subject", subject),
                "",
            ]
        ).encode("ascii")
        assert_one_mailbox(octets, name)
        assert_arrives(octets, subject)
