"""What a letter may speak of, worded in the language of the moment. Templates see these and nothing else."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from ..core import clock, languages, tokens, wording
from ..models import message as letters
from ..models import offer as offers
from ..models import registration as places
from ..models.checklist import new_on_the_list
from ..models.event import PRIVATE, Event, Occurrence
from ..models.line import place_in_line
from ..models.message import Message
from ..models.offer import Offer
from ..models.registration import Registration
from . import employers, links
from .saying import Facts as Facts
from .saying import said as said

LEGAL_DOORS = ("legal", "daca", "rights", "citizen")


def is_discreet(registration: Registration) -> bool:
    """True unless the person chose full words; a helper's letters are always discreet."""
    return registration.wording != places.FULL or registration.contact_kind == places.HELPER_EMAIL


_METHODS = {
    letters.CONFIRMATION: "REQUEST",
    letters.CHANGE: "REQUEST",
    letters.MOVE: "REQUEST",
    letters.NEW_ADDRESS: "REQUEST",
    letters.CANCELLATION_HOST: "CANCEL",
    letters.CANCELLATION_OWN: "CANCEL",
}


def invites(message: Message) -> str:
    """REQUEST with a kept place, CANCEL when it is no more; nothing while it is only held, offered or waited for."""
    registration = message.registration
    if registration is None or registration.slot_id is None:
        return ""
    kept = registration.state in (places.CONFIRMED, places.CHECKED_IN)
    given_back = message.letter == letters.CANCELLATION_OWN and registration.held_until is None
    return _METHODS.get(message.letter, "") if kept or given_back else ""


def known_once(message: Message) -> Facts:
    """What is equal in both languages: asked from the database or derived once for a letter."""
    if message.letter == letters.SIGN_IN_HELP:
        return {"discreet": False, "new_password": _password_link(message)}
    if message.booking is not None:
        return employers.known_once(message.booking)
    registration = message.registration
    assert registration is not None
    known: Facts = {
        "discreet": is_discreet(registration),
        "helper": registration.contact_kind == places.HELPER_EMAIL,
        "was_in_line": registration.slot_id is None or registration.state == places.OFFERED,
        "is_off": registration.occurrence.is_cancelled,
        "invitation": invites(message),
        "place": links.place(registration),
        "coming": links.coming(registration),
        "cannot_come": links.cannot_come(registration),
        "code": registration.code_shown,
    }
    if message.letter in (letters.CONFIRMATION, letters.CHANGE):
        known["same_contact"] = 1 + message.same_contact
    if message.letter == letters.CHANGE:
        known |= _as_it_is_now(message, registration)
    if message.letter == letters.WAITLIST_JOINED:
        known["place_in_line"] = place_in_line(registration)
    if message.offer is not None:
        known["offer"], known["no_thanks"] = links.offer(message.offer), links.no_thanks(message.offer)
        known["last_chance"] = registration.lapses > 0
    if message.letter == letters.REMINDER:
        zone = registration.occurrence.zone
        # A sample is read as on the day when it will go; what is really sent was due before.
        today = clock.local(max(clock.now(), message.due_at), zone).date()
        known["days"] = (registration.starts_local.date() - today).days
    return known


def _standing_offer(message: Message) -> Offer | None:
    """What somebody who changes an answer still has to say yes or no to."""
    registration = message.registration
    if message.letter != letters.CHANGE or registration is None or registration.state != places.OFFERED:
        return None
    return offers.open_for(registration.id)


def _as_it_is_now(message: Message, registration: Registration) -> Facts:
    offer = _standing_offer(message)
    return {
        "waits": registration.state in (places.WAITLISTED, places.OFFERED),
        "offer": links.offer(offer) if offer else "",
        "party": registration.party,
    }


def _password_link(message: Message) -> str:
    assert message.user is not None
    ends = int(message.password_link_ends_at.timestamp())
    secret = str(current_app.config["SECRET_KEY"])
    user = message.user
    return links.new_password(tokens.derive_password_token(secret, user.id, user.password_hash, ends))


