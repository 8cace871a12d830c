"""Who cancels or asks for it is erased one by one, within the hour; and a note, a day after it was of use."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from .. import seats
from ..core import clock, sealing
from ..core.extensions import db
from ..models.message import WAITING, Message
from ..models.registration import CHECKED_IN, Registration

NOTE_KEPT = timedelta(days=1)
NOTES_AT_ONCE = 200


def erase_due() -> int:
    """Erase the people whose hour has come, or who asked for it and have had their last letter; returns how many.

    Their letters go with them.
    """
    untold = sa.exists().where(Message.registration_id == Registration.id, Message.state == WAITING)
    erased = db.session.execute(
        sa.delete(Registration)
        .where(sa.or_(Registration.erase_at <= clock.now(), sa.and_(Registration.erase_asked, ~untold)))
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    )
    return len(erased.all())


def forget_notes() -> int:
    """Empty what people wrote for the day itself, a day after they were checked in; returns how many.

    The rest of what they told us stays until the date is purged.
    """
    has_note = sa.func.length(Registration.note_sealed) > sealing.EMPTY_SEALED
    helped = Registration.state == CHECKED_IN, Registration.checked_in_at <= clock.now() - NOTE_KEPT
    ids = sa.select(Registration.id).where(*helped, has_note).order_by(Registration.occurrence_id, Registration.id)
    found = db.session.scalars(ids.limit(NOTES_AT_ONCE)).all()
    for registration_id in found:
        seats.lock_registration(registration_id).forget_note()
    db.session.flush()
    return len(found)
