"""Fields that clean what was typed, and say in words what to do when it cannot stand.

A form is shown again with what was typed, so cleaning happens first: a person who only presses the button
again after an error sends the cleaned text. `novalidate` forms leave all wording to us. Templates tell fields
apart by `type`, so ours carry the names of the WTForms fields that they look like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, TypeAlias

from email_validator import EmailNotValidError, validate_email
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, EmailInput, ListWidget, Option, Select, TelInput, TextArea, URLInput

Words: TypeAlias = str | LazyString
Pairs: TypeAlias = Sequence[tuple[str, Words]]

SPOILED = _l("There was a line break or a hidden sign in this text. We took it out. Please check the rest.")
NOT_IN_LIST = _l("Choose one from the list.")
WRONG_EMAIL = _l("Write an e-mail address like ana@example.com.")
SECOND_EMAIL = _l("Write only one e-mail address, without commas or spaces.")
WRONG_PHONE = _l("Write a phone with 10 numbers, like 312 555 0143. From abroad, start with + and the country.")

EMAIL_LENGTH = 254

# Lines and paragraphs of Unicode, and the signs that turn the direction of what stands after them.
BREAKS = "\u2028\u2029"
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What word processors leave behind: it has no width and no meaning.
LEFTOVERS = {ord(sign): None for sign in "\u200b\ufeff\u00ad"}


def clean(typed: str, *, lines: bool = False) -> tuple[str, bool]:
    """The text as it may be kept (NFC, no control signs, spaces tidied), and whether something was taken out.

    `lines`: line feeds may stay. Marks that scripts need (joiners, right-to-left marks) stay.
    """
    text = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()
    text = text.replace("\t", " ").translate(LEFTOVERS)
    if text.isascii() and text.isprintable():
        return re.sub(r"\s+", " ", text), False
    kept = "".join(sign if not _is_hidden(sign, lines) else " " for sign in text)
    spaces = r"[^\S\n]+" if lines else r"\s+"
    return re.sub(spaces, " ", kept).strip(), any(_is_hidden(sign, lines) for sign in text)


def _is_hidden(sign: str, lines: bool) -> bool:
    if sign == "\n":
        return not lines
    return sign in BREAKS or sign in TURNS or unicodedata.category(sign) in ("Cc", "Cs")


def can_be_seen(text: str) -> bool:
    """True if the text holds at least one letter, number or sign that somebody can read."""
    return any(unicodedata.category(sign)[0] in "LNPS" or unicodedata.category(sign) == "Cn" for sign in text)


def phone_number(typed: str) -> str | None:
    """`312-555-0143` for numbers of the country, `+48221234567` for others; None if it is no phone number."""
    typed = typed.translate({0x200E: None, 0x200F: None})
    digits = "".join(str(unicodedata.decimal(sign)) for sign in typed if sign.isdecimal())
    rest = {sign for sign in typed if not sign.isdecimal()}
    if rest - set(" -.()/+\u2010\u2011\u2013") or "+" in typed[1:]:
        return None
    abroad = typed.startswith("+") and not digits.startswith("1")
    if abroad:
        return f"+{digits}" if 8 <= len(digits) <= 15 else None
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}" if len(digits) == 10 else None


class Line(StringField):
    """One line of text. `most`: characters; `required`: what to say when it is empty."""

    lines = False

    def __init__(self, label: Words, *, most: int, required: Words | None = None, **more: Any) -> None:
        super().__init__(label, **more)
        self.most = most
        self.empty_words = required
        self.spoiled = False
        self.wanted = True
        if required is not None:
            self.flags.required = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Far too long a text is cut before it is looked at: putting it in order could take minutes."""
        if valuelist:
            cut = valuelist[0][: self.most * 2 + 1000]
            self.data, self.spoiled = clean(cut, lines=self.lines)

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words; nothing is asked of a field that is not wanted."""
        if not self.wanted:
            raise StopValidation()
        if self.spoiled:
            raise StopValidation(SPOILED)
        if not can_be_seen(self.data or ""):
            self.data = ""
            raise StopValidation(self.empty_words)
        if len(self.data) > self.most:
            raise StopValidation(_("Please use %(most)s characters or fewer.", most=self.most))
        self.check()

    def check(self) -> None:
        """More that a kind of line may ask for."""


class Lines(Line):
    """A text of several lines."""

    widget = TextArea()
    lines = True


class EmailAddress(Line):
    """One address to which a letter can travel; kept in its ASCII form."""

    widget = EmailInput()

    def __init__(self, label: Words, *, most: int = EMAIL_LENGTH, **more: Any) -> None:
        super().__init__(label, most=most, **more)

    def check(self) -> None:
        if re.search(r"[,;\s]", self.data):
            raise StopValidation(SECOND_EMAIL)
        try:
            # Nothing is asked of the network; .test is accepted, so that drills can write somewhere.
            found = validate_email(self.data, check_deliverability=False, strict=True, test_environment=True)
        except EmailNotValidError:
            raise StopValidation(WRONG_EMAIL) from None
        if not found.ascii_email:
            raise StopValidation(_("We can't write to this address: its first part needs plain letters a to z."))
        self.data = found.ascii_email


class WebAddress(Line):
    """An address that a browser opens, over https only."""

    widget = URLInput()

    def check(self) -> None:
        if not re.fullmatch(r"https://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?", self.data):
            raise StopValidation(_("Write an address that starts with https://"))


class Phone(Line):
    """A number that staff can call."""

    widget = TelInput()

    def __init__(self, label: Words, *, most: int = 40, **more: Any) -> None:
        super().__init__(label, most=most, **more)

    def check(self) -> None:
        number = phone_number(self.data)
        if number is None:
            raise StopValidation(WRONG_PHONE)
        self.data = number


def _declared(pairs: Pairs) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


def _values(field: RadioField | SelectField) -> set[str]:
    """What can be chosen, of choices as declared and as a page hands them in."""
    return {choice.value if isinstance(choice, SelectChoice) else choice[0] for choice in field.choices}


class OneOf(RadioField):
    """One of a few choices. `otherwise`: what to say when none of them came."""

    def __init__(self, label: Words, *, choices: Pairs = (), otherwise: Words = NOT_IN_LIST, **more: Any) -> None:
        super().__init__(label, validate_choice=False, choices=_declared(choices), **more)
        self.type, self.otherwise = "RadioField", otherwise

    def pre_validate(self, form: object) -> None:
        if self.data not in _values(self):
            raise StopValidation(self.otherwise)

    def fold(self) -> None:
        """Show many choices as a list that opens, not as a row."""
        self.type, self.widget, self.option_widget = "SelectField", Select(), Option()


class Listed(SelectField):
    """One of many choices, in a list that opens."""

    def __init__(self, label: Words, *, choices: Pairs = (), otherwise: Words = NOT_IN_LIST, **more: Any) -> None:
        super().__init__(label, validate_choice=False, choices=_declared(choices), **more)
        self.type, self.otherwise = "SelectField", otherwise

    def pre_validate(self, form: object) -> None:
        if self.data not in _values(self):
            raise StopValidation(self.otherwise)


class AnyOf(SelectMultipleField):
    """Any of a few choices, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
    data: Any

    def __init__(self, label: Words, *, choices: Pairs = (), **more: Any) -> None:
        super().__init__(label, validate_choice=False, choices=_declared(choices), **more)
        self.type = "SelectMultipleField"

    def pre_validate(self, form: object) -> None:
        known = {choice.value for choice in self.iter_choices()}
        if not known.issuperset(self.data or ()):
            raise StopValidation(_("Choose only from the list."))
        self.data = sorted(set(self.data or ()))


def plain_digits(typed: object) -> str:
    """A number in any script, in the digits 0-9; what is no number stays as it is."""
    text = str(typed).strip()
    return str(int(text)) if text.isdecimal() and len(text) < 10 else text
