"""Trainings: offered by a provider, asked for by an employer, answered, and joined by its staff."""

from .answering import Alternatives, Terms, accept, decline, take_up
from .asking import Request, change, submit, withdraw
from .certifying import can_certify, certified, confirmed_until
from .erasing import due, erase_due, overdue
from .finding import by_token, by_token_before, found
from .joining import Attended, join, who_came
from .offering import Offering, save
from .telling import tell_changes, tell_over
from .viewing import view, view_certificates

__all__ = [
    "Alternatives", "Attended", "Offering", "Request", "Terms", "accept", "by_token", "by_token_before", "can_certify",
    "certified", "change", "confirmed_until", "decline", "due", "erase_due", "found", "join", "overdue", "save",
    "submit", "take_up", "tell_changes", "tell_over", "view", "view_certificates", "who_came", "withdraw",
]  # fmt: skip
