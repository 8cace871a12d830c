"""Pages: one blueprint a file."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from . import access, assets, errors, filters, headers, languages, shelf

PAGES = [
    "catalogue",
    "places",
    "calendar",
    "feeds",
    "about",
    "accounts",
    "console",
    "organizations",
    "editor",
    "drafts",
    "dates",
    "news",
    "times",
    "reminders",
    "venues",
    "checklists",
    "rosters",
    "offers",
    "door",
    "phone",
    "people",
    "calls",
    "receipts",
    "trainings",
    "inbox",
    "offerings",
    "operations",
]


def bind(app: Flask) -> None:
    """Everything that a request meets, outermost first."""
    languages.bind(app)
    assets.bind(app)
    filters.bind(app)
    errors.bind(app)
    app.wsgi_app = headers.Finish(app)  # type: ignore[method-assign]
    shelf.bind(app)
    headers.bind(app)
    access.bind(app)
    pages = [*PAGES, "mailbox"] if app.config["DEMO"] else PAGES
    for name in pages:
        app.register_blueprint(import_module(f"{__name__}.{name}").blueprint)
    access.require_declarations(app)
