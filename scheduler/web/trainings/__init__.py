"""Trainings: the catalogue, the form that asks for one, the employer's own page, and the invitation for its staff."""

from __future__ import annotations

from . import asking, catalogue, certificates, invitations, own
from .base import blueprint

__all__ = ["asking", "blueprint", "catalogue", "certificates", "invitations", "own"]
