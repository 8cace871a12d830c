"""How a provider answers an employer, and what it says of its trainings."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form

from .bookings import PARTS, PerhapsPart, Some, WishedDay
from .events import ENGLISH, NUMERIC, SPANISH, SUMMARY_LENGTH, TITLE_LENGTH, Hour
from .fields import AnyOf, Line, Lines, Listed, OneOf, WebAddress
from .quantities import Whole

WORDS_LENGTH = 600
AT_WORK = "theirs"

FORMATS = [
    ("onsite", _l("At a workplace, or at our place")),
    ("virtual", _l("Online")),
    ("open_session", _l("On open dates, for people of several employers")),
]
FOR_WHOM = [
    ("owner", _l("Owners")),
    ("hr", _l("Human resources")),
    ("manager", _l("Managers")),
    ("supervisor", _l("Supervisors")),
    ("front_desk", _l("Front desk")),
    ("all_staff", _l("All staff")),
]


class AcceptForm(Form):
    """One of the wished days, with a start, a place, and so many places. The page hands in days and venues."""

    wish = OneOf(_l("Which day?"), otherwise=_l("Choose one of the days."))
    starts = Hour(_l("Start"), required=_l("Write when it starts."))
    venue = Listed(_l("Place"))
    join_link = WebAddress(_l("Link to join online"), most=300, render_kw={"dir": "ltr", "inputmode": "url"})
    places = Whole(_l("Number of places"), least=1, most=500, render_kw=NUMERIC)


class DeclineForm(Form):
    """Words for the employer, and what could be instead. The page hands in open dates."""

    words = Lines(
        _l("Words for the employer"), most=WORDS_LENGTH, required=_l("Write a few words for the employer."),
        render_kw={"rows": "4"},
    )  # fmt: skip
    day_1 = WishedDay(_l("A day that works"))
    part_1 = PerhapsPart(_l("Time of day"), choices=PARTS, otherwise=_l("Choose morning, afternoon or evening."))
    day_2 = WishedDay(_l("Another day"))
    part_2 = PerhapsPart(_l("Time of day"), choices=PARTS, otherwise=_l("Choose morning, afternoon or evening."))
    dates = AnyOf(_l("Open trainings they could join"))

    def validate(self, extra_validators: Any = None) -> bool:
        """A day needs its part; neither must be there."""
        for number in (1, 2):
            day = self[f"day_{number}"]
            day.wanted = False
            self[f"part_{number}"].wanted = bool(day.raw_data and day.raw_data[0])
        return bool(super().validate(extra_validators))


class TrainingForm(Form):
    """One entry of the catalogue. The page hands in organizations, languages and trainings."""

    organization = Listed(_l("Organization"))
    title_en = Line(
        _l("Title in English"), most=TITLE_LENGTH, required=_l("Write a title in English."), render_kw=ENGLISH
    )
    title_es = Line(
        _l("Title in Spanish"), most=TITLE_LENGTH, required=_l("Write a title in Spanish."), render_kw=SPANISH
    )
    summary_en = Lines(_l("Summary in English"), most=SUMMARY_LENGTH, render_kw={"rows": "4", **ENGLISH})
    summary_es = Lines(_l("Summary in Spanish"), most=SUMMARY_LENGTH, render_kw={"rows": "4", **SPANISH})
    minutes = Whole(_l("Length in minutes"), least=15, most=600, default=60, render_kw=NUMERIC)
    people_min = Whole(_l("Smallest group"), least=1, most=500, default=5, render_kw=NUMERIC)
    people_max = Whole(_l("Largest group"), least=1, most=500, default=30, render_kw=NUMERIC)
    formats = Some(_l("How it is given"), choices=FORMATS)
    languages = Some(_l("Languages in which it is given"))
    audience = AnyOf(_l("For whom"), choices=FOR_WHOM)
    prerequisite = Listed(_l("To be taken before"))
    offered = BooleanField(_l("Employers can see it and ask for it"), default=True)

    def validate(self, extra_validators: Any = None) -> bool:
        """A summary stands in both languages or in none."""
        if self.summary_en.data or self.summary_es.data:
            self.summary_en.empty_words = _("Write it in English too.")
            self.summary_es.empty_words = _("Write it in Spanish too.")
        return bool(super().validate(extra_validators))

    def said(self) -> dict[str, Any]:
        """What was said, cleaned, but for the prerequisite. Call it after validate()."""
        same = ("minutes", "people_min", "people_max", "formats", "languages", "audience", "offered")
        texts = {
            name: {code: self[f"{name}_{code}"].data for code in ("en", "es") if self[f"{name}_{code}"].data}
            for name in ("title", "summary")
        }
        return {**{name: self[name].data for name in same}, **texts}
