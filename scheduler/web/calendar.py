"""My calendar: what subscribing is, and a feed's address built from wishes. Works as a plain GET form."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import segno
from flask import Blueprint, current_app, render_template, request, url_for
from markupsafe import Markup

from .. import calendars
from ..core import clock, wording
from ..core.languages import OFFERED, SPOKEN
from ..models import catalogue, feeds
from ..models.event import Occurrence
from . import access, languages
from .elsewhere import Way
from .feeds import chosen

SHOWN, LISTED = 200, 5

blueprint = Blueprint("calendar", __name__)


@dataclass(frozen=True)
class Month:
    """A month as weeks of days; None is a day of another month, and each day brings its dates."""

    first: date
    weeks: list[list[tuple[date, list[Occurrence]] | None]]


@blueprint.get("/<lang:lang>/calendar")
@access.public(cache=60)
def page() -> str:
    """Choose, then add. The address of the feed stands in the page: nothing is computed in the browser."""
    areas = catalogue.areas()
    choice = chosen(request.args).among(areas)
    reading, wished = languages.current(), request.args.get("lang", "")
    written = wished if wished in OFFERED else reading
    now, site = clock.now(), calendars.Site.here()
    dates = feeds.upcoming(choice, now, SHOWN)
    feed, name = calendars.feed_address(choice, written, site), calendars.feed_name(dates, choice, site)
    this_page = site.page(reading, "calendar" + (choice.query(lang=written) if written != reading else choice.query()))
    spoken = catalogue.languages_spoken() | set(choice.languages)
    return render_template(
        "calendar/page.html",
        choice=choice,
        written=written,
        areas=[area for area, busy in areas.items() if busy or area in choice.areas],
        spoken=[code for code in SPOKEN if code in spoken],
        count=feeds.count(choice, now),
        agenda=dates[:LISTED],
        month=month_of(dates, clock.today(current_app.config["TIMEZONE"])),
        weekdays=wording.weekdays(),
        feed=feed,
        ways=ways(feed, name),
        this_page=this_page,
        qr=square(this_page),
        canonical=url_for("calendar.page"),
    )


def ways(feed: str, name: str) -> dict[str, Way]:
    """Links that subscribe in one step; those of companies say whose site opens."""
    webcal = f"webcal://{feed.partition('://')[2]}"
    google, outlook = urlencode({"cid": webcal}), urlencode({"url": feed, "name": name})
    return {
        "apple": Way("Apple", webcal),
        "google": Way("Google", f"https://calendar.google.com/calendar/render?{google}", "google.com"),
        "outlook": Way("Outlook.com", f"https://outlook.live.com/calendar/0/addfromweb?{outlook}", "outlook.com"),
        "office": Way("Microsoft 365", f"https://outlook.office.com/calendar/0/addfromweb?{outlook}", "office.com"),
    }


def month_of(dates: list[Occurrence], today: date) -> Month:
    """The month of the first date, or this one when there is none. A day on which all is called off stays dark."""
    held: dict[date, list[Occurrence]] = {}
    lit = [found for found in dates if not found.is_cancelled]
    first = (lit[0].starts_local.date() if lit else today).replace(day=1)
    for found in lit:
        held.setdefault(found.starts_local.date(), []).append(found)
    weeks = calendar.Calendar(wording.locale().first_week_day).monthdatescalendar(first.year, first.month)
    return Month(
        first, [[(day, held.get(day, [])) if day.month == first.month else None for day in week] for week in weeks]
    )


def square(address: str) -> Markup | None:
    """A QR code as an inline drawing, or None for an address that is too long for one."""
    try:
        code = segno.make(address, error="l", micro=False)
    except segno.DataOverflowError:
        return None
    return Markup(code.svg_inline(border=2, svgclass=None, lineclass=None, omitsize=True))
