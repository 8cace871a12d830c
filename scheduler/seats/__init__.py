"""Seats: the one place where they are given and taken back.

Every act here first locks the occurrence's row, then the slot's (PostgreSQL; on SQLite the writing
transaction is the lock), so what is decided is still true when it is written.
"""

from .allotting import allot, allot_wished, claim_now, fits_now, free_now, on_or_coming, open_slots, shift, would_pass
from .counting import Allotment, claim, number, release, resize, vacate
from .locking import lock, lock_registration

__all__ = [
    "Allotment", "allot", "allot_wished", "claim", "claim_now", "fits_now", "free_now", "lock", "lock_registration",
    "number", "on_or_coming", "open_slots", "release", "resize", "shift", "vacate", "would_pass",
]  # fmt: skip
