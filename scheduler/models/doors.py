"""The doors of the list: what people come for, and which types of events stand behind each."""

from __future__ import annotations

DOORS = {
    "daca_renewal": "daca",
    "legal_clinic": "legal",
    "citizenship": "citizen",
    "know_your_rights": "rights",
    "info_session": "rights",
    "employer_training": "work",
    "wellness": "wellness",
    "education": "learning",
    "volunteer_training": "learning",
}
TYPES = tuple(DOORS)
SENSITIVE_TYPES = ("daca_renewal", "legal_clinic", "know_your_rights", "info_session", "citizenship", "wellness")


def types_behind(door: str) -> tuple[str, ...]:
    """The types of events behind this door; none behind what is no door."""
    return tuple(kind for kind, found in DOORS.items() if found == door)
