"""Limits: how often one network may try.

A counter's name is HMAC(hour, network prefix): no address is kept, and an hour later nobody can say any more
which network it was. Nothing sleeps: who is over a limit is told to wait.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from dataclasses import dataclass

from flask import Response, after_this_request, current_app, request
from flask_babel import lazy_gettext as _l
from limits import RateLimitItem, parse_many

from ..core import clock
from ..core.errors import Refusal
from ..core.extensions import limiter

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """`rates` such as "30 per 10 minute; 90 per hour". `fails_open`: go on when the counters cannot be reached."""

    name: str
    rates: str
    fails_open: bool


@dataclass(frozen=True)
class Crowd:
    """Failures of all networks together, so that a few strangers cannot shut a door for everybody.

    Above `many` only networks are heard that have not used up `own`. Above `most` none is: who has thousands of
    networks must not guess from all of them.
    """

    many: Limit
    own: Limit
    most: Limit


# Whole neighborhoods share one address of a phone company, so this is far above what people do.
PLACES = Limit("places", "300 per 10 minute; 1000 per hour", fails_open=True)
# An employer asks now and then, and each request is read by a person.
BOOKINGS = Limit("bookings", "30 per 10 minute; 60 per hour", fails_open=True)
# A code is one of 30^8. With 1,000 wrong guesses an hour and 10,000 live codes, a hit takes about 7 years; with 5,000,
# for which somebody needs 4,000 networks more that guess once, 18 months.
WRONG_CODES = Limit("wrong codes", "30 per 10 minute", fails_open=False)
ALL_WRONG_CODES = Limit("all wrong codes", "1000 per hour", fails_open=False)
WRONG_CODES_OF_ALL = Crowd(
    ALL_WRONG_CODES,
    own=Limit("own wrong codes", "1 per hour", fails_open=False),
    most=Limit("most wrong codes", "5000 per hour", fails_open=False),
)
SIGN_IN = Limit("sign-in", "30 per 15 minute", fails_open=False)
SIGN_IN_ACCOUNT = Limit("sign-in account", "10 per 15 minute", fails_open=False)
# Were the account alone counted so closely, ten wrong passwords of a stranger would keep people out on a clinic's day.
# At 500 an hour, guessing twelve characters or more stays hopeless.
SIGN_IN_OF_ALL = Crowd(
    Limit("sign-in account everywhere", "100 per hour", fails_open=False),
    own=Limit("own sign-in account", "3 per hour", fails_open=False),
    most=Limit("most sign-in account", "500 per hour", fails_open=False),
)
SIGN_IN_HELP = Limit("sign-in help", "10 per hour", fails_open=False)

EVERYBODY = "everybody"


class TooMany(Refusal):
    """Over the limit: wait a little. Nothing was changed."""

    status = 429

    def __init__(self) -> None:
        super().__init__(_l("Many tries came from your network. Please wait a few minutes and press the button again."))


class NoCounters(Refusal):
    """The counters cannot be reached, and without them this door stays shut."""

    status = 503

    def __init__(self) -> None:
        super().__init__(_l("We can't check this right now. Please try again in a few minutes."))


def take(limit: Limit, about: str | None = None) -> None:
    """Count one try. Raises TooMany above the limit. `about`: what is counted; this request's network if None."""
    check(limit, about)
    count(limit, about)


def check(limit: Limit, about: str | None = None) -> None:
    """Raise TooMany if the limit is used up. Counts nothing."""
    if found := _used_up(limit, about):
        _say_when(*found)
        raise TooMany()


def check_crowd(crowd: Crowd, about: str) -> None:
    """Raise TooMany where all networks together failed so often that this one is not heard. Counts nothing."""
    check(crowd.most, about)
    if _used_up(crowd.many, about):
        check(crowd.own, f"{about}|{provider()}")


def count_crowd(crowd: Crowd, about: str) -> None:
    """Count one failure of this network among those of all."""
    count(crowd.own, f"{about}|{provider()}")
    count(crowd.many, about)
    count(crowd.most, about)


def count(limit: Limit, about: str | None = None) -> None:
    """Count one try, also above the limit."""
    for rate, key in _counters(limit, about):
        try:
            limiter.limiter.hit(rate, key)
        except Exception as fault:
            _without_counters(limit, fault)
            return


def network() -> str:
    """The prefix that the request came from: /24 of IPv4, /48 of IPv6."""
    return _prefix(48)


def provider() -> str:
    """A wider one, where a single customer may have 65,536 networks: /24 of IPv4, /32 of IPv6."""
    return _prefix(32)


def _prefix(of_ipv6: int) -> str:
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else of_ipv6), strict=False))


def _counters(limit: Limit, about: str | None) -> list[tuple[RateLimitItem, str]]:
    if not limiter.enabled:
        return []
    hour = clock.now().strftime("%Y-%m-%dT%H")
    words = "|".join((hour, limit.name, network() if about is None else about))
    secret = str(current_app.config["SECRET_KEY"]).encode()
    key = hmac.new(secret, words.encode(), hashlib.sha256).hexdigest()[:32]
    return [(rate, key) for rate in parse_many(limit.rates)]


def _used_up(limit: Limit, about: str | None) -> tuple[RateLimitItem, str] | None:
    for rate, key in _counters(limit, about):
        try:
            free = limiter.limiter.test(rate, key)
        except Exception as fault:
            _without_counters(limit, fault)
            return None
        if not free:
            return rate, key
    return None


def _without_counters(limit: Limit, fault: Exception) -> None:
    log.error("the counters of limits do not answer (%s)", type(fault).__name__)
    if not limit.fails_open:
        raise NoCounters() from None


def _say_when(rate: RateLimitItem, key: str) -> None:
    ends = limiter.limiter.get_window_stats(rate, key).reset_time
    seconds = min(3600, max(1, int(ends - clock.now().timestamp()) + 1))

    @after_this_request
    def say(response: Response) -> Response:
        response.headers["Retry-After"] = str(seconds)
        return response
