"""Places: keep one, see it again by link or code, say "I'm coming", give it back, have it erased."""

from __future__ import annotations

from . import answering, changing, codes, holding, keeping, stopping, transferring
from .base import blueprint

__all__ = ["answering", "blueprint", "changing", "codes", "holding", "keeping", "stopping", "transferring"]
