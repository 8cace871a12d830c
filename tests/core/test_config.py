"""Settings: what cannot work is said at the start, not by letters that fail two days later."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler.core import config
from scheduler.core.errors import Misconfigured


def sender(tmp_path: Path, typed: str) -> object:
    environ = {"SCHEDULER_INSTANCE_DIR": str(tmp_path), "SCHEDULER_MAIL_DEFAULT_SENDER": typed}
    return config.read(environ)["MAIL_DEFAULT_SENDER"]


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", "desk@porchlight.example"),
        ("desk@localhost", "desk@localhost"),
        ("o'hara+legal@mail.post.example", "o'hara+legal@mail.post.example"),
        ("Porchlight <desk@post.example>", "desk@post.example"),
        ('"Porchlight, Inc." <desk@post.example>', "desk@post.example"),
        ("Oficina de Peñasco <desk@post.example>", "desk@post.example"),
        ("desk@post.example (Porchlight)", "desk@post.example"),
    ],
)
def test_letters_come_from_an_address_whatever_name_stands_before_it(tmp_path: Path, typed: str, address: str) -> None:
    assert sender(tmp_path, typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "Porchlight", "desk", "desk@", "@post.example", "desk@post..example", "desk@.example", "the desk@post.example",
        "Porchlight, Inc. <desk@post.example>", "desk@post.example, door@post.example", "desk@post.example and more",
        "Porchlight desk@post.example", "desk@peñasco.example", f"{'d' * 65}@post.example", "desk@post@example",
    ],
)  # fmt: skip
def test_a_sender_that_is_no_address_is_said_in_words(tmp_path: Path, typed: str) -> None:
    with pytest.raises(Misconfigured) as said:
        sender(tmp_path, typed)
    assert str(said.value).startswith("SCHEDULER_MAIL_DEFAULT_SENDER must be one address such as desk@")
    assert repr(typed) in str(said.value)
