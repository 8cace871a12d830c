"""The named cast: one small organization, its clinic, its workshop, its people; and an outsider who must see nothing.

Call these inside `with transaction():`. They return ids and plain values, which outlive the transaction.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from .. import accounts, events, organizations, registrations, reminders
from ..core import clock
from ..core.extensions import db
from ..models import event as states
from ..models.checklist import Checklist
from ..models.event import Event, Occurrence, Slot
from ..models.organization import LEAD, Organization
from ..models.registration import Registration
from ..models.venue import Venue
from ..registrations import Attendee

ZONE = "America/Chicago"
HOST, OTHER = "lamplight", "far-shore"
PASSWORD = "a-long-lamplight-phrase"

BASICS = {"state": states.PUBLISHED, "languages": ["en", "es"], "amenities": ["free", "step_free"]}

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Posted:
    """Where a published event and its one date are."""

    organization_id: uuid.UUID
    venue_id: uuid.UUID
    checklist_id: uuid.UUID
    event_id: uuid.UUID
    occurrence_id: uuid.UUID
    slot_ids: list[uuid.UUID]
    slug: str

    @property
    def slot_id(self) -> uuid.UUID:
        """The first, or only, time."""
        return self.slot_ids[0]


@dataclass(frozen=True)
class Staff:
    """Somebody who signs in."""

    user_id: uuid.UUID
    organization_id: uuid.UUID
    email: str
    password: str


def organization(slug: str = HOST) -> uuid.UUID:
    """The host, made when it is not there yet."""
    found = db.session.scalar(sa.select(Organization.id).where(Organization.slug == slug))
    if found:
        return found
    name = slug.replace("-", " ").title() + " Community House"
    host = Organization(
        id=uuid.uuid4(),
        slug=slug,
        name=name,
        about={"en": "Neighbors who open their house.", "es": "Vecinos que abren su casa."},
        area="Pilsen",
        languages=["en", "es"],
        email=f"hello@{slug}.example",
        phone="312-555-0190",
        verified_on=date(2026, 1, 15),
    )
    db.session.add(host)
    db.session.flush()
    return host.id


def venue(organization_id: uuid.UUID, *, hidden: bool = False, online: bool = False) -> uuid.UUID:
    """A library's room; hidden ones tell their address to people with a place only."""
    place = Venue(
        id=uuid.uuid4(),
        organization_id=organization_id,
        name="Online" if online else "Harbor Street Library",
        address="" if online else "1810 S. Harbor St.",
        zip_code="" if online else "60608",
        area="Online" if online else "Pilsen",
        room="" if online else "Room 2",
        transit={} if online else {"en": "Pink Line 18th; bus 60", "es": "Línea Rosa (18th); autobús 60"},
        access=[] if online else ["step_free", "restroom"],
        visibility="after_registration" if hidden else "public",
        online=online,
    )
    db.session.add(place)
    db.session.flush()
    return place.id


def checklist(organization_id: uuid.UUID) -> uuid.UUID:
    """Two things to bring, reviewed ten days ago."""
    kept = Checklist(
        id=uuid.uuid4(),
        organization_id=organization_id,
        title={"en": "What to bring", "es": "Qué traer"},
        items=[
            {"text": {"en": "Your letters, if you have them.", "es": "Sus cartas, si las tiene."}, "need": "bring"},
            {"text": {"en": "Glasses and a snack.", "es": "Lentes y algo de comer."}, "need": "comfort"},
        ],
        reviewed_on=clock.today(ZONE) - timedelta(days=10),
        reviewed_by_role="Supervising attorney",
        source_label="Host organization",
    )
    db.session.add(kept)
    db.session.flush()
    return kept.id


def clinic(
    slots: int = 3, seats: int = 2, *, starts_local: datetime | None = None, host: str = HOST, **event: object
) -> Posted:
    """A published, sensitive clinic in two weeks: times every 30 minutes, each with a few seats."""
    start = starts_local or a_day_ahead(14, "09:30")
    times = [(start + timedelta(minutes=30 * number), seats) for number in range(slots)]
    ends = times[-1][0] + timedelta(minutes=90)
    words = {
        "type": "legal_clinic",
        "admission": "timed",
        "title": {"en": "Legal Help Morning", "es": "Mañana de ayuda legal"},
        "summary": {"en": "Talk with a lawyer in private.", "es": "Hable con un abogado en privado."},
        "flow_minutes": 60,
        "steps": [{"label": {"en": "Talk with a lawyer", "es": "Hablar con un abogado"}, "minutes": 60}],
    }
    return _post(host, words | event, times, ends)


