"""Behind the mailed link: a place is changed. A typed code shows and gives back, but it changes nothing else."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import registrations
from ...core import clock, wording
from ...core import languages as known
from ...core.errors import Conflict, Missing, Refusal
from ...core.extensions import transaction
from ...forms.registrations import BY_EMAIL, BY_HELPER, BY_PHONE, ChangesForm, offer_party
from ...letters.facts import LEGAL_DOORS
from ...models.event import Slot
from ...models.registration import FULL, Registration
from ...registrations import Wishes
from .. import access, languages, limits, nonces, refusals
from .base import Answer, blueprint, held_page, moved_stamp, readable
from .holding import found
from .offers import Typed

NEVER = datetime.min.replace(tzinfo=UTC)


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
        new = save(registration, form)
    except Refusal as refusal:
        return show_again(token, refusal)
    said = "changed" if new == token else "renewed"
    return redirect(url_for("places.show", token=new, said=said), 303)


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
    """Change the place; returns the token of its page from now on. Raises Refusal."""
    registration_id, wishes = registration.id, wishes_of(form, registration)
    seen_at = registration.revised_at if form.seen.data == _version(registration) else NEVER
    with transaction():
        changed = registrations.change(registration_id, wishes, nonce=form.nonce.data, seen_at=seen_at)
        return changed.token()


def wishes_of(form: ChangesForm, registration: Registration) -> Wishes:
    """The place as it shall be: what the form asks, and the rest as it is."""
    wishes = replace(Wishes.of(registration), **form.answers())
    return replace(wishes, slot_id=uuid.UUID(form.slot.data)) if "slot" in form else wishes


def _version(registration: Registration) -> str:
    """What the form has read: the place, and the date as it was then."""
    return f"{int(registration.revised_at.timestamp())}.{moved_stamp(registration.occurrence)}"


def fresh(registration: Registration) -> ChangesForm:
    """The form with what holds now, and a nonce for one showing."""
    kind, contact = registration.contact_kind, registration.contact
    form = ChangesForm(
        slot=str(registration.slot_id),
        party=str(registration.party),
        children=str(registration.children),
        contact_kind=kind,
        email=contact if kind in (BY_EMAIL, BY_HELPER) else "",
        phone=contact if kind == BY_PHONE else "",
        full_words=registration.wording == FULL,
        language=known.written(registration.language),
        spoken=registration.spoken,
        needs=registration.needs,
        note=registration.note,
        nonce=nonces.issue(registration.id),
        seen=_version(registration),
    )
    return offered(form, registration)


def filled(registration: Registration, typed: Typed) -> ChangesForm:
    """The form with what was typed."""
    return offered(ChangesForm(typed), registration)


def offered(form: ChangesForm, registration: Registration) -> ChangesForm:
    """The same form with what can be chosen of this place now."""
    occurrence, event = registration.occurrence, registration.occurrence.event
    if registrations.may_move(registration) and len(occurrence.slots) > 1:
        form.slot.choices = _named(occurrence.slots, registration)
    else:
        del form.slot
    if registrations.may_resize(registration):
        offer_party(form, max(occurrence.largest_party, registration.party))
    else:
        del form.party
    if not event.sensitive:
        del form.full_words
    spoken = dict.fromkeys([*event.languages, *event.interpretation, "en", "es", registration.spoken])
    form.spoken.choices = [(code, wording.spoken(code)) for code in spoken]
    form.language.choices = list(known.OFFERED.items())
    return form


def narrow(form: ChangesForm, registration: Registration) -> None:
    """Before the form is shown: only times that this person could still have."""
    if "slot" not in form:
        return
    occurrence = registration.occurrence
    timed, now = occurrence.event.admission == "timed", clock.now()
    free = [slot for slot in occurrence.slots if slot.free > 0 and (slot.starts_at > now or not timed)]
    own = [slot for slot in occurrence.slots if slot.id == registration.slot_id]
    form.slot.choices = _named(sorted({*free, *own}, key=lambda slot: (slot.starts_at, slot.id)), registration)


def _named(slots: list[Slot], registration: Registration) -> list[tuple[str, str]]:
    return [(str(slot.id), _time(slot, slot.id == registration.slot_id)) for slot in slots]


def _time(slot: Slot, own: bool) -> str:
    time = wording.clock_time(slot.starts_local)
    return _("%(time)s (yours)", time=time) if own else time


def can_stand(form: ChangesForm, registration: Registration) -> bool:
    """True if the form can be acted on; otherwise it holds the words for each field, and a nonce for the next try."""
    fine = form.validate()
    if nonces.is_good(form.nonce.data or "", registration.id):
        return fine
    form.nonce.data = nonces.issue(registration.id)
    problem = _("This page was open for too long. We made it fresh. Please press the button again.")
    form.form_errors = [*form.form_errors, problem]
    return False


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
