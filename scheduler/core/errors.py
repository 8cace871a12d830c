"""What the domain may refuse, in words fit for a reader."""

from __future__ import annotations

import click
from flask_babel import lazy_gettext as _l


class Refusal(Exception):
    """A wish that the house does not grant. `words` may be shown to the reader; `field` names the form field."""

    status = 422

    def __init__(self, words: object, field: str | None = None) -> None:
        super().__init__(str(type(self).__name__))
        self.words = words
        self.field = field


class Missing(Refusal):
    """It is not there, or not for these eyes: the two look alike on purpose."""

    status = 404

    def __init__(self, words: object = _l("We can't find that page.")) -> None:
        super().__init__(words)


class TimeTaken(Refusal):
    """The chosen time filled up while the person was typing, and other times are open."""

    def __init__(self) -> None:
        super().__init__(_l("That time just filled. Please choose another time."), field="slot")


class Closed(Refusal):
    """Places can no longer be taken here."""

    status = 409

    def __init__(self, words: object = _l("This date does not take new places now.")) -> None:
        super().__init__(words)


class Full(Refusal):
    """Nobody else fits in at the door now."""

    status = 409

    def __init__(self, words: object = _l("All places that are on now or next are taken.")) -> None:
        super().__init__(words)


class Conflict(Refusal):
    """Somebody else was there first: the thing is no longer in the state that the act needs."""

    status = 409


class Locked(Refusal):
    """The person has no right to do this, though they may see it."""

    status = 403


class Misconfigured(click.ClickException):
    """The operator must change a setting; the message says which and how. Commands print it and end with 1."""
