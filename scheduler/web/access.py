"""Who may see what: every view says so, and this is the only place where it is enforced."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, abort, current_app, g, make_response, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..core.config import LOOPBACK, plain_host
from ..core.errors import Locked, Missing
from ..core.extensions import csrf
from ..forms.accounts import SignInForm
from ..models.event import Event
from ..models.user import Membership
from . import again

log = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

NOT_YOURS = _l("Your role does not include this. Ask the lead of your organization.")
DECLARED = "porchlight.access"
"""In the environment of a request: what its view declares, for those around the app."""


@dataclass(frozen=True)
class Access:
    """What a view declares. `cache`: seconds that shared caches may keep the page; 0 is no-store."""

    kind: str
    cache: int = 0
    roles: tuple[str, ...] = ()
    is_alike: bool = False
    """The same for everybody, but for a word of its own (gaps.py)."""

    @property
    def is_for_all(self) -> bool:
        """True of a page of which one copy serves many."""
        return bool(self.cache) or self.is_alike


UNDECLARED = Access("operational")


def _declare(declared: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = declared  # type: ignore[attr-defined]
        return view

    return mark


def public(cache: int) -> Callable[[View], View]:
    """A page for everyone, without form or cookie, kept by caches for so many seconds."""
    return _declare(Access("public", cache=cache))


def staff(*roles: str) -> Callable[[View], View]:
    """Only for people who signed in and have one of the roles in some organization (any role if none is named).

    A view whose address names a thing asks `membership()` itself: first whose it is (404), then for the role (403).
    Asked the other way round, a 403 would tell an outsider that the thing is there.
    """
    return _declare(Access("staff", roles=roles))


form = _declare(Access("form"))
form_for_all = _declare(Access("form", is_alike=True))
link = _declare(Access("link"))
one_click = _declare(Access("one_click"))
operational = _declare(Access("operational"))


def declared() -> Access:
    """What the view of this request declares."""
    view = current_app.view_functions.get(request.endpoint or "")
    found: Access = getattr(view, "access", UNDECLARED)
    return found


def bind(app: Flask) -> None:
    app.before_request(meet)


def require_declarations(app: Flask) -> None:
    """Refuse to start with a view that does not say who may see it."""
    silent = [name for name, view in app.view_functions.items() if not hasattr(view, "access")]
    if silent:
        raise RuntimeError(f"these views do not declare their access (see web/access.py): {', '.join(silent)}")


def meet() -> Response | None:
    """What each request meets first."""
    wanted = request.environ[DECLARED] = declared()
    refuse_nul()
    guard_host()
    return guard(wanted)


def refuse_nul() -> None:
    """PostgreSQL takes no NUL in a text, and no address of ours has one. Forms clean their own fields."""
    if "\0" in request.path:
        raise Missing()
    if any("\0" in value for values in request.args.listvalues() for value in values):
        abort(400)


def guard_host() -> None:
    """Only our own name is answered, so no link or cache can be poisoned through the Host header."""
    if not _is_ours(request.host, current_app.config["BASE_URL"]):
        abort(400)


@lru_cache(maxsize=100)
def _is_ours(host: str, base_url: str) -> bool:
    own = urlsplit(base_url)
    try:
        asked = urlsplit(f"//{host}")
        same = plain_host(host, own.scheme) == own.netloc
        return same or (own.hostname in LOOPBACK and asked.hostname in LOOPBACK)
    except ValueError:
        return False


def guard(wanted: Access) -> Response | None:
    """Stop what the view's declaration does not allow."""
    unsafe = request.method not in ("GET", "HEAD", "OPTIONS")
    if unsafe and wanted.kind != "one_click":
        guard_origin()
    if wanted.kind != "staff":
        return None
    if not current_user.is_authenticated:
        kept = again.pack() if unsafe else ""
        if kept:
            page = render_template("accounts/ended.html", form=SignInForm(), kept=kept)
            return make_response(page, 403)
        target = request.full_path.rstrip("?") if not unsafe else "/console/"
        return redirect(f"/sign-in?next={quote(target)}", 303)
    g.language = current_user.user.language
    if not request.view_args:
        somewhere(*wanted.roles)
    if unsafe:
        csrf.protect()
    return None


def guard_origin() -> None:
    """Anonymous forms carry no cookie that could be ridden; still, other sites may not send them for a visitor.

    Nor staff forms: their cookie stays at home then, and the form would be kept for whoever signs in again.

    Our own no-referrer policy makes browsers write `Origin: null`. Those that know Sec-Fetch-Site tell the rest
    by it; Safari before 16.4 does not, and must not be turned away.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    origin, own = request.headers.get("Origin") or "null", urlsplit(current_app.config["BASE_URL"])
    sender = origin.partition("://")[2]
    if origin != "null" and plain_host(sender, own.scheme) != plain_host(request.host, own.scheme):
        abort(403)


def somewhere(*roles: str) -> None:
    """Raise Locked (403) for who has none of the roles anywhere: also for things that belong to everybody."""
    if roles and not any(member.role in roles for member in current_user.user.memberships):
        raise Locked(NOT_YOURS)


def belongs_to(organization_id: uuid.UUID, *roles: str) -> bool:
    """True for a member of this organization, in one of the roles where any are named."""
    return any(
        member.organization_id == organization_id and (not roles or member.role in roles)
        for member in current_user.user.memberships
    )


def host_or_cohost(event: Event) -> None:
    """Raise Missing for who belongs neither to the host nor to a co-host, whom people were told of by name."""
    if not belongs_to(event.organization_id) and not any(belongs_to(cohost.id) for cohost in event.cohosts):
        raise _not_theirs()


def membership(organization_id: uuid.UUID | None, *roles: str) -> Membership:
    """The signed-in user's membership; Missing (404) for another organization's things, Locked (403) for the role.

    `roles`: fewer than those that the view declares, which are asked for in any case.
    """
    for member in current_user.user.memberships:
        if member.organization_id == organization_id:
            if any(asked and member.role not in asked for asked in (roles, declared().roles)):
                raise Locked(NOT_YOURS)
            found: Membership = member
            return found
    raise _not_theirs()


def _not_theirs() -> Missing:
    """To who asks it looks as if nothing were there. The log tells whoever looks after the house of each try."""
    log.warning("user %s asked for what is another organization's (%s)", current_user.user_id, request.endpoint)
    return Missing()
