"""What feeds and invitations share: the calendar's frame, an entry's times, and its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from icalendar import Calendar, Component, Event, vUri

from ..core import clock, languages
from ..models.base import in_language
from ..models.event import Occurrence
from ..models.venue import Venue
from . import zones
from .octets import Text, one_line

PRODUCT = "-//Porchlight//Calendar//EN"
LONGEST_TITLE, LONGEST_TEXT = 255, 8000
REFRESH = timedelta(hours=1)
COLOR, APPLE_COLOR = "teal", "#0B5563"

Span = tuple[str, datetime, datetime]
"""A zone, and the wall times of a start and an end there."""


@dataclass(frozen=True)
class Site:
    """Who publishes: the name, the address that all links begin with, and the zone of the house."""

    name: str
    base_url: str
    zone: str

    @classmethod
    def here(cls) -> Site:
        """As the settings say."""
        settings = current_app.config
        return cls(settings["SITE_NAME"], settings["BASE_URL"], zones.canonical(settings["TIMEZONE"]))

    def uid(self, name: object) -> str:
        """`name@host`, the same for ever."""
        return f"{name}@{urlsplit(self.base_url).hostname}"

    def link(self, path: str) -> str:
        """The full address of an own path."""
        return self.base_url + path

    def page(self, language: str, path: str) -> str:
        """The full address of a page, in the language or in the nearest that pages are written in."""
        return self.link(f"/{languages.written(language)}/{path}")


def frame(method: str | None = None) -> Calendar:
    """An empty calendar. The library's Calendar.new() would add an id that changes with every call."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method)
    return calendar


def describe(calendar: Calendar, *, name: str, text: str, page: str, source: str = "") -> None:
    """Each thing under the name that the RFC gives it and under the one that older programs read.

    `source` is the feed's own address; a secret one is not repeated inside it.
    """
    put_text(calendar, "name", name)
    put_text(calendar, "x-wr-calname", name)
    put_text(calendar, "description", text)
    put_text(calendar, "x-wr-caldesc", text)
    put_uri(calendar, "url", page)
    if source:
        put_uri(calendar, "source", source, VALUE="URI")
    calendar.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add("color", COLOR)
    calendar.add("x-apple-calendar-color", APPLE_COLOR)


def put_text(component: Component, name: str, text: str, **parameters: str) -> None:
    """Add a cleaned text; an empty one is left out."""
    if text:
        component.add(name, Text(text, params={key.replace("_", "-"): value for key, value in parameters.items()}))


def put_uri(component: Component, name: str, address: str, **parameters: str) -> None:
    """Add an address."""
    component.add(name, vUri(address, params={key.replace("_", "-"): value for key, value in parameters.items()}))


def put_zones(calendar: Calendar, spans: Iterable[Span]) -> None:
    """A VTIMEZONE for each zone in use, right for all of its spans."""
    used: dict[str, list[datetime]] = {}
    for zone, starts, ends in spans:
        used.setdefault(zones.canonical(zone), []).extend((starts, ends))
    for zone, moments in sorted(used.items()):
        calendar.add_component(zones.component(zone, min(moments), max(moments)))


def put_times(entry: Event, starts: datetime, ends: datetime, zone: str) -> None:
    """Start and end as wall times of the zone; one that a change of rules has skipped moves past the gap."""
    zone = zones.canonical(zone)
    entry.add("dtstart", clock.local(clock.to_utc(starts, zone), zone))
    entry.add("dtend", clock.local(clock.to_utc(ends, zone), zone))


def put_stamps(entry: Event, created: datetime, revised: datetime, sequence: int) -> None:
    """The stored stamps: nothing here is the time of asking."""
    entry.add("dtstamp", revised)
    entry.add("created", min(created, revised))
    entry.add("last-modified", revised)
    entry.add("sequence", sequence)


def put_place(entry: Event, occurrence: Occurrence, page: str, *, address_known: bool) -> None:
    """Where it is: the address, the area of a hidden place, or how to join online; the link for who has a place."""
    venue = occurrence.venue
    if venue is not None and occurrence.is_only_online:
        venue = None
    if venue is not None and (address_known or not venue.hidden):
        _put_address(entry, venue)
    elif venue is not None:
        put_text(entry, "location", one_line(", ".join(part for part in (venue.area, venue.city) if part)))
    else:
        put_text(entry, "location", _("Online") if occurrence.is_online else _("See the event page"))
    if occurrence.is_online:
        join = occurrence.join_link if address_known else ""
        put_uri(entry, "conference", join or page, VALUE="URI", FEATURE="VIDEO", LABEL=_("How to join"))


def _put_address(entry: Event, venue: Venue) -> None:
    address = one_line(", ".join(part for part in (venue.room, venue.full_address) if part))
    put_text(entry, "location", one_line(f"{venue.called}, {address}".rstrip(", ")))
    if venue.latitude is None or venue.longitude is None:
        return
    entry.add("geo", (venue.latitude, venue.longitude))
    put_uri(
        entry,
        "x-apple-structured-location",
        f"geo:{venue.latitude},{venue.longitude}",
        VALUE="URI",
        X_ADDRESS=one_line(venue.full_address),
        X_APPLE_RADIUS="100",
        X_TITLE=one_line(venue.called),
    )


def stamp(occurrence: Occurrence) -> datetime:
    """The last change of what a calendar says of this date."""
    return max(occurrence.revised_at, occurrence.event.revised_at)


def sequence(occurrence: Occurrence) -> int:
    """What calendars compare."""
    return occurrence.whole_sequence


def transit(occurrence: Occurrence, language: str) -> str:
    """How to get there, in one line."""
    return one_line(in_language(occurrence.venue.transit, language)) if occurrence.venue else ""
