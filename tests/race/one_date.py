"""A date, and beside it the model of it: each act is done on both, and then they must say the same."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scheduler.core.extensions import db, transaction
from scheduler.models.registration import OFFERED

from .acting import PARTY_MOST, PLACES
from .hosts import HostsAct
from .ledger import contradictions
from .model import TIMES, Model
from .people import PeopleAct

START = datetime(2027, 6, 5, 9, 30)

A_TIME_FULL = ((0, "ana@post.example"),) * 3 + ((1, "ana@post.example"),)
OTHERS = ((1, "ana@post.example"), (1, ""), (None, ""), (None, "bo@post.example"), (0, "bo@post.example"))
ALL_FULL = (*A_TIME_FULL, *OTHERS)
# One rule with weighted acts: Hypothesis leaves out some of several rules in each life, and most of these need others.
ACTS = st.sampled_from(
    ["register"] * 7 + ["wait"] * 8 + ["cancel"] * 5 + ["accept", "promote", "change", "reopen"] * 3
    + ["stay", "go", "withdraw", "let_in", "walk_in"] * 2
    + ["erase", "send_again", "reconfirm", "check_in", "undo_check_in"]
    + ["resize", "move", "close", "silence", "come_late"]
)  # fmt: skip


class OneDate(PeopleAct, HostsAct, RuleBasedStateMachine):
    """A clinic with two times. Each rule does one act on the house and on the model."""

    @initialize(first_comers=st.sampled_from([A_TIME_FULL, ALL_FULL, ALL_FULL]))
    def post(self, first_comers: tuple[tuple[int | None, str], ...]) -> None:
        self.model = Model(PLACES, self.at("2026-09-01 10:00"), START)
        with transaction():
            self.posted = self.world.clinic(slots=TIMES, seats=PLACES, starts_local=START, party_max=PARTY_MOST)
        for wished, contact in first_comers:
            self.ask(1, wished, contact)

    @rule(act=ACTS, data=st.data())
    def next(self, act: str, data: st.DataObject) -> None:
        """Something happens."""
        getattr(self, act)(data.draw)

    @invariant()
    def agrees_with_the_house(self) -> None:
        db.session.rollback()
        self.seen["steps"] += 1
        self.seen[OFFERED] += sum(who.state == OFFERED for who in self.model.people)
        found = contradictions(self.posted, self.model)
        assert not found, found
