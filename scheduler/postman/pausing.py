"""Whether mail may go. A database that was restored from a copy would tell people what they were told before.

The database and the key ring count the same beats of the workers. Where they differ, one of them is a restored copy:
mail is paused until a person looks and resumes it. See docs/decisions/0008-restored-means-paused.md.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from .. import outbox
from ..core import clock, keyring
from ..core.extensions import db, transaction
from ..models import message as letters
from ..models.heartbeat import BY_HAND, RESTORED, Heartbeat, heartbeat
from ..models.message import Message
from . import queue

BEAT = timedelta(seconds=50)
"""Workers look once a minute; the first of them beats."""


def beat() -> int:
    """One more beat, in the database and then in the key ring, if the last is a while ago. Opens its transactions.

    Dying between the two leaves the ring one behind, which the next beat makes good.
    """
    with transaction():
        beats = _beat()
    if beats:
        keyring.current().hear(beats)
    return 0


def _beat() -> int:
    """How many beats the ring should know now; 0 if none is due, or mail waits for a person."""
    row, now = _locked(), clock.now()
    if row.beaten_at and row.beaten_at <= now < row.beaten_at + BEAT:
        return 0
    row.beaten_at = now
    if not _may_deliver(row):
        return 0
    if row.beats == keyring.current().beats():
        row.beats += 1
    return row.beats


def may_deliver() -> bool:
    """False while mail is paused; a database and a key ring that do not belong together pause it.

    Inside `with transaction():`. A beat may fall between the two looks, so what seems odd is looked at again behind
    the row's lock, where nobody beats.
    """
    row = heartbeat()
    if row is None or (row.paused_at is None and _in_step(row)):
        return True
    return _may_deliver(_locked())


def _may_deliver(row: Heartbeat) -> bool:
    if row.paused_at is None and not _in_step(row):
        row.paused_at, row.paused_because = clock.now(), RESTORED
    return row.paused_at is None


def _in_step(row: Heartbeat) -> bool:
    return 0 <= row.beats - keyring.current().beats() <= 1


def is_paused() -> bool:
    """True while letters wait for a person."""
    row = heartbeat()
    return row is not None and row.paused_at is not None


def outlook() -> tuple[timedelta, bool]:
    """How late the oldest letter is, and whether mail is paused: one statement, since every console page asks."""
    paused = sa.exists().where(Heartbeat.paused_at.is_not(None))
    due, waits = db.session.execute(sa.select(queue.oldest().scalar_subquery(), paused)).one()
    return queue.since(due), bool(waits)


def _locked() -> Heartbeat:
    """The row, locked. A new database goes on where its key ring is."""
    if heartbeat() is None:
        first = {"id": 1, "beats": keyring.current().beats(), "paused_because": ""}
        db.session.execute(outbox.insert_once(Heartbeat), [first])
    query = sa.select(Heartbeat).with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def pause_mail() -> None:
    """No letter leaves until somebody resumes. Inside `with transaction():`."""
    row = _locked()
    if row.paused_at is None:
        row.paused_at, row.paused_because = clock.now(), BY_HAND


def resume_mail() -> None:
    """Letters go again: database and key ring count on together. Opens its transactions."""
    with transaction():
        row = _locked()
        row.beats = beats = max(row.beats, keyring.current().beats()) + 1
    # The ring first: as long as the two differ nothing leaves, whoever dies here.
    keyring.current().hear(beats)
    with transaction():
        row = _locked()
        row.paused_at, row.paused_because = None, ""


def part_from_copies() -> None:
    """After a copy of the database: beat once more, so that the copy knows fewer. Opens its transactions."""
    with transaction():
        row = _locked()
        if _in_step(row):
            keyring.current().hear(row.beats)
        row.beats = beats = row.beats + 1
    keyring.current().hear(beats)


def note_copy() -> None:
    """All that was to be copied is. Inside `with transaction():`."""
    _locked().copied_at = clock.now()


def due_letters() -> Counter[str]:
    """How many letters would leave now, by kind."""
    query = (
        sa.select(Message.letter, sa.func.count())
        .where(Message.state == letters.WAITING, Message.channel == letters.EMAIL, Message.next_try_at <= clock.now())
        .group_by(Message.letter)
    )
    return Counter({row[0]: row[1] for row in db.session.execute(query)})


def drop_due() -> int:
    """Letters that are due now are not sent: they may have gone before the copy was restored. Returns how many."""
    dropped = db.session.execute(
        sa.update(Message)
        .where(Message.state == letters.WAITING, Message.channel == letters.EMAIL, Message.next_try_at <= clock.now())
        .values(state=letters.VOID, lease_until=None)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(dropped.all())
