"""A round of the postman: claim what is due, look again whether it is still true, hand it over, write the outcome."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr

from flask import current_app
from flask_mail import Message as FlaskMessage
from flask_mail import email_dispatched
from sqlalchemy.exc import DBAPIError

from .. import letters
from ..core import clock, keyring
from ..core.extensions import db, transaction
from ..models import message as kinds
from ..models import revision
from ..models.message import Message
from ..models.whole import whole_of
from . import pausing, queue, restraint
from .queue import Claim
from .smtp import LETTER_SECONDS, Connection, Undelivered

log = logging.getLogger(__name__)

AT_ONCE, AHEAD = 50, 10
FRESH_SECONDS = 1.0
WRITE_AGAIN_SECONDS = (0.2, 1, 3, 5, 0)

Outcome = Callable[[Claim], bool]
Ready = letters.Letter | letters.Printed | Outcome


def never() -> bool:
    """Nobody asks the postman to stop."""
    return False


def deliver_due(stop: Callable[[], bool] = never) -> int:
    """Deliver one batch; returns how many letters came to an outcome, so 0 is a reason to wait.

    Opens its transactions itself: one for the claim, and one for each outcome, right after the server's answer.
    """
    with transaction():
        claims = queue.claim(AT_ONCE) if pausing.may_deliver() else []
    done, drawn = 0, Drawn()
    with Connection() as connection:
        while claims:
            if stop() or _runs_out(claims[0]):
                _settle_all(claims, queue.give_back)
                break
            claimed = claims[0]
            try:
                drawn.look_at(claims[:AHEAD])
                _deliver(claimed, drawn.letter_of(claimed), connection)
            except Undelivered:
                _settle_all(claims[1:], queue.wait_for_server)
                break
            except Exception as error:
                # A fault of ours must neither lose this letter nor hold up those behind it.
                log.error("letter %s met a fault: %s", claimed.message_id, type(error).__name__)
                db.session.rollback()
                _settle_all([claimed], lambda found: queue.try_again(found, queue.FAULT))
            del claims[0]
            done += 1
    return done


def _runs_out(claimed: Claim) -> bool:
    """True if the lease could end before the letter is handed over."""
    return clock.now() + timedelta(seconds=LETTER_SECONDS) >= claimed.lease_until


def _settle_all(claims: list[Claim], outcome: Outcome) -> None:
    for claimed in claims:
        with transaction():
            outcome(claimed)


def _deliver(claimed: Claim, ready: Ready, connection: Connection) -> None:
    """One letter to one outcome. Raises Undelivered if there is no server for the next one either."""
    if not isinstance(ready, (letters.Letter, letters.Printed)):
        with transaction():
            ready(claimed)
        return
    try:
        if not current_app.extensions["mail"].suppress:
            connection.send(ready.sender, ready.recipient, ready.octets)
    except Undelivered as refused:
        _put_off(claimed, refused)
        if refused.no_server:
            raise
        return
    last = _write_down_sent(claimed)
    log.debug("letter %s sent", claimed.message_id)
    if not last:
        log.warning("letter %s went out under a claim that was no longer the last", claimed.message_id)
    if isinstance(ready, letters.Letter):
        _tell_recorders(ready)


def _write_down_sent(claimed: Claim) -> bool:
    """The server has it, so it must not go again because the database did not answer for a moment."""
    for pause in WRITE_AGAIN_SECONDS:
        try:
            with transaction():
                return queue.sent(claimed)
        except DBAPIError as error:
            log.error("letter %s went out, but cannot be written down: %s", claimed.message_id, type(error).__name__)
            db.session.rollback()
            threading.Event().wait(pause)
    return False


class Drawn:
    """Letters that are drawn a few ahead: asking for ten took hardly longer than asking for one.

    None is older than FRESH_SECONDS when it is handed over: what has changed since is seen.
    """

    def __init__(self) -> None:
        self._ready: dict[uuid.UUID, Ready | Exception] = {}
        self._unasked: list[restraint.Unasked] = []
        self._stale_at = 0.0

    def look_at(self, claims: list[Claim]) -> None:
        """Draw these letters, if the first is not there fresh."""
        if claims[0].message_id in self._ready and time.monotonic() < self._stale_at:
            return
        self._stale_at = time.monotonic() + FRESH_SECONDS
        try:
            public = revision.read(db.session.connection(), clock.now())
            found = whole_of([claimed.message_id for claimed in claims])
            edition = public and public.token if not email_dispatched.receivers else None
            self._ready = {one.message_id: self._draw(one, found.get(one.message_id), edition) for one in claims}
        finally:
            db.session.rollback()
        self._hold_back()

    def letter_of(self, claimed: Claim) -> Ready:
        """The letter, or what becomes of one that must not go. Raises what drawing it has raised."""
        ready = self._ready.pop(claimed.message_id)
        if isinstance(ready, Exception):
            raise ready
        return ready

    def _draw(self, claimed: Claim, message: Message | None, edition: object) -> Ready | Exception:
        try:
            outcome = _outcome_without_sending(message)
            if outcome or message is None:
                return outcome or queue.void
            drawn = letters.compose_alike(message, edition)
            if claimed.attempts == 0:
                self._unasked += filter(None, [restraint.unasked(message)])
            return drawn
        except letters.Unaddressable:
            return lambda found: queue.failed(found, "address")
        except keyring.KeyIsGone:
            return queue.void
        except Exception as fault:
            return fault

    def _hold_back(self) -> None:
        """Count those that nobody has asked for, and let wait what is too much."""
        unasked, self._unasked = self._unasked, []
        for message_id in restraint.too_many(unasked):
            self._ready[message_id] = restraint.until_tomorrow


def _outcome_without_sending(message: Message | None) -> Outcome | None:
    """What becomes of a letter that must not go now; None if it may."""
    now = clock.now()
    if message is None or not message.is_still_due(now):
        return queue.void
    if message.letter not in (kinds.REMINDER, kinds.OFFER) or message.occurrence is None:
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
