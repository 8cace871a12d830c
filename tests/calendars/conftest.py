"""Calendars need words and settings, but no database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from scheduler.calendars import Site
from scheduler.core.extensions import babel


@pytest.fixture(autouse=True)
def words() -> Iterator[Flask]:
    """A context in which texts are found in both languages."""
    app = Flask("scheduler")
    app.config.update(SITE_NAME="Porchlight", BASE_URL="https://porchlight.example", TIMEZONE="America/Chicago")
    babel.init_app(app)
    with app.app_context():
        yield app


@pytest.fixture
def site(words: Flask) -> Site:
    return Site.here()
