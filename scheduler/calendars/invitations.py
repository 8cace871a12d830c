"""Invitations: one place of one person as an .ics, in a letter or on that person's own page."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from urllib.parse import quote

from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Alarm, Calendar, Event, vCalAddress

from ..core import clock, languages
from ..models.base import in_language, language_of
from ..models.event import PRIVATE, Occurrence
from ..models.registration import CANCELLED, OFFERED, SEATED, WAITLISTED, Registration
from . import components, zones
from .components import LONGEST_TITLE, Site, put_text, put_uri
from .octets import lines, octets, one_line

REQUEST, CANCEL = "REQUEST", "CANCEL"
DISCREET_TITLE = "Appointment / Cita"
NAMES = uuid.UUID("6f4a3f0e-2f0b-4a37-9a39-5a1d2a7c9b54")
"""Under this name space a registration's id becomes the opaque one of its calendar entry; it may never change."""


def invitation(
    registration: Registration,
    *,
    method: str = REQUEST,
    discreet: bool,
    organizer_name: str,
    organizer_email: str,
    recipient: str,
    language: str,
) -> bytes:
    """The calendar part of a letter: REQUEST keeps a place in the person's calendar, CANCEL takes it out again."""
    with force_locale(languages.written(language)):
        calendar = components.frame(method)
        entry = _entry(registration, method == CANCEL, discreet, languages.written(language))
        entry["ORGANIZER"] = _address(organizer_email, CN=one_line(organizer_name))
        entry["ATTENDEE"] = _address(
            recipient, CUTYPE="INDIVIDUAL", ROLE="REQ-PARTICIPANT", PARTSTAT="ACCEPTED", RSVP="FALSE", CN=recipient
        )
        return _finished(calendar, entry, registration)


def download(registration: Registration, *, language: str) -> bytes:
    """The same entry for the person's own page: nobody is written to, and the wording is the one that was wished."""
    with force_locale(languages.written(language)):
        cancelled = registration.state == CANCELLED or registration.occurrence.is_cancelled
        entry = _entry(registration, cancelled, registration.is_discreet, languages.written(language))
        return _finished(components.frame(), entry, registration)


def own_feed(registration: Registration) -> tuple[bytes, datetime]:
    """The person's own place for a calendar that comes for it again and again; and when it was last changed.

    In their language and wording. Nothing in it leads to the address where it lies.
    """
    language = languages.written(registration.language)
    with force_locale(language):
        discreet, site = registration.is_discreet, Site.here()
        cancelled = registration.state == CANCELLED or registration.occurrence.is_cancelled
        calendar = components.frame()
        components.describe(
            calendar,
            name=DISCREET_TITLE if discreet else site.name,
            text=_("Your own appointment, always as it is now."),
            page=site.page(language, "place"),
        )
        put_text(calendar, "x-wr-timezone", zones.canonical(registration.occurrence.zone))
        calendar.add("last-modified", _stamp(registration, cancelled))
        entry = _entry(registration, cancelled, discreet, language)
        return _finished(calendar, entry, registration), _stamp(registration, cancelled)


def _finished(calendar: Calendar, entry: Event, registration: Registration) -> bytes:
    components.put_zones(calendar, [(registration.occurrence.zone, *_times(registration))])
    calendar.add_component(entry)
    return octets(calendar)


def _address(email: str, **parameters: str) -> vCalAddress:
    return vCalAddress("mailto:" + quote(email, safe="@!$'*+-_~."), params=parameters)


def _entry(registration: Registration, cancelled: bool, discreet: bool, language: str) -> Event:
    occurrence, site = registration.occurrence, Site.here()
    entry = Event()
    entry.add("uid", uids(registration)[0])
    sequence = components.sequence(occurrence) + registration.sequence + (1 if cancelled else 0)
    components.put_stamps(entry, registration.created_at, _stamp(registration, cancelled), sequence)
    entry.add("status", _status(registration, cancelled))
    components.put_times(entry, *_times(registration), occurrence.zone)
    if discreet:
        _say_nothing(entry, cancelled, site, language)
    else:
        _say_it(entry, registration, cancelled, site, language)
    entry.add("class", "PRIVATE")
    entry.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    if not cancelled:
        entry.add_component(_alarm(entry, site))
    return entry


