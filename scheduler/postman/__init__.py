"""Postman: claims the letters that are due, and delivers them over SMTP."""

from .delivery import deliver_due
from .queue import lateness

__all__ = ["deliver_due", "lateness"]
