"""What the house asks of the database: counting it, and refusing what asks about the wrong rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from scheduler.core.extensions import db

LISTED = re.compile(r"\sFROM ((?:\w+(?: AS \w+)?, )+\w+(?: AS \w+)?)\b")


def _read_twice(statement: str) -> str | None:
    """A table that some list of tables names beside an alias of its own."""
    for listed in LISTED.findall(statement):
        names = listed.split(", ")
        for name in names:
            if any(other.startswith(f"{name} AS {name}_") for other in names):
                return str(name)
    return None


def refuse_forgotten(engine: sa.Engine) -> None:
    """Fail on a subquery that reads a table once more beside its alias: it asks about anybody's rows."""

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found = _read_twice(statement)
        assert not found, (
            f"this subquery reads {found} anew, so it is about anybody's rows and not about the outer question's: "
            f"say .correlate(...) with all that it takes from outside.\n{statement}"
        )

    sa.event.listen(engine, "before_cursor_execute", listen)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent meanwhile; the begin of a transaction is none."""
    sent: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", listen)
