"""What is left of a date whose names were erased: the counts, and the receipt that they went."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import Blueprint, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ..core import clock
from ..forms.registrations import NEEDS
from ..models import tally
from ..models.event import Occurrence
from ..models.organization import LEAD
from . import access
from .accounts import signed_in

blueprint = Blueprint("receipts", __name__, url_prefix="/console")

HEADINGS: dict[str, LazyString] = {
    tally.OUTCOME: _l("How it ended"),
    tally.SPOKEN: _l("Languages"),
    tally.SOURCE: _l("How they signed up"),
    tally.NEEDS: _l("What helped them"),
    tally.CALLS: _l("Calls"),
}
LABELS: dict[str, dict[str, LazyString]] = {
    tally.OUTCOME: {
        "came": _l("Came"),
        "did_not_come": _l("Did not come"),
        "nobody_looked": _l("Had a place online, where nobody counts who comes"),
        "called_off": _l("The date was canceled"),
        "not_confirmed": _l("Did not confirm"),
        "waited": _l("Waited, no place"),
        "gave_back": _l("Gave the place back"),
    },
    tally.SOURCE: {
        "web": _l("On the page"),
        "phone": _l("By phone"),
        "walk_in": _l("At the door"),
        "invitation": _l("With an invitation"),
    },
    tally.NEEDS: {**dict(NEEDS), "child_care": _l("Child care")},
    tally.CALLS: {
        "reached": _l("Reached"),
        "no_answer": _l("No answer"),
        "wrong_number": _l("Wrong number"),
        "will_not_come": _l("Will not come"),
    },
}


@blueprint.app_template_global()
def led() -> dict[uuid.UUID, str]:
    """The organizations that the person who is signed in leads, by id."""
    session = signed_in()
    members = session.user.memberships if session else []
    return {member.organization_id: member.organization.name for member in members if member.role == LEAD}


@blueprint.get("/receipts")
@access.staff(LEAD)
def listing() -> str:
    """What was erased for the organizations that this person leads."""
    hosts = led()
    number = request.args.get("page", 1, type=int)
    return render_template("console/receipts/list.html", page=tally.receipts(hosts, number), hosts=hosts)


def erased(occurrence: Occurrence) -> str:
    """The page that stands where the roster was. Nobody is on it, so nothing is decrypted and no look is audited."""
    return render_template(
        "console/receipts/date.html",
        occurrence=occurrence,
        receipt=tally.receipt(occurrence.id),
        counted=tally.rounded(occurrence.id),
        headings=HEADINGS,
        labels=LABELS,
        key_gone_on=_day_after(occurrence.key_week),
    )


def _day_after(week: str) -> date:
    """The Monday after an ISO week such as 2026-W50."""
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 7) + timedelta(days=1)


@blueprint.app_template_filter()
def at_place(receipt: tally.Receipt) -> date:
    """The day of the purge, as the calendar at the place of the date showed it."""
    return clock.local(receipt.purged_at, receipt.occurrence.zone).date()
