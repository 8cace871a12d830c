"""The invented people who keep places in the demo world."""

from __future__ import annotations

import json
import random
import unicodedata
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from .. import registrations
from ..core import clock
from ..core.extensions import db
from ..models import message as letters
from ..models import registration as states
from ..models.event import PRIVATE, Event, Occurrence, Slot
from ..models.message import Message
from ..models.registration import Registration
from ..registrations import Attendee
from . import employers

NAMES: dict[str, list[str]] = json.loads(Path(__file__).with_name("people.json").read_text("utf-8"))
MAILBOXES = ("post.example", "correo.example", "mail.example")
NOTES = {
    "en": ("I come by bus and may be ten minutes late.", "I use a wheelchair.", "My mother comes with me."),
    "es": ("Vengo con mi hermana.", "Salgo del trabajo a las cinco.", "Necesito sentarme cerca de la puerta."),
}


class Crowd:
    """People in the order in which they come; the same ones in every demo world."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.number = 0
        self._met = dict.fromkeys(NAMES, 0)

    def next_person(self, spoken: list[str], party: int) -> Attendee:
        """Somebody who speaks one of these languages, with this many people."""
        self.number += 1
        language = self.chance.choice([word for word in spoken if word in NAMES] or ["en"])
        name = self._next_name(language)
        written = "es" if language == "es" else "en"
        kind = self.chance.choices(states.CONTACT_KINDS, (60, 18, 10, 12))[0]
        return Attendee(
            name=name,
            contact_kind=kind,
            contact=self._contact(kind, name),
            language=written,
            spoken=language,
            party=party,
            children=self.chance.choice((0, 0, 0, 1)) if party > 1 else 0,
            needs=self.chance.sample(states.NEEDS, 1) if self.chance.random() < 0.1 else [],
            note=self.chance.choice(NOTES[written]) if self.chance.random() < 0.2 else "",
            wording=states.DISCREET,
        )

    def _next_name(self, language: str) -> str:
        """Everybody once; in each later round the first names meet other family names."""
        names = NAMES[language]
        rounds, place = divmod(self._met[language], len(names))
        self._met[language] += 1
        first, _, last = names[place].rpartition(" ")
        return f"{first} {names[(place + rounds) % len(names)].rpartition(' ')[2]}" if first else last

    def _contact(self, kind: str, name: str) -> str:
        if kind == states.NONE:
            return ""
        if kind == states.PHONE:
            return f"312-555-01{self.number % 100:02}"
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        stem = ".".join("".join(filter(str.isalpha, word)) for word in plain.lower().split()).strip(".")
        return f"{stem or 'neighbor'}{self.number}@{self.chance.choice(MAILBOXES)}"

    def come(self, occurrence_id: uuid.UUID, wished: dict[str, int]) -> None:
        """Register as many as `wished` says (registered, employers, waitlisted, reconfirmed), their letters sent."""
        occurrence = db.session.get_one(Occurrence, occurrence_id)
        event = occurrence.event
        query = sa.select(Slot).where(Slot.occurrence_id == occurrence_id).order_by(Slot.starts_at)
        slots = list(db.session.scalars(query))
        free = {slot.id: slot.free for slot in slots}
        seated = []
        for number, party in enumerate(self._parties(wished, event, sum(free.values()))):
            employer = employers.NAMES[number % len(employers.NAMES)] if event.max_per_employer else ""
            slot_id = self.chance.choice([slot for slot, seats in free.items() if seats >= party])
            free[slot_id] -= party
            seated.append(self._register(occurrence_id, slot_id, event.languages, party, employer))
        for _ in range(wished.get("waitlisted", 0)):
            self._register(occurrence_id, slots[0].id, event.languages, self.chance.choice((1, 1, 2)))
        for registration_id in self.chance.sample(seated, wished.get("reconfirmed", 0)):
            registrations.reconfirm(registration_id)
        mark_sent(occurrence_id, letters.EMAIL)

    def _parties(self, wished: dict[str, int], event: Event, seats: int) -> list[int]:
        """How many come with each: small groups while there is room, and exactly full where people wait."""
        count = wished["registered"]
        if "employers" in wished:
            employers = wished["employers"]
            return [count // employers + (number < count % employers) for number in range(employers)]
        spare = 0 if wished.get("waitlisted") else (seats - count) // 4
        parties = [1] * count
        for number in range(0, count, 4):
            more = min(spare, self.chance.choice((0, 1, 1, 2)), event.party_max - 1)
            parties[number], spare = 1 + more, spare - more
        return sorted(parties, reverse=True)

    def _register(
        self, occurrence_id: uuid.UUID, slot_id: uuid.UUID, spoken: list[str], party: int, employer: str = ""
    ) -> uuid.UUID:
        person = replace(self.next_person(spoken, party), employer=employer)
        private = db.session.get_one(Occurrence, occurrence_id).event.visibility == PRIVATE
        source = "invitation" if private else "web"
        return registrations.register(occurrence_id, slot_id, person, f"demo-{self.number}", source).id

    def answer(self, occurrence_id: uuid.UUID, count: int) -> None:
        """The date moved: these many keep their place, the others have not said yet."""
        asked = sa.select(Registration.id).where(
            Registration.occurrence_id == occurrence_id, Registration.keep_asked_at.is_not(None)
        )
        rows = list(db.session.scalars(asked.order_by(Registration.number)))
        for registration_id in self.chance.sample(rows, count):
            registrations.reconfirm(registration_id)

    def check_in(self, occurrence_id: uuid.UUID, count: int) -> None:
        """After the day: these many came, the others did not."""
        rows = list(db.session.scalars(sa.select(Registration).where(Registration.occurrence_id == occurrence_id)))
        for registration in self.chance.sample(rows, count):
            assert registration.slot is not None
            arrived = registration.slot.starts_at + timedelta(minutes=self.chance.randint(-5, 12))
            registration.state, registration.checked_in_at = states.CHECKED_IN, arrived
            registration.arrived = registration.party
        for registration in rows:
            registration.created_at = registration.occurrence.starts_at - timedelta(days=self.chance.randint(2, 14))


def mark_sent(occurrence_id: uuid.UUID, *channels: str) -> None:
    """Invented people get no letters for what happened before the demo began."""
    db.session.execute(
        sa.update(Message)
        .where(Message.occurrence_id == occurrence_id, Message.channel.in_(channels), Message.state == letters.WAITING)
        .values(state=letters.SENT, sent_at=clock.now(), attempts=1)
        .execution_options(synchronize_session=False)
    )
