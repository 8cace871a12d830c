"""The provider's inbox: requests of employers are read, taken up, and answered."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import trainings
from ..core import clock, wording
from ..core.errors import Missing, Refusal
from ..core.extensions import transaction
from ..forms.answers import AT_WORK, AcceptForm, DeclineForm
from ..models import inbox
from ..models import training as states
from ..models import venue as places
from ..models.event import Occurrence
from ..models.organization import COORDINATOR, LEAD
from ..models.training import Booking, Wish
from . import access, refusals
from .console import editing
from .dates import place_words
from .filters import texts
from .trainings.base import wished
from .trainings.certificates import sheets

blueprint = Blueprint("inbox", __name__, url_prefix="/console/bookings")

Answer = str | Response | tuple[str, int]

TABS: dict[str, LazyString] = {
    inbox.NEW: _l("New"),
    inbox.TAKEN: _l("Taken up"),
    inbox.ANSWERED: _l("Answered"),
}


@blueprint.get("/")
@access.staff(LEAD, COORDINATOR)
def listing() -> Answer:
    """What employers ask for. No contact is shown here, so nothing is written down."""
    hosts = editing()
    asked = request.args.get("show", "")
    tab = asked if asked in TABS else inbox.NEW
    return render_template(
        "console/bookings/list.html",
        bookings=inbox.requests(hosts, tab),
        counts=inbox.counts(hosts),
        tab=tab,
        tabs=TABS,
        several=len(hosts) > 1,
        today=clock.today(current_app.config["TIMEZONE"]),
    )


def _may_see(booking_id: uuid.UUID) -> None:
    """Only the provider's own people. Raises Missing for everybody else."""
    access.membership(inbox.provider_of(booking_id), LEAD, COORDINATOR)


def _seen(booking_id: uuid.UUID) -> Booking:
    """The request with what the employer told us; that it was seen is written down."""
    _may_see(booking_id)
    user_id = current_user.user_id
    with transaction():
        trainings.view(booking_id, user_id)
    return trainings.found(booking_id)


@blueprint.get("/<uuid:booking_id>")
@access.staff(LEAD, COORDINATOR)
def show(booking_id: uuid.UUID) -> Answer:
    """One request, and what else there is on the days that it names."""
    return _page(_seen(booking_id))


def _page(booking: Booking, problem: str = "", status: int = 200) -> Answer:
    occurrence = booking.occurrence
    page = render_template(
        "console/bookings/booking.html",
        booking=booking,
        training=booking.training,
        occurrence=occurrence,
        standing=states.CANCELLED if booking.called_off else booking.state,
        days=inbox.busy(booking.training.organization_id, booking.wishes, booking.id),
        people=trainings.who_came(occurrence) if occurrence else [],
        over=occurrence is not None and occurrence.ends_at <= clock.now(),
        can_certify=trainings.can_certify(booking),
        failed=inbox.letter_failed(booking.id),
        problem=problem,
    )
    return page, status


@blueprint.get("/<uuid:booking_id>/certificates")
@access.staff(LEAD, COORDINATOR)
def certificates(booking_id: uuid.UUID) -> Answer:
    """The certificates that the employer can print too. That the names were seen is written down."""
    _may_see(booking_id)
    user_id = current_user.user_id
    with transaction():
        names = trainings.view_certificates(booking_id, user_id)
    return sheets(trainings.found(booking_id), names)


@blueprint.post("/<uuid:booking_id>/taking-up")
@access.staff(LEAD, COORDINATOR)
def take_up(booking_id: uuid.UUID) -> Answer:
    """We work on it: the employer cannot change it any more."""
    _may_see(booking_id)
    try:
        with transaction():
            trainings.take_up(booking_id)
    except Missing:
        raise
    except Refusal as refusal:
        return _page(_seen(booking_id), str(refusal.words), refusal.status)
    flash(_("You have taken the request up. Now choose a day, or say what could be instead."))
    return redirect(url_for(".show", booking_id=booking_id), 303)


