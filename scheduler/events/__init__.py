"""Events: announced, given dates and times, checked, and published."""

from ..models.catalogue import search_text
from .announcing import EDITABLE, Announcement, create, edit
from .dates import Timetable, add_date, change_date, check_timetable, remove_date
from .publishing import NotReady, problems, publish, warnings
from .retiming import retime_future

__all__ = [
    "EDITABLE", "Announcement", "NotReady", "Timetable", "add_date", "change_date", "check_timetable", "create",
    "edit", "problems", "publish", "remove_date", "retime_future", "search_text", "warnings",
]  # fmt: skip
