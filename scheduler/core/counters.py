"""Counters of limits in memory that all processes of one `serve` or `web` share, gone when the last of them ends.

The library `limits` counts in one process's memory, or in a server beside it. One machine needs no server for this,
but its web processes must count together; and a file would outlive the hours for which a counter may be kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from limits.storage import Storage

from . import clock

ENTRY = struct.Struct("<16sdQ")
"""A counter: the hash of its name, when it ends (seconds of the epoch), how much it counted."""
ROOM = 2**17
PROBES = 32
NOBODY = bytes(16)


class SharedMemoryStorage(Storage):
    """For `shared://`. Made before the processes fork, since they inherit the memory; 4 MB for 131,072 counters.

    A name has 32 possible places; where all are taken, the counter that ends first makes room.
    """

    STORAGE_SCHEME = ["shared"]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_options: Any) -> None:
        super().__init__(uri, wrap_exceptions)
        self._file = _nameless_file(ENTRY.size * ROOM)
        self._memory = mmap.mmap(self._file, ENTRY.size * ROOM)
        self._lock = Lock()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What can go wrong here."""
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, from nothing where the counter has ended; returns the count. A new one lasts `expiry` seconds."""
        name, now = _hashed(key), clock.now().timestamp()
        with self._alone():
            place, ends, count = self._find(name, now)
            if ends <= now:
                ends, count = now + expiry, 0
            ENTRY.pack_into(self._memory, place, name, ends, count + amount)
        return count + amount

    def get(self, key: str) -> int:
        """The count, 0 for none."""
        now = clock.now().timestamp()
        with self._alone():
            _place, ends, count = self._find(_hashed(key), now)
        return count if ends > now else 0

    def get_expiry(self, key: str) -> float:
        """When it ends, in seconds of the epoch; now for none."""
        now = clock.now().timestamp()
        with self._alone():
            _place, ends, _count = self._find(_hashed(key), now)
        return max(ends, now)

    def check(self) -> bool:
        """True if it can count."""
        return not self._memory.closed

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with self._alone():
            place, ends, _count = self._find(_hashed(key), clock.now().timestamp())
            if ends:
                ENTRY.pack_into(self._memory, place, NOBODY, 0, 0)

    def reset(self) -> int | None:
        """Forget all; returns how many there were."""
        with self._alone():
            named = sum(1 for name, _ends, _count in ENTRY.iter_unpack(self._memory) if name != NOBODY)
            self._memory[:] = bytes(ENTRY.size * ROOM)
        return named

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
        os.close(self._file)

    def _find(self, name: bytes, now: float) -> tuple[int, float, int]:
        """Where this counter stands or may stand, when it ends (0 for a new one), and its count."""
        first = int.from_bytes(name[:4])
        soonest, room = float("inf"), 0
        for step in range(PROBES):
            place = (first + step) % ROOM * ENTRY.size
            found, ends, count = ENTRY.unpack_from(self._memory, place)
            if found == name:
                return place, ends, count
            if ends < soonest:
                soonest, room = ends, place
        return room, 0.0, 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Among threads, and among processes; a process that dies lets go."""
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _nameless_file(octets: int) -> int:
    """Memory with a descriptor; where the system has none, a file that no folder lists."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("counters")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, octets)
    return descriptor


def _hashed(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
