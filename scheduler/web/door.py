"""The door: who walks in, their number, where to go when it is full, and the sheet to sign."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from .. import checkin, rosters, seats
from ..core import clock, wording
from ..core import languages as known
from ..core.errors import Full, Refusal
from ..core.extensions import transaction
from ..forms.door import WalkInForm
from ..letters import links
from ..models import desk, inbox, onward
from ..models.event import Occurrence
from ..models.organization import COORDINATOR, LEAD
from ..models.registration import NO_SHOW, OFFERED
from ..rosters import NumberCard
from ..rosters.sheets import OFF, OVER
from . import access, languages, nonces, refusals
from .whose import own_date, own_event, own_list, own_place

blueprint = Blueprint("door", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]

EMPTY_LINES = 12
"""On the sheet, for people who walk in while there is no signal."""
NO_PLACE = {
    OFF: _l("This date is canceled"),
    OVER: _l("This date is over"),
    NO_SHOW: _l("We did not see you yet"),
}


@blueprint.route("/dates/<uuid:occurrence_id>/walk-in", methods=["GET", "POST"])
@access.staff()
def walk_in(occurrence_id: uuid.UUID) -> Answer:
    """Name to call, language, how many; then a number. When there is no room, the slip with the next three dates."""
    occurrence = own_date(occurrence_id)
    form, event_id = _form(occurrence), occurrence.event_id
    if request.method == "GET":
        form.nonce.data = nonces.issue(event_id)
        return _walk_in_page(occurrence, form)
    try:
        refusals.check(form)
        if stale := nonces.renewed(form, event_id):
            raise Refusal(stale)
        return redirect(url_for(".number", registration_id=_take_in(occurrence_id, form)), 303)
    except Full:
        wish = {"spoken": form.spoken.data, "party": form.party.data}
        return redirect(url_for(".slip", occurrence_id=occurrence_id, **wish), 303)
    except Refusal as refusal:
        taken_in = _("The person before was taken in. Press again to take in this one too.")
        status = refusals.show(form, nonces.renew_for_next(form, refusal, event_id, taken_in))
    return _walk_in_page(own_date(occurrence_id), form, status)


def _form(occurrence: Occurrence) -> WalkInForm:
    """With the languages of the event in front; the first of them is chosen."""
    near = _near(occurrence)
    form = WalkInForm(request.form or None, spoken=near[0])
    codes = dict.fromkeys([*near, *known.SPOKEN])
    form.offer([(code, known.SPOKEN.get(code, code)) for code in codes], occurrence.event.party_max)
    return form


def _near(occurrence: Occurrence) -> list[str]:
    """The languages that are spoken there, or for which somebody interprets."""
    return list(dict.fromkeys([*occurrence.event.languages, *occurrence.event.interpretation])) or ["en"]


def _take_in(occurrence_id: uuid.UUID, form: WalkInForm) -> uuid.UUID:
    with transaction():
        return checkin.walk_in(
            occurrence_id, form.name.data, form.spoken.data, int(form.party.data), form.nonce.data
        ).id


def _walk_in_page(occurrence: Occurrence, form: WalkInForm, status: int = 200) -> Answer:
    event = occurrence.event
    may_edit = access.belongs_to(event.organization_id, LEAD, COORDINATOR)
    page = render_template(
        "console/door/walk_in.html",
        occurrence=occurrence,
        form=form,
        near=len(_near(occurrence)),
        is_open=checkin.takes_walk_ins(occurrence, clock.now()),
        not_today=checkin.NOT_TODAY,
        free=seats.free_now(occurrence),
        may_edit=may_edit,
        by_invitation=checkin.BY_INVITATION if checkin.is_by_invitation(event) else "",
        invitation=_invitation(occurrence) if may_edit else "",
    )
    return page, status


def _invitation(occurrence: Occurrence) -> str:
    """The link for the staff of the employer whose session this is, as long as it opens something."""
    booking = inbox.booked_session(occurrence.id) if occurrence.accepts(clock.now()) else None
    return links.invitation(booking, languages.current()) if booking else ""


@blueprint.post("/events/<uuid:event_id>/walk-ins")
@access.staff(LEAD, COORDINATOR)
def set_walk_ins(event_id: uuid.UUID) -> Answer:
    """Whether people without a booking are taken in; leads back to the door of the date where it was pressed."""
    event = own_event(event_id, LEAD, COORDINATOR)
    dates = [occurrence.id for occurrence in event.occurrences]
    back = request.form.get("date", type=uuid.UUID)
    with transaction():
        checkin.set_walk_ins(event_id, request.form.get("on") == "y")
    if back not in dates:
        return redirect(url_for("editor.edit", event_id=event_id), 303)
    return redirect(url_for(".walk_in", occurrence_id=back), 303)


@blueprint.get("/registrations/<uuid:registration_id>/number")
@access.staff()
def number(registration_id: uuid.UUID) -> Answer:
    """What to tell somebody who was taken in: their number, how long it takes, their code. To show, or to print."""
    occurrence_id = own_place(registration_id, names_nobody=True)
    user_id = current_user.user_id
    with transaction():
        card = rosters.number_card(registration_id, user_id)
    occurrence = own_date(occurrence_id)
    registration = desk.registration(registration_id)
    minutes = checkin.minutes_to_wait(registration) if registration else None
    language = known.written(card.language)
    return render_template(
        "console/door/number.html",
        occurrence=occurrence,
        card=card,
        language=language,
        slip=_in_their_language(
            language, "console/door/number_card.html", occurrence=occurrence, card=card, minutes=minutes
        ),
        minutes=minutes,
        may_edit=access.belongs_to(occurrence.event.organization_id, LEAD, COORDINATOR),
    )


@blueprint.app_template_global()
def number_words(card: NumberCard, minutes: int | None) -> str:
    """`Your number is 27. About 40 minutes.`, in the language of the moment."""
    if card.standing in NO_PLACE:
        return str(NO_PLACE[card.standing])
    if card.standing == OFFERED:
        return _offer_words(card.offer_until_local)
    if card.in_line:
        return str(_("You are number %(count)s in line. This is not a place yet.", count=card.in_line))
    if card.number is None:
        return str(_("Your place is kept."))
    if minutes is None:
        return str(_("Your number is %(number)s.", number=card.number))
    return str(
        ngettext(
            "Your number is %(number)s. About %(num)s minute.",
            "Your number is %(number)s. About %(num)s minutes.",
            minutes,
            number=card.number,
        )
    )


def _offer_words(until: datetime | None) -> str:
    if until is None:
        return str(_("The time to answer is over, so this place goes to whoever is next in line."))
    moment = f"{wording.weekday_date(until.date())}, {wording.clock_time(until)}"
    return str(_("A place is offered to you until %(until)s. It is yours once you say yes.", until=moment))


@blueprint.get("/dates/<uuid:occurrence_id>/slip")
@access.staff()
def slip(occurrence_id: uuid.UUID) -> Answer:
    """The next three dates, those that fit best first, to print and take along. Nothing about a person is on it.

    In the language of whoever is sent on, where the door knows it; else in that of the console.
    """
    occurrence = own_date(occurrence_id)
    reading = known.written(languages.current())
    spoken = request.args.get("spoken", "")
    spoken = spoken if spoken in known.SPOKEN else reading
    party = min(max(request.args.get("party", 1, type=int), 1), occurrence.event.party_max)
    told = {
        "occurrence": occurrence,
        "spoken": spoken,
        "dates": onward.next_that_fit(occurrence, spoken, party, fill=True),
        "is_full": checkin.is_full(occurrence, party, clock.now()),
    }
    return render_template(
        "console/door/slip.html",
        party=party,
        languages=dict.fromkeys([*_near(occurrence), reading, spoken]),
        slip=_in_their_language(known.written(spoken), "console/door/slip_card.html", **told),
        **told,
    )


def _in_their_language(language: str, template: str, **values: object) -> Markup:
    """A part of a page in the language of the person who takes it home, not of the volunteer who prints it."""
    with languages.speaking(language):
        return Markup(render_template(template, **values))


@blueprint.get("/dates/<uuid:occurrence_id>/sheet")
@access.staff()
def sheet(occurrence_id: uuid.UUID) -> Answer:
    """The sheet to sign, for the printer. What a sensitive event is about is not on it."""
    occurrence = own_list(occurrence_id)
    timed = occurrence.event.admission == "timed"
    user_id = current_user.user_id
    with transaction():
        found = rosters.sign_in_sheet(occurrence_id, user_id, timed=timed)
    return render_template(
        "console/door/sheet.html",
        occurrence=own_date(occurrence_id),
        sheet=found,
        timed=timed,
        empty_lines=range(EMPTY_LINES),
    )