def uids(registration: Registration) -> tuple[str, str]:
    """Under which names the entry of a place, and its alarm, are known for ever."""
    site = Site.here()
    own = site.uid(uuid.uuid5(NAMES, registration.id.hex))
    return own, site.uid(uuid.uuid5(NAMES, own))


def _status(registration: Registration, cancelled: bool) -> str:
    """A held place looks like a kept one, as on its page: else anyone could find out whether an e-mail is known."""
    if cancelled:
        return "CANCELLED"
    return "TENTATIVE" if registration.state in (OFFERED, WAITLISTED) else "CONFIRMED"


def _stamp(registration: Registration, cancelled: bool) -> datetime:
    """A cancellation is later than what it takes back, within the same minute too."""
    asked = max(registration.created_at, registration.revised_at, components.stamp(registration.occurrence))
    if not cancelled:
        return asked
    return max(registration.cancelled_at or asked, asked + timedelta(seconds=1))


def _times(registration: Registration) -> tuple[datetime, datetime]:
    """From the person's own time until they are done: the length of the visit, or, where all come together, the end."""
    occurrence, starts = registration.occurrence, registration.starts_local
    if occurrence.event.admission != "timed" or occurrence.event.flow_minutes <= 0:
        return starts, occurrence.ends_local
    done = clock.to_utc(starts, occurrence.zone) + timedelta(minutes=occurrence.event.flow_minutes)
    return starts, clock.local(done, occurrence.zone).replace(tzinfo=None)


def _say_nothing(entry: Event, cancelled: bool, site: Site, language: str) -> None:
    """Others may see this calendar: no matter, no place, no address that names the event."""
    page = site.page(language, "place")
    words = _("This appointment is canceled.") if cancelled else _("Place and what to bring: %(link)s", link=page)
    put_text(entry, "summary", DISCREET_TITLE)
    put_text(entry, "description", words, LANGUAGE=language)
    put_uri(entry, "url", page)


def _say_it(entry: Event, registration: Registration, cancelled: bool, site: Site, language: str) -> None:
    occurrence, known = registration.occurrence, registration.state in SEATED
    event, by_code = occurrence.event, site.page(language, "place")
    page = by_code if event.visibility == PRIVATE else site.page(language, f"events/{event.slug}")
    title = one_line(in_language(event.title, language))[:LONGEST_TITLE] or _("Event")
    if cancelled:
        words = [_("This appointment is canceled.")]
    else:
        words = [lines(in_language(event.summary, language)), _how_to_change(registration, by_code)]
        words += _way(occurrence, language) if known else []
    put_text(entry, "summary", title, LANGUAGE=language_of(event.title, language))
    put_text(entry, "description", "\n".join(word for word in [*words, page] if word), LANGUAGE=language)
    components.put_place(entry, occurrence, page, address_known=known)
    put_uri(entry, "url", page)


def _how_to_change(registration: Registration, by_code: str) -> str:
    if registration.has_email:
        return str(_("To change or cancel, use the link in your letter."))
    return str(_("To change or cancel, use your code: %(link)s", link=by_code))


def _way(occurrence: Occurrence, language: str) -> list[str]:
    transit, ways = components.transit(occurrence, language), []
    if transit and not occurrence.is_only_online:
        ways.append(_("Getting there: %(transit)s", transit=transit))
    if occurrence.join_link:
        ways.append(f"{_('To join online')}: {occurrence.join_link}")
    return ways


def _alarm(entry: Event, site: Site) -> Alarm:
    """One day before, with the words of the title."""
    alarm = Alarm()
    alarm.add("uid", site.uid(uuid.uuid5(NAMES, str(entry["UID"]))))
    alarm.add("action", "DISPLAY")
    put_text(alarm, "description", str(entry["SUMMARY"]))
    alarm.add("trigger", timedelta(days=-1))
    return alarm
