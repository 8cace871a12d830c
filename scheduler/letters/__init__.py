"""Letters: what people are told, in two languages, as text, page and invitation."""

from .envelopes import Letter, Unaddressable, compose, mark
from .plates import Printed
from .plates import compose as compose_alike

__all__ = ["Letter", "Printed", "Unaddressable", "compose", "compose_alike", "mark"]
