"""The form that keeps a place, and the one that finds it again by its code."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, HiddenField, StringField

from .fields import AnyOf, EmailAddress, Line, Lines, Listed, OneOf, Phone, plain_digits

NAME_LENGTH, NOTE_LENGTH, EMPLOYER_LENGTH = 80, 200, 120
CHILDREN_MOST = 6
CHIPS_MOST = 8

BY_EMAIL, BY_HELPER, BY_PHONE, BY_NOTHING = "email", "helper_email", "phone", "none"

NO_EMAIL = _l("Write the e-mail address that we may use.")
NO_PHONE = _l("Write the phone number that we may call.")
CONTACT_KINDS = [
    (BY_EMAIL, _l("E-mail")),
    (BY_PHONE, _l("Phone call")),
    (BY_HELPER, _l("E-mail of a person who helps me")),
    (BY_NOTHING, _l("No contact, I will keep my code")),
]
NEEDS = [
    ("step_free", _l("No stairs")),
    ("quiet_room", _l("Quiet room")),
    ("large_print", _l("Large print")),
    ("reader", _l("Someone to read with me")),
    ("sign_language", _l("Sign language")),
]


class PlaceForm(Form):
    """Everything that we ask of a person, and no more. The page hands in dates, times, languages and numbers."""

    date = OneOf(_l("Choose a date"), otherwise=_l("Choose a date from the list."))
    slot = OneOf(_l("Choose a time"), otherwise=_l("Choose a time from the list."))
    employer = Line(
        _l("Company name"),
        most=EMPLOYER_LENGTH,
        required=_l("Write the name of your company."),
        render_kw={"autocomplete": "organization"},
    )
    name = Line(
        _l("What should we call you?"),
        most=NAME_LENGTH,
        required=_l("Write what we should call you. A first name or nickname is fine."),
        render_kw={"autocomplete": "name"},
    )
    contact_kind = OneOf(
        _l("How can we tell you if the time or place changes?"),
        choices=CONTACT_KINDS,
        otherwise=_l("Choose how we can tell you, or choose no contact."),
    )
    email = EmailAddress(_l("E-mail address"), render_kw={"autocomplete": "email", "inputmode": "email", "dir": "ltr"})
    phone = Phone(_l("Phone number"), render_kw={"autocomplete": "tel", "inputmode": "tel", "dir": "ltr"})
    full_words = BooleanField(_l("It is OK to use full words"))
    spoken = Listed(_l("What language do you want to speak there?"), otherwise=_l("Choose a language from the list."))
    party = OneOf(_l("How many people come for help?"), coerce=plain_digits, default="1")
    children = OneOf(
        _l("How many children need care?"),
        coerce=plain_digits,
        default="0",
        choices=[(str(count), str(count)) for count in range(CHILDREN_MOST + 1)],
        otherwise=_l("Choose a number from the list. If more children come, write it in the last box."),
    )
    needs = AnyOf(_l("Anything that helps you?"), choices=NEEDS)
    note = Lines(_l("Something we should know?"), most=NOTE_LENGTH, render_kw={"rows": "3"})
    nonce = HiddenField()
    homepage = StringField(_l("Leave this box empty"), render_kw={"autocomplete": "off", "tabindex": "-1"})

    def offer_party(self, most: int) -> None:
        """One group may have up to so many people."""
        offer_party(self, most)

    def validate(self, extra_validators: Any = None) -> bool:
        """True if all of it can stand. Of e-mail and phone only the chosen one is looked at."""
        want_contact(self)
        return bool(super().validate(extra_validators))

    def answers(self) -> dict[str, Any]:
        """What was said, cleaned. Call it after validate()."""
        return {
            "name": self.name.data,
            "employer": self.employer.data if "employer" in self else "",
            **contact_in(self),
            "spoken": self.spoken.data,
            "party": int(self.party.data),
            "children": int(self.children.data),
            "needs": self.needs.data,
            "note": self.note.data or "",
            "wording": "full" if self.full_words and self.full_words.data else "discreet",
        }


class ChangesForm(Form):
    """What a person may change of a place, as it is now. What cannot be changed any more is taken out by the page."""

    slot = PlaceForm.slot
    party = PlaceForm.party
    children = PlaceForm.children
    contact_kind = PlaceForm.contact_kind
    email = PlaceForm.email
    phone = PlaceForm.phone
    full_words = PlaceForm.full_words
    language = OneOf(_l("What language should we write to you in?"))
    spoken = PlaceForm.spoken
    needs = PlaceForm.needs
    note = PlaceForm.note
    nonce = HiddenField()
    seen = HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        """True if all of it can stand. Of e-mail and phone only the chosen one is looked at."""
        want_contact(self)
        return bool(super().validate(extra_validators))

    def answers(self) -> dict[str, Any]:
        """What was said, cleaned, of what was asked; the time as it is named on the form. Call it after validate()."""
        said = {name: self[name].data for name in ("language", "spoken", "needs")}
        said["note"] = self.note.data or ""
        said |= {name: int(self[name].data) for name in ("party", "children") if name in self}
        if "full_words" in self:
            said["wording"] = "full" if self.full_words.data else "discreet"
        return said | contact_in(self)


def offer_party(form: Any, most: int) -> None:
    """One group may have up to so many people."""
    form.party.choices = [(str(count), str(count)) for count in range(1, most + 1)]
    form.party.otherwise = _l("Choose a number of people from 1 to %(most)s. Call us for a larger group.", most=most)
    if most > CHIPS_MOST:
        form.party.fold()


def want_contact(form: PlaceForm | ChangesForm) -> None:
    """Only the address that was chosen is asked for."""
    kind = form.contact_kind.data
    form.email.wanted = kind in (BY_EMAIL, BY_HELPER)
    form.phone.wanted = kind == BY_PHONE
    form.email.empty_words = NO_EMAIL
    form.phone.empty_words = NO_PHONE


def contact_in(form: PlaceForm | ChangesForm) -> dict[str, Any]:
    """Where we may tell this person something, and how."""
    kind = form.contact_kind.data
    return {
        "contact_kind": kind,
        "contact": {BY_PHONE: form.phone.data, BY_NOTHING: ""}.get(kind, form.email.data),
    }


class CodeForm(Form):
    """Eight letters and numbers; spaces, dashes and small letters do not matter."""

    code = Line(
        _l("Your code"),
        most=40,
        required=_l("Write your code: 8 letters and numbers, like ABCD-2345."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr"},
    )
