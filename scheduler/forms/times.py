"""The times of one date, each with its places."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField
from wtforms.form import BaseForm

from .events import NUMERIC, Hour, Perhaps
from .quantities import Whole

MOST_PLACES, NEW_ROWS = 2000, 3


class PerhapsHour(Hour):
    """A time of day, or nothing."""

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, required="", **more)
        self.flags.required = False

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words; an empty field is fine."""
        if any(typed.strip() for typed in self.raw_data or ()):
            super().pre_validate(form)


class TimesForm(BaseForm):
    """A number for each time, a box for those that may go, and rows for new ones.

    `times`: id, wall time as words, limit, and whether it may be taken away. A wish that was typed is always heard:
    what has changed meanwhile is for the verb to say.
    """

    def __init__(
        self, times: Sequence[tuple[uuid.UUID, str, int, bool]], typed: Mapping[str, str] | None, *, may_add: bool
    ) -> None:
        fields: dict[str, Any] = {}
        for slot_id, words, limit, may_go in times:
            label = _("Places at %(time)s", time=words)
            fields[f"places-{slot_id}"] = Whole(label, least=0, most=MOST_PLACES, default=limit, render_kw=NUMERIC)
            if may_go or f"gone-{slot_id}" in (typed or ()):
                fields[f"gone-{slot_id}"] = BooleanField(_("Take %(time)s away", time=words))
        if len(times) > 1:
            fields["all"] = Perhaps(_("The same number at every time"), least=0, most=MOST_PLACES, render_kw=NUMERIC)
        for number in range(NEW_ROWS if may_add else 0):
            fields[f"new-{number}-starts"] = PerhapsHour(_("Time"))
            places = Perhaps(_("Number of places"), least=0, most=MOST_PLACES, render_kw=NUMERIC)
            fields[f"new-{number}-places"] = places
        super().__init__(fields)
        self.slot_ids = [slot_id for slot_id, *_rest in times]
        self.rows = range(NEW_ROWS if may_add else 0)
        self.process(typed)

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field; a new time says how many places it has, and places say their time."""
        sound = bool(super().validate(extra_validators))
        for number in self.rows:
            starts, places = self[f"new-{number}-starts"], self[f"new-{number}-places"]
            if starts.data is not None and places.data is None and not places.errors:
                places.errors = [_("Write how many places this time has.")]
                sound = False
            if starts.data is None and places.data is not None and not starts.errors:
                starts.errors = [_("Write the time, or leave both empty.")]
                sound = False
        return sound

    def fill_all(self) -> bool:
        """Write the one number at every time; False, with words at its field, when there is none."""
        every = self["all"]
        if not every.validate(self) or every.data is None:
            every.errors = every.errors or [_("Write the number first.")]
            return False
        for slot_id in self.slot_ids:
            self[f"places-{slot_id}"].data, self[f"places-{slot_id}"].raw_data = every.data, None
        return True

    def limits(self) -> dict[uuid.UUID, int | None]:
        """Places by time; None for those that go. Call it after validate()."""
        return {slot_id: None if self._goes(slot_id) else self[f"places-{slot_id}"].data for slot_id in self.slot_ids}

    def _goes(self, slot_id: uuid.UUID) -> bool:
        name = f"gone-{slot_id}"
        return name in self and bool(self[name].data)

    def added(self, day: date) -> dict[int, tuple[datetime, int]]:
        """The new times of that day with their places, by row. Call it after validate()."""
        rows = {number: (self[f"new-{number}-starts"].data, self[f"new-{number}-places"].data) for number in self.rows}
        return {
            number: (datetime.combine(day, starts), places)
            for number, (starts, places) in rows.items()
            if starts is not None and places is not None
        }
