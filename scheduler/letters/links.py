"""Absolute links, built from BASE_URL and never from a request."""

from __future__ import annotations

from flask import current_app

from ..core import languages, tokens
from ..models.event import Event
from ..models.offer import Offer
from ..models.registration import Registration
from ..models.training import Booking, Training


def absolute(path: str) -> str:
    """The full address of an own path, which starts with a slash."""
    return f"{current_app.config['BASE_URL']}{path}"


def place(registration: Registration) -> str:
    """Where a person sees, confirms, cancels or erases their own place."""
    return absolute(f"/{languages.written(registration.language)}/place/{registration.token(tokens.LETTER)}")


def coming(registration: Registration) -> str:
    """The same page, at the button that says so: following a link changes nothing."""
    return f"{place(registration)}#coming"


def cannot_come(registration: Registration) -> str:
    """The page that asks once more before the place is given back: following the link changes nothing."""
    return f"{place(registration)}/cancellation"


def offer(found: Offer) -> str:
    """Where an offered place is taken or not: following the link changes nothing."""
    return absolute(f"/{languages.written(found.registration.language)}/place/offer/{found.token(tokens.OFFER_LETTER)}")


def no_thanks(found: Offer) -> str:
    """The page that asks what to do instead."""
    return f"{offer(found)}/refusal"


def other_dates(registration: Registration) -> str:
    """The same page, where a place on another date can be taken instead."""
    return f"{place(registration)}#others"


def own_feed(token: str) -> str:
    """Where a calendar program finds the one place behind this token, always as it is now."""
    return absolute(f"/feeds/{token}.ics")


def stop_reminders(registration: Registration) -> str:
    """The one-click address of the List-Unsubscribe header: a POST, for this registration's reminders only."""
    return absolute(f"/stop/{registration.token(tokens.STOP_REMINDERS)}")


def booking(found: Booking) -> str:
    """Where an employer sees, changes or withdraws its own request."""
    return absolute(f"/{languages.written(found.language)}/bookings/{found.token()}")


def invitation(found: Booking, language: str) -> str:
    """Where an employer's staff keep a place in its session: on the poster and in its square."""
    return absolute(f"/{languages.written(language)}/invitations/{found.token(tokens.INVITATION)}")


def training(found: Training, language: str) -> str:
    """The public page of a training; of all of them once this one is not offered any more."""
    return absolute(f"/{language}/trainings/{found.slug}" if found.offered else f"/{language}/trainings")


def event(found: Event, language: str) -> str:
    """The public page of an event."""
    return absolute(f"/{language}/events/{found.slug}")


def listing(language: str) -> str:
    """What is coming."""
    return absolute(f"/{language}/")


def new_password(token: str) -> str:
    """Where a member of staff sets a new password."""
    return absolute(f"/sign-in/help/{token}")
