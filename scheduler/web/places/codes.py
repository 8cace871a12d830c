"""By code: for people without e-mail, and for everybody at a borrowed phone.

A code shows time and place, confirms, gives the place back or has it erased. Name, contact and note stay
covered. Wrong guesses are counted for each network and for all of them together. Above 1,000 of all in an hour only
networks without a wrong one are answered, above 5,000 none is: one of 10,000 live codes among 30^8 is then hit in
30^8 / 10,000 / 5,000 hours, which are 18 months.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ... import registrations
from ...core.errors import Missing, Refusal
from ...core.extensions import transaction
from ...forms.registrations import CodeForm
from ...models.registration import Registration, normal_code
from .. import access, limits
from .base import PRESSED_TWICE, Answer, blueprint, held_page, readable
from .holding import ask, check_knows_date

LENGTH = 8


@blueprint.route("/<lang:lang>/place", methods=["GET", "POST"])
@access.form
def enter() -> Answer:
    """GET asks for the code, POST shows what is behind it."""
    if request.method != "POST":
        return form_page(CodeForm())
    form = CodeForm(request.form)
    try:
        registration = by_code(form)
    except Refusal as refusal:
        return refused(form, refusal)
    return held_page(registration, code=registration.code)


def by_code(form: CodeForm) -> Registration:
    """The registration behind the typed code. Raises Refusal, with words for the field."""
    if not form.validate():
        raise Refusal(form.code.errors[0], field="code")
    if len(normal_code(form.code.data)) != LENGTH:
        raise Refusal(_("A code has 8 letters and numbers, like ABCD-2345. Please check it."), field="code")
    limits.check(limits.WRONG_CODES)
    limits.check_crowd(limits.WRONG_CODES_OF_ALL, limits.EVERYBODY)
    try:
        return readable(registrations.by_code(form.code.data))
    except Missing:
        limits.count(limits.WRONG_CODES)
        limits.count_crowd(limits.WRONG_CODES_OF_ALL, limits.EVERYBODY)
        raise Missing(_("We can't find that code. Please check each letter and number.")) from None


def refused(form: CodeForm, refusal: Refusal) -> Answer:
    """The same page, with words on the field."""
    form.code.errors = [refusal.words]
    return form_page(form, refusal.status)


def form_page(form: CodeForm, status: int = 200) -> Answer:
    """The field for the code, and what to do without one."""
    return render_template("places/enter.html", form=form), status


@blueprint.route("/<lang:lang>/place/code/confirmation", methods=["GET", "POST"])
@access.link
def confirm_by_code() -> Answer | Response:
    """I'm coming."""
    return act(_reconfirm)


def _reconfirm(registration_id: uuid.UUID) -> None:
    """Codes stand on pages too, so they do not say that anybody opened a mailbox."""
    check_knows_date(registration_id)
    registrations.reconfirm(registration_id, proven=False)


@blueprint.route("/<lang:lang>/place/code/cancellation", methods=["GET", "POST"])
@access.link
def cancel_by_code() -> Answer | Response:
    """I can't come: asks once, then gives the place back."""
    return act(_cancel, "places/cancellation.html")


def _cancel(registration_id: uuid.UUID) -> None:
    check_knows_date(registration_id)
    registrations.cancel(registration_id)


@blueprint.route("/<lang:lang>/place/code/erasure", methods=["GET", "POST"])
@access.link
def erase_by_code() -> Answer | Response:
    """Erase my information: asks once, then forgets."""
    return act(registrations.erase, "places/erasure.html")


def act(verb: Callable[[uuid.UUID], object], question: str = "") -> Answer | Response:
    """Do it for the place behind the code, which is sent again each time; ask first where there is a question."""
    if request.method != "POST":
        return redirect(url_for("places.enter"), 303)
    form, refusal = CodeForm(request.form), None
    erases = verb is registrations.erase and "sure" in request.form
    try:
        registration = by_code(form)
    except Refusal as refused_code:
        is_dead = erases and isinstance(refused_code, Missing)
        return refused(form, Missing(PRESSED_TWICE) if is_dead else refused_code)
    if question and "sure" not in request.form:
        return ask(question, registration, code=registration.code)
    registration_id, code = registration.id, registration.code
    try:
        with transaction():
            verb(registration_id)
    except Refusal as refused_act:
        refusal = refused_act
    if erases and (refusal is None or isinstance(refusal, Missing)):
        return redirect(url_for("places.erased"), 303)
    problem, status = (str(refusal.words), refusal.status) if refusal else ("", 200)
    return held_page(readable(registrations.by_code(code)), code=code, problem=problem, status=status)
