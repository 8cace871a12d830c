"""Privacy: what was kept for a while is forgotten, and what stays is a number that points to nobody."""

from .erasing import erase_due, forget_notes
from .purging import Due, destroy_keys, due, overdue, purge, purge_due
from .tallying import told

__all__ = ["Due", "destroy_keys", "due", "erase_due", "forget_notes", "overdue", "purge", "purge_due", "told"]
