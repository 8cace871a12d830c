"""The console's first page, an organization's events, and a person's own account."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import accounts
from ..core import languages
from ..core.errors import Refusal
from ..core.extensions import transaction
from ..forms.accounts import ChangePasswordForm, LanguageForm
from ..models import board
from ..models.organization import CHECKIN_LEAD, COORDINATOR, LEAD
from . import access, limits, paths, refusals
from .accounts import leave, remember, signed_in

EDITORS = (LEAD, COORDINATOR)

TABS: dict[str, LazyString] = {board.UPCOMING: _l("Upcoming"), board.DRAFTS: _l("Drafts"), board.PAST: _l("Past dates")}
ROLES: dict[str, LazyString] = {
    LEAD: _l("Lead"),
    COORDINATOR: _l("Coordinator"),
    CHECKIN_LEAD: _l("Check-in lead"),
}

blueprint = Blueprint("console", __name__, url_prefix="/console")

Answer = str | Response | tuple[str, int]


@blueprint.app_template_global()
def editing() -> set[uuid.UUID]:
    """The organizations whose events the person who is signed in may edit."""
    session = signed_in()
    return (
        {member.organization_id for member in session.user.memberships if member.role in EDITORS} if session else set()
    )


def hosts_to_choose() -> list[tuple[str, str]]:
    """The same organizations as choices of a form, by name."""
    own = [member.organization for member in current_user.user.memberships if member.role in EDITORS]
    return sorted(((str(host.id), host.name) for host in own), key=lambda choice: choice[1])


@blueprint.get("/")
@access.staff()
def events() -> Answer:
    """What is coming, what is unfinished, what is over."""
    hosts = {member.organization_id: member.organization.name for member in current_user.user.memberships}
    own = editing()
    tabs = [tab for tab in board.TABS if own or tab != board.DRAFTS]
    tab = request.args.get("show", "")
    tab = tab if tab in tabs else board.UPCOMING
    counts = board.counts(hosts, own)
    number = request.args.get("page", 1, type=int)
    if tab == board.DRAFTS:
        page = board.drafts(own, number, counts[tab])
    else:
        page = board.dates(hosts, tab, number, counts[tab])
    return render_template(
        "console/events.html", page=page, tab=tab, tabs={tab: TABS[tab] for tab in tabs}, counts=counts, hosts=hosts
    )


@blueprint.get("/account")
@access.staff()
def account() -> Answer:
    """Language, password, and where one is signed in."""
    return _account(ChangePasswordForm())


def _account(form: ChangePasswordForm) -> str:
    return render_template(
        "console/account.html",
        form=form,
        language_form=_language_form(language=current_user.user.language),
        sign_ins=accounts.live_sign_ins(current_user.user_id),
        roles=ROLES,
    )


def _language_form(**values: object) -> LanguageForm:
    form = LanguageForm(request.form or None, **values)
    form.language.choices = list(languages.OFFERED.items())
    return form


@blueprint.post("/account/language")
@access.staff()
def language() -> Answer:
    """Another language for the console; then back to the page where it was chosen."""
    form = _language_form()
    if not form.validate():
        raise Refusal(form.language.errors[0])
    user_id = current_user.user_id
    with transaction():
        accounts.set_language(user_id, form.language.data)
    back = paths.own(request.form.get("back"), url_for(".account"))
    return redirect(back if paths.can_be_opened(back) else url_for(".events"), 303)


@blueprint.post("/account/password")
@access.staff()
def password() -> Answer:
    """A new password; every other device is signed out."""
    form = ChangePasswordForm(request.form or None)
    try:
        refusals.check(form)
        remember(_changed(current_user.user_id, form))
        flash(_("Your password is changed. Other devices are signed out."))
        return redirect(url_for(".account"), 303)
    except Refusal as refusal:
        status = refusals.show(form, refusal)
    return _account(form), status


def _changed(user_id: uuid.UUID, form: ChangePasswordForm) -> str:
    limits.check(limits.SIGN_IN_ACCOUNT, user_id.hex)
    new_hash = accounts.hashed(form.password.data)
    try:
        proof = accounts.prove_again(user_id, form.old.data)
    except Refusal:
        limits.count(limits.SIGN_IN_ACCOUNT, user_id.hex)
        raise
    with transaction():
        return accounts.change_password(proof, new_hash)


@blueprint.post("/account/sign-out-everywhere")
@access.staff()
def sign_out_everywhere() -> Answer:
    """End every session of this person, this one too."""
    user_id = current_user.user_id
    with transaction():
        accounts.sign_out_everywhere(user_id)
    return leave("everywhere")
