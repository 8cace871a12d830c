"""An employer asks for a training, changes its mind, or withdraws."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import outbox
from ..core import clock
from ..core.errors import Conflict, Missing, Refusal
from ..core.extensions import db
from ..models import training as states
from ..models.message import BOOKING_RECEIVED
from ..models.registration import CODE_LETTERS
from ..models.training import Booking, Training, Wish
from .finding import locked

ANSWER_WITHIN = 3
"""Working days until the provider answers."""
SATURDAY = 5


@dataclass(frozen=True)
class Request:
    """What an employer tells us on the form, cleaned."""

    employer: str
    name: str
    email: str
    phone: str
    place: str
    wishes: list[Wish]
    head_count: int
    languages: list[str]
    audience: list[str]
    language: str
    zip: str = ""
    equipment: list[str] = field(default_factory=list)
    certificates: bool = False
    note: str = ""

    def index(self, booking: Booking, nonce: str = "") -> bytes:
        """Equal for a form that was sent twice with the same answers. `nonce`: of the form of a change."""
        answers = repr((sorted(asdict(self).items()), nonce))
        return states.blinded(booking, hashlib.sha256(answers.encode()).hexdigest())


def submit(training_id: uuid.UUID, said: Request, nonce: str) -> Booking:
    """Write a request down, and the letter that names its reference.

    The same nonce with the same answers gives the same request. Raises Missing, Refusal with the field, Conflict.
    """
    training = db.session.get(Training, training_id, with_for_update={"key_share": True}, populate_existing=True)
    if training is None or not training.offered:
        raise Missing()
    earlier = db.session.scalar(sa.select(Booking).where(Booking.nonce_index == states.nonce_index(nonce)))
    if earlier is not None:
        return _replayed(earlier, said)
    _check(training, said)
    now = clock.to_minute(clock.now())
    booking = Booking(id=uuid.uuid4(), training=training, reference=_reference(), submitted_at=now, addressed=1)
    booking.nonce_index = states.nonce_index(nonce)
    booking.answer_by = working_days_after(clock.today(current_app.config["TIMEZONE"]), ANSWER_WITHIN)
    booking.days_promised = training.keep_days
    keep_unanswered(booking, said.wishes)
    _write(booking, said)
    db.session.add(booking)
    db.session.flush()
    outbox.enqueue_for_booking(BOOKING_RECEIVED, booking)
    return booking


def change(booking_id: uuid.UUID, said: Request, nonce: str = "") -> Booking:
    """Say it anew, until the provider has taken it up. A new address gets the letter again, and a link of its own.

    `nonce`: of the form; whoever has no more than the old link must not find the new one by guessing what was said.
    """
    booking = locked(booking_id)
    if booking.state != states.SUBMITTED:
        raise Conflict(_l("Your request is being worked on, so it can't be changed here any more. Please call us."))
    _check(booking.training, said)
    moved = said.email.casefold() != booking.email.casefold()
    booking.days_promised = booking.training.keep_days
    keep_unanswered(booking, said.wishes)
    _write(booking, said, nonce)
    if moved:
        booking.addressed += 1
        booking.link_generation += 1
        outbox.enqueue_for_booking(BOOKING_RECEIVED, booking)
    db.session.flush()
    return booking


def withdraw(booking_id: uuid.UUID) -> Booking:
    """We do not need it any more. A second call changes nothing; what has a date is called off by the provider."""
    booking = locked(booking_id)
    if booking.state == states.WITHDRAWN:
        return booking
    if booking.state not in states.OPEN:
        raise Conflict(_l("This request was already answered. Please call us to change it."))
    booking.state = states.WITHDRAWN
    booking.answered_at = booking.revised_at = clock.to_minute(clock.now())
    booking.keep(clock.today(current_app.config["TIMEZONE"]) + timedelta(days=booking.keep_days))
    db.session.flush()
    return booking


def working_days_after(day: date, count: int) -> date:
    """So many days later, without Saturdays and Sundays."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day


def check_wishes(wishes: list[Wish]) -> None:
    """Raise Refusal for days that are over, too far away, or named twice. Fields are day_1, day_2, day_3."""
    today = clock.today(current_app.config["TIMEZONE"])
    if not wishes:
        raise Refusal(_l("Choose at least one day."), field="day_1")
    for number, wish in enumerate(wishes, 1):
        if wish.day <= today:
            raise Refusal(_l("Choose a day after today."), field=f"day_{number}")
        if wish.day > today + states.FARTHEST:
            raise Refusal(_l("Choose a day within one year."), field=f"day_{number}")
        if wish in wishes[: number - 1]:
            raise Refusal(_l("You named this day and time already. Choose another one."), field=f"day_{number}")


def _check(training: Training, said: Request) -> None:
    check_wishes(said.wishes)
    if not training.people_min <= said.head_count <= training.people_max:
        least, most = training.people_min, training.people_max
        words = _("This training is for %(least)s to %(most)s people.", least=least, most=most)
        raise Refusal(words, field="head_count")
    if said.place not in training.places():
        raise Refusal(_l("This training is not given there. Choose another place."), field="place")
    if not set(said.languages) <= set(training.languages):
        raise Refusal(_l("This training is not given in that language."), field="languages")


def keep_unanswered(booking: Booking, wishes: Sequence[Wish] = ()) -> None:
    """Until its last day is long over; where nobody does anything about it, no longer, however far away that day is."""
    last_day = max(wish.day for wish in wishes or booking.wishes)
    today = clock.today(current_app.config["TIMEZONE"])
    booking.keep(min(last_day + timedelta(days=booking.keep_days), today + timedelta(days=states.KEEP_DAYS)))


def _replayed(earlier: Booking, said: Request) -> Booking:
    if earlier.answers_index != said.index(earlier):
        raise Conflict(_l("This form was already sent. Open the page anew to ask for another training."))
    return earlier


def _write(booking: Booking, said: Request, nonce: str = "") -> None:
    booking.days_wished = [[wish.day.isoformat(), wish.part] for wish in said.wishes]
    for name in ("head_count", "place", "languages", "audience", "equipment", "certificates", "language"):
        setattr(booking, name, getattr(said, name))
    booking.keep_secret(**{name: getattr(said, name) for name in states.SEALED})
    booking.answers_index = said.index(booking, nonce)
    booking.revised_at = clock.to_minute(clock.now())


def _reference() -> str:
    """Said on the phone and named in letters; it opens nothing."""
    return "T-" + "".join(secrets.choice(CODE_LETTERS) for _number in range(6))
