"""The form with which an employer asks for a training. Its page is stored nowhere: the nonce is for one person."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ... import trainings
from ...core import clock, wording
from ...core import languages as known
from ...core.errors import Missing, Refusal
from ...core.extensions import transaction
from ...forms.bookings import RequestForm
from ...models import training as states
from ...models.training import Training, Wish
from .. import access, languages, limits, nonces, refusals
from .base import Answer, blueprint
from .catalogue import shown


@blueprint.route("/<lang:lang>/trainings/<slug>/request", methods=["GET", "POST"])
@access.form
def ask(slug: str) -> Answer | Response:
    """GET shows the form; POST sends the request and leads to the employer's own page."""
    training = shown(slug)
    if not training.can_be_booked:
        raise Missing()
    form = fitted(training, request.form if request.method == "POST" else None)
    if request.method != "POST":
        form.nonce.data = nonces.issue(training.id)
        return _page(training, form)
    if languages.is_only_shown():
        return _page(training, form)
    if not can_stand(form, training.id):
        return _page(training, form, 422)
    training_id = training.id
    try:
        limits.take(limits.BOOKINGS)
        with transaction():
            token = trainings.submit(training_id, said(form), form.nonce.data).token()
    except Refusal as refusal:
        status = refusals.show(form, refusal)
        return _page(shown(slug), form, status)
    return redirect(url_for(".own", token=token), 303)


def fitted(training: Training, typed: MultiDict[str, Any] | None, **values: Any) -> RequestForm:
    """The form of this training, with what was typed or with what is known."""
    form = RequestForm(typed, **values)
    today = clock.today(current_app.config["TIMEZONE"])
    form.fit(training.places(), training.people_min, training.people_max, today, today + states.FARTHEST)
    form.languages.choices = [(code, wording.spoken(code)) for code in training.languages]
    if typed is None and not values:
        _preset(form, training)
    return form


def _preset(form: RequestForm, training: Training) -> None:
    """What can only be one way is chosen already."""
    if len(training.places()) == 1:
        form.place.data = training.places()[0]
    if len(training.languages) == 1:
        form.languages.data = list(training.languages)


def can_stand(form: RequestForm, about: uuid.UUID) -> bool:
    """True if the form about this training, or this request, can be sent; otherwise it holds the words, and a nonce for
    the next try.
    """
    fine, problems = form.validate(), [nonces.renewed(form, about), nonces.emptied(form)]
    form.form_errors = [*form.form_errors, *filter(None, problems)]
    return fine and not any(problems)


def said(form: RequestForm) -> trainings.Request:
    """What the form says, for the verb."""
    wishes = [Wish(day, part) for day, part in form.wishes()]
    return trainings.Request(wishes=wishes, language=known.written(languages.current()), **form.answers())


def _page(training: Training, form: RequestForm, status: int = 200) -> Answer:
    today = clock.today(current_app.config["TIMEZONE"])
    page = render_template(
        "trainings/form.html",
        training=training,
        form=form,
        first_day=today + timedelta(days=1),
        last_day=today + states.FARTHEST,
        most_days=states.KEEP_DAYS,
        booking=None,
    )
    return page, status
