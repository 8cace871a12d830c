"""A person changes a place: time, party, contact, words, language, needs. All of it at once, or nothing."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from flask_babel import lazy_gettext as _l

from .. import outbox, seats, waitlist
from ..core import clock
from ..core.errors import Closed, Conflict, Refusal, TimeTaken
from ..core.extensions import db
from ..models import registration as states
from ..models.event import Occurrence, Slot
from ..models.often import unproven_contact
from ..models.registration import Registration
from .employers import check_share
from .finding import locked
from .keeping import check_size
from .repeating import SAME_CONTACT_LIMIT
from .writing import HOLD

TOLD_IN_LETTERS = ("slot_id", "contact_kind", "contact", "language", "party", "wording")
"""What letters and invitations say, or how they say it: when it changes, a letter tells."""


class ChangedSince(Conflict):
    """The person saw the place as it was before."""

    def __init__(self) -> None:
        super().__init__(_l("Your place was changed after you opened this page. This is how it is now."))


@dataclass(frozen=True)
class Wishes:
    """What a person may change, as it is or as they wish it."""

    slot_id: uuid.UUID | None
    contact_kind: str
    contact: str
    language: str
    spoken: str
    party: int
    children: int
    needs: list[str]
    note: str
    wording: str

    @classmethod
    def of(cls, registration: Registration) -> Wishes:
        """As it is now."""
        return cls(**{name: getattr(registration, name) for name in cls.__dataclass_fields__})

    def differ(self, other: Wishes, *names: str) -> bool:
        """True if any of these, or anything at all, is not the same."""
        return any(getattr(self, name) != getattr(other, name) for name in names or self.__dataclass_fields__)

    def index(self, occurrence: Occurrence, nonce: str) -> bytes:
        """Equal for a form that was sent twice with the same answers."""
        digest = hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()
        return states.nonce_index(occurrence, f"change|{nonce}|{digest}")


def change(
    registration_id: uuid.UUID, wishes: Wishes, *, nonce: str = "", seen_at: datetime | None = None
) -> Registration:
    """Make the place as it is wished, and tell of it in one letter.

    The same nonce with the same wishes changes nothing more; nor do wishes that are fulfilled. `seen_at` is the
    `revised_at` of the place that the person saw. Raises Conflict when the place can no longer be changed, ChangedSince
    when it was changed meanwhile, TimeTaken or Refusal when there is no room; and then nothing is lost.
    """
    registration = locked(registration_id)
    occurrence, was = registration.occurrence, Wishes.of(registration)
    if not occurrence.event.sensitive:
        wishes = replace(wishes, wording=was.wording)
    sent_now = wishes.index(occurrence, nonce) if nonce else b""
    if sent_now == registration.answers_index or not wishes.differ(was):
        return registration
    check_changeable(registration)
    if seen_at is not None and seen_at != registration.revised_at:
        raise ChangedSince()
    _take_seats(registration, was, wishes)
    _write(registration, was, wishes)
    registration.answers_index = sent_now or registration.answers_index
    now = clock.now()
    if wishes.differ(was, *TOLD_IN_LETTERS):
        registration.revise(now)
        db.session.flush()
        outbox.tell_of_change(registration)
    else:
        registration.touch(now)
        db.session.flush()
    if wishes.differ(was, "slot_id", "party"):
        waitlist.offer_freed(occurrence)
    return registration


def check_changeable(registration: Registration) -> None:
    """Raise Conflict, in words, when nothing about this place can be changed any more."""
    if registration.state == states.CHECKED_IN:
        raise Conflict(_l("You are already checked in. Please tell the people at the door."))
    if registration.occurrence.is_cancelled:
        raise Conflict(_l("This date is canceled. There is nothing to change here."))
    if registration.occurrence.ends_at <= clock.now():
        raise Conflict(_l("This date is over. There is nothing to change here."))
    if registration.source == states.INVITED:
        raise Conflict(_l("Here we keep your name and nothing else. There is nothing to change."))
    if not registration.is_live():
        raise Conflict(_l("This place was given back. There is nothing to change here."))


def may_move(registration: Registration) -> bool:
    """True while another time of the same date can be chosen."""
    return registration.state in (states.HELD, states.CONFIRMED) and not _has_begun(registration)


def may_resize(registration: Registration) -> bool:
    """True while more or fewer people can come with this person; an offer is for those it was made to."""
    return registration.state == states.WAITLISTED or may_move(registration)


def _has_begun(registration: Registration) -> bool:
    return (registration.slot or registration.occurrence).starts_at <= clock.now()


def _take_seats(registration: Registration, was: Wishes, wishes: Wishes) -> None:
    if not wishes.differ(was, "slot_id", "party"):
        return
    occurrence = registration.occurrence
    if wishes.party > was.party:
        if not occurrence.accepts(clock.now()):
            raise Closed()
        check_size(occurrence, wishes.party)
        check_share(occurrence, registration.employer, wishes.party - was.party)
    if wishes.slot_id != was.slot_id and not may_move(registration):
        raise Conflict(_l("The time can’t be changed now."), field="slot")
    if not may_resize(registration):
        raise Conflict(_too_late(registration), field="party")
    if was.slot_id is None:
        return
    slot = next((found for found in seats.open_slots(occurrence) if found.id == wishes.slot_id), None)
    if slot is None:
        raise Refusal(_l("Choose a time from the list."), field="slot")
    if not seats.shift(occurrence, was.slot_id, was.party, slot, wishes.party):
        raise _no_room(occurrence, slot, was, wishes)


def _too_late(registration: Registration) -> object:
    if registration.state == states.OFFERED:
        return _l("A place is held for the group you named. Take it first; then you can change the number.")
    return _l("Your time has begun. Please tell the people at the door.")


def _no_room(occurrence: Occurrence, slot: Slot, was: Wishes, wishes: Wishes) -> Refusal:
    """What could be done instead: fewer people, or another time."""
    free = 0 if seats.would_pass(occurrence, slot) else slot.free
    most = free + was.party if slot.id == was.slot_id else free
    if most < was.party:
        return TimeTaken()
    words = _l("There is no room for %(wished)s at this time. We can keep your place for %(most)s.",
               wished=wishes.party, most=most)  # fmt: skip
    return Refusal(words, field="party")


def _write(registration: Registration, was: Wishes, wishes: Wishes) -> None:
    """All of it is sealed anew, so that the rows do not tell what was changed."""
    left_mailbox = registration.has_email and wishes.contact.casefold() != was.contact.casefold()
    name, code = registration.name, registration.code
    registration.slot_id, registration.party, registration.children = wishes.slot_id, wishes.party, wishes.children
    registration.language, registration.spoken = wishes.language, wishes.spoken
    registration.contact_kind, registration.wording = wishes.contact_kind, wishes.wording
    registration.keep_secret(name=name, contact=wishes.contact, note=wishes.note, needs=wishes.needs, code=code)
    if registration.employer:
        registration.keep_employer(registration.employer)
    if wishes.differ(was, "slot_id", "party") and registration.keep_asked_at is not None:
        registration.keep_asked_at = registration.reconfirmed_at = None
    if left_mailbox:
        registration.renew_links()
    if wishes.differ(was, "contact"):
        _ask_again(registration)


def _ask_again(registration: Registration) -> None:
    """The new contact has confirmed nothing yet; beyond so many places under one address, it must.

    Without an address there is no letter that could ask, so a place is not only held.
    """
    registration.reconfirmed_at, registration.proven = None, False
    outbox.forget_old_contact(registration.id)
    is_kept = registration.state == states.CONFIRMED and registration.has_email
    if is_kept and unproven_contact(registration) >= SAME_CONTACT_LIMIT:
        registration.state, registration.held_until = states.HELD, clock.to_minute(clock.now()) + HOLD
    elif registration.state == states.HELD and registration.has_email:
        registration.held_until = clock.to_minute(clock.now()) + HOLD
    elif registration.state == states.HELD:
        registration.state, registration.held_until = states.CONFIRMED, None


def renew_feed(registration_id: uuid.UUID) -> Registration:
    """A new address for the calendar; whoever has the old one sees nothing any more."""
    registration = locked(registration_id)
    registration.feed_generation += 1
    return registration
