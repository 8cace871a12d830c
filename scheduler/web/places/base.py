"""The blueprint of the place pages, and what they share."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template

from ...core import clock, wording
from ...core.errors import Missing
from ...core.keyring import KeyIsGone
from ...models import catalogue
from ...models import message as letters
from ...models import registration as places
from ...models.registration import Registration

blueprint = Blueprint("places", "scheduler.web.places")

Answer = tuple[str, int]


def held_page(
    registration: Registration, *, token: str = "", code: str = "", problem: str = "", status: int = 200
) -> Answer:
    """Everything about one place. Behind a link all of it; behind a code name, contact and note stay covered."""
    occurrence = registration.occurrence
    event, venue = occurrence.event, occurrence.venue
    over = occurrence.ends_at <= clock.now()
    standing = _standing(registration, over)
    page = render_template(
        "places/show.html",
        registration=registration,
        occurrence=occurrence,
        event=event,
        venue=venue,
        standing=standing,
        may_know_address=venue is not None and (registration.state in places.SEATED or not venue.kept_back),
        line=places.place_in_line(registration) if standing == places.WAITLISTED else 0,
        others=catalogue.alternatives(event) if standing in (places.CANCELLED, "off") else [],
        messages=letters.letters_of(registration.id),
        masked=masked,
        moment=lambda instant: moment(instant, occurrence.zone),
        token=token,
        code=code,
        problem=problem,
    )
    return page, status


def _standing(registration: Registration, over: bool) -> str:
    """What the page is about: the registration's state, `off` for a date the host cancelled, `over` for a past one."""
    if registration.state == places.CANCELLED:
        return places.CANCELLED
    if registration.occurrence.is_cancelled:
        return "off"
    return "over" if over and registration.state != places.CHECKED_IN else registration.state


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


def readable(registration: Registration) -> Registration:
    """The same, if its key still exists. Raises Missing."""
    try:
        registration.occurrence.derived_key("field")
    except KeyIsGone:
        raise Missing() from None
    return registration
