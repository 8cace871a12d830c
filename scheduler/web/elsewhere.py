"""Links to calendars and maps of others. Pages say which site opens, and that it will see the event."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ..core import clock
from ..models.base import in_language
from ..models.event import Event, Occurrence
from ..models.venue import Venue


@dataclass(frozen=True)
class Way:
    """A link to another program or site; `site` is empty for one that stays on the device."""

    label: str
    address: str
    site: str = ""


def calendars(event: Event, occurrence: Occurrence, language: str, page: str) -> list[Way]:
    """Where one date can be written down besides the .ics file. `page`: the event's full address."""
    title, place = in_language(event.title, language), _place(occurrence)
    starts, ends = clock.local(occurrence.starts_at, "UTC"), clock.local(occurrence.ends_at, "UTC")
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{starts:%Y%m%dT%H%M%SZ}/{ends:%Y%m%dT%H%M%SZ}",
        "ctz": occurrence.zone,
        "location": place,
        "details": page,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": f"{starts:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "location": place,
        "body": page,
    }
    return [
        Way("Google Calendar", f"https://calendar.google.com/calendar/render?{urlencode(google)}", "google.com"),
        Way("Outlook", f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}", "outlook.com"),
    ]


def _place(occurrence: Occurrence) -> str:
    venue = occurrence.venue
    if venue is None or venue.online:
        return ""
    return venue.whereabouts if venue.hidden else f"{venue.called}, {venue.full_address}"


def maps(venue: Venue | None) -> list[Way]:
    """Where a place can be looked up; nothing for hidden and online ones."""
    if venue is None or venue.hidden or venue.online or venue.latitude is None or venue.longitude is None:
        return []
    spot, address = f"{venue.latitude},{venue.longitude}", quote(venue.full_address)
    area = f"?mlat={venue.latitude}&mlon={venue.longitude}#map=17/{venue.latitude}/{venue.longitude}"
    return [
        Way("", f"geo:{spot}?q={address}"),
        Way("Apple Maps", f"https://maps.apple.com/?ll={spot}&q={address}", "apple.com"),
        Way("OpenStreetMap", f"https://www.openstreetmap.org/{area}", "openstreetmap.org"),
    ]
