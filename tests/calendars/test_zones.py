"""The zone part of a calendar says what zoneinfo says, for every zone there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from scheduler.calendars import zones

from .reading import offset_said

FIRST, LAST = datetime(2026, 1, 4, 9), datetime(2027, 12, 30, 18)
ZONES = sorted({zones.canonical(zone) for zone in available_timezones()} - {"Factory", "localtime"})


def walls(zone: str) -> list[datetime]:
    """Noon of each month until two years after the last event, and the hours around each change."""
    found = [datetime(year, month, 15, 12) for year in range(2026, 2030) for month in range(1, 13)]
    for year in range(2026, 2030):
        for change in zones._changes(zone, year):
            found += [change.wall + timedelta(hours=hours) for hours in (-25, -3, 3, 25)]
    return [wall for wall in found if FIRST <= wall <= datetime(2029, 12, 28)]


def test_every_zone_is_right_until_two_years_on() -> None:
    for zone in ZONES:
        component = zones.component(zone, FIRST, LAST)
        for wall in walls(zone):
            assert offset_said(component, wall) == wall.replace(tzinfo=ZoneInfo(zone)).utcoffset(), (zone, wall)


def test_chicago_has_two_rules_since_2007() -> None:
    daylight, standard = zones.component("America/Chicago", FIRST, LAST).subcomponents
    assert (daylight.name, standard.name) == ("DAYLIGHT", "STANDARD")
    assert daylight["DTSTART"].dt == datetime(2007, 3, 11, 2) and standard["DTSTART"].dt == datetime(2007, 11, 4, 2)
    assert daylight["RRULE"].to_ical() == b"FREQ=YEARLY;BYDAY=2SU;BYMONTH=3"
    assert standard["RRULE"].to_ical() == b"FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"


def test_chicago_is_right_to_the_second() -> None:
    component = zones.component("America/Chicago", FIRST, LAST)
    hour = timedelta(hours=1)
    for wall, offset in {
        "2027-03-14 01:59:59": -6, "2027-03-14 03:00": -5, "2027-11-07 00:59:59": -5, "2027-11-07 02:00": -6,
    }.items():  # fmt: skip
        assert offset_said(component, datetime.fromisoformat(wall)) == offset * hour


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Asia/Gaza", "Africa/Cairo"])
def test_a_zone_without_a_lasting_rule_has_one_observance_for_each_change(zone: str) -> None:
    component = zones.component(zone, FIRST, LAST)
    assert len(component.subcomponents) > 4
    for observance in component.subcomponents:
        assert "RRULE" not in observance and "RDATE" not in observance


@pytest.mark.parametrize("zone", ["America/Chicago", "America/Phoenix", "Asia/Kathmandu", "Africa/Casablanca"])
def test_never_lists_of_dates_and_never_ancient_history(zone: str) -> None:
    for observance in zones.component(zone, FIRST, LAST).subcomponents:
        assert "RDATE" not in observance
        assert observance["DTSTART"].dt >= datetime(1970, 1, 1)
        assert {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"} <= set(observance)


def test_dublin_saves_daylight_in_summer() -> None:
    names = {part["TZNAME"]: part.name for part in zones.component("Europe/Dublin", FIRST, LAST).subcomponents}
    assert names == {"IST": "DAYLIGHT", "GMT": "STANDARD"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("US/Central", "America/Chicago"), ("UTC", "Etc/UTC"), ("Asia/Calcutta", "Asia/Kolkata"),
     ("Europe/Stockholm", "Europe/Stockholm"), ("America/Chicago", "America/Chicago")],
)  # fmt: skip
def test_old_names_become_todays(old: str, new: str) -> None:
    assert zones.canonical(old) == new
    assert datetime(2027, 7, 1, tzinfo=ZoneInfo(old)).astimezone(UTC) == datetime(2027, 7, 1, tzinfo=ZoneInfo(new))


def test_a_rule_that_began_this_year_is_not_stretched_backwards() -> None:
    component = zones.component("America/Nuuk", datetime(2024, 1, 10), datetime(2025, 1, 10))
    assert offset_said(component, datetime(2024, 1, 10)) == timedelta(hours=-2)
    assert offset_said(component, datetime(2024, 7, 10)) == timedelta(hours=-1)
