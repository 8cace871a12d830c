"""What an employer asks for, and what its staff tell us: a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, StringField
from wtforms.validators import StopValidation

from .fields import AnyOf, EmailAddress, Line, Lines, OneOf, Phone, Words
from .quantities import Day, Whole
from .venues import Zip

COMPANY_LENGTH, NAME_LENGTH, NOTE_LENGTH = 120, 80, 500
YES, NO = "yes", "no"

PARTS = [("morning", _l("Morning")), ("afternoon", _l("Afternoon")), ("evening", _l("Evening"))]
PLACES = {"theirs": _l("Your workplace"), "online": _l("Online"), "ours": _l("Our place")}
AUDIENCE = [("owner", _l("Owners")), ("supervisor", _l("Supervisors")), ("all_staff", _l("All staff"))]
EQUIPMENT = [("screen", _l("Screen")), ("sound", _l("Sound")), ("step_free", _l("Step-free"))]


class WishedDay(Day):
    """A day after today and within a year; one that is not wanted may stay empty."""

    def __init__(self, label: Words, **more: Any) -> None:
        required, too_late = _l("Choose at least one day."), _l("Choose a day within one year.")
        super().__init__(label, required=required, too_late=too_late, **more)
        self.today: date | None = None
        self.wanted = True

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words."""
        if self.data is None and not self.process_errors and not self.wanted:
            raise StopValidation()
        super().pre_validate(form)
        if self.today and self.data and self.data <= self.today:
            raise StopValidation(_("Choose a day after today."))


class PerhapsPart(OneOf):
    """Asked only where a day was named."""

    wanted = True

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words."""
        if self.wanted:
            super().pre_validate(form)


class Some(AnyOf):
    """At least one of a few choices. `empty_words`: what to say when there is none."""

    empty_words: object = _l("Choose at least one.")

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words."""
        super().pre_validate(form)
        if not self.data:
            raise StopValidation(self.empty_words)


def _part() -> PerhapsPart:
    return PerhapsPart(_l("Time of day"), choices=PARTS, otherwise=_l("Choose morning, afternoon or evening."))


class RequestForm(Form):
    """Everything that an employer is asked. The page hands in places, languages and numbers of the training."""

    employer = Line(
        _l("Company name"),
        most=COMPANY_LENGTH,
        required=_l("Write the name of your company."),
        render_kw={"autocomplete": "organization"},
    )
    name = Line(_l("Your name"), most=NAME_LENGTH, required=_l("Write your name."), render_kw={"autocomplete": "name"})
    email = EmailAddress(
        _l("Work e-mail"),
        required=_l("Write the e-mail address to which we can answer."),
        render_kw={"autocomplete": "email", "inputmode": "email", "dir": "ltr"},
    )
    phone = Phone(
        _l("Phone"),
        required=_l("Write a phone number at work."),
        render_kw={"autocomplete": "tel", "inputmode": "tel", "dir": "ltr"},
    )
    place = OneOf(_l("Where"), otherwise=_l("Choose where."))
    zip = Zip(_l("ZIP code of your workplace"), most=10, render_kw={"inputmode": "numeric", "class": "short"})
    day_1 = WishedDay(_l("First day"))
    part_1 = _part()
    day_2 = WishedDay(_l("Second day"))
    part_2 = _part()
    day_3 = WishedDay(_l("Third day"))
    part_3 = _part()
    head_count = Whole(_l("How many people"), least=1, most=1, render_kw={"inputmode": "numeric", "class": "short"})
    languages = Some(_l("Language(s) of the group"))
    audience = Some(_l("Who comes"), choices=AUDIENCE)
    equipment = AnyOf(_l("Screen, sound, step-free"), choices=EQUIPMENT)
    certificates = OneOf(_l("Certificates needed?"), choices=[(YES, _l("Yes")), (NO, _l("No"))], default=NO)
    note = Lines(_l("Anything else"), most=NOTE_LENGTH, render_kw={"rows": "3"})
    nonce = HiddenField()
    homepage = StringField(_l("Leave this box empty"), render_kw={"autocomplete": "off", "tabindex": "-1"})

    def fit(self, places: Sequence[str], least: int, most: int, today: date, latest: date) -> None:
        """Ask only for what this training can be."""
        self.place.choices = [(key, PLACES[key]) for key in PLACES if key in places]
        self.head_count.least, self.head_count.most = least, most
        for number in (1, 2, 3):
            day = self[f"day_{number}"]
            day.today, day.latest = today, latest
            day.wanted = number == 1

    def validate(self, extra_validators: Any = None) -> bool:
        """True if all of it can stand; each further day needs its part, and no day is named twice."""
        at_theirs = self.place.data == "theirs"
        self.zip.wanted = at_theirs
        self.zip.empty_words = _("Write the ZIP code of your workplace.")
        for number in (2, 3):
            self[f"part_{number}"].wanted = bool(self[f"day_{number}"].raw_data and self[f"day_{number}"].raw_data[0])
        fine = bool(super().validate(extra_validators))
        return self._name_no_day_twice() and fine

    def _name_no_day_twice(self) -> bool:
        named: set[tuple[date, str]] = set()
        fine = True
        for number in (1, 2, 3):
            day, part = self[f"day_{number}"], self[f"part_{number}"].data
            if day.data is None or day.errors:
                continue
            if (day.data, part) in named:
                day.errors = [*day.errors, _("You named this day and time already. Choose another one.")]
                fine = False
            named.add((day.data, part))
        return fine

    def wishes(self) -> list[tuple[date, str]]:
        """The days that were named, with the part of each. Call it after validate()."""
        pairs = ((self[f"day_{number}"].data, self[f"part_{number}"].data) for number in (1, 2, 3))
        return [(day, part) for day, part in pairs if day is not None]

    def answers(self) -> dict[str, Any]:
        """What was said, cleaned, but for the wishes. Call it after validate()."""
        same = ("employer", "name", "email", "phone", "place", "head_count", "languages", "audience", "equipment")
        return {
            **{name: self[name].data for name in same},
            "zip": self.zip.data or "" if self.place.data == "theirs" else "",
            "certificates": self.certificates.data == YES,
            "note": self.note.data or "",
        }


class StaffForm(Form):
    """What somebody tells who comes by an employer's invitation. Nothing else."""

    name = Line(
        _l("Name as it should be on the certificate"),
        most=NAME_LENGTH,
        required=_l("Write your name as it should be on the certificate."),
        render_kw={"autocomplete": "name"},
    )
    nonce = HiddenField()
    homepage = StringField(_l("Leave this box empty"), render_kw={"autocomplete": "off", "tabindex": "-1"})
