"""A place is offered to somebody in line: taken or not by POST, behind the mailed link or the typed code."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from ... import waitlist
from ...core import clock
from ...core.errors import Conflict, Refusal
from ...core.extensions import transaction
from ...forms.registrations import CodeForm
from ...models import offer as offers
from ...models.offer import Offer
from .. import access
from .base import Answer, blueprint, held_page, moment_and_zone, readable
from .codes import act, by_code, refused


def found(token: str) -> Offer:
    """The offer behind the link. Raises Missing, alike for unknown, foreign, revoked and erased ones."""
    offer = waitlist.by_token(token)
    readable(offer.registration)
    return offer


def taken(offer: Offer) -> bool:
    """True if it became a place, whatever became of that."""
    return offer.state == offers.ACCEPTED


def own_page(offer: Offer) -> Response:
    """To the page of the place itself."""
    return redirect(url_for("places.show", token=offer.registration.token()), 303)


@blueprint.get("/<lang:lang>/place/offer/<token>")
@access.link
def offered(token: str) -> Answer | Response:
    """What is offered, and until when; the kept place once it was taken."""
    offer = found(token)
    return own_page(offer) if taken(offer) else offer_page(offer, token)


@blueprint.route("/<lang:lang>/place/offer/<token>/acceptance", methods=["GET", "POST"])
@access.link
def accept(token: str) -> Answer | Response:
    """I take it."""
    offer = found(token)
    offer_id, proven = offer.id, waitlist.is_from_letter(offer, token)
    if request.method != "POST":
        return redirect(url_for("places.offered", token=token), 303)
    try:
        with transaction():
            waitlist.accept(offer_id, proven=proven)
    except Refusal as refusal:
        return offer_page(found(token), token, refusal)
    return own_page(found(token))


@blueprint.route("/<lang:lang>/place/offer/<token>/refusal", methods=["GET", "POST"])
@access.link
def refuse(token: str) -> Answer | Response:
    """No, thank you: GET asks whether to stay in line, POST gives the place on."""
    offer = found(token)
    if taken(offer):
        return own_page(offer)
    if not offer.is_open(clock.now()):
        return offer_page(offer, token)
    if request.method != "POST" or "stay" not in request.form:
        return question(offer, token=token)
    offer_id = offer.id
    try:
        with transaction():
            waitlist.decline(offer_id, stay=request.form["stay"] == "yes")
    except Refusal as refusal:
        return offer_page(found(token), token, refusal)
    return own_page(found(token))


def offer_page(offer: Offer, token: str, refusal: Refusal | None = None) -> Answer:
    """One offer, open or ended."""
    registration = offer.registration
    page = render_template(
        "places/offer.html",
        offer=offer,
        registration=registration,
        occurrence=registration.occurrence,
        is_open=offer.is_open(clock.now()),
        until=moment_and_zone(offer.held_until, registration.occurrence.zone),
        token=token,
        problem=str(refusal.words) if refusal else "",
    )
    return page, refusal.status if refusal else 200


def question(offer: Offer, *, token: str = "", code: str = "") -> Answer:
    """What to do instead: wait for another time, or leave the line."""
    registration = offer.registration
    page = render_template(
        "places/refusal.html",
        offer=offer,
        registration=registration,
        may_stay=offers.other_times(offer),
        token=token,
        code=code,
    )
    return page, 200


@blueprint.route("/<lang:lang>/place/code/acceptance", methods=["GET", "POST"])
@access.link
def accept_by_code() -> Answer | Response:
    """I take it."""
    return act(lambda registration_id: waitlist.accept(_posted_offer(registration_id), proven=False))


@blueprint.route("/<lang:lang>/place/code/refusal", methods=["GET", "POST"])
@access.link
def refuse_by_code() -> Answer | Response:
    """No, thank you: asks whether to stay in line, then gives the place on."""
    stay = request.form.get("stay")
    if request.method != "POST" or stay is not None:
        return act(lambda registration_id: waitlist.decline(_posted_offer(registration_id), stay=stay == "yes"))
    form = CodeForm(request.form)
    try:
        registration = by_code(form)
    except Refusal as refusal:
        return refused(form, refusal)
    offer = offers.open_for(registration.id)
    if offer is None:
        return held_page(registration, code=registration.code)
    return question(offer, code=registration.code)


def _posted_offer(registration_id: uuid.UUID) -> uuid.UUID:
    """The very offer that the page showed, so that an old page cannot take another time."""
    posted = request.form.get("offer", type=uuid.UUID)
    if posted is None or offers.whose(posted) != registration_id:
        raise Conflict(_l("This offer has ended."))
    return posted
