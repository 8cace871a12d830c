"""Static files: the name carries a hash of the content, and the compressed forms are made once at the start."""

from __future__ import annotations

import functools
import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

import brotli
from flask import Blueprint, Flask, Response, request
from lucide import jinja as lucide_jinja
from markupsafe import Markup

from ..core.config import ROOT
from ..core.errors import Missing
from . import access

FOREVER = "public, max-age=31536000, immutable"
TEXT = (".css", ".js", ".svg")
PATHS = re.compile(r'(?:<path d="[^"]+"/>){2,}')

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One file in the forms in which it may be asked for."""

    name: str
    mimetype: str
    forms: dict[str, bytes]


@functools.cache
def _assets() -> dict[str, Asset]:
    """By the name in templates, and by the name with the hash."""
    found: dict[str, Asset] = {}
    folder = ROOT / "static"
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            plain = path.relative_to(folder).as_posix()
            found[plain] = asset = _read(path, plain)
            found[asset.name] = asset
    return found


def _read(path: Path, plain: str) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:10]
    stem, dot, ending = plain.rpartition(".")
    forms = {"identity": body}
    if path.suffix in TEXT:
        forms |= {"br": brotli.compress(body, quality=11), "gzip": gzip.compress(body, 9, mtime=0)}
    mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(f"{stem}-{digest}{dot}{ending}", mimetype, forms)


def asset(name: str) -> str:
    """The address of a static file, safe to keep for ever."""
    return f"/static/{_assets()[name].name}"


@blueprint.get("/static/<path:name>")
@access.operational
def static_file(name: str) -> Response:
    """A file, in the best form that the browser takes."""
    found = _assets().get(name)
    if found is None:
        raise Missing()
    encoding = request.accept_encodings.best_match(list(found.forms), default="identity") or "identity"
    response = Response(found.forms[encoding], mimetype=found.mimetype)
    response.headers["Cache-Control"] = FOREVER if name == found.name else "public, max-age=3600"
    response.vary.add("Accept-Encoding")
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    return response


@functools.cache
def icon(name: str, classes: str = "i") -> Markup:
    """A stroke icon of the lucide package, inlined and hidden from screen readers."""
    drawn = str(lucide_jinja.lucide(name))
    inside = " ".join(drawn[drawn.index(">") + 1 :].split()).replace("> <", "><").replace(" />", "/>")
    inside = PATHS.sub(_one_path, inside)
    return Markup('<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">').format(classes) + Markup(inside)


def _one_path(paths: re.Match[str]) -> str:
    """Neighbouring paths in one: a list of twenty rows draws a hundred icons, and each element counts on old phones."""
    lines = re.findall(r'd="([^"]+)"', paths[0])
    return '<path d="{}"/>'.format("".join(f"M0 0{line}" if line.startswith("m") else line for line in lines))


def bind(app: Flask) -> None:
    app.jinja_env.globals.update(asset=asset, icon=icon)
    app.register_blueprint(blueprint)
