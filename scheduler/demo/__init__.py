"""The demo world, and the named cast that the tests share with it."""

from __future__ import annotations
