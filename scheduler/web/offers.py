"""Offers: staff write down what a person said on the phone, or at the door."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import rosters, waitlist
from ..core.errors import Missing
from ..models import offer as offers
from ..models.organization import COORDINATOR, LEAD
from . import access
from .rosters import act
from .whose import own_place

blueprint = Blueprint("offers", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]


@blueprint.post("/offers/<uuid:offer_id>/acceptance")
@access.staff(LEAD, COORDINATOR)
def accept(offer_id: uuid.UUID) -> Answer:
    """They take it."""
    person = _whose(offer_id)
    return _answer(person, lambda _person: waitlist.accept(offer_id))


@blueprint.post("/offers/<uuid:offer_id>/refusal")
@access.staff(LEAD, COORDINATOR)
def refuse(offer_id: uuid.UUID) -> Answer:
    """Not this time: they stay in line for another, if the button said so."""
    person, stay = _whose(offer_id), request.form.get("stay") == "yes"
    return _answer(person, lambda _person: waitlist.decline(offer_id, stay=stay))


def _answer(person: uuid.UUID, verb: Callable[[uuid.UUID], object]) -> Answer:
    user_id = current_user.user_id
    return act(person, own_place(person, LEAD, COORDINATOR), lambda one: rosters.on_behalf(one, user_id, verb))


def _whose(offer_id: uuid.UUID) -> uuid.UUID:
    found = offers.whose(offer_id)
    if found is None:
        raise Missing()
    return found
