"""Signing in and out, and a new password by mail. Nobody learns here who has an account."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import accounts
from ..core import clock, languages
from ..core.errors import Refusal
from ..core.extensions import login, transaction
from ..forms.accounts import HelpForm, NewPasswordForm, SignInForm
from ..models.user import SignIn, User
from . import access, again, limits, paths, refusals

SEEN_EVERY = timedelta(minutes=1)

NOTES = {
    "out": _l("You are signed out."),
    "everywhere": _l("You are signed out on every device."),
    "password": _l("Your new password is set. Please sign in with it."),
}

blueprint = Blueprint("accounts", __name__)

Answer = str | Response | tuple[str, int]


@login.user_loader  # type: ignore[untyped-decorator]
def who_is_there(token: str) -> SignIn | None:
    """The session behind the cookie's token; once a minute it is noted that it is in use."""
    found = accounts.by_token(token)
    if found is None or clock.now() - found.last_seen_at < SEEN_EVERY:
        return found
    with transaction():
        accounts.was_seen(found.id)
    return accounts.by_token(token)


@blueprint.app_template_global()
def signed_in() -> SignIn | None:
    """Who is signed in. Only pages of the console ask: it reads the cookie."""
    return current_user._get_current_object() if current_user.is_authenticated else None


@blueprint.app_template_global()
def organization_names() -> str:
    """Whose console this is, where it is one organization's; empty for people of several."""
    session = signed_in()
    members = session.user.memberships if session else []
    return members[0].organization.name if len(members) == 1 else ""


@blueprint.app_template_global()
def in_other_language(language: str) -> str:
    """The address of this page before signing in, in another language."""
    wishes = request.args.to_dict() | (request.view_args or {})
    return url_for(request.endpoint or "accounts.sign_in", **wishes | {"lang": language})


@blueprint.before_request
def take_language() -> None:
    """These pages have no language in their path: `?lang=` chooses one, the browser's wish is the default."""
    if request.args.get("lang") in languages.OFFERED:
        g.language = request.args["lang"]


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access.form
def sign_in() -> Answer:
    """E-mail and password; then on to where the person wanted to go."""
    form = SignInForm(request.form)
    target = paths.own(request.values.get("next"), url_for("console.events"))
    kept, status = request.form.get("kept", ""), 200
    if request.method == "POST":
        try:
            refusals.check(form)
            remember(_begin(form.email.data, form.password.data))
            sent = again.unpack(kept)
            return render_template("accounts/resend.html", sent=sent) if sent else redirect(target, 303)
        except Refusal as refusal:
            status = refusals.show(form, refusal)
    elif current_user.is_authenticated:
        return redirect(target, 303)
    if again.unpack(kept):
        return render_template("accounts/ended.html", form=form, kept=kept), status
    note = NOTES.get(request.args.get("note", ""))
    return render_template("accounts/sign_in.html", form=form, target=target, note=note), status


def _begin(email: str, password: str) -> str:
    account = User.index_of(email).hex()
    here = f"{account}|{limits.network()}"
    limits.take(limits.SIGN_IN)
    limits.check(limits.SIGN_IN_ACCOUNT, here)
    limits.check_crowd(limits.SIGN_IN_OF_ALL, account)
    try:
        proof = accounts.prove(email, password)
    except Refusal:
        limits.count(limits.SIGN_IN_ACCOUNT, here)
        limits.count_crowd(limits.SIGN_IN_OF_ALL, account)
        raise
    with transaction():
        return accounts.sign_in(proof)


def remember(token: str) -> None:
    """From now on the cookie holds this token and nothing that was in it before.

    Not by flask_login.login_user: that would add a fingerprint of address and browser.
    """
    session.clear()
    session["_user_id"] = token


@blueprint.post("/sign-out")
@access.staff()
def sign_out() -> Answer:
    """End this session."""
    sign_in_id = current_user.id
    with transaction():
        accounts.sign_out(sign_in_id)
    return leave("out")


def leave(note: str) -> Response:
    """Forget the cookie and say why."""
    session.clear()
    return redirect(url_for("accounts.sign_in", note=note), 303)


@blueprint.route("/sign-in/help", methods=["GET", "POST"])
@access.form
def help_page() -> Answer:
    """Ask for a letter with a link. The answer is the same for every address."""
    form = HelpForm(request.form)
    status = 200
    if request.method == "POST":
        try:
            refusals.check(form)
            limits.take(limits.SIGN_IN_HELP)
            with transaction():
                accounts.ask_for_help(form.email.data)
            return redirect(url_for("accounts.help_page", sent="yes"), 303)
        except Refusal as refusal:
            status = refusals.show(form, refusal)
    return render_template("accounts/help.html", form=form, sent="sent" in request.args), status


@blueprint.route("/sign-in/help/<token>", methods=["GET", "POST"])
@access.link
def new_password(token: str) -> Answer:
    """Behind the mailed link: set a new password. Looking changes nothing."""
    accounts.by_help_token(token)
    form = NewPasswordForm(request.form)
    status = 200
    if request.method == "POST":
        try:
            refusals.check(form)
            new_hash = accounts.hashed(form.password.data)
            with transaction():
                accounts.set_new_password(token, new_hash)
            return leave("password")
        except Refusal as refusal:
            status = refusals.show(form, refusal)
    return render_template("accounts/new_password.html", form=form), status
