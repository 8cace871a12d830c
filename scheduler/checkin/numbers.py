"""Numbers at the door: each is given once on a date, and stays with its party whatever is undone later."""

from __future__ import annotations

from ..models.registration import Registration

NUMBERED = ("open_door", "numbers")
"""Admissions in which everybody is called by number; elsewhere only who walks in gets one."""


def give(registration: Registration) -> None:
    """The next number of the date, unless they have one. The occurrence must be locked."""
    if registration.door_number is None:
        occurrence = registration.occurrence
        occurrence.last_door_number += 1
        registration.door_number = occurrence.last_door_number


def give_where_used(registration: Registration) -> None:
    """The same, on dates where people who signed up are called by number too."""
    if registration.occurrence.event.admission in NUMBERED:
        give(registration)
