"""What an organization tells of a place where it holds dates."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form
from wtforms.validators import StopValidation

from .fields import AnyOf, Line, Listed, OneOf

EVERYONE, ONLY_GUESTS = "public", "after_registration"

NEEDS_ADDRESS = _l("Write the street and number, or say that the place is online or hidden.")
NEEDS_ZIP = _l("Write the ZIP code.")
IN_SPANISH = _l("Write it in Spanish too.")
IN_ENGLISH = _l("Write it in English too.")


class Zip(Line):
    """Five digits, or nine."""

    def check(self) -> None:
        if not re.fullmatch(r"\d{5}(-\d{4})?", self.data, re.ASCII):
            raise StopValidation(_l("Write a ZIP code with 5 numbers, like 60608."))


class VenueForm(Form):
    """The page hands in organizations, facts of access, and the areas that are known."""

    organization = Listed(_l("Organization"))
    name = Line(_l("Name of the place"), most=200, required=_l("Write what people call this place."))
    online = BooleanField(_l("This place is online"))
    address = Line(_l("Street and number"), most=200)
    city = Line(_l("City"), most=80, default="Chicago")
    state = Line(_l("State"), most=20, default="IL")
    zip_code = Zip(_l("ZIP code"), most=10, render_kw={"inputmode": "numeric", "class": "short"})
    area = Line(_l("Part of the city"), most=80)
    room = Line(_l("Room or entrance"), most=120)
    visibility = OneOf(
        _l("Who may see the address?"),
        choices=[(EVERYONE, _l("Everyone")), (ONLY_GUESTS, _l("Only people who have a place"))],
        default=EVERYONE,
    )
    transit_en = Line(_l("Train and bus, in English"), most=200, render_kw={"lang": "en"})
    transit_es = Line(_l("Train and bus, in Spanish"), most=200, render_kw={"lang": "es"})
    parking = Line(_l("Parking"), most=200)
    access = AnyOf(_l("What is true of this place?"))

    def validate(self, extra_validators: Any = None) -> bool:
        """An address is needed where people are to find the door; transit in both languages or in none."""
        findable = not self.online.data and self.visibility.data != ONLY_GUESTS
        self.address.empty_words = NEEDS_ADDRESS if findable else None
        self.zip_code.empty_words = NEEDS_ZIP if findable or self.address.data else None
        if self.transit_en.data or self.transit_es.data:
            self.transit_en.empty_words, self.transit_es.empty_words = IN_ENGLISH, IN_SPANISH
        return bool(super().validate(extra_validators))
