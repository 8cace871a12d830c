"""What a volunteer types for somebody who walks in: ten seconds, three answers."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField

from .fields import Line, Listed, OneOf, Phone, plain_digits
from .registrations import CHIPS_MOST, NAME_LENGTH, PlaceForm, offer_party


class WalkInForm(Form):
    """The page hands in the languages, and how many people may come together."""

    name = Line(
        _l("Name to call"),
        most=NAME_LENGTH,
        required=_l("Write what we should call you. A first name or nickname is fine."),
        render_kw={"autocomplete": "off", "autocapitalize": "words"},
    )
    spoken = OneOf(_l("Language"), otherwise=_l("Choose a language from the list."))
    party = OneOf(_l("How many"), coerce=plain_digits, default="1")
    nonce = HiddenField()

    def offer(self, languages: Sequence[tuple[str, str]], most: int) -> None:
        """The languages to choose from, those of the event first, and the numbers of people up to `most`."""
        self.spoken.choices = list(languages)
        self.party.choices = [(str(count), str(count)) for count in range(1, most + 1)]
        self.party.otherwise = _("Choose a number of people from 1 to %(most)s.", most=most)
        if most > CHIPS_MOST:
            self.party.fold()


class PhoneForm(Form):
    """What staff ask somebody who calls. Who gives no number keeps a code."""

    slot = PlaceForm.slot
    employer = PlaceForm.employer
    name = PlaceForm.name
    phone = Phone(_l("Phone number"), render_kw={"autocomplete": "off", "inputmode": "tel", "dir": "ltr"})
    spoken = Listed(_l("What language do you want to speak there?"))
    party = PlaceForm.party
    children = PlaceForm.children
    needs = PlaceForm.needs
    nonce = HiddenField()

    def offer_party(self, most: int) -> None:
        """One group may have up to so many people."""
        offer_party(self, most)
