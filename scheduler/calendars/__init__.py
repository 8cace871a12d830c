"""Calendars: public feeds, and the invitation that goes with a place."""

from .components import Site
from .feeds import event_feed, feed, feed_address, feed_name
from .invitations import CANCEL, REQUEST, download, invitation, own_feed, uids

__all__ = [
    "CANCEL", "REQUEST", "Site", "download", "event_feed", "feed", "feed_address", "feed_name", "invitation",
    "own_feed", "uids",
]  # fmt: skip
