"""Certificates to print, a sheet for each person: behind the employer's own link, and in the provider's inbox."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template

from ... import trainings
from ...models.training import Booking
from .. import access
from .base import blueprint


@blueprint.get("/<lang:lang>/bookings/<token>/certificates")
@access.link
def certificates(token: str) -> str:
    """For those who came, once the session is over; before, and when its names are erased, words."""
    booking = trainings.by_token(token)
    return sheets(booking, trainings.certified(booking), token)


def sheets(booking: Booking, names: Sequence[str], token: str = "") -> str:
    """The page, in the frame of whoever prints: the employer with its token, else the provider's staff."""
    return render_template(
        "trainings/certificates.html",
        booking=booking,
        training=booking.training,
        occurrence=booking.occurrence,
        names=names,
        can_certify=trainings.can_certify(booking),
        until=trainings.confirmed_until(booking) if booking.occurrence else None,
        token=token,
    )
