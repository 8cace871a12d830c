"""What a host says when a date is off, and when and where a date moves to."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Form

from .events import ENGLISH, SPANISH, Hour, Planned
from .fields import Line, Listed
from .quantities import Day

REASON_LENGTH = 200


class CancellationForm(Form):
    """The reason in both languages: everybody reads it."""

    reason_en = Line(
        _l("Reason in English"), most=REASON_LENGTH, required=_l("Write the reason in English."), render_kw=ENGLISH
    )
    reason_es = Line(
        _l("Reason in Spanish"), most=REASON_LENGTH, required=_l("Write the reason in Spanish."), render_kw=SPANISH
    )

    def reason(self) -> dict[str, str]:
        """As a date keeps it. Call it after validate()."""
        return {"en": self.reason_en.data or "", "es": self.reason_es.data or ""}


class MoveForm(Planned):
    """The new day, hours and place; the page hands in places. The times within the date move along by themselves."""

    day = Day(_l("New day"), required=_l("Choose the day."))
    starts = Hour(_l("Start"), required=_l("Write when it starts."))
    ends = Hour(_l("End"), required=_l("Write when it ends."))
    venue = Listed(_l("Place"))
