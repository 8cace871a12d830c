"""Behind the mailed link: one's own place. GET shows and changes nothing (mail scanners follow links); POST acts."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import calendars, outbox, registrations
from ...core import clock
from ...core.errors import Conflict, Missing, Refusal
from ...core.extensions import transaction
from ...models import moved
from ...models import registration as states
from ...models.event import Occurrence
from ...models.registration import Registration
from .. import access, languages, shelf
from .base import PRESSED_TWICE, Answer, blueprint, held_page, readable, standing_of
from .likeness import is_common


def found(token: str) -> Registration:
    """The registration behind the link. Raises Missing, alike for unknown, expired, erased and foreign ones."""
    return readable(registrations.by_token(token))


@blueprint.get("/<lang:lang>/place/<token>")
@access.link
def show(token: str) -> Answer:
    """Everything about this place. Most look at theirs right after they kept it, many at once."""
    said = request.args.get("said", "")
    seen, told = registrations.seen_by_token(token, date_alike)
    if said or not is_common(seen, standing_of(seen)):
        seen = found(token)
    return held_page(seen, token=token, said=said, told=told)


def date_alike(occurrence_id: uuid.UUID) -> Occurrence:
    """A date, loaded once until something public changes."""
    return shelf.alike(("date of a place", occurrence_id), lambda: registrations.seen_date(occurrence_id))


@blueprint.route("/<lang:lang>/place/<token>/confirmation", methods=["GET", "POST"])
@access.link
def confirm(token: str) -> Answer | Response:
    """I'm coming."""
    registration = found(token)
    registration_id, proven = registration.id, registrations.is_from_letter(registration, token)
    if request.method == "POST":
        try:
            with transaction():
                check_knows_date(registration_id)
                registrations.reconfirm(registration_id, proven=proven)
        except Refusal as refusal:
            return held_page(found(token), token=token, problem=str(refusal.words), status=refusal.status)
    return redirect(url_for("places.show", token=token, _anchor="coming"), 303)


def check_knows_date(registration_id: uuid.UUID) -> None:
    """Raise Conflict for a button on a page that was opened before the date moved: it speaks of another time."""
    date = registrations.locked(registration_id).occurrence
    if request.form.get("moved", "") != moved.stamp(date):
        raise Conflict(registrations.MOVED_SINCE)


@blueprint.route("/<lang:lang>/place/<token>/cancellation", methods=["GET", "POST"])
@access.link
def cancel(token: str) -> Answer | Response:
    """I can't come: GET asks once, POST gives the place back. Afterwards there is nothing to give."""
    registration = found(token)
    is_given = registration.state in (states.CANCELLED, states.CHECKED_IN) and request.method != "POST"
    if is_given or registration.occurrence.ends_at <= clock.now():
        return redirect(url_for("places.show", token=token), 303)
    if request.method != "POST":
        return ask("places/cancellation.html", registration, token=token)
    registration_id = registration.id
    try:
        with transaction():
            check_knows_date(registration_id)
            registrations.cancel(registration_id)
    except Refusal as refusal:
        return held_page(found(token), token=token, problem=str(refusal.words), status=refusal.status)
    return redirect(url_for("places.show", token=token), 303)


@blueprint.route("/<lang:lang>/place/<token>/erasure", methods=["GET", "POST"])
@access.link
def erase(token: str) -> Answer | Response:
    """Erase my information: GET asks once, POST forgets; the link is dead afterwards."""
    if request.method != "POST":
        return ask("places/erasure.html", found(token), token=token)
    try:
        registration_id = found(token).id
    except Missing:
        raise Missing(PRESSED_TWICE) from None
    try:
        with transaction():
            registrations.erase(registration_id)
    except Missing:
        pass  # the other of two presses came first, a moment ago
    except Refusal as refusal:
        return held_page(found(token), token=token, problem=str(refusal.words), status=refusal.status)
    return redirect(url_for("places.erased"), 303)


def ask(template: str, registration: Registration, *, token: str = "", code: str = "") -> Answer:
    """One question before an act that cannot be taken back."""
    is_awaited, is_over = registration.is_awaited(clock.now()), registration.occurrence.ends_at <= clock.now()
    asked = {"registration": registration, "is_awaited": is_awaited, "is_over": is_over, "token": token, "code": code}
    asked["moved_stamp"] = moved.stamp(registration.occurrence)
    asked["is_told"] = is_awaited and registration.has_email and outbox.was_written_to(registration.id)
    return render_template(template, **asked), 200


@blueprint.get("/<lang:lang>/place/erased")
@access.link
def erased() -> Answer:
    """What happens to what was asked to be erased."""
    return render_template("places/erased.html"), 200


@blueprint.get("/<lang:lang>/place/<token>/card")
@access.link
def card(token: str) -> Answer:
    """One page in large type, for paper. It says, too, when there is nothing to come to any more."""
    registration = found(token)
    standing = standing_of(registration)
    return render_template("places/card.html", registration=registration, standing=standing, token=token), 200


@blueprint.get("/<lang:lang>/place/<token>/appointment.ics")
@access.link
def appointment(token: str) -> Response:
    """The same as a calendar file, in the wording that the person chose."""
    octets = calendars.download(found(token), language=languages.current())
    response = Response(octets, mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response
