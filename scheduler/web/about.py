"""Pages about ourselves: privacy, help, leaving fast, accessibility. Words only."""

from __future__ import annotations

from flask import Blueprint, render_template

from . import access

blueprint = Blueprint("about", __name__, url_prefix="/<lang:lang>")


@blueprint.get("/privacy")
@access.public(cache=3600)
def privacy() -> str:
    """What we ask, who sees it, for how long, and what we cannot promise."""
    return render_template("about/privacy.html")


@blueprint.get("/help")
@access.public(cache=3600)
def help_page() -> str:
    """How to keep a place, change it, and what to do without the code."""
    return render_template("about/help.html")


@blueprint.get("/leaving")
@access.public(cache=3600)
def leaving() -> str:
    """What the exit button does, and what it cannot do."""
    return render_template("about/leaving.html")


@blueprint.get("/accessibility")
@access.public(cache=3600)
def accessibility() -> str:
    """What we do so that everyone can use this, and how to tell us where it fails."""
    return render_template("about/accessibility.html")
