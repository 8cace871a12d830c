"""Catalogue pages: what is coming, and one event. Anyone may read and keep them; no cookie, no form."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from babel.lists import format_list
from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..core import clock, wording
from ..core.errors import Missing
from ..core.languages import SPOKEN
from ..letters import links
from ..models import catalogue
from ..models.catalogue import Date
from ..models.event import UNLISTED, Event, Slot
from . import access, elsewhere, languages, wishes

blueprint = Blueprint("catalogue", __name__)


@blueprint.get("/")
@access.public(cache=0)
def front_door() -> Response:
    """To the list, in the language that the browser asks for."""
    response = redirect(url_for("catalogue.home", lang=languages.current()), Response=Response)
    response.vary.add("Accept-Language")
    return response  # type: ignore[return-value]


@blueprint.get("/<lang:lang>/")
@access.public(cache=60)
def home() -> str:
    """The list under the street, as long as nothing is asked for."""
    return _list()


@blueprint.get("/<lang:lang>/events")
@access.public(cache=60)
def listing() -> str:
    """The list under its own name: where filters lead."""
    return _list()


def _list() -> str:
    areas = catalogue.areas()
    wish = wishes.read(request.args, list(areas))
    zone = current_app.config["TIMEZONE"]
    page = catalogue.coming(wish.filters, request.args.get("page", 1, type=int), zone)
    spoken = catalogue.languages_spoken() | {wish.filters.language}
    first = not wish.query and page.number == 1
    return render_template(
        "catalogue/list.html",
        wish=wish,
        filters=wish.filters,
        page=page,
        first=first,
        weeks=_by_week(page.dates, clock.today(zone)),
        areas=[area for area, busy in areas.items() if busy or area == wish.filters.area],
        spoken=[code for code in SPOKEN if code in spoken],
        canonical=url_for("catalogue.home") if first else wish.but(page=page.number if page.number > 1 else None),
    )


def _by_week(dates: list[Date], today: date) -> list[tuple[str, list[Date]]]:
    """The dates under a heading for each week, Monday first."""
    this_week = _monday(today)
    grouped = groupby(dates, key=lambda found: max(this_week, _monday(found.occurrence.starts_local.date())))
    return [(_week(monday, this_week), list(found)) for monday, found in grouped]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(monday: date, this_week: date) -> str:
    if monday == this_week:
        return str(_("This week"))
    if monday == this_week + timedelta(days=7):
        return str(_("Next week"))
    return str(_("Week of %(date)s", date=wording.month_day(monday)))


@blueprint.get("/<lang:lang>/events/<slug>")
@access.public(cache=60)
def event(slug: str) -> Response:
    """One event. `?date=` names the date that is shown first."""
    found = catalogue.shown(slug)
    if found is None or not found.occurrences:
        raise Missing()
    return draw(found)


def draw(found: Event, *, preview: bool = False) -> Response:
    """The page of an event that has dates; with `preview`, for its own organizers before anybody else sees it."""
    dates = catalogue.with_room(found.occurrences)
    ahead = [one for one in dates if one.standing != catalogue.PAST]
    chosen = _chosen(ahead or dates[-1:], request.args.get("date", ""))
    joinable = [one for one in ahead if one.takes_names]
    path = url_for("catalogue.event", slug=found.slug)
    page = render_template(
        "catalogue/event.html",
        event=found,
        hosts=format_list([one.name for one in (found.organization, *found.cohosts)], locale=wording.locale()),
        chosen=chosen,
        occurrence=chosen.occurrence,
        ahead=ahead,
        joinable=joinable,
        times=_times(chosen),
        others=catalogue.alternatives(found) if not joinable and _is_off(chosen) else [],
        calendars=elsewhere.calendars(found, chosen.occurrence, languages.current(), links.absolute(path)),
        maps=elsewhere.maps(chosen.occurrence.venue),
        canonical=path,
        now=clock.now(),
        preview=preview,
    )
    response = make_response(page)
    if found.visibility == UNLISTED:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _chosen(dates: list[Date], asked: str) -> Date:
    """The date asked for, else the first one to which somebody could come, else the first one that takes place."""
    for one in dates:
        if str(one.occurrence.id) == asked:
            return one
    shut = (catalogue.CANCELED, catalogue.CLOSED)
    return next((one for one in dates if one.standing not in shut), None) or next(
        (one for one in dates if one.standing != catalogue.CANCELED), dates[0]
    )


def _is_off(chosen: Date) -> bool:
    """True for a date to which nobody can come: its page offers others."""
    return chosen.standing in (catalogue.CANCELED, catalogue.CLOSED, catalogue.PAST)


def _times(chosen: Date) -> list[tuple[Slot, str]]:
    """The times that can still be taken at a date with appointments, each with a word for its room."""
    if not chosen.takes_names or chosen.occurrence.event.admission != "timed":
        return []
    now = clock.now()
    found = [(slot, catalogue.slot_room(slot, chosen.occurrence.waiting, now)) for slot in chosen.occurrence.slots]
    return [(slot, room) for slot, room in found if room != catalogue.PAST]
