"""The form that keeps a place. It lies on a page of its own that nobody stores: its nonce is for one person."""

from __future__ import annotations

from babel.lists import format_list
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import registrations
from ...core import languages as known
from ...core import wording
from ...core.errors import Refusal
from ...core.extensions import transaction
from ...forms.registrations import PlaceForm
from ...letters.facts import LEGAL_DOORS
from ...models import catalogue
from ...models.event import Event
from .. import access, languages, limits, nonces, refusals
from .base import Answer, blueprint
from .offers import Offer, offer_of


@blueprint.route("/<lang:lang>/events/<slug>/place", methods=["GET", "POST"])
@access.form
def keep(slug: str) -> Answer | Response:
    """GET shows the form; POST keeps a place, or a place in line, and leads to its page."""
    posted = request.method == "POST"
    event, offer = offer_of(slug, request.form if posted else request.args)
    if offer is None:
        return closed(event)
    form = offer.form(request.form if posted else None, request.args)
    if not posted:
        form.nonce.data = nonces.issue(event.id)
        return show(offer, form)
    if not can_stand(offer, form):
        return show(offer, form, 422)
    try:
        limits.take(limits.PLACES)
        token = register(offer, form)
    except Refusal as refusal:
        return show_again(slug, refusal)
    return redirect(url_for("places.show", token=token), 303)


def can_stand(offer: Offer, form: PlaceForm) -> bool:
    """True if the form can be acted on; otherwise it holds the words for each field, and a nonce for the next try."""
    fine = form.validate()
    problems = []
    if not nonces.is_good(form.nonce.data or "", offer.event.id):
        form.nonce.data = nonces.issue(offer.event.id)
        problems.append(_("This page was open for too long. We made it fresh. Please press the button again."))
    if form.was_filled_by_a_program:
        form.homepage.data = ""
        problems.append(_("Something filled a box that nobody sees. We emptied it. Please press the button again."))
    if offer.asked_for_another and "date" not in form:
        problems.append(_("That date does not take new places now. Please check the date and the time below."))
    form.form_errors = [*form.form_errors, *problems]
    return fine and not problems


def register(offer: Offer, form: PlaceForm) -> str:
    """Keep the place; returns the token of its page. Raises Refusal."""
    attendee = registrations.Attendee(language=known.written(languages.current()), **form.answers())
    occurrence_id, slot_id = offer.occurrence.id, offer.slot_id(request.form)
    with transaction():
        return registrations.register(occurrence_id, slot_id, attendee, form.nonce.data).token()


def show_again(slug: str, refusal: Refusal) -> Answer:
    """The same page with what is true now, what was typed, and why it could not be done."""
    event, offer = offer_of(slug, request.form)
    if offer is None:
        return closed(event)
    form = offer.form(request.form, request.args)
    return show(offer, form, refusals.show(form, refusal))


def show(offer: Offer, form: PlaceForm, status: int = 200) -> Answer:
    """Facts on one side, the form on the other; after an error the form alone."""
    event = offer.event
    if status != 200:
        offer.narrow(form)
    names = [organization.name for organization in (event.organization, *event.cohosts)]
    page = render_template(
        "places/form.html",
        offer=offer,
        event=event,
        form=form,
        hosts=format_list(names, locale=wording.locale()),
        legal=event.door in LEGAL_DOORS,
    )
    return page, status


def closed(event: Event) -> Answer:
    """What to do where no places are given."""
    others = catalogue.alternatives(event)
    return render_template("places/closed.html", event=event, others=others), 409
