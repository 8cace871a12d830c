"""What an organizer says of an event, and the times of one of its dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, Form, TimeField
from wtforms.validators import StopValidation

from .fields import AnyOf, Line, Lines, Listed, OneOf, WebAddress, Words
from .quantities import Day, Whole

TITLE_LENGTH, SUMMARY_LENGTH, LABEL_LENGTH = 120, 600, 120
ROWS, MOST_ROWS = 3, 12
LEAST_STEP, MOST_STEP = 5, 240
ENGLISH, SPANISH = {"lang": "en"}, {"lang": "es"}
NUMERIC = {"inputmode": "numeric", "class": "short"}

FORMATS = [
    ("in_person", _l("In person")),
    ("online", _l("Online")),
    ("hybrid", _l("In person and online")),
]
ADMISSIONS = [
    ("timed", _l("Each person chooses a time")),
    ("single_session", _l("All start together, with a place kept")),
    ("open_door", _l("Open door: keep a place, or just come")),
    ("seats", _l("Training: places for groups")),
    ("numbers", _l("Just come and take a number")),
    ("invite_code", _l("Only with an invitation")),
]
VISIBILITIES = [
    ("public", _l("Everyone: it is in the list and in calendars")),
    ("unlisted", _l("Only people who have the link")),
    ("private", _l("Only people with an invitation")),
]


class Perhaps(Whole):
    """A whole number, or nothing."""

    def __init__(self, label: Words, **more: Any) -> None:
        super().__init__(label, **more)
        self.flags.required = False

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words; an empty field is fine."""
        if self.data is not None or any(typed.strip() for typed in self.raw_data or ()):
            super().pre_validate(form)


class Hour(TimeField):
    """A time of day."""

    def __init__(self, label: Words, *, required: Words, **more: Any) -> None:
        super().__init__(label, **more)
        self.empty_words = required
        self.flags.required = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """What is no time becomes None."""
        self.data = None
        typed = valuelist[0].strip() if valuelist else ""
        for shape in ("%H:%M", "%H:%M:%S", "%I:%M %p"):
            try:
                self.data = datetime.strptime(typed, shape).time().replace(second=0)
            except ValueError:
                continue
            break

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words."""
        if self.data is None:
            typed = any(typed.strip() for typed in self.raw_data or ())
            raise StopValidation(_l("Write a time like 09:30.") if typed else self.empty_words)


class StepForm(Form):
    """One line of what will happen; a row without words is left out."""

    label_en = Line(_l("In English"), most=LABEL_LENGTH, render_kw=ENGLISH)
    label_es = Line(_l("In Spanish"), most=LABEL_LENGTH, render_kw=SPANISH)
    minutes = Perhaps(_l("Minutes"), least=0, most=480, render_kw=NUMERIC)

    def is_empty(self) -> bool:
        """True if nothing is written here."""
        return not (self.label_en.data or self.label_es.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Both languages or none."""
        if not self.is_empty():
            self.label_en.empty_words = _l("Write it in English too.")
            self.label_es.empty_words = _l("Write it in Spanish too.")
        return bool(super().validate(extra_validators))

    def step(self) -> dict[str, Any]:
        """As an event keeps it."""
        return {"label": {"en": self.label_en.data, "es": self.label_es.data}, "minutes": self.minutes.data or 0}


