"""The pages about ourselves say what is true."""

from __future__ import annotations

from flask.testing import FlaskClient

from scheduler.models.training import KEEP_DAYS

from .reading import page, read


def test_privacy_says_what_we_cannot_promise(client: FlaskClient) -> None:
    text = read(page(client, "/en/privacy"))
    for limit in (
        "unless a court makes us", "takes our computer while it runs", "printed or downloaded", "arrives twice",
        "up to 7 days later", "old copies for up to 35 days",
    ):  # fmt: skip
        assert limit in text, limit


def test_privacy_says_what_companies_are_asked(client: FlaskClient) -> None:
    text = read(page(client, "/en/privacy"))
    for asked in (
        "the name of your company", "your name, work e-mail and phone", "ZIP code", "a short note",
        "Only the group that gives the training sees it", f"never more than {KEEP_DAYS}. If nobody answers",
    ):  # fmt: skip
        assert asked in text, asked


def test_the_exit_is_near_the_top_and_honest(client: FlaskClient) -> None:
    text = page(client, "/en/leaving")
    assert text.index("data-exit") < text.index("<main")
    assert "It does not erase your history." in text


def test_help_for_a_lost_code(client: FlaskClient) -> None:
    text = page(client, "/en/help")
    assert 'id="lost-code"' in text
    assert "We can’t tell you a code on the phone" not in text, "letters show it, and who calls people reads it to them"
    for words in ("Our letters show the code.", "we call you back at that number", "to nobody who calls or writes"):
        assert words in text, words
