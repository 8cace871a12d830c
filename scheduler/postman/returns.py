"""Returns: a letter that a mail server took, and that comes back minutes or days later."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from .. import letters
from ..core import clock
from ..core.extensions import db, transaction
from ..models import message as kinds
from ..models.message import Message
from . import queue, reports

log = logging.getLogger(__name__)

LOOKS_BACK = timedelta(days=7)
"""Longer than mail servers keep trying."""

NOTED, UNCHANGED, UNKNOWN, IGNORED = "noted", "unchanged", "unknown", "ignored"


def take_back(octets: bytes) -> str:
    """If these octets report that a letter of ours did not arrive, write that down; what became of it, in one word.

    Opens its transaction itself, because finding the letter needs none.
    """
    report = reports.read(octets)
    if report is None:
        return IGNORED
    message_id = _find(report.marks)
    if message_id is None:
        return UNKNOWN
    with transaction():
        noted = queue.came_back(message_id, report.status)
    if not noted:
        return UNCHANGED
    log.warning("letter %s came back: %s", message_id, report.status)
    return NOTED


def _find(marks: Iterable[str]) -> uuid.UUID | None:
    """The letter of the first mark that we know. No column holds them: those of a few days are quickly reckoned."""
    lately = Message.channel == kinds.EMAIL, Message.sent_at >= clock.now() - LOOKS_BACK
    try:
        known = {letters.mark(row): row for row in db.session.scalars(sa.select(Message.id).where(*lately))}
    finally:
        db.session.rollback()
    return next((known[mark] for mark in marks if mark in known), None)
