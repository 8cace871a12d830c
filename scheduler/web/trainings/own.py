"""The employer's own page, behind a mailed link: the request, and later the session. GET changes nothing."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ... import trainings
from ...core import clock
from ...core.errors import Conflict, Missing, Refusal
from ...core.extensions import transaction
from ...forms.bookings import RequestForm
from ...letters import employers, links
from ...models import training as states
from ...models.training import Booking
from .. import access, languages, limits, nonces, refusals
from ..calendar import square
from .asking import can_stand, fitted, said
from .base import Answer, blueprint


@blueprint.get("/<lang:lang>/bookings/<token>")
@access.link
def own(token: str) -> Answer:
    """Everything about one request."""
    return _page(trainings.by_token(token), token)


def _page(booking: Booking, token: str, problem: str = "", status: int = 200) -> Answer:
    occurrence = booking.occurrence
    set_up = booking.state == states.CONFIRMED and occurrence is not None and not booking.called_off
    zone, now = current_app.config["TIMEZONE"], clock.now()
    invitation = links.invitation(booking, languages.current()) if set_up else ""
    page = render_template(
        "trainings/own.html",
        booking=booking,
        training=booking.training,
        occurrence=occurrence,
        token=token,
        standing=states.CANCELLED if booking.called_off else booking.state,
        invitation=invitation,
        invitation_path=invitation.removeprefix(links.absolute("")),
        qr=square(invitation) if invitation else None,
        places=sum(slot.seats_limit for slot in occurrence.slots) if occurrence else 0,
        people=trainings.who_came(occurrence) if occurrence else [],
        over=occurrence is not None and occurrence.ends_at <= now,
        late=booking.answer_by < clock.today(zone),
        days_over=all(clock.to_utc(wish.ends, zone) <= now for wish in booking.wishes),
        can_certify=trainings.can_certify(booking),
        dates=employers.open_dates(booking, languages.current()),
        problem=problem,
    )
    return page, status


@blueprint.route("/<lang:lang>/bookings/<token>/change", methods=["GET", "POST"])
@access.link
def change(token: str) -> Answer | Response:
    """The same form again, until the provider has taken the request up."""
    try:
        booking = trainings.by_token(token)
    except Missing:
        return _sent_twice(token)
    if booking.state != states.SUBMITTED:
        return redirect(url_for(".own", token=token), 303)
    if request.method != "POST":
        return _form(booking, token)
    form, booking_id = fitted(booking.training, request.form), booking.id
    if languages.is_only_shown():
        return _form(booking, token, form)
    if not can_stand(form, booking_id):
        return _form(booking, token, form, 422)
    try:
        limits.take(limits.BOOKINGS)
        with transaction():
            token = trainings.change(booking_id, said(form), form.nonce.data).token()
    except Conflict as conflict:
        return _page(trainings.by_token(token), token, str(conflict.words), conflict.status)
    except Refusal as refusal:
        return _form(trainings.by_token(token), token, form, refusals.show(form, refusal))
    return redirect(url_for(".own", token=token), 303)


def _sent_twice(token: str) -> Response:
    """The link is dead because this very form has renewed it, a moment ago: lead to the new one.

    Raises Missing, also for who has the old link and guesses what the form said: each of our forms has a nonce.
    """
    limits.take(limits.BOOKINGS)
    booking = trainings.by_token_before(token, _sent_now)
    return redirect(url_for(".own", token=booking.token()), 303)


def _sent_now(booking: Booking) -> bytes:
    form = fitted(booking.training, request.form)
    nonce = form.nonce.data or ""
    if not form.validate() or not nonces.is_good(nonce, booking.id):
        raise Missing()
    return said(form).index(booking, nonce)


def _form(booking: Booking, token: str, form: RequestForm | None = None, status: int = 200) -> Answer:
    if form is None:
        form = fitted(booking.training, None, **_values(booking))
        form.nonce.data = nonces.issue(booking.id)
    today = clock.today(current_app.config["TIMEZONE"])
    page = render_template(
        "trainings/form.html",
        training=booking.training,
        form=form,
        first_day=today + timedelta(days=1),
        last_day=today + states.FARTHEST,
        most_days=states.KEEP_DAYS,
        booking=booking,
        token=token,
    )
    return page, status


def _values(booking: Booking) -> dict[str, object]:
    values: dict[str, object] = {name: booking.told(name) for name in states.SEALED}
    values |= {name: getattr(booking, name) for name in ("place", "head_count", "languages", "audience", "equipment")}
    for number, wish in enumerate(booking.wishes, 1):
        values |= {f"day_{number}": wish.day, f"part_{number}": wish.part}
    return {**values, "certificates": "yes" if booking.certificates else "no"}


@blueprint.route("/<lang:lang>/bookings/<token>/withdrawal", methods=["GET", "POST"])
@access.link
def withdraw(token: str) -> Answer | Response:
    """We do not need it any more: GET asks once, POST withdraws."""
    booking = trainings.by_token(token)
    if request.method != "POST" and booking.state not in states.OPEN:
        return redirect(url_for(".own", token=token), 303)
    if request.method != "POST":
        return render_template("trainings/withdrawal.html", booking=booking, token=token), 200
    booking_id = booking.id
    try:
        with transaction():
            trainings.withdraw(booking_id)
    except Conflict as conflict:
        return _page(trainings.by_token(token), token, str(conflict.words), conflict.status)
    return redirect(url_for(".own", token=token), 303)
