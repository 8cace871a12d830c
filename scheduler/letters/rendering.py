"""From templates to words: the subject, the text and the page of a letter, in two languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import jinja2
from flask_babel import force_locale, get_translations, gettext
from markupsafe import Markup

from ..core import languages, wording
from ..core.config import ROOT
from ..models.message import Message
from . import facts, news

SUBJECT_MOST = 78
BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Written:
    """A letter in words. `languages`: the first one, and the one below."""

    subject: str
    text: str
    html: str
    languages: tuple[str, str]


@dataclass(frozen=True)
class Part:
    """One language's share."""

    language: str
    direction: str
    subject: str
    text: str
    html: Markup
    below: str


@cache
def templates(language: str) -> jinja2.Environment:
    """An environment of its own: no request reaches into a letter, and a missing fact is an error, not a gap.

    One for each language: asking flask_babel for each word anew was a tenth of a letter's time.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    with force_locale(language):
        environment.install_gettext_translations(get_translations(), newstyle=True)  # type: ignore[attr-defined]
    return environment


def write(message: Message) -> Written:
    """The whole letter, in the person's language and below it in another."""
    first = languages.written(_language(message))
    both = (first, languages.second(first))
    known = facts.known_once(message) | news.known_once(message)
    parts = [_part(message, language, known) for language in both]
    subject = " / ".join(part.subject for part in parts) if known["discreet"] else parts[0].subject
    frame = {"subject": subject, "parts": parts}
    return Written(
        subject=subject,
        text=templates(first).get_template("mail/frame.txt").render(frame),
        html=templates(first).get_template("mail/frame.html").render(frame),
        languages=both,
    )


def _language(message: Message) -> str:
    if message.registration is not None:
        return message.registration.language
    if message.booking is not None:
        return message.booking.language
    assert message.user is not None
    return message.user.language


def _part(message: Message, language: str, known: facts.Facts) -> Part:
    with force_locale(language):
        words = known | facts.in_words(message, language) | news.in_words(message, language, known)
        words["first"] = language == languages.written(_language(message))
        folder, pages = f"mail/{message.letter}", templates(language)
        return Part(
            language=language,
            direction=languages.direction(language),
            subject=_subject(pages.get_template(f"{folder}/subject.txt"), words),
            text=BLANK_LINES.sub("\n\n", pages.get_template(f"{folder}/body.txt").render(words)).strip(),
            html=Markup(pages.get_template(f"{folder}/body.html").render(words)),
            below=gettext("Below in %(language)s.", language=wording.spoken_here(language)),
        )


def _subject(template: jinja2.Template, words: facts.Facts) -> str:
    """One line; a title too long for it is cut, never the time."""
    subject = _filled(template, words)
    excess = len(subject) - SUBJECT_MOST
    if excess <= 0 or "title" not in words:
        return subject
    title = str(words["title"])
    cut = title[: max(0, len(title) - excess - 1)]
    whole_words = cut.rpartition(" ")[0] if len(cut) < len(title) and title[len(cut)] != " " else cut
    shorter = words | {"title": (whole_words or cut).rstrip(" ,;:-") + "…"}
    return _filled(template, shorter)


def _filled(template: jinja2.Template, words: facts.Facts) -> str:
    line = one_line(template.render(words))
    return line[:1].upper() + line[1:]


def one_line(text: str) -> str:
    """What may stand in a header: no line ends, no controls, no marks that turn the direction."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