@blueprint.route("/<uuid:booking_id>/acceptance", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def accept(booking_id: uuid.UUID) -> Answer:
    """One of the days, a start and a place: that makes the private session."""
    booking = _seen(booking_id)
    if request.method == "GET":
        if booking.state != states.TAKEN_UP:
            return redirect(url_for(".show", booking_id=booking_id), 303)
        return _accept_page(booking, _accept_form(booking))
    form = _accept_form(booking)
    try:
        refusals.check(form)
        terms = _terms(form)
        with transaction():
            trainings.accept(booking_id, terms)
        flash(_("The session is set, and the employer gets a letter."))
        return redirect(url_for(".show", booking_id=booking_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _accept_page(_seen(booking_id), form, status)


def _accept_form(booking: Booking) -> AcceptForm:
    form = AcceptForm(request.form or None, places=booking.head_count)
    form.wish.choices = [(str(number), wished(wish)) for number, wish in enumerate(booking.wishes)]
    known = places.within_reach({booking.training.organization_id})
    venues = [(str(venue.id), place_words(venue)) for venue in known if not venue.is_workplace]
    at_work = [(AT_WORK, _("At the employer’s place"))]
    form.venue.choices = at_work + venues if booking.place == states.THEIRS else venues + at_work
    if not request.form and booking.place == states.ONLINE:
        form.venue.data = next((str(venue.id) for venue in known if venue.online), None)
    online = [str(venue.id) for venue in known if venue.online]
    if form.venue.data in online and not form.join_link.data:
        form.join_link.description = _("There is no link to join yet. People get it with their place.")
    form.places.most = max(booking.training.people_max, booking.head_count)
    return form


def _terms(form: AcceptForm) -> trainings.Terms:
    assert form.starts.data is not None and form.places.data is not None
    return trainings.Terms(
        wish=int(form.wish.data),
        starts=form.starts.data,
        venue_id=None if form.venue.data == AT_WORK else uuid.UUID(form.venue.data),
        places=form.places.data,
        join_link=form.join_link.data or "",
    )


def _accept_page(booking: Booking, form: AcceptForm, status: int = 200) -> Answer:
    days = inbox.busy(booking.training.organization_id, booking.wishes, booking.id)
    page = render_template("console/bookings/accept.html", booking=booking, form=form, days=days)
    return page, status


@blueprint.route("/<uuid:booking_id>/refusal", methods=["GET", "POST"])
@access.staff(LEAD, COORDINATOR)
def decline(booking_id: uuid.UUID) -> Answer:
    """None of the days can be: words, and what could be instead."""
    booking = _seen(booking_id)
    if request.method == "GET":
        if booking.state != states.TAKEN_UP:
            return redirect(url_for(".show", booking_id=booking_id), 303)
        return _decline_page(booking, _decline_form(booking))
    form = _decline_form(booking)
    try:
        refusals.check(form)
        said = _alternatives(form)
        with transaction():
            trainings.decline(booking_id, said)
        flash(_("The employer gets a letter with your words."))
        return redirect(url_for(".show", booking_id=booking_id), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _decline_page(_seen(booking_id), form, status)


def _decline_form(booking: Booking) -> DeclineForm:
    form = DeclineForm(request.form or None)
    today = clock.today(current_app.config["TIMEZONE"])
    for day in (form.day_1, form.day_2):
        day.today, day.latest = today, today + states.FARTHEST
    mine = inbox.offered_by(booking.training.organization_id)
    found = [date for dates in inbox.open_dates([training.id for training in mine]).values() for date in dates]
    form.dates.choices = [(str(date.occurrence.id), _named(date.occurrence)) for date in found]
    return form


def _named(occurrence: Occurrence) -> str:
    title, starts = texts(occurrence.event.title), occurrence.starts_local
    return f"{title}, {wording.short_date(starts.date())}, {wording.clock_time(starts)}"


def _alternatives(form: DeclineForm) -> trainings.Alternatives:
    pairs = ((form.day_1.data, form.part_1.data), (form.day_2.data, form.part_2.data))
    return trainings.Alternatives(
        words=form.words.data or "",
        days=[Wish(day, part) for day, part in pairs if day is not None],
        dates=[uuid.UUID(chosen) for chosen in form.dates.data or []],
    )


def _decline_page(booking: Booking, form: DeclineForm, status: int = 200) -> Answer:
    today = clock.today(current_app.config["TIMEZONE"])
    page = render_template(
        "console/bookings/decline.html", booking=booking, form=form, first_day=today + timedelta(days=1)
    )
    return page, status
