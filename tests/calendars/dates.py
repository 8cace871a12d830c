"""Dates that were never in a database: what a feed says is a function of loaded rows alone."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from scheduler.core import clock
from scheduler.models.event import Event, Occurrence, Slot
from scheduler.models.organization import Organization
from scheduler.models.registration import Registration
from scheduler.models.venue import Venue

CREATED = datetime(2026, 10, 1, 15, 0, tzinfo=UTC)
REVISED = datetime(2026, 11, 2, 16, 30, 5, 400, tzinfo=UTC)
HOST = Organization(slug="monarch-youth", name="Monarch Youth Collective; Pilsen", email="hello@monarch-youth.example")

LIBRARY = Venue(
    name="Lozano Branch, Chicago Public Library", address="1805 S. Loomis St.", city="Chicago", state="IL",
    zip_code="60608", area="Pilsen", room="Meeting room", latitude=41.8576, longitude=-87.6612,
    transit={"en": "Pink Line 18th; buses 18, 60", "es": "Línea Rosa (18th); autobuses 18, 60"}, visibility="public",
    online=False,
)  # fmt: skip
SAFE_HOUSE = Venue(
    name="The Blue House", address="77 Secret Ave.", city="Chicago", state="IL", zip_code="60699", area="Uptown",
    room="Back door", latitude=41.9, longitude=-87.7, transit={"en": "Red Line Wilson"}, online=False,
    visibility="after_registration",
)  # fmt: skip
VIDEO = Venue(name="Video call", address="", city="Chicago", state="IL", area="", visibility="public", online=True)


def number(name: str) -> uuid.UUID:
    """An id that is the same in every run."""
    return uuid.uuid5(uuid.NAMESPACE_URL, name)


def event(slug: str = "daca-renewal-pilsen", **changed: Any) -> Event:
    values: dict[str, Any] = {
        "id": number(slug), "slug": slug, "type": "daca_renewal", "state": "published", "visibility": "public",
        "format": "in_person", "admission": "timed", "languages": ["en", "es"], "interpretation": ["ar"],
        "title": {"en": "DACA Renewal Workshop in Pilsen", "es": "Taller de renovación de DACA en Pilsen"},
        "summary": {
            "en": "Fill out your renewal with trained helpers. A lawyer checks it before you leave.",
            "es": "Llene su renovación con ayuda. Un abogado la revisa antes de irse.",
        },
        "cancel_reason": {}, "flow_minutes": 0, "sequence": 0, "created_at": CREATED, "revised_at": CREATED,
        "organization": HOST,
    }  # fmt: skip
    return Event(**values | changed)


def date(of: Event, starts: str = "2026-12-05 09:30", ends: str = "2026-12-05 13:45", **changed: Any) -> Occurrence:
    """A date of the event, at wall times of its zone."""
    zone = changed.get("zone", "America/Chicago")
    values: dict[str, Any] = {
        "id": number(f"{of.slug} {starts}"), "event": of, "venue": LIBRARY, "zone": zone, "state": "scheduled",
        "starts_local": datetime.fromisoformat(starts), "ends_local": datetime.fromisoformat(ends), "sequence": 0,
        "starts_at": clock.to_utc(datetime.fromisoformat(starts), zone),
        "ends_at": clock.to_utc(datetime.fromisoformat(ends), zone), "created_at": CREATED, "revised_at": REVISED,
    }  # fmt: skip
    return Occurrence(**values | changed)


def place(on: Occurrence, **changed: Any) -> Registration:
    """A kept place at half past ten."""
    slot = Slot(id=number("slot"), starts_local=on.starts_local.replace(hour=10, minute=30), seats_limit=6)
    values: dict[str, Any] = {
        "id": number("registration"), "occurrence": on, "slot": slot, "state": "confirmed", "language": "en",
        "wording": "discreet", "contact_kind": "email", "created_at": datetime(2026, 11, 20, 18, 4, tzinfo=UTC),
        "revised_at": datetime(2026, 11, 20, 18, 4, tzinfo=UTC), "sequence": 0,
    }  # fmt: skip
    return Registration(**values | changed)


def winter() -> list[Occurrence]:
    """A season with everything in it: plain, cancelled, moved, hidden, online, mixed, far away."""
    workshop = event()
    circle = event(
        "talking-circle",
        type="wellness",
        title={
            "en": "Talking circle",
            "es": "Círculo de conversación",
            "ar": "حلقة حوار للعائلات: كيف نتكلم مع أطفالنا عن الخوف والأمل",
        },
        summary={
            "en": "Talk, listen, rest.",
            "ar": "مكان آمن للحديث والاستماع والراحة، مع شاي وطعام ورعاية للأطفال في الغرفة المجاورة.",
        },
        languages=["ar", "en"],
        interpretation=[],
    )
    rights = event(
        "know-your-rights-video",
        type="know_your_rights",
        format="online",
        title={
            "en": "Know your rights, on video",
            "zh": "了解您的权利：视频讲座，由律师主讲，普通话和粤语同声传译，欢迎所有家庭参加提问",
        },
        summary={"en": "Ask anything.\nNo names, please.", "zh": "什么都可以问。不需要说出您的姓名。"},
        languages=["zh", "yue"],
        interpretation=[],
    )
    clinic = event(
        "lawyer-day", type="legal_clinic", format="hybrid", title={"en": "Lawyer day, \\north side; bring papers"}
    )
    cancelled = event(
        "citizenship-day",
        type="citizenship",
        state="cancelled",
        sequence=1,
        revised_at=datetime(2026, 11, 10, 12, tzinfo=UTC),
        title={"en": "Citizenship day", "es": "Día de ciudadanía"},
        cancel_reason={"en": "The building has no heat.", "es": "El edificio no tiene calefacción."},
    )
    return [
        date(workshop),
        date(workshop, "2027-03-14 09:30", "2027-03-14 13:45"),
        date(workshop, "2027-11-07 01:30", "2027-11-07 04:00"),
        date(circle, "2027-01-20 18:00", "2027-01-20 20:00", venue=SAFE_HOUSE),
        date(rights, "2027-02-03 18:00", "2027-02-03 19:30", venue=VIDEO),
        date(clinic, "2027-07-01 10:00", "2027-07-01 15:00", zone="America/New_York"),
        date(cancelled, "2026-12-12 09:00", "2026-12-12 15:00"),
        date(
            workshop, "2027-01-09 09:30", "2027-01-09 13:45", sequence=2,
            moved_from_local=datetime(2027, 1, 2, 9, 30), revised_at=datetime(2026, 11, 15, 9, tzinfo=UTC),
        ),
    ]  # fmt: skip
