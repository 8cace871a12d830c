"""A round of the postman: claim what is due, look again whether it is still true, hand it over, write the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr

from flask import current_app
from flask_mail import Message as FlaskMessage
from flask_mail import email_dispatched

from .. import letters
from ..core import clock, keyring
from ..core.extensions import db, transaction
from ..models import message as kinds
from ..models.message import Message, whole
from . import queue, restraint
from .queue import Claim
from .smtp import LETTER_SECONDS, Connection, Undelivered

log = logging.getLogger(__name__)

AT_ONCE = 50


def never() -> bool:
    """Nobody asks the postman to stop."""
    return False


def deliver_due(stop: Callable[[], bool] = never) -> int:
    """Deliver one batch; returns how many letters came to an outcome, so 0 is a reason to wait.

    Opens its transactions itself: one for the claim, and one for each outcome, right after the server's answer.
    """
    with transaction():
        claims = queue.claim(AT_ONCE)
    done = 0
    with Connection() as connection:
        while claims:
            if stop() or _runs_out(claims[0]):
                _settle_all(claims, queue.give_back)
                break
            claimed = claims.pop(0)
            try:
                _deliver(claimed, connection)
            except Undelivered:
                _settle_all(claims, queue.wait_for_server)
                break
            except Exception as error:
                # A fault of ours must neither lose this letter nor hold up those behind it.
                log.error("letter %s met a fault: %s", claimed.message_id, type(error).__name__)
                db.session.rollback()
                _settle_all([claimed], lambda found: queue.try_again(found, "fault"))
            done += 1
    return done


def _runs_out(claimed: Claim) -> bool:
    """True if the lease could end before the letter is handed over."""
    return clock.now() + timedelta(seconds=LETTER_SECONDS) >= claimed.lease_until


def _settle_all(claims: list[Claim], outcome: Callable[[Claim], bool]) -> None:
    for claimed in claims:
        with transaction():
            outcome(claimed)


def _deliver(claimed: Claim, connection: Connection) -> None:
    """One letter to one outcome. Raises Undelivered if there is no server for the next one either."""
    letter = _composed(claimed)
    if letter is None:
        return
    try:
        if not current_app.extensions["mail"].suppress:
            connection.send(letter.sender, letter.recipient, letter.octets)
    except Undelivered as refused:
        _put_off(claimed, refused)
        if refused.no_server:
            raise
        return
    with transaction():
        last = queue.sent(claimed)
    log.info("letter %s sent", claimed.message_id)
    if not last:
        log.warning("letter %s went out under a claim that was no longer the last", claimed.message_id)
    _tell_recorders(letter)


def _composed(claimed: Claim) -> letters.Letter | None:
    """The letter, or None when there is nothing to send and the outcome is written down."""
    try:
        message = whole(claimed.message_id)
        outcome = _outcome_without_sending(message, first_try=claimed.attempts == 0)
        letter = letters.compose(message) if message and outcome is None else None
    except letters.Unaddressable:
        outcome, letter = (lambda found: queue.failed(found, "address")), None
    except keyring.KeyIsGone:
        outcome, letter = queue.void, None
    finally:
        db.session.rollback()
    if outcome is not None:
        with transaction():
            outcome(claimed)
    return letter


def _outcome_without_sending(message: Message | None, first_try: bool) -> Callable[[Claim], bool] | None:
    """What becomes of a letter that must not go now; None if it may."""
    now = clock.now()
    if message is None or not message.is_still_due(now):
        return queue.void
    if first_try and restraint.is_too_much(message):
        return lambda found: queue.postpone(found, now + restraint.TOMORROW)
    if message.letter != kinds.REMINDER or message.occurrence is None:
        return None
    morning = clock.after_quiet(now, message.occurrence.zone)
    if morning == now:
        return None
    return (lambda found: queue.postpone(found, morning)) if message.is_still_due(morning) else queue.void


def _put_off(claimed: Claim, refused: Undelivered) -> None:
    with transaction():
        if refused.for_good:
            queue.failed(claimed, refused.failure)
        else:
            queue.try_again(claimed, refused.failure)
    log.warning("letter %s not taken: %s", claimed.message_id, refused.failure)


def _tell_recorders(letter: letters.Letter) -> None:
    """Flask-Mail's `record_messages()` sees what went out."""
    if not email_dispatched.receivers:
        return
    email = letter.email
    seen = FlaskMessage(
        subject=letter.words.subject,
        recipients=[letter.recipient],
        body=letter.words.text,
        html=letter.words.html,
        sender=parseaddr(str(email["From"])),
        reply_to=str(email["Reply-To"]),
        extra_headers={"Message-ID": str(email["Message-ID"])},
    )
    email_dispatched.send(current_app._get_current_object(), message=seen)  # type: ignore[attr-defined]
