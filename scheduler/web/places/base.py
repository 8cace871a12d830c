"""The blueprint of the place pages, and what they share."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from babel.lists import format_list
from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from ... import registrations, reminders, waitlist
from ...core import clock, tokens, wording
from ...core.errors import Missing
from ...core.extensions import db
from ...core.keyring import KeyIsGone
from ...letters import links
from ...models import alternatives, catalogue, moved
from ...models import message as letters
from ...models import offer as offers
from ...models import registration as places
from ...models.checklist import Checklist, new_on_the_list
from ...models.event import Event, Occurrence
from ...models.line import place_in_line
from ...models.message import LetterShown
from ...models.registration import Registration
from ...models.room import Date, siblings
from ...models.venue import Venue
from ..words import reminders_before
from .likeness import GAPS, Stranger, is_common, page

blueprint = Blueprint("places", "scheduler.web.places")

Answer = tuple[str, int]

HAVE_A_PLACE = (*places.SEATED, places.NO_SHOW)
"""May know a hidden address: who comes late was marked as one who did not come."""

PRESSED_TWICE = _l(
    "This link or code does not work any more. If you pressed “Yes, erase it” twice, the first time counted: "
    "your information is being erased."
)
"""For whoever would erase what is not there, whether or not it ever was: this tells nothing of anybody."""

OFF, OVER, CAME = "off", "over", "came"
"""The host called the date off; it is over; it is over and they were there."""

SAID = {
    "changed": _l("Saved. This is how your place is now."),
    "renewed": _l("Saved. This page has a new address, and your code is new. The old ones do not work any more."),
    "moved": _l("You moved to this date. Your code is new: write it down. The old one is being erased."),
    "feed": _l("Your calendar has a new address. The old one shows nothing any more."),
}
"""What was done on the page before this one."""


def held_page(
    registration: Registration,
    *,
    token: str = "",
    code: str = "",
    problem: str = "",
    said: str = "",
    status: int = 200,
    full: uuid.UUID | None = None,
    told: list[LetterShown] | None = None,
) -> Answer:
    """Everything about one place. Behind a link all of it; behind a code name, contact and note stay covered.

    `full`: a date that could not be taken in exchange, where one can wait in line. `told`: the letters, if at hand.

    Unless it was opened from a letter, a held place looks like a kept one, which alone is reminded and asked no more:
    else anyone could find out whether an e-mail is already known here.
    """
    standing = standing_of(registration)
    opened = bool(token) and registrations.is_from_letter(registration, token)
    shown = _turns(registration, standing, full) | {"opened": opened}
    shown |= _kept(registration, letters.letters_of(registration.id) if told is None else told)
    shown["asked"] = not registration.is_reconfirmed or (registration.state == places.HELD and opened)
    if registration.has_email and not opened:
        shown["messages"] = [one for one in shown["messages"] if one.letter != letters.REMINDER]
    shown |= {"code": code, "problem": problem, "said": SAID.get(said, ""), "said_of": said}
    draw = partial(_draw, registration.occurrence, standing)
    if token and not (problem or said or full or shown["offers_made"]) and is_common(registration, standing):
        gaps = {"token": GAPS["link"], "feed": links.own_feed(GAPS["feed"]), "line": GAPS["line"]}
        draw_alike = partial(draw, **shown | gaps)
        return page(registration, token, shown, draw_alike), status
    feed = links.own_feed(registration.token(tokens.FEED)) if token else ""
    return draw(registration, token=token, feed=feed, **shown), status


def _draw(occurrence: Occurrence, standing: str, registration: Registration | Stranger, **shown: Any) -> str:
    event, venue = occurrence.event, occurrence.venue
    return render_template(
        "places/show.html",
        registration=registration,
        occurrence=occurrence,
        event=event,
        venue=venue,
        standing=standing,
        moved_stamp=moved.stamp(occurrence),
        is_past=occurrence.ends_at <= clock.now(),
        may_know_address=venue is not None and (registration.state in HAVE_A_PLACE or not venue.kept_back),
        hosts=_hosts,
        masked=masked,
        moment=lambda instant: moment(instant, occurrence.zone),
        moment_and_zone=moment_and_zone,
        new=new_on_the_list(registration.checklist_id, event.checklist),
        reminded=reminders_before(shown["days_before"]),
        **shown,
    )


def _kept(registration: Registration, messages: list[LetterShown]) -> dict[str, Any]:
    """What else we hold of this person: what they were sent, offered and told, and when we will write again."""
    return {
        "messages": messages,
        "unheard": _is_unheard(registration),
        "offers_made": offers.all_for(registration.id) if any(one.letter == letters.OFFER for one in messages) else [],
        "days_before": reminders.to_come(registration.occurrence),
        "told": _told(registration),
        "known_place": _known_place(registration),
    }


def _is_unheard(registration: Registration) -> bool:
    """True of a place that went because nobody answered: it was held until then, or offered in vain once too often."""
    if registration.state != places.CANCELLED or registration.occurrence.is_cancelled:
        return False
    until, ended = registration.held_until, registration.cancelled_at
    return registration.lapses >= waitlist.MOST_LAPSES or (until is not None and ended is not None and until <= ended)


def _told(registration: Registration) -> Checklist | None:
    """The list that this person was told, which mostly is the one of today."""
    present, told = registration.occurrence.event.checklist, registration.checklist_id
    if told is None:
        return None
    return present if present is not None and present.id == told else db.session.get(Checklist, told)


def _known_place(registration: Registration) -> str:
    """Where the date was as this person last heard it: the name of the house, or, if that is kept back, its area."""
    there = db.session.get(Venue, registration.heard_venue_id) if registration.heard_venue_id else None
    if there is None:
        return ""
    return there.whereabouts if there.kept_back and registration.state not in HAVE_A_PLACE else there.called


def _turns(registration: Registration, standing: str, full: uuid.UUID | None) -> dict[str, Any]:
    """What is special about some places: in line, offered, moved, given back, or off."""
    return {
        "line": place_in_line(registration) if standing == places.WAITLISTED else 0,
        "offer": offers.standing_for(registration) if standing == places.OFFERED else None,
        "moved": moved.of(registration) if registration.keep_asked_at else None,
        "others": _others(registration.occurrence) if standing == places.CANCELLED else [],
        "full": alternatives.one(registration, full) if full else None,
        "unheard_move": moved.unheard(registration),
        "instead": alternatives.for_place(registration) if standing == OFF else [],
    }


def _others(occurrence: Occurrence) -> list[Date]:
    """Where somebody who gave this date back could come instead: first to another date of the same event."""
    return catalogue.alternatives(occurrence.event, before=siblings(occurrence))


def standing_of(registration: Registration) -> str:
    """What the page is about: the registration's state; `off` for a cancelled date, `over` or `came` for a past one."""
    if registration.state == places.CANCELLED:
        return places.CANCELLED
    if registration.occurrence.is_cancelled:
        return OFF
    if registration.occurrence.ends_at > clock.now():
        return registration.state
    return CAME if registration.state == places.CHECKED_IN else OVER


def _hosts(event: Event) -> str:
    """All who would see a name there."""
    return format_list([one.name for one in (event.organization, *event.cohosts)], locale=wording.locale())


def masked(contact: str) -> str:
    """`a***@p***` or `*** 43`: enough for its owner to know which it is."""
    if "@" in contact:
        name, _at, host = contact.partition("@")
        return f"{name[:1]}***@{host[:1]}***"
    return f"*** {contact[-2:]}" if contact else ""


def moment(instant: datetime, zone: str) -> str:
    """`Saturday, December 5, 9:30 AM` on the clocks of the place."""
    wall = clock.local(instant, zone)
    return f"{wording.weekday_date(wall.date())}, {wording.clock_time(wall)}"


def moment_and_zone(instant: datetime, zone: str) -> str:
    """`Saturday, December 5, 9:30 AM (Chicago time)`."""
    return f"{moment(instant, zone)} ({wording.zone_words(zone)})"


def readable(registration: Registration) -> Registration:
    """The same, if its key still exists. Raises Missing."""
    try:
        registration.occurrence.derived_key("field")
    except KeyIsGone:
        raise Missing() from None
    return registration
