"""Settings: what cannot work is said at the start, not by letters that fail two days later."""

from __future__ import annotations

import errno
import os
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


def keys(folder: Path) -> dict[str, object]:
    read = config.read({"SCHEDULER_INSTANCE_DIR": str(folder)})
    return {name: read[name] for name in ("SECRET_KEY", "MASTER_KEY")}


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_said_in_words_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Misconfigured, match="master-key cannot be read or made: No space left on device"):
        keys(tmp_path)
    assert not list(tmp_path.iterdir())


def test_where_no_folder_can_be_made_it_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"The folder .*/file/instance cannot be made: Not a directory"):
        keys(tmp_path / "file" / "instance")


def test_keys_that_are_there_need_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = keys(tmp_path)
    for name in ("open", "link"):
        monkeypatch.setattr(os, name, full)
    assert keys(tmp_path) == made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["master-key", "secret-key"]


@pytest.mark.parametrize("name", ["porchlight.sqlite", "keyring.sqlite"])
def test_no_new_master_key_beside_what_another_one_sealed(tmp_path: Path, name: str) -> None:
    made = keys(tmp_path)
    (tmp_path / name).write_bytes(b"SQLite format 3")
    assert keys(tmp_path) == made
    kept = (tmp_path / "master-key").rename(tmp_path / "away")
    with pytest.raises(Misconfigured, match=f"{name} is there, .* Put master-key and secret-key back into"):
        keys(tmp_path)
    assert not (tmp_path / "master-key").exists()
    kept.rename(tmp_path / "master-key")
    assert keys(tmp_path) == made


def test_nor_beside_a_database_in_another_folder(tmp_path: Path) -> None:
    database = tmp_path / "elsewhere.sqlite"
    database.write_bytes(b"SQLite format 3")
    folder = tmp_path / "instance"
    environ = {"SCHEDULER_INSTANCE_DIR": str(folder), "SCHEDULER_DATABASE_URL": f"sqlite:///{database}"}
    with pytest.raises(Misconfigured, match="or set SCHEDULER_MASTER_KEY"):
        config.read(environ)
    assert not folder.exists(), "nor a secret key"
    own = {"SCHEDULER_MASTER_KEY": "ab" * 32, "SCHEDULER_SECRET_KEY": "cd" * 32}
    assert config.read(environ | own)["MASTER_KEY"] == bytes.fromhex("ab" * 32)
