"""Accounts: members of staff, their passwords, and the sessions in which they are signed in.

Comparing and hashing passwords is slow on purpose, so pages never do it inside a transaction: `prove` and
`hashed` come first, and the verbs that write take what these return.
"""

from __future__ import annotations

from .passwords import hashed
from .recovery import ask_for_help, by_help_token, invite, set_new_password
from .sessions import by_token, live_sign_ins, sign_in, sign_out, sign_out_everywhere, was_seen
from .users import by_email, change_password, create_user, prove, prove_again, set_language

__all__ = [
    "ask_for_help", "by_email", "by_help_token", "by_token", "change_password", "create_user", "hashed", "invite",
    "live_sign_ins", "prove", "prove_again", "set_language", "set_new_password", "sign_in", "sign_out",
    "sign_out_everywhere", "was_seen",
]  # fmt: skip
