"""Booking by phone: somebody calls, staff type what they say, and read the code back."""

from __future__ import annotations

import uuid
from typing import Any

from babel.lists import format_list
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import checkin, registrations, rosters
from ..core import languages as known
from ..core import wording
from ..core.errors import Closed, Conflict, Refusal
from ..core.extensions import transaction
from ..forms.door import PhoneForm
from ..letters.facts import LEGAL_DOORS
from ..models import registration as states
from ..models.organization import COORDINATOR, LEAD
from ..models.room import with_room
from ..registrations import Attendee
from . import access, nonces, refusals
from .places.offers import Offer
from .whose import own_date, own_place

blueprint = Blueprint("phone", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]


@blueprint.route("/dates/<uuid:occurrence_id>/phone", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def book(occurrence_id: uuid.UUID) -> Answer:
    """The questions to ask, in the order of talking; then the code, to be read back."""
    offer = _offer(occurrence_id)
    form = _form(offer)
    if request.method == "GET":
        form.nonce.data = nonces.issue(offer.event.id)
        return _page(offer, form)
    user_id, event_id = current_user.user_id, offer.event.id
    try:
        if checkin.is_by_invitation(offer.event):
            raise Conflict(checkin.BY_INVITATION)
        refusals.check(form)
        if stale := nonces.renewed(form, event_id):
            raise Refusal(stale)
        slot_id, attendee, nonce = offer.slot_id(request.form), _attendee(form), form.nonce.data
        with transaction():
            kept = rosters.book_by_phone(occurrence_id, slot_id, attendee, nonce, user_id).id
        return redirect(url_for("door.number", registration_id=kept), 303)
    except Refusal as refusal:
        is_kept = _("The place before is kept. Press again to keep one for this person too.")
        status = refusals.show(form, nonces.renew_for_next(form, refusal, event_id, is_kept))
    return _page(_offer(occurrence_id), form, status)


@blueprint.post("/registrations/<uuid:registration_id>/cancellation")
@access.staff(LEAD, COORDINATOR)
def give_back(registration_id: uuid.UUID) -> Answer:
    """Somebody calls and cannot come: the next in line can have the place. Raises Conflict for who is here."""
    occurrence_id = own_place(registration_id, LEAD, COORDINATOR)
    user_id = current_user.user_id
    with transaction():
        rosters.on_behalf(registration_id, user_id, registrations.cancel)
    flash(_("Their place is given back, and the next in line can have it."))
    return redirect(url_for("rosters.show", occurrence_id=occurrence_id), 303)


def _offer(occurrence_id: uuid.UUID) -> Offer:
    occurrence = own_date(occurrence_id, LEAD, COORDINATOR)
    [chosen] = with_room([occurrence])
    return Offer(occurrence.event, [chosen], chosen, False)


def _form(offer: Offer) -> PhoneForm:
    event = offer.event
    near = list(dict.fromkeys([*event.languages, *event.interpretation])) or ["en"]
    form = PhoneForm(request.form or None, spoken=near[0])
    form.spoken.choices = [(code, wording.spoken(code)) for code in dict.fromkeys([*near, *known.SPOKEN])]
    form.offer_party(offer.occurrence.largest_party)
    if offer.times:
        slots = offer.occurrence.slots if request.form else offer.times
        form.slot.choices = [(str(slot.id), wording.clock_time(slot.starts_local)) for slot in slots]
    else:
        del form.slot
    if not event.max_per_employer:
        del form.employer
    return form


def _attendee(form: PhoneForm) -> Attendee:
    said: dict[str, Any] = {name: form[name].data for name in ("name", "spoken", "needs")}
    return Attendee(
        **said,
        contact_kind=states.PHONE if form.phone.data else states.NONE,
        contact=form.phone.data or "",
        language=known.written(form.spoken.data),
        party=int(form.party.data),
        children=int(form.children.data),
        employer=form.employer.data if "employer" in form else "",
    )


def _why_closed(offer: Offer) -> object:
    """Why nobody can be put on this list; nothing where they can."""
    if checkin.is_by_invitation(offer.event):
        return checkin.BY_INVITATION
    return None if offer.chosen.takes_names else Closed().words


def _page(offer: Offer, form: PhoneForm, status: int = 200) -> Answer:
    event = offer.event
    names = [organization.name for organization in (event.organization, *event.cohosts)]
    page = render_template(
        "console/door/phone.html",
        offer=offer,
        occurrence=offer.occurrence,
        event=event,
        form=form,
        hosts=format_list(names, locale=wording.locale()),
        legal=event.door in LEGAL_DOORS,
        closed=_why_closed(offer),
    )
    return page, status
