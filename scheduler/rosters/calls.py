"""Calls: one that is to be made, with all that the caller needs; and one that was made."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..core import clock
from ..models import message as letters
from ..models import moved
from ..models.base import Texts
from ..models.checklist import new_on_the_list
from ..models.message import Message
from ..models.registration import SEATED, Registration
from .viewing import wall

MANY_TRIES = 3
"""After so many calls without an answer a call stands at the end of the list, with a mark."""
UNDO_FOR = timedelta(hours=1)
UNDONE = (letters.REACHED, letters.NO_ANSWER, letters.WRONG_NUMBER)
"""Outcomes that can be taken back. Who will not come has given the place away."""

SAID_BESIDES = (letters.CONFIRMATION, letters.WAITLIST_JOINED, letters.CHANGE)
"""What whoever is called about something else hears too."""
BY_URGENCY = (
    letters.OFFER,
    letters.CANCELLATION_HOST,
    letters.CANCELLATION_OWN,
    letters.MOVE,
    letters.NEW_ADDRESS,
    letters.REMINDER,
    *SAID_BESIDES,
)
"""What somebody is called about first, of all that there is to tell them."""
NEWS_OF_PLACE = (letters.MOVE, letters.NEW_ADDRESS)
"""Where the caller tells where it is now."""
NEWS_OF_LIST = (letters.MOVE, letters.REMINDER)
"""Where the caller tells what is new on the list."""


@dataclass(frozen=True)
class Call:
    """One call to make: who, where, in which language, and about which letter. Wall times of the date's zone.

    `tries`: calls to them without an answer since there was this to tell, the last one at `tried_local`; `attempts`:
    those about this letter; `until_local`: when an offer ends;
    `may_wait`: there is another time that they could wait for instead; `moved`: what is new about a moved date;
    `address`: where it is now, empty if they may not know; `by_link`: it can be joined from home, or could be; `new`:
    what is new on the list; `reason`: why the host cancelled; `mail_failed`: a letter came back.
    """

    message_id: uuid.UUID
    registration_id: uuid.UUID
    occurrence_id: uuid.UUID
    name: str
    code_shown: str
    phone: str
    has_email: bool
    mail_failed: bool
    spoken: str
    language: str
    discreet: bool
    party: int
    by_employer: bool
    letter: str
    starts_local: datetime
    has_place: bool
    since_local: datetime
    attempts: int
    tries: int
    tried_local: datetime | None
    until_local: datetime | None
    may_wait: bool
    moved: moved.Moved | None
    address: str
    by_link: bool
    new: list[Texts]
    reason: Texts
    offer_id: uuid.UUID | None

    @property
    def many_tries(self) -> bool:
        return self.tries >= MANY_TRIES


@dataclass(frozen=True)
class Made:
    """A call of the last hour, whose outcome can be taken back if `can_undo`: it would be one to make again."""

    message_id: uuid.UUID
    name: str
    code_shown: str
    outcome: str
    at_local: datetime
    can_undo: bool


def call_of(message: Message, mail_failed: bool, may_wait: bool, vain: list[Message]) -> Call:
    """`vain`: all calls to the same person that reached nobody."""
    registration, occurrence = message.registration, message.occurrence
    assert registration is not None and occurrence is not None
    offer = message.offer
    tried = [one for one in vain if one.outcome == letters.NO_ANSWER and _counts_for(one, message)]
    tried_at = max((one.outcome_at for one in tried if one.outcome_at), default=None)
    starts: datetime = offer.slot.starts_local if offer else registration.starts_local
    return Call(
        message_id=message.id,
        registration_id=registration.id,
        occurrence_id=occurrence.id,
        name=registration.name,
        code_shown=registration.code_shown,
        phone=registration.contact if not registration.has_email else "",
        has_email=registration.has_email,
        mail_failed=mail_failed,
        spoken=registration.spoken,
        language=registration.language,
        discreet=registration.is_discreet,
        party=registration.party,
        by_employer=bool(registration.employer),
        letter=message.letter,
        starts_local=starts,
        has_place=registration.state in SEATED,
        since_local=wall(message.due_at, occurrence),
        attempts=message.attempts,
        tries=sum(one.attempts for one in tried),
        tried_local=wall(tried_at, occurrence) if tried_at else None,
        until_local=wall(offer.held_until, occurrence) if offer else None,
        may_wait=may_wait,
        moved=moved.of(registration) if message.letter == letters.MOVE else moved.unheard(registration),
        address=_address(registration) if message.letter in NEWS_OF_PLACE else "",
        by_link=occurrence.is_online or bool(occurrence.event.join_link),
        new=_new(registration) if message.letter in NEWS_OF_LIST and registration.state in SEATED else [],
        reason=occurrence.reason_off,
        offer_id=offer.id if offer else None,
    )


def _counts_for(call: Message, message: Message) -> bool:
    """Who did not answer while this was to be told did not answer for this either."""
    return call.id == message.id or (call.outcome_at is not None and call.outcome_at >= message.due_at)


def _address(registration: Registration) -> str:
    """What is kept back is for those with a place. Discreet words leave out the house's name: it may say too much."""
    occurrence, seated = registration.occurrence, registration.state in SEATED
    venue, link = occurrence.venue, occurrence.join_link if seated else ""
    if venue is None or (venue.kept_back and not seated):
        return ""
    name = "" if registration.is_discreet else venue.name
    if occurrence.is_only_online:
        parts = [venue.name if venue.online else "", link]
    else:
        parts = [name, venue.room, venue.full_address, link]
    return ", ".join(part for part in parts if part)


def _new(registration: Registration) -> list[Texts]:
    present = registration.occurrence.event.checklist
    return [item["text"] for item in new_on_the_list(registration.checklist_id, present)]


def can_undo(message: Message, now: datetime) -> bool:
    """True while the call could be made again: an offer that was answered has ended, an answered move is settled."""
    recent = message.outcome_at is not None and message.outcome_at > now - UNDO_FOR
    return message.outcome in UNDONE and recent and message.is_still_due(now)


def made_of(message: Message) -> Made:
    registration, occurrence = message.registration, message.occurrence
    assert registration is not None and occurrence is not None
    assert message.outcome is not None and message.outcome_at is not None
    return Made(
        message_id=message.id,
        name=registration.name,
        code_shown=registration.code_shown,
        outcome=message.outcome,
        at_local=wall(message.outcome_at, occurrence),
        can_undo=can_undo(message, clock.now()),
    )
