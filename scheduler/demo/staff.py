"""Who signs in to the demo world."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from .. import accounts, organizations
from ..models import organization as roles


class SignIn(NamedTuple):
    """What somebody types at /sign-in."""

    role: str
    email: str
    password: str


FIRST = "monarch-youth"

SIGN_INS = [
    SignIn(roles.LEAD, f"lead@{FIRST}.example", "porchlight-demo-lead"),
    SignIn(roles.COORDINATOR, f"coordinator@{FIRST}.example", "porchlight-demo-coordinator"),
    SignIn(roles.CHECKIN_LEAD, f"door@{FIRST}.example", "porchlight-demo-door"),
    SignIn(roles.LEAD, "lead@lantern-legal.example", "porchlight-demo-lead"),
    SignIn(roles.LEAD, "lead@third-coast.example", "porchlight-demo-lead"),
]
"""Those that `serve` prints; every other organization has a lead like the last two. The very last gives trainings."""

NAMES = ("Alma Reyes", "Devon Price", "Mai Tran")
LEADS = ("Ines Calder", "Sol Navarro", "Hana Kim", "Ewa Lis", "Didier Bondo", "Wen Zhao", "Rami Saleh", "Gus Molina",
         "Pat Ferris", "Luz Arce", "Theo Grant")  # fmt: skip


def hire(hosts: dict[str, uuid.UUID]) -> None:
    """A lead, a coordinator and somebody for the door at the first organization; a lead at each other one."""
    for name, (role, email, password) in zip(NAMES, SIGN_INS, strict=False):
        _hire(hosts[FIRST], name, email, password, role)
    others = [slug for slug in hosts if slug != FIRST]
    for name, slug in zip(LEADS, others, strict=True):
        _hire(hosts[slug], name, f"lead@{slug}.example", SIGN_INS[0].password, roles.LEAD)


def _hire(organization_id: uuid.UUID, name: str, email: str, password: str, role: str) -> None:
    user = accounts.create_user(email=email, name=name, password=password, language="en")
    organizations.add_member(organization_id, user.id, role)
