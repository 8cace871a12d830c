"""Events: announced, given dates and times, checked, and published."""

from ..models.catalogue import search_text
from .announcing import EDITABLE, Announcement, create, edit, is_changeable
from .cancelling import cancel_date, cancel_event
from .capacity import change_times
from .closing import close, reopen
from .cohosting import name_cohosts
from .dates import Timetable, add_date, change_date, check_timetable, remove_date
from .drafting import NEVER_PUBLISHED, discard, draft, is_discardable
from .moving import ask_by_phone, move_date
from .publishing import NotReady, is_over, lock, problems, publish, warnings
from .reminding import check_days, plan_reminders
from .retention import ErasedAtOnce, keep_for, retention_days
from .retiming import retime_future

__all__ = [
    "EDITABLE", "NEVER_PUBLISHED", "Announcement", "ErasedAtOnce", "NotReady", "Timetable", "add_date", "ask_by_phone",
    "cancel_date", "cancel_event", "change_date", "change_times", "check_days", "check_timetable", "close", "create",
    "discard", "draft", "edit", "is_changeable", "is_discardable", "is_over", "keep_for", "lock", "move_date",
    "name_cohosts", "plan_reminders", "problems", "publish", "remove_date", "reopen", "retention_days", "retime_future",
    "search_text", "warnings",
]  # fmt: skip
