"""What the keys of the catalogue are called on pages: doors, types, comforts, lists, and room."""

from __future__ import annotations

from collections.abc import Sequence

from babel.lists import format_list
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..core import wording
from ..models import catalogue

Words = dict[str, LazyString]


DOORS = {
    "legal": "scale",
    "daca": "refresh-cw",
    "rights": "shield-check",
    "citizen": "id-card",
    "work": "briefcase",
    "wellness": "heart-handshake",
    "learning": "graduation-cap",
}
"""The topic doors in their order, and the icon on each; wording.topic() says what stands over it."""

TYPES: Words = {
    "daca_renewal": _l("DACA renewal"),
    "legal_clinic": _l("Legal clinic"),
    "citizenship": _l("Citizenship"),
    "know_your_rights": _l("Know your rights"),
    "info_session": _l("Info session"),
    "employer_training": _l("For employers"),
    "wellness": _l("Wellness"),
    "education": _l("Education"),
    "volunteer_training": _l("For volunteers"),
}

# What people may ask the list for, in this order; each is an amenity of the event, but for `online`.
NEEDS: Words = {
    "free": _l("Free"),
    "child_care": _l("Child care"),
    "step_free": _l("Step-free entrance"),
    "quiet_room": _l("Quiet room"),
    "captions": _l("Captions"),
    "online": _l("Online, by phone or video"),
}

WHEN: Words = {
    "any": _l("Any day"),
    "week": _l("This week"),
    "weekend": _l("Weekends"),
    "evening": _l("Evenings"),
}

AMENITIES: Words = {
    "step_free": _l("Step-free entrance"),
    "quiet_room": _l("Quiet room"),
    "private_rooms": _l("Private rooms to talk"),
    "captions": _l("Captions"),
    "phone_in": _l("You can join by phone"),
    "free_copies": _l("Free copies"),
    "photos": _l("Free passport photos"),
    "snacks": _l("Snacks"),
    "lunch": _l("Lunch"),
}

ACCESS: Words = {
    "step_free": _l("Step-free entrance"),
    "elevator": _l("Elevator"),
    "restroom": _l("Accessible restroom"),
    "seating": _l("Seats while you wait"),
    "parking": _l("Parking"),
}

BRING: Words = {
    "bring": _l("Please bring"),
    "if_you_have_it": _l("If you have it"),
    "if_it_applies": _l("Only if it is true for you"),
    "ask_host": _l("Ask first"),
    "comfort": _l("Good to know"),
}

ROOM: Words = {
    catalogue.OPEN: _l("Places"),
    catalogue.FEW: _l("A few places"),
    catalogue.FULL: _l("Full"),
    catalogue.JUST_COME: _l("Just come"),
    catalogue.INVITED: _l("By invitation"),
    catalogue.CLOSED: _l("Registration is closed"),
    catalogue.CANCELED: _l("Canceled"),
    catalogue.PAST: _l("Past"),
}

CUES: Words = {
    catalogue.OPEN: _l("Keep my place"),
    catalogue.FEW: _l("Keep my place"),
    catalogue.FULL: _l("Join the waitlist"),
}

DETAILS = _l("See details")


def room(standing: str) -> LazyString:
    """Whether there is room, in words and never in numbers."""
    return ROOM[standing]


def cue(standing: str) -> LazyString:
    """What a person would do next."""
    return CUES.get(standing, DETAILS)


def reminders_before(days: Sequence[int]) -> str:
    """When reminders come, in a sentence: so many days before, 0 being the same morning. Empty without any."""
    spans = [str(ngettext("%(num)s day", "%(num)s days", number)) for number in days if number]
    before = format_list(spans, locale=wording.locale()) if spans else ""
    if 0 not in days:
        return str(_("We also write %(days)s before.", days=before)) if spans else ""
    if not spans:
        return str(_("We also write on the same morning."))
    return str(_("We also write %(days)s before, and on the same morning.", days=before))
