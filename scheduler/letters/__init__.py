"""Letters: what people are told, in two languages, as text, page and invitation."""

from .envelopes import Letter, Unaddressable, compose

__all__ = ["Letter", "Unaddressable", "compose"]
