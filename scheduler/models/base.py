"""What all tables share: ids, column types, and where a seal lives."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import make_transient_to_detached, mapped_column

from ..core import keyring, sealing
from ..core.extensions import Base, db

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

Row = TypeVar("Row", bound=Base)
Texts = dict[str, str]
"""One text in several languages: {"en": …, "es": …}."""


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime in UTC; refuses naive values."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant is aware: use clock.now() or clock.to_utc()")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class WallTime(sa.types.TypeDecorator[datetime]):
    """A naive datetime: what the clock on the wall of the place shows. Refuses aware values."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is not None and value.tzinfo is not None:
            raise ValueError("a wall time carries no zone: the occurrence names it")
        return value


class WordSet(sa.types.TypeDecorator[list[str]]):
    """A short list of key words, kept as ` en es ` so that one LIKE finds a whole word on every database."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return f" {' '.join(value)} " if value else ""

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[str]:
        return value.split() if value else []


def has_word(column: Any, word: str) -> sa.ColumnElement[bool]:
    """SQL: the WordSet holds this word."""
    return sa.type_coerce(column, sa.String).like(f"% {word} %")


Id = Annotated[uuid.UUID, mapped_column(sa.Uuid, primary_key=True, default=uuid.uuid4)]
Sealed = Annotated[bytes, mapped_column(sa.LargeBinary)]


def table_of(model: type[Base]) -> sa.Table:
    """Its table, for statements that load no objects."""
    return cast(sa.Table, model.__table__)


def write_new(rows: Sequence[Base]) -> None:
    """Write new rows of one table by one plain statement. No session knows them: introduce() those that one should.

    What add() and flush() do, without the search for everything else that may have changed: for rows that come by
    the hundred. Columns that were not set get their defaults, which must be plain values.
    """
    if not rows:
        return
    table = table_of(type(rows[0]))
    for row in rows:
        vars(row).update(_defaults(table) | vars(row))
    told = sorted({key for row in rows for key in _defaults(table) if vars(row)[key] is not None})
    db.session.execute(_inserting(table), [{key: vars(row)[key] for key in told} for row in rows])


def introduce(row: Base) -> None:
    """To the session, which follows what becomes of it from then on."""
    make_transient_to_detached(row)
    db.session.add(row)


def unwatched(model: type[Row], values: Iterable[tuple[str, Any]]) -> Row:
    """An object of which nobody writes down what is set, for write_new() or only to look at: rows by the hundred."""
    made = cast(Row, sa.inspect(model).class_manager.new_instance())
    vars(made).update(values)
    return made


def as_read(model: type[Row], values: Sequence[Any]) -> Row:
    """The values of all its columns, in the order of its table, as such an object: only to look at."""
    return unwatched(model, zip(_keys(table_of(model)), values, strict=True))


@cache
def _keys(table: sa.Table) -> list[str]:
    return [column.key for column in table.columns]


@cache
def _defaults(table: sa.Table) -> dict[str, Any]:
    return {column.key: getattr(column.default, "arg", None) for column in table.columns}


@cache
def _inserting(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


def derived_key(week: str, wrapped: bytes, purpose: str) -> bytes:
    """A 256-bit key for one purpose, of the key that lies wrapped by its week's. Raises keyring.KeyIsGone."""
    ring = keyring.current()
    return ring.remembered(week, (wrapped, purpose), lambda: sealing.derive(ring.unwrap(week, wrapped), purpose))


def seal_place(table: str, column: str, row: uuid.UUID) -> str:
    """What a seal is bound to."""
    return f"{table}|{column}|{row.hex}"


def in_language(texts: Texts | None, language: str) -> str:
    """The text in this language, in English where it is missing, or empty."""
    if not texts:
        return ""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def language_of(texts: Texts | None, language: str) -> str:
    """Which language in_language() answers in: for the lang attribute."""
    if texts and texts.get(language):
        return language
    return "en" if texts and texts.get("en") else next(iter(texts or {"en": ""}))
