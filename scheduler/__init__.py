"""Porchlight: places at clinics, workshops and trainings, kept with care and then forgotten."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from . import cli, web
from .core import config, keyfiles, keyring, logs
from .core.extensions import QuietSessions, bind_database, bind_limiter, csrf, db, login, mail, migrate


class House(Flask):
    """Flask, without a look at every function of every request: none of ours is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The one place where everything meets. `settings` override what the environment says."""
    app = House(
        __name__,
        template_folder=str(config.ROOT / "templates"),
        static_folder=None,
    )
    app.config.update(config.read(os.environ))
    app.config.update(settings or {})
    logs.bind(app)
    bind_ground(app)
    web.bind(app)
    cli.bind(app)
    if app.config["TRUSTED_PROXIES"]:
        hops = app.config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def bind_ground(app: Flask) -> None:
    """The extensions, in the order in which they need each other."""
    keyfiles.folder(Path(app.config["INSTANCE_DIR"]))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.session_interface = QuietSessions()
    bind_database(app)
    keyring.bind(app)
    migrate.init_app(app, db, directory=str(config.ROOT / "migrations"))
    mail.init_app(app)
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", 12 * 3600)
    # Over https Flask-WTF wants a Referer, which our own Referrer-Policy withholds; the token is the guard.
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)
    csrf.init_app(app)
    bind_limiter(app)
    login.session_protection = None
    login.init_app(app, add_context_processor=False)
