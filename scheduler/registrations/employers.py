"""Open trainings give each employer so many places: counted under the date's lock, as seats are."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..core.errors import Refusal
from ..core.extensions import db
from ..models.event import Occurrence
from ..models.registration import LIVE, Registration, employer_index


def check_share(occurrence: Occurrence, employer: str, more: int) -> None:
    """Raise Refusal if so many more people of one employer are too many. The occurrence must be locked."""
    most = occurrence.event.max_per_employer
    if most is None:
        return
    if not employer:
        raise Refusal(_l("Write the name of your company."), field="employer")
    if _taken(occurrence, employer) + more > most:
        words = _("Each company can have up to %(most)s places here. Yours would have more. Take fewer.", most=most)
        raise Refusal(words, field="party")


def _taken(occurrence: Occurrence, employer: str) -> int:
    query = sa.select(sa.func.coalesce(sa.func.sum(Registration.party), 0)).where(
        Registration.occurrence_id == occurrence.id,
        Registration.employer_index == employer_index(occurrence, employer),
        Registration.state.in_(LIVE),
    )
    return int(db.session.scalar(query) or 0)
