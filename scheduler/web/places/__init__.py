"""Places: keep one, see it again by link or code, say "I'm coming", give it back, have it erased."""

from __future__ import annotations

from . import codes, holding, keeping, stopping
from .base import blueprint

__all__ = ["blueprint", "codes", "holding", "keeping", "stopping"]