def in_words(message: Message, language: str) -> Facts:
    """What is worded anew in each language. The locale of the moment must be that language."""
    facts: Facts = {
        "language": language,
        "direction": languages.direction(language),
        "site_name": current_app.config["SITE_NAME"],
    }
    if message.booking is not None:
        return facts | employers.in_words(message, language)
    if message.registration is None:
        return facts
    offer = message.offer or _standing_offer(message)
    if offer is not None:
        occurrence = message.registration.occurrence
        facts["until"] = f"{_moment(offer.held_until, occurrence)} ({wording.zone_words(occurrence.zone)})"
    return facts | _when(message.registration) | _what(message.registration, language) | _where(message, language)


def _when(registration: Registration) -> Facts:
    occurrence, starts = registration.occurrence, registration.starts_local
    day, time = starts.date(), wording.clock_time(starts)
    has_own_time = occurrence.event.admission == "timed" and registration.slot is not None
    hours = time if has_own_time else wording.time_range(occurrence.starts_local, occurrence.ends_local)
    date, zone = wording.weekday_date(day), wording.zone_words(occurrence.zone)
    return {
        "door_month": wording.door_month(day),
        "door_day": day.day,
        "door_weekday": wording.door_weekday(day),
        "weekday": wording.weekday(day),
        "short_date": wording.short_date(day),
        "date": date,
        "day": date[:1].upper() + date[1:],
        "time": time,
        "hours": hours,
        "date_and_time": f"{wording.short_date(day)}, {time}",
        "when": f"{date}, {time} ({zone})",
        "zone": zone,
        "held_until": _held_until(registration, occurrence),
    }


def _held_until(registration: Registration, occurrence: Occurrence) -> str:
    if registration.state != places.HELD or registration.held_until is None:
        return ""
    return _moment(registration.held_until, occurrence)


def _moment(instant: datetime, occurrence: Occurrence) -> str:
    """`Saturday, December 5, 9:30 AM` on the clocks of the place."""
    wall = clock.local(instant, occurrence.zone)
    return f"{wording.weekday_date(wall.date())}, {wording.clock_time(wall)}"


def _what(registration: Registration, language: str) -> Facts:
    event = registration.occurrence.event
    return {
        "title": said(event.title, language),
        "door": event.door,
        "legal": event.door in LEGAL_DOORS,
        "host": event.organization.name,
        "phone": event.organization.phone,
        "name": _name_to_greet(registration),
        "new": [said(item["text"], language) for item in new_on_the_list(registration.checklist_id, event.checklist)],
        "minutes": event.about_minutes,
        "child_care": "child_care" in event.amenities,
        "event_page": links.event(event, language),
        "has_page": event.visibility != PRIVATE,
        "listing": links.listing(language),
        **_list(event, language),
    }


def _name_to_greet(registration: Registration) -> str:
    """Only what staff wrote down: words that a visitor typed are not sent to an address nobody has confirmed."""
    return registration.name if registration.source == "phone" else ""


def _list(event: Event, language: str) -> Facts:
    checklist = event.checklist
    if checklist is None:
        return {"bring": [], "bring_short": [], "reviewed_on": ""}
    items = [(said(item["text"], language), item["need"]) for item in checklist.items]
    return {
        "bring": [text for text, _need in items],
        "bring_short": [text for text, need in items if need == "bring"],
        "reviewed_on": wording.plain_date(checklist.reviewed_on),
    }


def _where(message: Message, language: str) -> Facts:
    """The place; a hidden address only for people who have a place, and none where nobody has to go.

    `only_there`: one could join from home before.
    """
    registration = message.registration
    assert registration is not None
    occurrence, venue = registration.occurrence, registration.occurrence.venue
    seated = registration.state in places.SEATED
    ways = {
        "online": occurrence.is_only_online,
        "also_online": occurrence.is_online,
        "join_link": occurrence.join_link if seated else "",
        "area": venue.whereabouts if venue and not occurrence.is_only_online else "",
        "only_there": bool(occurrence.event.join_link) and not occurrence.is_online,
    }
    if venue is None or occurrence.is_only_online or (venue.hidden and not seated):
        return {**ways, "venue": "", "address": "", "transit": None}
    return {
        **ways,
        "venue": venue.called_with_room,
        "address": venue.full_address,
        "transit": said(venue.transit, language) if venue.transit else None,
    }
