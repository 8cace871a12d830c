"""Letters as somebody would get them, for those who decide on them: the real words, with nobody's data in them."""

from __future__ import annotations

import uuid
from datetime import datetime

from ..core import clock
from ..models import message as letters
from ..models import registration as places
from ..models.event import Occurrence
from ..models.message import Message
from ..models.registration import Registration
from .rendering import Written, write

CODE = "MAPL2345"


def reminder(occurrence: Occurrence, due_at: datetime, language: str, *, discreet: bool) -> Written:
    """The reminder of this date as it will be when it is due. Its links lead nowhere, and nothing is written down."""
    registration = Registration(
        id=uuid.uuid4(),
        occurrence=occurrence,
        slot=occurrence.slots[0],
        slot_id=occurrence.slots[0].id,
        state=places.CONFIRMED,
        party=1,
        children=0,
        language=language,
        spoken=language,
        contact_kind=places.EMAIL,
        wording=places.DISCREET if discreet else places.FULL,
        source="web",
        checklist_id=occurrence.event.checklist_id,
        link_generation=1,
        feed_generation=1,
        created_at=clock.now(),
    )
    registration.keep_secret(name="", contact="", note="", needs=[], code=CODE)
    return write(Message(letter=letters.REMINDER, registration=registration, occurrence=occurrence, due_at=due_at))
