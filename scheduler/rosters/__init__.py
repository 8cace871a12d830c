"""Rosters: who comes to a date, and what they were told. To look is to be written down."""

from .cards import PersonCard, view_person
from .letters import Call, LetterLine, LettersLog, call_list, letters_log
from .people import ALL, COMING, HERE, SHOWN, WAITING, Person, Roster, Time, view

__all__ = [
    "ALL", "COMING", "HERE", "SHOWN", "WAITING", "Call", "LetterLine", "LettersLog", "Person", "PersonCard", "Roster",
    "Time", "call_list", "letters_log", "view", "view_person",
]  # fmt: skip
