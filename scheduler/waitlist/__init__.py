"""Waitlist: the line for a full date, in the order of coming, and the offers of freed places to those in it."""

from .answering import accept, by_token, decline
from .leaving import lapse_offers, leave, withdraw
from .offering import offer_due, offer_freed
from .promoting import OutOfTurn, promote
from .standing import why_nobody_moves

__all__ = [
    "OutOfTurn", "accept", "by_token", "decline", "lapse_offers", "leave", "offer_due", "offer_freed", "promote",
    "why_nobody_moves", "withdraw",
]  # fmt: skip
