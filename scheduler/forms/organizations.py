"""What an organization says of itself, and how long it keeps what people told it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Form
from wtforms.validators import StopValidation

from .events import NUMERIC
from .fields import EmailAddress, Line, Phone, WebAddress
from .quantities import Whole

SPECIAL = '<>@"=\\'
"""In the name of a sender they look like an address, or like the marks that mail programs write letters with."""


class SenderName(Line):
    """What stands before the address that letters come from."""

    def check(self) -> None:
        if any(sign in SPECIAL for sign in self.data):
            raise StopValidation(_l("Write the name without these signs: %(signs)s", signs=" ".join(SPECIAL)))


class OrganizationForm(Form):
    """Its public contact, the name on its discreet letters, and days."""

    phone = Phone(_l("Phone"))
    email = EmailAddress(_l("E-mail"), render_kw={"inputmode": "email"})
    website = WebAddress(_l("Website"), most=300, render_kw={"inputmode": "url"})
    discreet_sender = SenderName(
        _l("Sender of discreet letters"),
        most=80,
        required=_l("Write who these letters come from, in words that tell nobody anything, like: Calendar desk."),
    )
    retention_days = Whole(_l("Days until people are erased after a date"), least=7, most=60, render_kw=NUMERIC)
