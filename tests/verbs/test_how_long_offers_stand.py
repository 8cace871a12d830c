"""How long an offer stands: hours of day on the clocks of the place, also when those clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.core import clock
from scheduler.models.offer import SHORT, stands_until, too_soon

CHICAGO = "America/Chicago"


def there(wall: str, zone: str = CHICAGO) -> datetime:
    return clock.to_utc(datetime.fromisoformat(wall), zone)


@pytest.mark.parametrize(
    ("made", "hours", "until"),
    [
        ("2026-09-01 10:00", 24, "2026-09-02 21:00"),
        ("2026-09-01 08:00", 24, "2026-09-02 19:00"),
        ("2026-09-01 20:59", 24, "2026-09-03 18:59"),
        ("2026-09-01 18:00", 3, "2026-09-01 21:00"),
        ("2026-09-01 18:01", 3, "2026-09-02 08:01"),
        ("2026-09-01 23:00", 3, "2026-09-02 11:00"),
        ("2026-09-01 21:00", 3, "2026-09-02 11:00"),
        ("2027-03-13 20:00", 24, "2027-03-15 18:00"),
        ("2027-03-13 20:00", 3, "2027-03-14 10:00"),
        ("2027-11-06 20:00", 24, "2027-11-08 18:00"),
        ("2027-11-07 01:30", 3, "2027-11-07 11:00"),
    ],
)
def test_the_clock_stands_still_at_night(made: str, hours: int, until: str) -> None:
    assert clock.after_day_time(there(made), timedelta(hours=hours), CHICAGO) == there(until)


def test_it_is_the_night_of_the_place() -> None:
    made = there("2026-09-01 20:00", "Asia/Kolkata")
    assert clock.after_day_time(made, SHORT, "Asia/Kolkata") == there("2026-09-02 10:00", "Asia/Kolkata")
    assert clock.after_day_time(made, SHORT, CHICAGO) == made + SHORT, "half past nine in the morning in Chicago"


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 60),
    st.sampled_from([CHICAGO, "Europe/Warsaw", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_counted_quarter_by_quarter(made: datetime, quarters: int, zone: str) -> None:
    """Exactly so much day lies between, on any day of two years, and the end itself lies in the day."""
    quarter = timedelta(minutes=15)
    made = made.replace(minute=made.minute // 15 * 15, second=0, microsecond=0)
    end = clock.after_day_time(made, quarters * quarter, zone)
    steps = (made + quarter * step for step in range(10_000))
    lived = 0
    for moment in steps:
        if moment >= end:
            break
        lived += not clock.is_quiet(moment, zone)
    assert lived == quarters
    assert not clock.is_quiet(end - quarter, zone)


@pytest.mark.parametrize(
    ("made", "starts", "until"),
    [
        ("2026-09-17 14:00", "2026-09-19 14:00", "2026-09-19 12:00"),
        ("2026-09-17 14:01", "2026-09-19 14:00", "2026-09-17 17:01"),
        ("2026-09-19 11:00", "2026-09-19 14:00", "2026-09-19 14:00"),
        ("2026-09-19 11:01", "2026-09-19 14:00", None),
        ("2026-09-18 20:30", "2026-09-19 09:30", None),
        ("2026-09-18 22:00", "2026-09-19 14:00", None),
        ("2026-09-01 07:59", "2026-09-19 14:00", None),
    ],
)
def test_long_or_short_or_not_at_all(made: str, starts: str, until: str | None) -> None:
    found = stands_until(there(made), there(starts), CHICAGO)
    assert found == (there(until) if until else None)


def test_no_offer_is_shorter_than_it_says() -> None:
    """Seconds are rounded up, so that the page's whole minute is the truth."""
    made = there("2026-09-18 09:00") + timedelta(seconds=1)
    assert stands_until(made, there("2026-09-19 14:00"), CHICAGO) == there("2026-09-18 12:01")


def test_night_and_too_soon_are_told_apart() -> None:
    starts = there("2026-09-19 14:00")
    assert not too_soon(there("2026-09-18 23:00"), starts, CHICAGO)
    assert too_soon(there("2026-09-19 12:00"), starts, CHICAGO)
