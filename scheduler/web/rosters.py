"""Rosters: who comes, who is here, what they were told, and who is to be called."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from itertools import groupby

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import checkin, rosters, waitlist
from ..core import clock, wording
from ..core.errors import Conflict, Full, Refusal
from ..core.extensions import transaction
from ..forms.registrations import NEEDS
from ..models.event import Occurrence
from ..models.organization import COORDINATOR, LEAD
from ..rosters import Person, Roster
from . import access, receipts
from .whose import own_date, own_list, own_place, why_shut

blueprint = Blueprint("rosters", __name__, url_prefix="/console")
blueprint.add_app_template_global(why_shut)

Answer = str | Response | tuple[str, int]

LONGEST_SEARCH = 80

TABS: dict[str, LazyString] = {
    rosters.COMING: _l("Not here yet"),
    rosters.HERE: _l("Here"),
    rosters.WAITING: _l("Waitlist"),
    rosters.ABSENT: _l("Did not come"),
    rosters.ALL: _l("Everyone"),
}
LETTER_TABS: dict[str, LazyString] = {
    "": _l("All"),
    "sent": _l("Went"),
    "waiting": _l("Waiting"),
    "failed": _l("Failed"),
}


@blueprint.route("/dates/<uuid:occurrence_id>/roster", methods=["GET", "POST"])
@access.staff()
def show(occurrence_id: uuid.UUID) -> Answer:
    """The roster. What is looked for comes by POST, so that no name stands in an address or a log."""
    occurrence = own_list(occurrence_id)
    if occurrence.purged_at is not None:
        return receipts.erased(occurrence)
    return _roster(occurrence_id)


def _roster(occurrence_id: uuid.UUID, refused: Refusal | None = None, about: uuid.UUID | None = None) -> Answer:
    user_id = current_user.user_id
    with transaction():
        roster = rosters.view(occurrence_id, user_id)
    occurrence = own_date(occurrence_id)
    typed = " ".join(request.values.get("q", "").replace("\0", " ").split())[:LONGEST_SEARCH]
    tab = _tab(typed)
    done = roster.person(request.args.get("done", type=uuid.UUID))
    page = render_template(
        "console/rosters/roster.html",
        occurrence=occurrence,
        roster=roster,
        groups=_groups(occurrence, roster, tab, typed),
        tab=tab,
        tabs=_tabs(roster),
        typed=typed,
        done=done,
        refused=refused,
        full=isinstance(refused, Full),
        about=roster.person(about),
        needs=dict(NEEDS),
        may_edit=_may_edit(occurrence),
        day_has_come=checkin.day_has_come(occurrence, clock.now()),
        takes_calls=not checkin.is_by_invitation(occurrence.event),
        door_is_open=checkin.door_is_open(occurrence, clock.now()),
        passes_others=isinstance(refused, waitlist.OutOfTurn),
        standstill=waitlist.why_nobody_moves(occurrence) if roster.count(rosters.WAITING) else "",
    )
    return page, refused.status if refused else 200


def _tabs(roster: Roster) -> dict[str, LazyString]:
    """The last tab only where somebody did not come."""
    return {key: label for key, label in TABS.items() if key != rosters.ABSENT or roster.count(key)}


def _tab(typed: str) -> str:
    """Who searches looks through everyone, unless a tab was named too."""
    otherwise = rosters.ALL if typed else rosters.COMING
    asked = request.values.get("show", "")
    return asked if asked in rosters.SHOWN else otherwise


def _may_edit(occurrence: Occurrence) -> bool:
    return access.belongs_to(occurrence.event.organization_id, LEAD, COORDINATOR)


def _groups(occurrence: Occurrence, roster: Roster, tab: str, typed: str) -> list[tuple[str, list[Person]]]:
    """The people under their times, or under their first letters; those in line come last."""
    timed = occurrence.event.admission == "timed"
    people = roster.shown(tab, typed)
    if timed:
        people.sort(key=lambda person: (person.waits, person.offered, person.starts_local))
    grouped = groupby(people, key=lambda person: _together(person, timed))
    return [(_heading(roster, members[0], timed), members) for members in (list(found) for _key, found in grouped)]


def _together(person: Person, timed: bool) -> tuple[object, ...]:
    """Equal for people under one heading."""
    in_line = person.waits or person.offered
    return person.waits, person.offered, None if in_line else person.starts_local if timed else person.initial


def _heading(roster: Roster, person: Person, timed: bool) -> str:
    if person.waits:
        return str(_("In line"))
    if person.offered:
        return str(_("A place is offered"))
    if not timed:
        return person.initial
    taken = next((time for time in roster.times if time.starts_local == person.starts_local), None)
    hour = wording.clock_time(person.starts_local)
    if taken is None:
        return hour
    return str(_("%(time)s · %(taken)s of %(limit)s places", time=hour, taken=taken.taken, limit=taken.limit))


@blueprint.post("/registrations/<uuid:registration_id>/check-in")
@access.staff()
def check_in(registration_id: uuid.UUID) -> Answer:
    """They are here: all of them, or as many as the button said."""
    here = request.form.get("here", 0, type=int) if "here" in request.form else None
    return act(registration_id, own_place(registration_id), lambda place: checkin.check_in(place, here))


@blueprint.post("/registrations/<uuid:registration_id>/arrivals")
@access.staff()
def count_arrivals(registration_id: uuid.UUID) -> Answer:
    """More of a party came; so many are here now."""
    here = request.form.get("here", 0, type=int)
    return act(registration_id, own_place(registration_id), lambda place: checkin.count_arrivals(place, here))


@blueprint.post("/registrations/<uuid:registration_id>/arrival")
@access.staff()
def let_in(registration_id: uuid.UUID) -> Answer:
    """Somebody from the line is at the door, and there is room; if not, where else they could go."""
    return act(registration_id, own_place(registration_id), checkin.let_in)


@blueprint.post("/registrations/<uuid:registration_id>/check-in/removal")
@access.staff()
def undo_check_in(registration_id: uuid.UUID) -> Answer:
    """They are not here after all."""
    return act(registration_id, own_place(registration_id), checkin.undo_check_in)


@blueprint.post("/registrations/<uuid:registration_id>/place")
@access.staff(LEAD, COORDINATOR)
def give_place(registration_id: uuid.UUID) -> Answer:
    """Who waits gets the first time that fits, and a letter; out of turn only where the button said so."""
    sure, user_id = "out_of_turn" in request.form, current_user.user_id
    date = own_place(registration_id, LEAD, COORDINATOR)
    promote = partial(waitlist.promote, out_of_turn=sure)
    return act(registration_id, date, lambda place: rosters.on_behalf(place, user_id, promote))


def act(registration_id: uuid.UUID, occurrence_id: uuid.UUID, verb: Callable[[uuid.UUID], object]) -> Answer:
    """Do it and go back to the list; or show the list with what stood in the way."""
    try:
        with transaction():
            verb(registration_id)
    except (Conflict, Full) as refused:
        return _roster(occurrence_id, refused, registration_id)
    tab = request.form.get("show", "")
    back = tab if tab in rosters.SHOWN else None
    return redirect(url_for("rosters.show", occurrence_id=occurrence_id, done=registration_id, show=back), 303)


@blueprint.get("/registrations/<uuid:registration_id>")
@access.staff(LEAD, COORDINATOR)
def person(registration_id: uuid.UUID) -> Answer:
    """One person with contact and note."""
    occurrence_id = own_place(registration_id, LEAD, COORDINATOR)
    user_id = current_user.user_id
    with transaction():
        card = rosters.view_person(registration_id, user_id)
    occurrence = own_date(occurrence_id)
    return render_template(
        "console/rosters/person.html",
        card=card,
        person=card.person,
        occurrence=occurrence,
        needs=dict(NEEDS),
        day_has_come=checkin.day_has_come(occurrence, clock.now()),
        door_is_open=checkin.door_is_open(occurrence, clock.now()),
    )


@blueprint.get("/dates/<uuid:occurrence_id>/letters")
@access.staff(LEAD, COORDINATOR)
def letters(occurrence_id: uuid.UUID) -> Answer:
    """Which letters went, wait or failed."""
    own_date(occurrence_id, LEAD, COORDINATOR)
    user_id = current_user.user_id
    with transaction():
        log = rosters.letters_log(occurrence_id, user_id)
    asked = request.args.get("show", "")
    tab = asked if asked in LETTER_TABS else ""
    return render_template(
        "console/rosters/letters.html",
        occurrence=own_date(occurrence_id),
        log=log,
        lines=[line for line in log.lines if not tab or line.state == tab],
        tab=tab,
        tabs=LETTER_TABS,
    )
