"""The form that keeps a place. Its page is everybody's but for the nonce, which no cache on the way may store."""

from __future__ import annotations

import uuid

from babel.lists import format_list
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import registrations
from ...core import clock, wording
from ...core import languages as known
from ...core.errors import Refusal
from ...forms.registrations import PlaceForm
from ...letters.facts import LEGAL_DOORS
from ...models import catalogue, moved
from ...models.event import Event
from .. import access, gaps, languages, limits, nonces, refusals
from . import desk
from .base import Answer, blueprint
from .offers import Offer, offer_alike, offer_of


@blueprint.route("/<lang:lang>/events/<slug>/place", methods=["GET", "POST"])
@access.form_for_all
def keep(slug: str) -> Answer | Response:
    """GET shows the form; POST keeps a place, or a place in line, and leads to its page."""
    if request.method != "POST":
        return blank(slug)
    with desk.hall.crossed():
        offer = offer_alike(slug, request.form)
        if offer is None:
            return closed(offer_of(slug, request.form)[0])
        form = offer.form(request.form, request.args)
        if languages.is_only_shown():
            offer.speak(form, instead_of=languages.left())
            return show(fresh(slug) or offer, form)
        if not can_stand(offer, form):
            return show(fresh(slug) or offer, form, 422)
        try:
            drafted = draft(offer, form)
        except Refusal as refusal:
            return show_again(slug, refusal)
    try:
        token = desk.keep(offer.occurrence.id, drafted)
    except Refusal as refusal:
        return show_again(slug, refusal)
    return redirect(url_for("places.show", token=token), 303)


def blank(slug: str) -> Answer:
    """The form before anything is typed: the same for everybody until something public changes, but for its nonce."""
    event, offer = offer_of(slug, request.args)
    if offer is None:
        return closed(event)
    form = offer.form(None, request.args)
    form.nonce.data = gaps.word_of_its_own(nonces.issuer(told(offer)))
    return show(offer, form)


def fresh(slug: str) -> Offer | None:
    """The same offer for a page: what is kept alike is not bound to the database."""
    return offer_of(slug, request.form)[1]


def can_stand(offer: Offer, form: PlaceForm) -> bool:
    """True if the form can be acted on; otherwise it holds the words for each field, and a nonce for the next try."""
    fine = form.validate()
    problems = [nonces.renewed(form, told(offer), _has_changed()), nonces.emptied(form)]
    if offer.asked_for_another and "date" not in form:
        problems.append(_("That date does not take new places now. Please check the date and the time below."))
    form.form_errors = [*form.form_errors, *filter(None, problems)]
    return fine and not any(problems)


def _has_changed() -> str:
    return str(_("Something about this event has changed. Please check the day, the time and the place, "
                 "and press the button again."))  # fmt: skip


def told(offer: Offer) -> uuid.UUID:
    """Who sees the person's data and for how long, and when it is: a form is good for what it said, and for no more."""
    cohosts = sorted(cohost.id.hex for cohost in offer.event.cohosts)
    moves = sorted(moved.stamp(date) for date in offer.event.occurrences)
    return uuid.uuid5(offer.event.id, "|".join([str(offer.days_kept), *cohosts, *filter(None, moves)]))


def draft(offer: Offer, form: PlaceForm) -> registrations.Draft:
    """What is brought to the desk. Raises TooMany."""
    limits.take(limits.PLACES)
    attendee = registrations.Attendee(language=known.written(languages.current()), **form.answers())
    slot_id, seen = offer.slot_id(request.form), offer.event.revised_at
    sent = registrations.SentForm(slot_id, attendee, form.nonce.data, seen=seen)
    return registrations.draft(offer.occurrence, sent)


def show_again(slug: str, refusal: Refusal) -> Answer:
    """The same page with what is true now, what was typed, and why it could not be done."""
    event, offer = offer_of(slug, request.form)
    if offer is None:
        return closed(event)
    form = offer.form(request.form, request.args)
    nonces.renew_if_spent(form, refusal, told(offer))
    return show(offer, form, refusals.show(form, refusal))


def show(offer: Offer, form: PlaceForm, status: int = 200) -> Answer:
    """Facts on one side, the form on the other; after an error the form alone."""
    event = offer.event
    if request.method == "POST":
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
    now = clock.now()
    coming = [date for date in event.occurrences if date.ends_at > now]
    page = render_template(
        "places/closed.html",
        event=event,
        others=catalogue.alternatives(event),
        off=bool(coming) and all(date.is_cancelled for date in coming),
        shut=any(date.closed_at is not None for date in coming),
    )
    return page, 409
