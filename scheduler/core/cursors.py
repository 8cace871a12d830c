"""A cursor of psycopg that tells of its result what SQLAlchemy asks, and no more. Imported for PostgreSQL only."""

from __future__ import annotations

from typing import Any

import psycopg

Described = tuple[str, int, None, None, None, None, None]
NOT_ASKED = (None, None, None, None, None)


class TerseCursor(psycopg.Cursor[Any]):
    """Columns by name and type.

    psycopg's own description also looks up what each type is called and how wide it is, of every column of every
    result: for one's own page that was a seventh of all work.
    """

    @property
    def description(self) -> list[Described] | None:  # type: ignore[override]
        """As in PEP 249; None where there is no result."""
        found = self.pgresult
        if found is None or not found.nfields:
            return None
        return [
            ((found.fname(place) or b"").decode(), found.ftype(place), *NOT_ASKED) for place in range(found.nfields)
        ]
