"""Reading pages as a person does."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape

from flask.testing import FlaskClient


def page(client: FlaskClient, path: str) -> str:
    """The page as it was sent."""
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


def read(text: str) -> str:
    """What a person reads on it."""
    main = re.sub(r"<svg.*?</svg>", "", text[text.index("<main") : text.index("</main>")], flags=re.S)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", main).split()))


def slugs(text: str) -> list[str]:
    """The events of the list, in its order."""
    return re.findall(r'<h3><a href="/\w\w/events/([\w-]+)', text)


def wall(day: int, hour: str = "10:00", month: int = 11) -> datetime:
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{hour}")
