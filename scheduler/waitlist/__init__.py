"""Waitlist: the line for a full date, in the order of coming, and the offers of freed places to those in it."""

from .answering import accept, by_token, decline, is_from_letter
from .leaving import MOST_LAPSES, dates_with_lapses, lapse_offers, leave, withdraw
from .offering import dates_to_offer, offer_due, offer_freed
from .promoting import OutOfTurn, promote
from .standing import why_nobody_moves

__all__ = [
    "MOST_LAPSES", "OutOfTurn", "accept", "by_token", "dates_to_offer", "dates_with_lapses", "decline",
    "is_from_letter", "lapse_offers", "leave", "offer_due", "offer_freed", "promote", "why_nobody_moves", "withdraw",
]  # fmt: skip
