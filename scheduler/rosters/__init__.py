"""Rosters: who comes to a date, and what they were told. To look is to be written down."""

from .calling import CallList, call_list, event_call_list
from .calls import Call, Made
from .cards import PersonCard, change_person, on_behalf, view_person
from .letters import LetterLine, LettersLog, letters_log
from .outcomes import book_by_phone, record_call, undo_call
from .people import ABSENT, ALL, COMING, HERE, SHOWN, WAITING, Person, Roster, Time
from .sheets import NumberCard, Sheet, number_card, sign_in_sheet
from .viewing import view

__all__ = [
    "ABSENT", "ALL", "COMING", "HERE", "SHOWN", "WAITING", "Call", "CallList", "LetterLine", "LettersLog", "Made",
    "NumberCard", "Person", "PersonCard", "Roster", "Sheet", "Time", "book_by_phone", "call_list", "change_person",
    "event_call_list", "letters_log", "number_card", "on_behalf", "record_call", "sign_in_sheet", "undo_call", "view",
    "view_person",
]  # fmt: skip
