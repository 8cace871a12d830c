"""What to say on the phone: safe for whoever answers, in the language of the person who is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from ..core import languages as known
from ..core import wording
from ..models import message as letters
from ..models.base import in_language
from ..rosters import Call
from . import languages


@dataclass(frozen=True)
class Words:
    """What to read aloud, in one language; `on_request`: what is new on the list, and `why` it is off, for who
    wants to hear it.
    """

    language: str
    greeting: str
    if_another_answers: str
    message: str
    on_request: list[str]
    why: str


@dataclass(frozen=True)
class Script:
    """In the language of the person, and once more in that of the caller where the two differ.

    `interpreter`: True when they speak a language in which we have no words.
    """

    theirs: Words
    ours: Words | None
    interpreter: bool


def script_for(call: Call) -> Script:
    """In the language that the person wants to speak, where we have it; else in that of their pages."""
    spoken_here = call.spoken in known.OFFERED
    language = call.spoken if spoken_here else known.written(call.language)
    ours = known.written(languages.current())
    return Script(_words(call, language), None if ours == language else _words(call, ours), not spoken_here)


def _words(call: Call, language: str) -> Words:
    with languages.speaking(language):
        day = wording.weekday((call.moved.was_local if call.moved else call.starts_local).date())
        return Words(
            language=language,
            greeting=_(
                "Hello, may I speak with %(name)s? I'm calling about your appointment on %(weekday)s.",
                name=call.name,
                weekday=day,
            ),
            if_another_answers=_("I'll call again, thank you."),
            message=_message(call, language),
            on_request=_new(call, language) if call.discreet else [],
            why=_reason(call, language) if call.discreet and call.letter == letters.CANCELLATION_HOST else "",
        )


def _message(call: Call, language: str) -> str:
    """What to tell the person, once it is the person. Nothing of what the appointment is about."""
    when = _when(call.starts_local)
    if call.letter == letters.WAITLIST_JOINED:
        return str(_("That day is full now. You are in line. We will call you when a place opens."))
    if call.letter == letters.REMINDER:
        return _expected(call, language, when)
    if call.letter == letters.OFFER and call.until_local:
        until = _when(call.until_local)
        return str(
            _(
                "Good news. A place opened on %(when)s for you. Until %(until)s we hold it. Do you want it?",
                when=when,
                until=until,
            )
        )
    if call.letter == letters.MOVE:
        return _with_news(call, language, _moved(call, when))
    if call.letter == letters.NEW_ADDRESS and call.by_link:
        return str(_("Your appointment on %(when)s stays. The address or the way to join has changed. I will tell you.",
                     when=when))  # fmt: skip
    if call.letter == letters.NEW_ADDRESS:
        return str(
            _("Your appointment on %(when)s stays. The address has changed. I will tell you the new one.", when=when)
        )
    if call.letter == letters.CANCELLATION_HOST:
        return _cancelled(call, language, when)
    if call.letter == letters.CANCELLATION_OWN:
        return str(_("Your place on %(when)s is given back, as you wished. Thank you for telling us.", when=when))
    if call.letter == letters.CHANGE:
        return str(_("We wrote down your change. Your appointment on %(when)s is kept.", when=when))
    return str(_("Your place on %(when)s is kept. Please write down your code. I will read it to you.", when=when))


def _expected(call: Call, language: str, when: str) -> str:
    words = _("We expect you on %(when)s for your appointment. Are you coming?", when=when)
    return _with_news(call, language, str(words))


def _with_news(call: Call, language: str, words: str) -> str:
    """And what is new on the list, or that something is."""
    new = _new(call, language)
    if not new:
        return words
    if call.discreet:
        news = _("What to bring has changed. May I tell you what is new?")
    else:
        news = _("New on the list: %(things)s.", things="; ".join(new))
    return f"{words} {news}"


def _new(call: Call, language: str) -> list[str]:
    return [in_language(text, language).rstrip(" .") for text in call.new]


def _moved(call: Call, when: str) -> str:
    assert call.moved is not None
    if call.moved.only_the_place:
        return _at_another_place(call, when)
    if call.moved.only_the_end:
        return _until_another_hour(call, when, wording.clock_time(call.moved.ends_local))
    before = _when(call.moved.was_local)
    if call.has_place:
        words = [_("Your appointment on %(before)s has moved to %(when)s instead. Can you come then?",
                   before=before, when=when)]  # fmt: skip
        words += [] if call.moved.same_place else [_("The address is new, too. I will tell you.")]
        return " ".join(words)
    return str(_("The date that you wait for has moved from %(before)s to %(when)s. You are still in line. "
                 "Do you want to stay in it?", before=before, when=when))  # fmt: skip


def _at_another_place(call: Call, when: str) -> str:
    if call.has_place:
        return str(_("Your appointment on %(when)s stays. The address has changed. I will tell you the new one. "
                     "Can you come there?", when=when))  # fmt: skip
    return str(_("The date that you wait for, %(when)s, has a new address. You are still in line. "
                 "Do you want to stay in it?", when=when))  # fmt: skip


def _until_another_hour(call: Call, when: str, ends: str) -> str:
    if call.has_place:
        return str(_("Your appointment on %(when)s stays. It ends at another hour now: %(ends)s. Can you come?",
                     when=when, ends=ends))  # fmt: skip
    return str(_("The date that you wait for, %(when)s, ends at another hour now: %(ends)s. You are still in line. "
                 "Do you want to stay in it?", when=when, ends=ends))  # fmt: skip


def _cancelled(call: Call, language: str, when: str) -> str:
    words = [_will_not_be(call, when, "" if call.discreet else _reason(call, language))]
    if call.moved:
        old = _when(call.moved.was_local)
        words.append(_("It was first planned for %(old)s. It does not take place then either.", old=old))
    return " ".join([*words, _("Please do not travel."), _("You did nothing wrong.")])


def _reason(call: Call, language: str) -> str:
    return in_language(call.reason, language).rstrip(".")


def _will_not_be(call: Call, when: str, reason: str) -> str:
    if call.has_place and reason:
        return str(_("We are sorry. Your appointment on %(when)s will not take place: %(reason)s.",
                     when=when, reason=reason))  # fmt: skip
    if call.has_place:
        return str(_("We are sorry. Your appointment on %(when)s will not take place.", when=when))
    if reason:
        return str(_("We are sorry. The appointment you wait for on %(date)s will not take place: %(reason)s.",
                     date=when, reason=reason))  # fmt: skip
    return str(_("We are sorry. The appointment you wait for on %(date)s will not take place.", date=when))


def _when(wall: datetime) -> str:
    return str(_("%(day)s, %(time)s", day=wording.weekday_date(wall.date()), time=wording.clock_time(wall)))