class EventForm(Form):
    """The page hands in organizations, types, languages, amenities and lists; a draft may lack much of it."""

    organization = Listed(_l("Organization"))
    type = Listed(_l("Kind of event"))
    title_en = Line(_l("Title in English"), most=TITLE_LENGTH, render_kw=ENGLISH)
    title_es = Line(_l("Title in Spanish"), most=TITLE_LENGTH, render_kw=SPANISH)
    summary_en = Lines(_l("Summary in English"), most=SUMMARY_LENGTH, render_kw={"rows": "4", **ENGLISH})
    summary_es = Lines(_l("Summary in Spanish"), most=SUMMARY_LENGTH, render_kw={"rows": "4", **SPANISH})
    languages = AnyOf(_l("Languages spoken there"))
    interpretation = AnyOf(_l("Interpreters who come when asked"))
    format = OneOf(_l("Where people take part"), choices=FORMATS, default="in_person")
    admission = OneOf(_l("How people come in"), choices=ADMISSIONS, default="timed")
    party_max = Whole(_l("Most people in one group"), least=1, most=50, default=6, render_kw=NUMERIC)
    max_per_employer = Perhaps(_l("Most places for one company"), least=1, most=50, render_kw=NUMERIC)
    training = Listed(_l("Training of the catalogue"))
    join_link = WebAddress(_l("Link to join online"), most=300, render_kw={"dir": "ltr", "inputmode": "url"})
    checklist = Listed(_l("List of what to bring"))
    amenities = AnyOf(_l("What is there"))
    flow_minutes = Perhaps(_l("Minutes that a visit takes"), least=0, most=720, render_kw=NUMERIC)
    sensitive = BooleanField(_l("This is sensitive"))
    retention_days = Perhaps(_l("Days until people are erased after a date"), least=7, most=60, render_kw=NUMERIC)
    walk_ins = BooleanField(_l("People without a place may come to the door"), default=True)
    cohosts = AnyOf(_l("Who hosts it with you"))
    visibility = OneOf(_l("Who may see it?"), choices=VISIBILITIES, default="public")

    def __init__(
        self, typed: Mapping[str, str] | None = None, steps: Sequence[Mapping[str, Any]] = (), **values: Any
    ) -> None:
        super().__init__(typed, **values)
        known = [{**step, **{f"label_{code}": text for code, text in step["label"].items()}} for step in steps]
        count = _typed_rows(typed) if typed else min(len(known) + ROWS, MOST_ROWS)
        self.rows = [
            StepForm(typed, prefix=f"steps-{number}", **(known[number] if number < len(known) else {}))
            for number in range(count)
        ]

    def offer_admissions(self, present: str) -> None:
        """Where invitations are made elsewhere nobody can keep a place here: only an event that is so may stay so."""
        self.admission.choices = [choice for choice in ADMISSIONS if choice[0] != "invite_code" or choice[0] == present]

    def add_rows(self) -> None:
        """A few more empty rows for steps, as far as a visit may go."""
        for number in range(len(self.rows), min(len(self.rows) + ROWS, MOST_ROWS)):
            self.rows.append(StepForm(prefix=f"steps-{number}"))

    def __iter__(self) -> Iterator[Field]:
        """All fields, those of the rows too: so the summary of errors knows them."""
        yield from super().__iter__()
        for row in self.rows:
            yield from row

    @property
    def errors(self) -> dict[str | None, Sequence[object]]:
        """What is wrong, by the name of the field."""
        found: dict[str | None, Sequence[object]] = {field.name: field.errors for field in self if field.errors}
        return {None: self.form_errors, **found} if self.form_errors else found

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field and every row; a title in one language is enough for a draft."""
        if not (self.title_en.data or self.title_es.data):
            self.title_en.empty_words = _l("Write a title, at least in one language.")
        sound = [super().validate(extra_validators), *(row.validate() for row in self.rows)]
        return all(sound)

    def said(self) -> dict[str, Any]:
        """What was said, cleaned; nothing of what was not asked. Call it after validate()."""
        same = ("type", "languages", "interpretation", "format", "admission", "party_max", "amenities", "flow_minutes",
                "sensitive", "visibility", "join_link", "walk_ins", "retention_days", "max_per_employer")  # fmt: skip
        return {
            **{name: self[name].data for name in same if name in self},
            "title": _texts(self.title_en, self.title_es),
            "summary": _texts(self.summary_en, self.summary_es),
            "steps": [row.step() for row in self.rows if not row.is_empty()],
        }


def _typed_rows(typed: Mapping[str, str]) -> int:
    return next((number for number in range(MOST_ROWS) if f"steps-{number}-label_en" not in typed), MOST_ROWS)


def _texts(english: Line, spanish: Line) -> dict[str, str]:
    return {code: field.data for code, field in (("en", english), ("es", spanish)) if field.data}


class Planned(Form):
    """A day and its hours. An end at 00:00 is the midnight after it: an evening may last until then."""

    day: Day
    ends: Hour

    def wall(self, field: Hour) -> datetime:
        """The wall time of an hour on the chosen day. Call it after validate()."""
        assert self.day.data is not None and field.data is not None
        wall = datetime.combine(self.day.data, field.data)
        at_midnight = field is self.ends and field.data == time.min and self.day.data < date.max
        return wall + timedelta(days=1) if at_midnight else wall


class DateForm(Planned):
    """One date. `last` and `every` are there only where people choose a time; the page hands in places."""

    day = Day(_l("Day"), required=_l("Choose the day."))
    starts = Hour(_l("Start"), required=_l("Write when it starts."))
    last = Hour(_l("Last arrival"), required=_l("Write the last time at which people may come."))
    every = Whole(
        _l("A new time every so many minutes"), least=LEAST_STEP, most=MOST_STEP, default=30, render_kw=NUMERIC
    )
    ends = Hour(_l("End"), required=_l("Write when it ends."))
    places = Whole(_l("Number of places"), least=0, most=2000, default=0, render_kw=NUMERIC)
    venue = Listed(_l("Place"))

    def fit(self, *, timed: bool) -> None:
        """Ask only what this way in needs."""
        if timed:
            self.starts.label.text = _("First arrival")
            self.places.label.text = _("Places at each time")
        else:
            del self.last, self.every

    def leave_times(self) -> None:
        """Ask only for day, hours and place: the times were set one by one."""
        for name in ("last", "every", "places"):
            if name in self:
                del self[name]
