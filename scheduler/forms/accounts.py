"""What members of staff type about themselves."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Form, PasswordField
from wtforms.validators import StopValidation

from .fields import EmailAddress, Listed, Words

LONGEST = 1000


class Password(PasswordField):
    """Taken as it was typed, blanks and all, and never shown again. `required`: what to say when it is empty."""

    def __init__(self, label: Words, *, required: Words, **more: object) -> None:
        super().__init__(label, **more)
        self.empty_words = required
        self.flags.required = True

    def pre_validate(self, form: object) -> None:
        """Raise StopValidation with words."""
        if not self.data:
            raise StopValidation(self.empty_words)
        if len(self.data) > LONGEST:
            raise StopValidation(_l("Please use %(most)s characters or fewer.", most=LONGEST))


EMAIL = {"autocomplete": "username", "inputmode": "email"}
KNOWN, FRESH = {"autocomplete": "current-password"}, {"autocomplete": "new-password"}


class SignInForm(Form):
    """E-mail and password."""

    email = EmailAddress(_l("E-mail"), required=_l("Write your e-mail."), render_kw=EMAIL)
    password = Password(_l("Password"), required=_l("Write your password."), render_kw=KNOWN)


class HelpForm(Form):
    """Where the letter with the link goes."""

    email = EmailAddress(_l("E-mail"), required=_l("Write your e-mail."), render_kw=EMAIL)


class NewPasswordForm(Form):
    """Behind the mailed link."""

    password = Password(_l("New password"), required=_l("Write a new password."), render_kw=FRESH)


class ChangePasswordForm(Form):
    """For somebody who is signed in."""

    old = Password(_l("Your password now"), required=_l("Write the password that you have now."), render_kw=KNOWN)
    password = Password(_l("New password"), required=_l("Write a new password."), render_kw=FRESH)


class LanguageForm(Form):
    """The language of the console. Choices are handed in: pairs of code and own name."""

    language = Listed(_l("Language"))
