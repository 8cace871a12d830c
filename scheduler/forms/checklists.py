"""A list of what to bring, line by line, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, Form

from .fields import Line, Listed
from .quantities import Day, Whole

EMPTY_ROWS = 3
MOST_ROWS = 40

IN_ENGLISH = _l("Write it in English too.")
IN_SPANISH = _l("Write it in Spanish too.")
NO_LINES = _l("Write at least one thing to bring.")
ENGLISH, SPANISH = {"lang": "en"}, {"lang": "es"}


class RowForm(Form):
    """One line of the list; a row without text is left out. Choices of need are handed in."""

    text_en = Line(_l("In English"), most=300, render_kw=ENGLISH)
    text_es = Line(_l("In Spanish"), most=300, render_kw=SPANISH)
    need = Listed(_l("How it is meant"), default="bring")

    def is_empty(self) -> bool:
        """True if nothing is written here."""
        return not (self.text_en.data or self.text_es.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Both languages or none."""
        if not self.is_empty():
            self.text_en.empty_words, self.text_es.empty_words = IN_ENGLISH, IN_SPANISH
        return bool(super().validate(extra_validators))


class ChecklistForm(Form):
    """The list with its rows. The page hands in organizations, kinds of need, and today as the latest day."""

    organization = Listed(_l("Organization"))
    title_en = Line(
        _l("Name of the list, in English"), most=120, required=_l("Write the name in English."), render_kw=ENGLISH
    )
    title_es = Line(
        _l("Name of the list, in Spanish"), most=120, required=_l("Write the name in Spanish."), render_kw=SPANISH
    )
    reviewed_on = Day(
        _l("Last checked on"),
        required=_l("Choose the day when somebody last checked this list."),
        too_late=_l("Choose today or an earlier day."),
    )
    review_every_days = Whole(_l("Check again every so many days"), least=7, most=730, default=90)
    reviewed_by_role = Line(
        _l("Checked by"), most=120, required=_l("Write the role of the person who checks, without a name.")
    )
    source_label = Line(_l("Official source"), most=200)

    def __init__(
        self, typed: Mapping[str, str] | None, rows: Sequence[Mapping[str, str]] = (), needs: Any = (), **values: Any
    ) -> None:
        super().__init__(typed, **values)
        self.needs = needs
        count = _typed_rows(typed) if typed else len(rows)
        kept = [*rows, *({} for _row in range(count))][: max(1, count)] or [{}]
        self.rows = [self._row(number, typed, row) for number, row in enumerate(kept)]

    def _row(
        self, number: int, typed: Mapping[str, str] | None = None, row: Mapping[str, str] | None = None
    ) -> RowForm:
        form = RowForm(typed, prefix=f"items-{number}", **(row or {}))
        form.need.choices = self.needs
        return form

    def add_rows(self) -> None:
        """A few empty rows at the end, as far as a list may go."""
        for number in range(len(self.rows), min(len(self.rows) + EMPTY_ROWS, MOST_ROWS)):
            self.rows.append(self._row(number))

    def filled_rows(self) -> list[RowForm]:
        """The rows with text, in their order."""
        return [row for row in self.rows if not row.is_empty()]

    def __iter__(self) -> Iterator[Field]:
        """All fields, those of the rows too: so the summary of errors knows them."""
        yield from super().__iter__()
        for row in self.rows:
            yield from row

    @property
    def errors(self) -> dict[str | None, Sequence[object]]:
        """What is wrong, by the name of the field."""
        found = {field.name: field.errors for field in self if field.errors}
        return {None: self.form_errors, **found} if self.form_errors else found

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field, every row, and at least one line."""
        sound = [super().validate(extra_validators), *(row.validate() for row in self.rows)]
        if not self.filled_rows():
            self.rows[0].text_en.errors = [NO_LINES]
            return False
        return all(sound)


def _typed_rows(typed: Mapping[str, str]) -> int:
    return next((number for number in range(MOST_ROWS) if f"items-{number}-text_en" not in typed), MOST_ROWS)
