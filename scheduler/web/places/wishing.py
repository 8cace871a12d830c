"""The form of changes to a place: as things stand, as it was typed, and the wishes that it makes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from flask_babel import gettext as _

from ... import registrations
from ...core import clock, wording
from ...core import languages as known
from ...forms.registrations import BY_EMAIL, BY_HELPER, BY_PHONE, ChangesForm, offer_party
from ...models import moved
from ...models.event import Slot
from ...models.registration import FULL, Registration
from ...registrations import Wishes
from .. import nonces
from .offers import Typed

NEVER = datetime.min.replace(tzinfo=UTC)


def fresh(registration: Registration) -> ChangesForm:
    """The form with what holds now, and a nonce for one showing."""
    kind, contact = registration.contact_kind, registration.contact
    form = ChangesForm(
        slot=str(registration.slot_id),
        party=str(registration.party),
        children=str(registration.children),
        contact_kind=kind,
        email=contact if kind in (BY_EMAIL, BY_HELPER) else "",
        phone=contact if kind == BY_PHONE else "",
        full_words=registration.wording == FULL,
        language=known.written(registration.language),
        spoken=registration.spoken,
        needs=registration.needs,
        note=registration.note,
        nonce=nonces.issue(registration.id),
        seen=_version(registration),
    )
    return offered(form, registration)


def filled(registration: Registration, typed: Typed) -> ChangesForm:
    """The form with what was typed."""
    return offered(ChangesForm(typed), registration)


def offered(form: ChangesForm, registration: Registration) -> ChangesForm:
    """The same form with what can be chosen of this place now."""
    occurrence, event = registration.occurrence, registration.occurrence.event
    if registrations.may_move(registration) and len(occurrence.slots) > 1:
        form.slot.choices = _named(occurrence.slots, registration)
    else:
        del form.slot
    if registrations.may_resize(registration):
        offer_party(form, max(occurrence.largest_party, registration.party))
    else:
        del form.party
    if not event.sensitive:
        del form.full_words
    spoken = dict.fromkeys([*event.languages, *event.interpretation, "en", "es", registration.spoken])
    form.spoken.choices = [(code, wording.spoken(code)) for code in spoken]
    form.language.choices = list(known.OFFERED.items())
    return form


def narrow(form: ChangesForm, registration: Registration) -> None:
    """Before the form is shown: only times that this person could still have."""
    if "slot" not in form:
        return
    occurrence = registration.occurrence
    timed, now = occurrence.event.admission == "timed", clock.now()
    free = [slot for slot in occurrence.slots if slot.free > 0 and slot.can_start(timed, now)]
    own = [slot for slot in occurrence.slots if slot.id == registration.slot_id]
    form.slot.choices = _named(sorted({*free, *own}, key=lambda slot: (slot.starts_at, slot.id)), registration)


def _named(slots: list[Slot], registration: Registration) -> list[tuple[str, str]]:
    return [(str(slot.id), _time(slot, slot.id == registration.slot_id)) for slot in slots]


def _time(slot: Slot, own: bool) -> str:
    time = wording.clock_time(slot.starts_local)
    return _("%(time)s (yours)", time=time) if own else time


def can_stand(form: ChangesForm, registration: Registration) -> bool:
    """True if the form can be acted on; otherwise it holds the words for each field, and a nonce for the next try."""
    fine, problems = form.validate(), [nonces.renewed(form, registration.id)]
    form.form_errors = [*form.form_errors, *filter(None, problems)]
    return fine and not any(problems)


def wishes_of(form: ChangesForm, registration: Registration) -> Wishes:
    """The place as it shall be: what the form asks, and the rest as it is."""
    wishes = replace(Wishes.of(registration), **form.answers())
    return replace(wishes, slot_id=uuid.UUID(form.slot.data)) if "slot" in form else wishes


def seen_at(form: ChangesForm, registration: Registration) -> datetime:
    """When the place that the form was made from was last revised; long ago, if that was another one than now."""
    return registration.revised_at if form.seen.data == _version(registration) else NEVER


def _version(registration: Registration) -> str:
    """What the form has read: the place, and the date as it was then."""
    return f"{int(registration.revised_at.timestamp())}.{moved.stamp(registration.occurrence)}"
