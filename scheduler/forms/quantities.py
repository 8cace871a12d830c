"""Days and whole numbers, with our own words for what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField
from wtforms.validators import StopValidation

from .fields import Words, plain_digits

WRONG_DAY = _l("Choose a day, or write it like 2026-12-05.")
EARLIEST = date(2000, 1, 1)


class Day(DateField):
    """A day. The page may set `latest`; `too_late` says what is wrong with a later one."""

    def __init__(self, label: Words, *, required: Words, too_late: Words = WRONG_DAY, **more: Any) -> None:
        super().__init__(label, **more)
        self.empty_words, self.too_late = required, too_late
        self.latest: date | None = None
        self.flags.required = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Raise ValueError with words for what is no day."""
        if not valuelist:
            return
        self.data = None
        typed = valuelist[0].strip()
        if typed:
            try:
                self.data = date.fromisoformat(typed)
            except ValueError:
                raise ValueError(WRONG_DAY) from None

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words."""
        if self.process_errors:
            raise StopValidation()
        if self.data is None:
            raise StopValidation(self.empty_words)
        if self.data < EARLIEST:
            raise StopValidation(WRONG_DAY)
        if self.latest and self.data > self.latest:
            raise StopValidation(self.too_late)


class Whole(IntegerField):
    """A whole number between two others."""

    def __init__(self, label: Words, *, least: int, most: int, **more: Any) -> None:
        super().__init__(label, **more)
        self.least, self.most = least, most
        self.flags.required = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """What is no number becomes None."""
        if valuelist:
            typed = plain_digits(valuelist[0])
            self.data = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words."""
        if self.data is None or not self.least <= self.data <= self.most:
            raise StopValidation(_("Write a number from %(least)s to %(most)s.", least=self.least, most=self.most))