def workshop(
    seats: int = 10,
    *,
    sensitive: bool = False,
    starts_local: datetime | None = None,
    minutes: int = 90,
    host: str = HOST,
    **event: object,
) -> Posted:
    """A published workshop in two weeks: one time, so many seats."""
    start = starts_local or a_day_ahead(14, "18:00")
    words = {
        "type": "daca_renewal" if sensitive else "education",
        "title": {"en": "Paper Evening", "es": "Tarde de papeles"},
        "summary": {"en": "We fill in the forms together.", "es": "Llenamos los formularios juntos."},
        "sensitive": sensitive,
    }
    return _post(host, words | event, [(start, seats)], start + timedelta(minutes=minutes))


def a_day_ahead(days: int, hour: str) -> datetime:
    """A wall time so many days from today."""
    return datetime.combine(clock.today(ZONE) + timedelta(days=days), time.fromisoformat(hour))


def _post(host: str, words: dict[str, object], times: list[tuple[datetime, int]], ends: datetime) -> Posted:
    organization_id = organization(host)
    venue_id = words.pop("venue_id", None) or venue(organization_id)
    checklist_id = checklist(organization_id)
    now = clock.now()
    event = Event(
        id=uuid.uuid4(),
        organization_id=organization_id,
        checklist_id=checklist_id,
        created_at=now,
        revised_at=now,
        published_at=now,
        **(BASICS | {"slug": f"{host}-{next(_numbers)}"} | words),
    )
    occurrence = Occurrence(id=uuid.uuid4(), event=event, venue_id=venue_id, zone=ZONE, created_at=now, revised_at=now)
    occurrence.schedule(times[0][0], ends, 30)
    occurrence.slots = [
        Slot(id=uuid.uuid4(), starts_local=wall, starts_at=clock.to_utc(wall, ZONE), seats_limit=seats)
        for wall, seats in times
    ]
    db.session.add(event)
    db.session.flush()
    event.search_text = events.search_text(event)
    reminders.plan(occurrence)
    db.session.flush()
    slot_ids = [slot.id for slot in occurrence.slots]
    return Posted(organization_id, venue_id, checklist_id, event.id, occurrence.id, slot_ids, event.slug)  # type: ignore[arg-type]


def organizer(role: str = LEAD, host: str = HOST) -> Staff:
    """A member of the host's staff in this role."""
    organization_id = organization(host)
    email = f"{role}{next(_numbers)}@{host}.example"
    user = accounts.create_user(email=email, name="Robin Vale", password=PASSWORD, language="en")
    organizations.add_member(organization_id, user.id, role)
    return Staff(user.id, organization_id, email, PASSWORD)


def outsider() -> Staff:
    """The lead of another organization: nothing of the host's may be seen with this account."""
    return organizer(LEAD, OTHER)


ATTENDEE = Attendee(
    name="Marisol Ortega",
    contact_kind="email",
    contact="marisol@post.example",
    language="es",
    spoken="es",
    wording="discreet",
)


def attendee(**changes: object) -> Attendee:
    """Marisol, who writes Spanish and has an e-mail; or somebody else, by these changes."""
    return replace(ATTENDEE, **changes)  # type: ignore[arg-type]


def attends(posted: Posted, slot: int = 0, **changes: object) -> uuid.UUID:
    """Somebody keeps a place at this time, or a place in line; returns the registration's id."""
    nonce = f"cast-{next(_numbers)}"
    return registrations.register(posted.occurrence_id, posted.slot_ids[slot], attendee(**changes), nonce).id


def registration(registration_id: uuid.UUID) -> Registration:
    """The row, fresh."""
    return db.session.get_one(Registration, registration_id, populate_existing=True)
