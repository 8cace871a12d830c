"""The call list: whom to call about a date or an event, what to say, and how each call ended."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import registrations, rosters, waitlist
from ..core.errors import Conflict, Missing
from ..core.extensions import transaction
from ..models import alternatives, desk
from ..models import offer as offers
from ..models.alternatives import Alternative
from ..models.event import Event, Occurrence
from ..models.message import CANCELLATION_HOST, NO_ANSWER, REACHED, WILL_NOT_COME, WRONG_NUMBER
from ..models.organization import COORDINATOR, LEAD
from ..rosters import Call, CallList
from . import access, scripts
from .whose import own_date, own_event

blueprint = Blueprint("calls", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]

COMING, TAKES_IT, NO_THANKS, OFF_THE_LIST = "coming", "takes_it", "no_thanks", "off_the_list"
"""More that somebody who was reached may say; all of them count as reached."""
SAID = (COMING, TAKES_IT, NO_THANKS, OFF_THE_LIST)


@blueprint.get("/dates/<uuid:occurrence_id>/calls")
@access.staff(LEAD, COORDINATOR)
def of_date(occurrence_id: uuid.UUID) -> Answer:
    """Whom to call about one date."""
    return _date_page(occurrence_id)


def _date_page(occurrence_id: uuid.UUID, refused: Conflict | None = None) -> Answer:
    own_date(occurrence_id, LEAD, COORDINATOR)
    user_id = current_user.user_id
    with transaction():
        found = rosters.call_list(occurrence_id, user_id)
    occurrence = own_date(occurrence_id)
    return _page(found, occurrence.event, occurrence, refused)


@blueprint.get("/events/<uuid:event_id>/calls")
@access.staff(LEAD, COORDINATOR)
def of_event(event_id: uuid.UUID) -> Answer:
    """Whom to call about all dates of an event."""
    return _event_page(event_id)


def _event_page(event_id: uuid.UUID, refused: Conflict | None = None) -> Answer:
    own_event(event_id, LEAD, COORDINATOR)
    user_id = current_user.user_id
    with transaction():
        found = rosters.event_call_list(event_id, user_id)
    return _page(found, own_event(event_id, LEAD, COORDINATOR), None, refused)


def _page(found: CallList, event: Event, occurrence: Occurrence | None, refused: Conflict | None) -> Answer:
    page = render_template(
        "console/rosters/calls.html",
        event=event,
        occurrence=occurrence,
        calls=[(call, scripts.script_for(call)) for call in found.to_make],
        silent=found.to_write,
        without=found.out_of_reach,
        made=found.made,
        others=_other_dates(found.to_make),
        refused=refused,
        many=len(desk.dates_of(event.id)) > 1,
    )
    return page, refused.status if refused else 200


def _other_dates(calls: list[Call]) -> dict[uuid.UUID, list[Alternative]]:
    """Where each could go instead of to a date that is off: asked once for all who speak and come alike."""
    off = [call for call in calls if call.letter == CANCELLATION_HOST]
    dates = {occurrence_id: desk.date(occurrence_id) for occurrence_id in {call.occurrence_id for call in off}}

    @cache
    def fitting(occurrence_id: uuid.UUID, *wish: Any) -> list[Alternative]:
        date = dates[occurrence_id]
        return alternatives.that_fit(date, *wish) if date else []

    return {call.message_id: fitting(call.occurrence_id, call.spoken, call.party, call.by_employer) for call in off}


@blueprint.post("/calls/<uuid:message_id>")
@access.staff(LEAD, COORDINATOR)
def record(message_id: uuid.UUID) -> Answer:
    """How the call ended."""
    occurrence_id = _date_of(message_id)
    user_id = current_user.user_id
    outcome, tries = request.form.get("outcome", ""), request.form.get("tries", type=int)
    try:
        with transaction():
            _record(message_id, outcome, user_id, tries)
    except Conflict as refused:
        return _again(occurrence_id, refused)
    flash(_noted(outcome))
    return redirect(_back(occurrence_id), 303)


def _record(message_id: uuid.UUID, outcome: str, user_id: uuid.UUID, tries: int | None) -> None:
    reached = REACHED if outcome in SAID else outcome
    message = rosters.record_call(message_id, reached, user_id, tries)
    assert message.registration_id is not None
    if outcome == COMING:
        registrations.reconfirm(message.registration_id)
    elif outcome == TAKES_IT and message.offer_id:
        waitlist.accept(message.offer_id)
    elif outcome in (NO_THANKS, OFF_THE_LIST) and message.offer:
        stay = outcome == NO_THANKS
        if stay and not offers.other_times(message.offer):
            raise Conflict(_l("There is no other time to wait for. Ask if they want to leave the line."))
        waitlist.decline(message.offer.id, stay=stay)


def _noted(outcome: str) -> str:
    words = {
        NO_ANSWER: _("Written down: no answer. They stand further down now."),
        WRONG_NUMBER: _("Written down: wrong number. The roster shows it."),
        WILL_NOT_COME: _("Their place is given back, and the next in line can have it."),
        TAKES_IT: _("The place is theirs now."),
        NO_THANKS: _("Written down: no thanks. The place goes to the next one, and they stay in line."),
        OFF_THE_LIST: _("Written down: no thanks. The place goes to the next one, and they are off the list."),
        COMING: _("Written down: they are coming."),
    }
    return str(words.get(outcome) or _("Written down: reached."))


@blueprint.post("/calls/<uuid:message_id>/removal")
@access.staff(LEAD, COORDINATOR)
def undo(message_id: uuid.UUID) -> Answer:
    """A slip of the thumb: the call is still to be made."""
    occurrence_id = _date_of(message_id)
    user_id = current_user.user_id
    try:
        with transaction():
            rosters.undo_call(message_id, user_id)
    except Conflict as refused:
        return _again(occurrence_id, refused)
    flash(_("The call is back on the list."))
    return redirect(_back(occurrence_id), 303)


def _date_of(message_id: uuid.UUID) -> uuid.UUID:
    found = desk.place_told(message_id)
    if found is None:
        raise Missing()
    access.membership(found[0], LEAD, COORDINATOR)
    return found[1]


def _whole_event() -> bool:
    return request.form.get("list") == "event"


def _back(occurrence_id: uuid.UUID) -> str:
    if _whole_event():
        return url_for(".of_event", event_id=own_date(occurrence_id).event_id)
    return url_for(".of_date", occurrence_id=occurrence_id)


def _again(occurrence_id: uuid.UUID, refused: Conflict) -> Answer:
    """The list as it is now, with what stood in the way."""
    if _whole_event():
        return _event_page(own_date(occurrence_id).event_id, refused)
    return _date_page(occurrence_id, refused)
