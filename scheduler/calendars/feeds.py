"""Feeds: an address that answers with many dates. The same rows always give the same octets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Calendar, Event

from ..core import wording
from ..models.base import Texts, in_language, language_of
from ..models.doors import DOORS
from ..models.event import Occurrence
from ..models.feeds import MOST, Choice
from . import components
from .components import LONGEST_TEXT, LONGEST_TITLE, Site, put_text, put_uri
from .octets import lines, octets, one_line
from .zones import canonical

MOST_OCTETS = 1_000_000
ROOM_FOR_FRAME = 20_000
END = b"END:VCALENDAR\r\n"
NEVER = datetime(2026, 1, 1, tzinfo=UTC)


def feed(
    occurrences: Iterable[Occurrence], choice: Choice, *, language: str, site: Site, changed_at: datetime | None = None
) -> bytes:
    """All these dates as one calendar. They come in the order of weight: what does not fit is left out from the end.

    `changed_at` is what an empty feed gives as its last change.
    """
    with force_locale(language):
        dates = list(occurrences)
        calendar = components.frame()
        components.describe(
            calendar,
            name=feed_name(dates, choice, site),
            text=_("Free help for immigrants: dates and places that stay up to date."),
            page=site.page(language, f"calendar{choice.query()}"),
            source=feed_address(choice, language, site),
        )
        return _filled(calendar, dates, language, site, changed_at)


def event_feed(occurrences: Iterable[Occurrence], *, language: str, site: Site) -> bytes:
    """All dates of one event, which share their title. There is at least one."""
    with force_locale(language):
        dates = list(occurrences)
        event = dates[0].event
        calendar = components.frame()
        components.describe(
            calendar,
            name=one_line(in_language(event.title, language)) or site.name,
            text=lines(in_language(event.summary, language)),
            page=site.page(language, f"events/{event.slug}"),
            source=site.link(f"/events/{event.slug}.ics" + ("" if language == "en" else f"?lang={language}")),
        )
        return _filled(calendar, dates, language, site, None)


def feed_address(choice: Choice, language: str, site: Site) -> str:
    """Where this feed is; English is not named."""
    return site.link("/calendar.ics" + (choice.query() if language == "en" else choice.query(lang=language)))


def feed_name(occurrences: Iterable[Occurrence], choice: Choice, site: Site) -> str:
    """`Porchlight: Renew DACA · Pilsen`: short, since it names the calendar in a sidebar."""
    hosts = {date.event.organization.slug: date.event.organization.name for date in occurrences}
    parts = [wording.topic(door) for door in dict.fromkeys(DOORS.get(topic, topic) for topic in choice.topics)]
    parts += [*choice.areas, *(wording.spoken(code) for code in choice.languages)]
    parts += [hosts.get(slug, slug) for slug in choice.organizations]
    return one_line(f"{site.name}: {' · '.join(parts)}" if parts else site.name)


def _filled(
    calendar: Calendar, dates: list[Occurrence], language: str, site: Site, changed_at: datetime | None
) -> bytes:
    """The calendar with as many entries as a large reader still takes, sorted by their start."""
    held = _held(dates, language, site)
    latest = max((components.stamp(date) for date, _entry in held), default=changed_at)
    spans = [(date.zone, date.starts_local, date.ends_local) for date, _entry in held]
    spans = spans or [(site.zone, latest or NEVER, latest or NEVER)]
    used = {canonical(zone) for zone, _starts, _ends in spans}
    put_text(calendar, "x-wr-timezone", site.zone if site.zone in used else min(used))
    if latest:
        calendar.add("last-modified", latest)
    components.put_zones(calendar, spans)
    return octets(calendar).removesuffix(END) + b"".join(entry for _date, entry in held) + END


def _held(dates: list[Occurrence], language: str, site: Site) -> list[tuple[Occurrence, bytes]]:
    """The entries as octets: with a thousand of them, each is worded once."""
    held, room = [], MOST_OCTETS - ROOM_FOR_FRAME
    for date in dates[:MOST]:
        entry = octets(_entry(date, language, site))
        room -= len(entry)
        if room < 0:
            break
        held.append((date, entry))
    return sorted(held, key=lambda pair: (pair[0].starts_at, pair[0].id))


def _entry(occurrence: Occurrence, language: str, site: Site) -> Event:
    """One date as one entry of its own: it has its own places, its own page and its own cancellation."""
    event, cancelled = occurrence.event, occurrence.is_cancelled
    page = site.page(language, f"events/{event.slug}")
    entry = Event()
    entry.add("uid", site.uid(occurrence.id))
    components.put_stamps(entry, occurrence.created_at, components.stamp(occurrence), components.sequence(occurrence))
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    components.put_times(entry, occurrence.starts_local, occurrence.ends_local, occurrence.zone)
    put_text(entry, "summary", _title(event.title, language, cancelled), LANGUAGE=language_of(event.title, language))
    put_text(entry, "description", _words(occurrence, language, page)[:LONGEST_TEXT], LANGUAGE=language)
    components.put_place(entry, occurrence, page, address_known=False)
    put_uri(entry, "url", page)
    entry.add("categories", [one_line(wording.topic(event.door))])
    entry.add("class", "PUBLIC")
    entry.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return entry


def _title(title: Texts, language: str, cancelled: bool) -> str:
    words = one_line(in_language(title, language))[: LONGEST_TITLE - 20] or _("Event")
    return _("Canceled: %(title)s", title=words) if cancelled else words


def _words(occurrence: Occurrence, language: str, page: str) -> str:
    """What a reader without the page should know, most urgent first; nothing of people or of a hidden place."""
    event, venue = occurrence.event, occurrence.venue
    parts = [*_news(occurrence, language), lines(in_language(event.summary, language))]
    parts.append(_("Host: %(name)s", name=one_line(event.organization.name)))
    if event.languages:
        parts.append(_("Languages spoken: %(languages)s", languages=_spoken(event.languages)))
    if event.interpretation:
        parts.append(_("Interpreter if you ask: %(languages)s", languages=_spoken(event.interpretation)))
    if venue is not None and venue.hidden and not venue.online:
        parts.append(_("You get the address when you have a place."))
    elif components.transit(occurrence, language):
        parts.append(_("Getting there: %(transit)s", transit=components.transit(occurrence, language)))
    if occurrence.is_online:
        parts.append(_("You can join online. The page says how."))
    parts.append(_("Places and details: %(link)s", link=page))
    return "\n".join(part for part in parts if part)


def _news(occurrence: Occurrence, language: str) -> list[str]:
    if occurrence.is_cancelled:
        reason = lines(in_language(occurrence.reason_off, language))
        return [_("Canceled. Please do not travel."), reason]
    if occurrence.moved_from_local and occurrence.moved_from_local != occurrence.starts_local:
        old = occurrence.moved_from_local
        return [_("New date. It was %(date)s, %(time)s.", date=wording.short_date(old), time=wording.clock_time(old))]
    return []


def _spoken(codes: Iterable[str]) -> str:
    return ", ".join(wording.spoken(code) for code in codes)
