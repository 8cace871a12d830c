"""On which days before a date its people are reminded."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Form

from .fields import AnyOf

DAYS = [
    ("14", _l("2 weeks before")),
    ("7", _l("1 week before")),
    ("5", _l("5 days before")),
    ("3", _l("3 days before")),
    ("2", _l("2 days before")),
    ("1", _l("1 day before")),
    ("0", _l("The same morning")),
]


class RemindersForm(Form):
    """Any of these days; none is a choice too."""

    days = AnyOf(_l("When do people get a reminder?"), choices=DAYS)

    def chosen(self) -> list[int]:
        """The days, the first reminder first. Call it after validate()."""
        return sorted((int(days) for days in self.days.data), reverse=True)
