"""Absolute links, built from BASE_URL and never from a request."""

from __future__ import annotations

from flask import current_app

from ..core import languages, tokens
from ..models.event import Event
from ..models.registration import Registration


def absolute(path: str) -> str:
    """The full address of an own path, which starts with a slash."""
    return f"{current_app.config['BASE_URL']}{path}"


def place(registration: Registration) -> str:
    """Where a person sees, confirms, cancels or erases their own place."""
    return absolute(f"/{languages.written(registration.language)}/place/{registration.token()}")


def coming(registration: Registration) -> str:
    """The same page, at the button that says so: following a link changes nothing."""
    return f"{place(registration)}#coming"


def cannot_come(registration: Registration) -> str:
    """The page that asks once more before the place is given back: following the link changes nothing."""
    return f"{place(registration)}/cancellation"


def stop_reminders(registration: Registration) -> str:
    """The one-click address of the List-Unsubscribe header: a POST, for this registration's reminders only."""
    return absolute(f"/stop/{registration.token(tokens.STOP_REMINDERS)}")


def event(found: Event, language: str) -> str:
    """The public page of an event."""
    return absolute(f"/{language}/events/{found.slug}")


def listing(language: str) -> str:
    """What is coming."""
    return absolute(f"/{language}/")


def new_password(token: str) -> str:
    """Where a member of staff sets a new password."""
    return absolute(f"/sign-in/help/{token}")
