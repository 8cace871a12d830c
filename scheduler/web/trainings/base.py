"""The blueprint of the training pages, and how what they show is worded."""

from __future__ import annotations

from flask import Blueprint
from flask.sansio.blueprints import BlueprintSetupState
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core import wording
from ...forms import answers, bookings
from ...models import training as states
from ...models.training import Wish

blueprint = Blueprint("trainings", "scheduler.web.trainings")

Answer = tuple[str, int]

Words = dict[str, LazyString]

PARTS: Words = dict(bookings.PARTS)
PLACES: Words = dict(bookings.PLACES)
AUDIENCE: Words = dict(answers.FOR_WHOM)
EQUIPMENT: Words = dict(bookings.EQUIPMENT)
FORMATS: Words = {
    "onsite": _l("At your workplace or ours"),
    "virtual": _l("Online"),
    "open_session": _l("Open dates"),
}
STATES: Words = {
    states.SUBMITTED: _l("Just came in"),
    states.TAKEN_UP: _l("Taken up"),
    states.CONFIRMED: _l("Set"),
    states.DECLINED: _l("Declined"),
    states.WITHDRAWN: _l("Withdrawn"),
    states.CANCELLED: _l("Canceled"),
}


def length(minutes: int) -> str:
    """`1 hour 30 minutes`."""
    hours, rest = divmod(minutes, 60)
    parts = [ngettext("%(num)s hour", "%(num)s hours", hours)] if hours else []
    if rest:
        parts.append(ngettext("%(num)s minute", "%(num)s minutes", rest))
    return " ".join(parts)


def group(least: int, most: int) -> str:
    """`8 to 30 people`."""
    if least == most:
        return str(ngettext("%(num)s person", "%(num)s people", most))
    return str(_("%(least)s to %(most)s people", least=least, most=most))


def wished(wish: Wish) -> str:
    """`Tuesday, December 8, morning`."""
    return f"{wording.weekday_date(wish.day)}, {str(PARTS[wish.part]).lower()}"


class Booked:
    """How templates name the keys of trainings: `booked.PARTS`, `booked.length(90)`."""

    PARTS, PLACES, AUDIENCE, EQUIPMENT, FORMATS, STATES = PARTS, PLACES, AUDIENCE, EQUIPMENT, FORMATS, STATES
    length, group, wished = staticmethod(length), staticmethod(group), staticmethod(wished)


@blueprint.record
def _name_keys(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["booked"] = Booked
