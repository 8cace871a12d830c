"""A cursor of psycopg that tells of its result what SQLAlchemy asks, and no more. Imported for PostgreSQL only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import psycopg
from psycopg.pq.abc import PGresult

Column = tuple[str, int, None, None, None, None, None]
NOT_ASKED = (None, None, None, None, None)


class Described(Sequence[Column]):
    """The columns of a result by name and type, as in PEP 249. Each is looked up when somebody asks for it."""

    def __init__(self, found: PGresult) -> None:
        self._found = found

    def __len__(self) -> int:
        return self._found.nfields

    @overload
    def __getitem__(self, place: int) -> Column: ...

    @overload
    def __getitem__(self, place: slice) -> list[Column]: ...

    def __getitem__(self, place: int | slice) -> Column | list[Column]:
        places = range(self._found.nfields)[place]
        return self._column(places) if isinstance(places, int) else [self._column(one) for one in places]

    def _column(self, place: int) -> Column:
        return (self._found.fname(place) or b"").decode(), self._found.ftype(place), *NOT_ASKED


class TerseCursor(psycopg.Cursor[Any]):
    """Describes its columns only as far as somebody asks.

    SQLAlchemy asks once for each statement. psycopg's own description looks up every time what each type is called
    and how wide it is, of every column: for one's own page that was a seventh of all work.
    """

    @property
    def description(self) -> Described | None:  # type: ignore[override]
        """None where there is no result."""
        found = self.pgresult
        return Described(found) if found is not None and found.nfields else None
