"""Folding: no line over 75 octets, and nothing torn that a reader sees as one."""

from __future__ import annotations

import pytest

from scheduler.calendars.octets import Text, folded, lines, one_line

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇺🇦"
WAVE = "👋🏽"


@pytest.mark.parametrize("cluster", [FAMILY, FLAG, WAVE, "q\u0307", "한", "نّ", "क्ष", "\\n", "^n"])
@pytest.mark.parametrize("before", range(60, 76))
def test_what_belongs_together_stays_on_one_line(cluster: str, before: int) -> None:
    physical = folded("X" * before + cluster + "Y" * 80)[:-2].split(b"\r\n ")
    assert all(len(line) <= 75 - (1 if at else 0) for at, line in enumerate(physical))
    assert sum(cluster in line.decode() for line in physical) == 1
    assert b"".join(physical).decode() == "X" * before + cluster + "Y" * 80


def test_one_long_cluster_is_cut_between_characters_rather_than_never() -> None:
    line = "X" + "\u0301" * 200
    physical = folded(line)[:-2].split(b"\r\n ")
    assert b"".join(physical).decode() == line and max(map(len, physical)) <= 75


def test_a_line_of_exactly_75_octets_is_not_folded() -> None:
    assert folded("é" * 37 + "x") == ("é" * 37 + "x\r\n").encode()


def test_text_is_escaped_once() -> None:
    assert Text("a\\Nb; c, d\ne").to_ical() == b"a\\\\Nb\\; c\\, d\\ne"


def test_cleaning() -> None:
    assert lines("  one\r\ntwo\rthree\u2029four\x07\ttab ") == "one\ntwo\nthree\nfour tab"
    assert one_line(" one \r\n two ") == "one two"
