"""Behind the mailed link: a place is changed. A typed code shows and gives back, but it changes nothing else."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import registrations
from ...core.errors import Conflict, Missing, Refusal
from ...core.extensions import transaction
from ...forms.registrations import ChangesForm
from ...letters.facts import LEGAL_DOORS
from ...models.registration import Registration
from .. import access, languages, limits, refusals
from .base import Answer, blueprint, held_page, readable
from .holding import found
from .wishing import can_stand, filled, fresh, narrow, seen_at, wishes_of


@blueprint.route("/<lang:lang>/place/<token>/changes", methods=["GET", "POST"])
@access.link
def change(token: str) -> Answer | Response:
    """GET shows the form with what holds now; POST changes the place and leads to its page, by its link of then."""
    if request.method != "POST":
        return show(token)
    try:
        registration = found(token)
    except Missing:
        return sent_twice(token)
    form = filled(registration, request.form)
    if languages.is_only_shown():
        return page(registration, form, token)
    if not can_stand(form, registration):
        return page(registration, form, token, 422)
    try:
        limits.take(limits.PLACES)
        renewed = save(registration, form)
    except Refusal as refusal:
        return show_again(token, refusal)
    said = "renewed" if renewed else "changed"
    return redirect(url_for("places.show", token=renewed or token, said=said), 303)


@blueprint.route("/<lang:lang>/place/<token>/feed", methods=["GET", "POST"])
@access.link
def feed(token: str) -> Response:
    """A new address for the calendar; the old one is dead at once."""
    registration_id, said = found(token).id, None
    if request.method == "POST":
        with transaction():
            registrations.renew_feed(registration_id)
        said = "feed"
    return redirect(url_for("places.show", token=token, said=said, _anchor="calendar"), 303)


def show(token: str) -> Answer:
    """The form as things stand; where nothing can be changed, the place with the reason."""
    registration = found(token)
    try:
        registrations.check_changeable(registration)
    except Conflict as refusal:
        return held_page(registration, token=token, problem=str(refusal.words), status=refusal.status)
    return page(registration, fresh(registration), token)


def show_again(token: str, refusal: Refusal) -> Answer:
    """The same form with what was typed and why it could not be done; with what is true now, if that has changed."""
    registration = found(token)
    try:
        registrations.check_changeable(registration)
    except Conflict as closed:
        return held_page(registration, token=token, problem=str(closed.words), status=closed.status)
    if isinstance(refusal, registrations.ChangedSince):
        form = fresh(registration)
    else:
        form = filled(registration, request.form)
        narrow(form, registration)
    return page(registration, form, token, refusals.show(form, refusal))


def sent_twice(token: str) -> Response:
    """The link is dead because this very form has renewed it, a moment ago: lead to the new one. Raises Missing."""
    registration = readable(registrations.by_token_before(token, _sent_now))
    return redirect(url_for("places.show", token=registration.token(), said="renewed"), 303)


def _sent_now(registration: Registration) -> bytes:
    form = filled(registration, request.form)
    if not can_stand(form, registration):
        raise Missing()
    return wishes_of(form, registration).index(registration.occurrence, form.nonce.data)


def save(registration: Registration, form: ChangesForm) -> str:
    """Change the place; returns a new token if its old links are dead now, else nothing. Raises Refusal."""
    registration_id, wishes, seen = registration.id, wishes_of(form, registration), seen_at(form, registration)
    before = registration.link_generation
    with transaction():
        changed = registrations.change(registration_id, wishes, nonce=form.nonce.data, seen_at=seen)
        return changed.token() if changed.link_generation != before else ""


def page(registration: Registration, form: ChangesForm, token: str, status: int = 200) -> Answer:
    """One form, with the facts of the place above it."""
    narrow(form, registration)
    event = registration.occurrence.event
    shown = render_template(
        "places/changes.html",
        registration=registration,
        event=event,
        form=form,
        token=token,
        legal=event.door in LEGAL_DOORS,
    )
    return shown, status
