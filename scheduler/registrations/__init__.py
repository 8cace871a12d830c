"""Registrations: a place is kept, confirmed again, or given back."""

from .asking import Attendee, SentForm
from .changing import ChangedSince, Wishes, change, check_changeable, may_move, may_resize, renew_feed
from .finding import by_code, by_token, by_token_before, is_from_letter, locked, seen_by_token, seen_date
from .keeping import reconfirm, register, register_each
from .leaving import cancel, dates_with_held, erase, lapse_holds, stop_reminders
from .repeating import SAME_CONTACT_LIMIT, GivenBack, OtherAnswers
from .transferring import MOVED_SINCE, NoRoom, transfer
from .walking_in import walk_in
from .writing import HOLD, Draft, draft

__all__ = [
    "HOLD", "MOVED_SINCE", "SAME_CONTACT_LIMIT", "Attendee", "ChangedSince", "Draft", "GivenBack", "NoRoom",
    "OtherAnswers", "SentForm", "Wishes", "by_code", "by_token", "by_token_before", "cancel", "change",
    "check_changeable", "dates_with_held", "draft", "erase", "is_from_letter", "lapse_holds", "locked", "may_move",
    "may_resize", "reconfirm", "register", "register_each", "renew_feed", "seen_by_token", "seen_date",
    "stop_reminders", "transfer", "walk_in",
]  # fmt: skip
