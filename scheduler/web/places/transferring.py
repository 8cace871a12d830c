"""A place on a date that is off, in exchange for one on another: one POST, behind the mailed link or the typed code."""

from __future__ import annotations

import uuid

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from ... import registrations
from ...core.errors import Missing, Refusal
from ...core.extensions import transaction
from ...forms.registrations import CodeForm
from ...models.registration import Registration
from ...registrations import NoRoom
from .. import access, limits
from .base import Answer, blueprint, held_page, readable
from .codes import by_code, refused
from .holding import found


@blueprint.route("/<lang:lang>/place/<token>/transfer", methods=["GET", "POST"])
@access.link
def transfer(token: str) -> Answer | Response:
    """GET leads to the dates that can be taken, POST takes one and leads to the new place."""
    registration_id = found(token).id
    if request.method != "POST":
        return redirect(url_for("places.show", token=token, _anchor="others"), 303)
    try:
        limits.take(limits.PLACES)
        with transaction():
            new = _exchange(registration_id).token()
    except Refusal as refusal:
        return _refused(found(token), refusal, token=token)
    return redirect(url_for("places.show", token=new, said="moved"), 303)


@blueprint.route("/<lang:lang>/place/code/transfer", methods=["GET", "POST"])
@access.link
def transfer_by_code() -> Answer | Response:
    """The same for who typed a code; the new place has a new one."""
    if request.method != "POST":
        return redirect(url_for("places.enter"), 303)
    form = CodeForm(request.form)
    try:
        registration = by_code(form)
    except Refusal as wrong_code:
        return refused(form, wrong_code)
    registration_id, code = registration.id, registration.code
    try:
        limits.take(limits.PLACES)
        with transaction():
            new = _exchange(registration_id).code
    except Refusal as refusal:
        return _refused(readable(registrations.by_code(code)), refusal, code=code)
    return held_page(readable(registrations.by_code(new)), code=new, said="moved")


def _exchange(registration_id: uuid.UUID) -> Registration:
    wished = request.form.get("date", type=uuid.UUID)
    if wished is None:
        raise Missing()
    slot_id, seen = request.form.get("slot", type=uuid.UUID), request.form.get("moved", "")
    return registrations.transfer(registration_id, wished, slot_id, seen=seen, or_wait="wait" in request.form)


def _refused(registration: Registration, refusal: Refusal, *, token: str = "", code: str = "") -> Answer:
    """The same page with what is free now, and why it could not be done; nothing was lost by trying."""
    if isinstance(refusal, Missing):
        raise refusal
    full = refusal.occurrence_id if isinstance(refusal, NoRoom) else None
    problem, status = str(refusal.words), refusal.status
    return held_page(registration, token=token, code=code, problem=problem, status=status, full=full)
