"""What to say on the phone: safe for whoever answers, in the language of the person who is called."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _

from ..core import languages, wording
from ..rosters import Call


@dataclass(frozen=True)
class Script:
    """What to read aloud, and the language that it is in."""

    language: str
    greeting: str
    if_another_answers: str


def script_for(call: Call) -> Script:
    """In the language that the person wants to speak, where we have it; else in that of their pages."""
    language = call.spoken if call.spoken in languages.OFFERED else languages.written(call.language)
    with force_locale(language):
        day = wording.weekday(call.starts_local.date())
        return Script(
            language=language,
            greeting=_(
                "Hello, may I speak with %(name)s? I'm calling about your appointment on %(weekday)s.",
                name=call.name,
                weekday=day,
            ),
            if_another_answers=_("I'll call again, thank you."),
        )
