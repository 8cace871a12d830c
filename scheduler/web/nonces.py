"""Nonces of the place form: random, signed, bound to one event, good for a day."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from wtforms.form import BaseForm

from ..core import clock
from ..core.errors import Conflict, Refusal
from ..registrations import GivenBack, OtherAnswers

GOOD_FOR = timedelta(hours=24)


def issue(event_id: uuid.UUID) -> str:
    """A fresh nonce for one showing of the form."""
    return issuer(event_id)()


def issuer(event_id: uuid.UUID) -> Callable[[], str]:
    """What issues them, also where no app is at work."""
    signer, event = _signer(current_app.config["SECRET_KEY"]), event_id.hex
    return lambda: str(signer.dumps([event, secrets.token_urlsafe(16), int(clock.now().timestamp())]))


def is_good(nonce: str, event_id: uuid.UUID) -> bool:
    """True for a nonce that we made for this event within the last day."""
    return _event_of(nonce) == event_id.hex


def is_ours(nonce: str) -> bool:
    """True for a nonce that we made within the last day, for whatever was so then."""
    return _event_of(nonce) is not None


def _event_of(nonce: str) -> object:
    """What a nonce was made for; None if we did not make it, or too long ago."""
    try:
        event, _random, made = _signer(current_app.config["SECRET_KEY"]).loads(nonce)
    except (BadData, ValueError, TypeError):
        return None
    return event if clock.now().timestamp() - made <= GOOD_FOR.total_seconds() else None


def renew_if_spent(form: BaseForm, refusal: Refusal, event_id: uuid.UUID) -> None:
    """A fresh nonce for the next press, where the one that was sent belongs to a place that was given back."""
    if isinstance(refusal, GivenBack):
        form["nonce"].data = issue(event_id)


def renew_for_next(form: BaseForm, refusal: Refusal, event_id: uuid.UUID, words: str) -> Refusal:
    """The same for staff, who go back and type the next person into the form of the one before: they press again.

    Returns what to tell them; `words`: that the one before is settled.
    """
    renew_if_spent(form, refusal, event_id)
    if not isinstance(refusal, OtherAnswers):
        return refusal
    form["nonce"].data = issue(event_id)
    return Conflict(words)


@cache
def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="place form")
