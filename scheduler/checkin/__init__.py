"""Check-in: somebody is at the door, booked or not, all at once or in parts; or was expected and did not come."""

from .arriving import check_in, count_arrivals, let_in, undo_check_in
from .no_shows import mark_no_shows
from .waits import minutes_to_wait
from .walking_in import (
    AROUND,
    BY_INVITATION,
    NOT_TODAY,
    day_has_come,
    door_is_open,
    is_around,
    is_by_invitation,
    is_full,
    set_walk_ins,
    takes_walk_ins,
    walk_in,
)

__all__ = [
    "AROUND", "BY_INVITATION", "NOT_TODAY", "check_in", "count_arrivals", "day_has_come", "door_is_open",
    "is_around", "is_by_invitation", "is_full", "let_in", "mark_no_shows", "minutes_to_wait", "set_walk_ins",
    "takes_walk_ins", "undo_check_in", "walk_in",
]  # fmt: skip
