"""What employers can ask for. Anyone may read and keep these pages; no cookie, no form."""

from __future__ import annotations

from flask import render_template, url_for

from ...core.errors import Missing
from ...models import inbox
from ...models.training import Training
from .. import access
from .base import blueprint


@blueprint.get("/<lang:lang>/trainings")
@access.public(cache=60)
def listing() -> str:
    """All trainings, with the next date of each that is open to several employers."""
    found = inbox.offered()
    dates = inbox.open_dates([training.id for training in found])
    return render_template("trainings/list.html", trainings=found, dates=dates, canonical=url_for(".listing"))


@blueprint.get("/<lang:lang>/trainings/<slug>")
@access.public(cache=60)
def page(slug: str) -> str:
    """One training: what it is, for whom, and the two ways to come to it."""
    training = shown(slug)
    return render_template(
        "trainings/page.html",
        training=training,
        dates=inbox.open_dates([training.id]).get(training.id, []),
        canonical=url_for(".page", slug=slug),
    )


def shown(slug: str) -> Training:
    """The training at this address. Raises Missing."""
    training = inbox.shown(slug)
    if training is None:
        raise Missing()
    return training
