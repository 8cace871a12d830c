"""Rosters: who comes to a date, and what they were told. To look is to be written down."""

from .calling import CallList, call_list, event_call_list
from .calls import Call
from .cards import change_person, on_behalf, view_person
from .letters import letters_log
from .outcomes import book_by_phone, record_call, undo_call
from .people import ABSENT, ALL, COMING, HERE, SHOWN, WAITING, Person, Roster
from .sheets import NumberCard, number_card, sign_in_sheet
from .viewing import view

__all__ = [
    "ABSENT", "ALL", "COMING", "HERE", "SHOWN", "WAITING", "Call", "CallList", "NumberCard", "Person", "Roster",
    "book_by_phone", "call_list", "change_person", "event_call_list", "letters_log", "number_card", "on_behalf",
    "record_call", "sign_in_sheet", "undo_call", "view", "view_person",
]  # fmt: skip
