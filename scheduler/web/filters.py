"""The wording of core, made known to templates."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Flask
from markupsafe import Markup, escape

from ..core import clock, wording
from ..core.languages import direction
from ..models.base import Texts, in_language, language_of
from . import access, languages, words

COMPOUND = re.compile(r"\b(?:[A-Z]{1,2}-\d+[A-Z]*|[Ee]-mail)\b")
"""Names of forms and the like: too short to be broken at the hyphen."""


def texts(found: Texts | None) -> str:
    """A text of several languages, in the page's."""
    return in_language(found, languages.current())


def texts_language(found: Texts | None) -> str:
    """The language that `texts` answered in, for a lang attribute."""
    return language_of(found, languages.current())


def other_language(found: Texts | None) -> Markup:
    """The lang and dir attributes of an element that shows `texts`, where they differ from the page's."""
    answered = texts_language(found)
    if answered == languages.current():
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(answered, direction(answered))


def unbroken(text: str) -> Markup:
    """A title in which `I-9` or `e-mail` stays on one line: by markup, so that a copy keeps its plain hyphen."""
    return Markup(COMPOUND.sub(r'<span class="nb">\g<0></span>', str(escape(text))))


def stamp(instant: datetime, zone: str) -> str:
    """For datetime attributes, with the offset of the place: `2026-12-05T09:30-06:00`."""
    return clock.local(instant, zone).isoformat(timespec="minutes")


def dial(phone: str) -> str:
    """The `tel:` address of an American number."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return f"tel:+1{digits}" if len(digits) == 10 else f"tel:{'+' if len(digits) > 10 else ''}{digits}"


def bind(app: Flask) -> None:
    for name in (
        "weekday_date", "full_date", "plain_date", "short_date", "weekday", "door_month", "door_weekday", "clock_time",
        "zone_words", "spoken", "spoken_here", "month_year",
    ):  # fmt: skip
        app.jinja_env.filters[name] = getattr(wording, name)
    app.jinja_env.filters.update(
        texts=texts, texts_language=texts_language, other_language=other_language, local=clock.local, stamp=stamp,
        dial=dial, unbroken=unbroken, topic_words=wording.topic,
    )  # fmt: skip
    app.jinja_env.globals.update(
        time_range=wording.time_range,
        site_name=app.config["SITE_NAME"],
        today=lambda: clock.today(app.config["TIMEZONE"]),
        declared=access.declared,
        words=words,
    )
