"""Behind an employer's invitation: staff leave a name and get a place. And the poster that carries it."""

from __future__ import annotations

from babel.lists import format_list
from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from ... import trainings
from ...core import languages as known
from ...core import tokens, wording
from ...core.errors import Missing, Refusal
from ...core.extensions import transaction
from ...forms.bookings import StaffForm
from ...letters import links
from ...models.training import Booking
from ...trainings.joining import can_join
from .. import access, languages, limits, nonces, refusals
from ..calendar import square
from .base import Answer, blueprint


def invited(token: str) -> Booking:
    """The session behind an invitation. Raises Missing alike for forged, revoked, unanswered and erased ones."""
    booking = trainings.by_token(token, tokens.INVITATION)
    if booking.occurrence is None:
        raise Missing()
    return booking


@blueprint.route("/<lang:lang>/invitations/<token>", methods=["GET", "POST"])
@access.link
def join(token: str) -> Answer | Response:
    """GET shows the form; POST keeps a place and leads to its page."""
    booking = invited(token)
    form = StaffForm(request.form if request.method == "POST" else None)
    if request.method != "POST":
        form.nonce.data = nonces.issue(booking.id)
        return _page(booking, token, form)
    if not _can_stand(booking, form):
        return _page(booking, token, form, 422)
    booking_id, language = booking.id, known.written(languages.current())
    try:
        limits.take(limits.PLACES)
        with transaction():
            place = trainings.join(booking_id, form.name.data or "", language, form.nonce.data or "").token()
    except Refusal as refusal:
        nonces.renew_if_spent(form, refusal, booking_id)
        status = refusals.show(form, refusal)
        return _page(invited(token), token, form, status)
    return redirect(url_for("places.show", token=place), 303)


def _can_stand(booking: Booking, form: StaffForm) -> bool:
    fine, problems = form.validate(), [nonces.renewed(form, booking.id), nonces.emptied(form)]
    form.form_errors = [*form.form_errors, *filter(None, problems)]
    return fine and not any(problems)


def _page(booking: Booking, token: str, form: StaffForm, status: int = 200) -> Answer:
    occurrence = booking.occurrence
    assert occurrence is not None
    page = render_template(
        "trainings/invitation.html",
        booking=booking,
        occurrence=occurrence,
        event=occurrence.event,
        form=form,
        token=token,
        open=can_join(occurrence),
        days=occurrence.days_kept,
        hosts=format_list(
            [one.name for one in (occurrence.event.organization, *occurrence.event.cohosts)], locale=wording.locale()
        ),
    )
    return page, status


@blueprint.get("/<lang:lang>/invitations/<token>/poster")
@access.link
def poster(token: str) -> Answer:
    """One sheet for the wall of a break room, in both languages."""
    booking = invited(token)
    assert booking.occurrence is not None
    address = links.invitation(booking, languages.current())
    halves = []
    for code in known.OFFERED:
        with languages.speaking(code):
            halves.append(_half(booking, code))
    page = render_template(
        "trainings/poster.html", booking=booking, halves=halves, qr=square(address), address=address, token=token
    )
    return page, 200


def _half(booking: Booking, language: str) -> Markup:
    words = render_template(
        "trainings/poster_half.html", language=language, occurrence=booking.occurrence, training=booking.training
    )
    return Markup(words)
