"""Cleaning what was typed: what stays, what goes, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict
from wtforms import Form

from scheduler.forms.fields import AnyOf, EmailAddress, Line, Lines, OneOf, Phone, can_be_seen, clean, phone_number


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana   María ", "Ana María"),
        ("Ana\u00a0María\t", "Ana María"),
        ("Jose\u0301", "José"),
        ("\ufeffAna\u200b", "Ana"),
        ("👩‍👧 Xóchitl", "👩‍👧 Xóchitl"),
        ("نور\u200f", "نور\u200f"),
        ("می‌خواهم", "می‌خواهم"),
        ("李小龙", "李小龙"),
    ],
)
def test_ordinary_names_of_many_scripts_stay(typed: str, kept: str) -> None:
    assert clean(typed) == (kept, False)


@pytest.mark.parametrize(
    "sign",
    ["\x00", "\n", "\r\n", "\r", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
    + [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
    + ["\ud800"],
)
def test_hidden_signs_are_taken_out_and_spoken_of(sign: str) -> None:
    assert clean(f"Ana{sign}Vale") == ("Ana Vale", True)


def test_a_note_keeps_its_lines() -> None:
    assert clean("one\r\ntwo\rthree  four", lines=True) == ("one\ntwo\nthree four", False)
    assert clean("one\x00two", lines=True) == ("one two", True)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Ana", True),
        ("🌻", True),
        ("?", True),
        ("7", True),
        ("", False),
        (" ", False),
        ("\u200d\u200f", False),
        ("\u0301", False),
    ],
)
def test_what_can_be_seen(text: str, seen: bool) -> None:
    assert can_be_seen(text) is seen


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("312 555 0143", "312-555-0143"),
        ("(312) 555-0143", "312-555-0143"),
        ("+1 312.555.0143", "312-555-0143"),
        ("1-312-555-0143", "312-555-0143"),
        ("٣١٢ ٥٥٥ ٠١٤٣", "312-555-0143"),
        ("+48 22 123 45 67", "+48221234567"),
        ("773 555", None),
        ("555-0143", None),
        ("312 555 0143 x2", None),
        ("48 22 123 45 67", None),
        ("+1 22", None),
        ("312+5550143", None),
        ("", None),
    ],
)
def test_phone_numbers(typed: str, number: str | None) -> None:
    assert phone_number(typed) == number


class Everything(Form):
    line = Line("Line", most=10, required="Write something.")
    note = Lines("Note", most=20)
    email = EmailAddress("E-mail")
    phone = Phone("Phone")
    one = OneOf("One", choices=[("a", "A"), ("b", "B")], otherwise="Choose.")
    some = AnyOf("Some", choices=[("x", "X"), ("y", "Y")])


def filled(**typed: object) -> Everything:
    return Everything(MultiDict({"line": "Ana", "one": "a"} | typed))


@pytest.fixture(scope="module", autouse=True)
def words() -> Iterator[None]:
    """Words are looked up in the language of the moment; a form needs no database."""
    app = Flask(__name__)
    Babel(app)
    with app.app_context():
        yield


def error(form: Everything, name: str) -> str:
    form.validate()
    return str(form[name].errors[0]) if form[name].errors else ""


def test_what_is_optional_may_be_missing() -> None:
    form = filled()
    assert form.validate(), form.errors


def test_typed_values_stay_and_can_be_sent_again() -> None:
    form = filled(line="Ana\nVale")
    assert "line break" in error(form, "line")
    assert 'value="Ana Vale"' in form.line()
    assert filled(line=form.line.data).validate()


def test_length_is_counted_in_characters() -> None:
    assert filled(line="é" * 10).validate()
    assert "10 characters" in error(filled(line="é" * 11), "line")


def test_a_mebibyte_of_marks_is_not_put_in_order() -> None:
    """Sorting so many combining marks would take minutes; the text is cut first."""
    assert "10 characters" in error(filled(line="a" + "\u0316\u0301" * 500_000), "line")


def test_nothing_visible_is_nothing() -> None:
    assert error(filled(line="\u200f \u200d"), "line") == "Write something."


@pytest.mark.parametrize(
    "typed", ["ana@post.example", " Ana.Vale+clinic@Post.Example ", "ana@bücher.example", "a@b.test"]
)
def test_addresses_that_a_letter_can_reach(typed: str) -> None:
    form = filled(email=typed)
    assert form.validate(), form.errors
    assert form.email.data.isascii() and form.email.data.count("@") == 1


@pytest.mark.parametrize(
    "typed",
    [
        "ana@post.example, eve@evil.example", "ana@post.example;eve@evil.example", "ana@post.example eve@evil.example",
        "ana@post.example\r\nBcc: eve@evil.example", "ana@post.example\u2028x", "ana", "ana@", "@post.example",
        "ana@post", "Ana <ana@post.example>", '"ana,vale"@post.example', "ana@[127.0.0.1]", "añá@post.example",
        "ana\x00@post.example", "\u202eana@post.example", "a" * 65 + "@post.example", f"ana@{'a' * 300}.example",
    ],
)  # fmt: skip
def test_addresses_that_no_letter_should_be_sent_to(typed: str) -> None:
    assert error(filled(email=typed), "email")


def test_choices_come_from_the_list() -> None:
    assert error(filled(one="c"), "one") == "Choose."
    assert error(filled(one="a\x00"), "one") == "Choose."
    assert "list" in error(filled(some="z"), "some")
    form = Everything(MultiDict([("line", "Ana"), ("one", "a"), ("some", "y"), ("some", "x"), ("some", "y")]))
    assert form.validate() and form.some.data == ["x", "y"]
