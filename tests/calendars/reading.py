"""What strict readers demand of the octets of an .ics, whoever wrote them."""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import vobject
from dateutil.rrule import rrule, rrulestr

GOLDEN = Path(__file__).parent / "golden"


def assert_golden(body: bytes, name: str) -> None:
    """Equal to the golden file, kept with plain line ends for readers. REWRITE_CALENDARS=1 writes it: read the diff."""
    path = GOLDEN / name
    written = body.decode().replace("\r\n", "\n")
    if os.environ.get("REWRITE_CALENDARS"):
        path.write_text(written, "utf-8")
    assert written == path.read_text("utf-8")


def assert_octets(body: bytes) -> None:
    """RFC 5545, section 3.1: lines, ends, folds, characters, nesting."""
    assert body.startswith(b"BEGIN:VCALENDAR\r\n") and body.endswith(b"END:VCALENDAR\r\n")
    physical = body.split(b"\r\n")[:-1]
    for line in physical:
        assert 0 < len(line) <= 75, line
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
        text = line.decode()
        assert not unicodedata.category(text.removeprefix(" ")[:1] or "x").startswith("M"), f"torn character: {text}"
    unfolded = body.replace(b"\r\n ", b"").decode()
    assert unfolded == unicodedata.normalize("NFC", unfolded)
    nesting = []
    for line in unfolded.split("\r\n")[:-1]:
        assert re.match(r"[A-Z0-9-]+[;:]", line), line
        if line.startswith("BEGIN:"):
            nesting.append(line[6:])
        elif line.startswith("END:"):
            assert nesting.pop() == line[4:]
    assert not nesting


def read(body: bytes) -> icalendar.Calendar:
    """Parsed by icalendar, after the octets were found right."""
    assert_octets(body)
    calendar = icalendar.Calendar.from_ical(body)
    assert isinstance(calendar, icalendar.Calendar)
    assert not calendar.errors and not any(part.errors for part in calendar.walk())
    return calendar


def instants_by_vobject(body: bytes) -> dict[str, tuple[datetime, datetime]]:
    """Start and end of each entry as vobject understands them: from our VTIMEZONE, not from its own tables."""
    calendar = vobject.readOne(body.decode())
    found = {}
    for entry in calendar.vevent_list:
        starts, ends = entry.dtstart.value, entry.dtend.value
        assert starts.tzinfo is not None and not isinstance(starts.tzinfo, ZoneInfo)
        found[entry.uid.value] = (starts.astimezone(UTC), ends.astimezone(UTC))
    return found


@cache
def _recurring(rule: str, first: datetime) -> rrule:
    found = rrulestr(rule, dtstart=first, cache=True)
    assert isinstance(found, rrule)
    return found


def offset_said(timezone: icalendar.Component, wall: datetime) -> timedelta:
    """The offset that a VTIMEZONE gives a wall time: the latest onset before it counts (RFC 5545, section 3.6.5)."""
    best: tuple[datetime, timedelta] | None = None
    for observance in timezone.subcomponents:
        first = observance["DTSTART"].dt
        onset: datetime | None = first if first <= wall else None
        if onset and "RRULE" in observance:
            onset = _recurring(observance["RRULE"].to_ical().decode(), first).before(wall, inc=True)
        if onset and (best is None or onset > best[0]):
            best = (onset, observance["TZOFFSETTO"].td)
    assert best, f"nothing is said of {wall}"
    return best[1]
