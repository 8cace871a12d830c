"""The language of a page: it stands in the address, and only `/` and the console choose it otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import force_locale, get_translations
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

from ..core import languages
from ..core.extensions import babel
from . import queries
from .pseudo import Pseudo


def offered() -> dict[str, str]:
    """Code and own name of the languages that pages can be read in."""
    if current_app.config["PSEUDO_LOCALE"]:
        return {**languages.OFFERED, languages.PSEUDO: "[pseudo]"}
    return languages.OFFERED


def current() -> str:
    """The language of this page; the default one outside of requests."""
    if has_request_context():
        found: str = getattr(g, "language", None) or _in_address() or _wished()
        return found
    default: str = current_app.config["DEFAULT_LANGUAGE"]
    return default


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Inside, everything is said in this language, whatever the page is in."""
    before = g.get("language")
    g.language = language
    try:
        with force_locale(language):
            yield
    finally:
        g.language = before


def _in_address() -> str:
    """What an address that we do not have begins with."""
    code = request.path.split("/", 2)[1]
    return code if request.url_rule is None and code in offered() else ""


def _wished() -> str:
    """What the browser asks for, of what we have: es-MX is Spanish before a later en."""
    for wish, _quality in request.accept_languages:
        spoken = wish.partition("-")[0].lower()
        if spoken in languages.OFFERED:
            return spoken
    default: str = current_app.config["DEFAULT_LANGUAGE"]
    return default


class LanguageConverter(BaseConverter):
    """`<lang:lang>` in a route: one of the offered languages, or the route does not match."""

    part_isolating = True
    regex = "|".join((*languages.OFFERED, languages.PSEUDO))


def bind(app: Flask) -> None:
    app.url_map.converters["lang"] = LanguageConverter
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    babel.init_app(app, locale_selector=_locale, default_translation_directories="translations")
    if app.config["PSEUDO_LOCALE"]:
        with app.app_context():
            babel.domain_instance.cache[languages.PSEUDO.split("-")[0], babel.domain] = Pseudo()
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, count: _translations().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.globals.update(
        same_page=same_page, asked=queries.asked, languages_offered=offered, spoken_languages=languages.SPOKEN
    )
    app.context_processor(lambda: {"lang": current(), "dir": languages.direction(current())})


def _locale() -> str:
    return current().split("-")[0]


def _translations() -> Any:
    """The page's words. Finding them anew for each of a hundred texts took a third of a page's time.

    They are kept where flask_babel itself forgets them when the language changes.
    """
    kept = getattr(g, "_flask_babel", None)
    found = getattr(kept, "babel_translations", None)
    if found is None:
        found = get_translations()
        g._flask_babel.babel_translations = found
    return found


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "lang" in values:
        g.language = values.pop("lang")
        if g.language not in offered():
            g.language = None
            raise NotFound()


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = current()


def is_only_shown() -> bool:
    """True of a form that is sent because somebody chose another language while typing: show it, and do nothing."""
    return "only_show" in request.form


def left() -> str:
    """The language that they chose another one instead of."""
    return request.form.get("only_show", "")


def same_page(language: str) -> str:
    """This page in another language, with the same filters: the language switcher's target."""
    if request.endpoint and request.view_args is not None and request.url_rule and "lang" in request.url_rule.arguments:
        path = url_for(request.endpoint, **{**request.view_args, "lang": language})
    else:
        path = request.path if request.url_rule else f"/{language}/"
    query = queries.asked()
    return f"{path}?{query}" if query and request.method == "GET" else path
