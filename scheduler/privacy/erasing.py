"""Who cancels or asks for it is erased one by one, within the hour."""

from __future__ import annotations

import sqlalchemy as sa

from ..core import clock
from ..core.extensions import db
from ..models.message import WAITING, Message
from ..models.registration import Registration


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
