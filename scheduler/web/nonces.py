"""May this form be sent? Nonces are random, signed, good for a day, and bound to what their form is about."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from wtforms.form import BaseForm

from ..core import clock
from ..core.errors import Conflict, Refusal
from ..registrations import GivenBack, OtherAnswers

GOOD_FOR = timedelta(hours=24)


def issue(about: uuid.UUID) -> str:
    """A fresh nonce for one showing of the form."""
    return issuer(about)()


def issuer(about: uuid.UUID) -> Callable[[], str]:
    """What issues them, also where no app is at work."""
    signer, name = _signer(current_app.config["SECRET_KEY"]), about.hex
    return lambda: str(signer.dumps([name, secrets.token_urlsafe(16), int(clock.now().timestamp())]))


def is_good(nonce: str, about: uuid.UUID) -> bool:
    """True for a nonce that we made about this within the last day."""
    return _about_of(nonce) == about.hex


def _about_of(nonce: str) -> object:
    """What a nonce was made about; None if we did not make it, or too long ago."""
    try:
        about, _random, made = _signer(current_app.config["SECRET_KEY"]).loads(nonce)
    except (BadData, ValueError, TypeError):
        return None
    return about if clock.now().timestamp() - made <= GOOD_FOR.total_seconds() else None


def renewed(form: BaseForm, about: uuid.UUID, changed: str = "") -> str:
    """Why a form with a stale nonce cannot be acted on; it gets a fresh one for the next press. Empty if it can.

    `changed`: what to say instead of a nonce that we made within the last day, for what was so then.
    """
    nonce = form["nonce"].data or ""
    if is_good(nonce, about):
        return ""
    form["nonce"].data = issue(about)
    if changed and _about_of(nonce) is not None:
        return changed
    return str(_("This page was open for too long. We made it fresh. Please press the button again."))


def emptied(form: BaseForm) -> str:
    """Why a form with something in the box that nobody sees cannot be acted on; a person may press again, for the box
    is emptied. Empty if it was.
    """
    if not form["homepage"].data:
        return ""
    form["homepage"].data = ""
    return str(_("Something filled a box that nobody sees. We emptied it. Please press the button again."))


def renew_if_spent(form: BaseForm, refusal: Refusal, about: uuid.UUID) -> None:
    """A fresh nonce for the next press, where the one that was sent belongs to a place that was given back."""
    if isinstance(refusal, GivenBack):
        form["nonce"].data = issue(about)


def renew_for_next(form: BaseForm, refusal: Refusal, about: uuid.UUID, words: str) -> Refusal:
    """The same for staff, who go back and type the next person into the form of the one before: they press again.

    Returns what to tell them; `words`: that the one before is settled.
    """
    renew_if_spent(form, refusal, about)
    if not isinstance(refusal, OtherAnswers):
        return refusal
    form["nonce"].data = issue(about)
    return Conflict(words)


@cache
def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="place form")
