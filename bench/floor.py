"""The floor: the bare driver with one hot row, and nothing else. What a registration can cost at the least.

Each transaction counts a seat on the same row and writes a row as long as a registration's and one as long as a
letter's, and is on the disk when it ends.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

SEALED, LETTER = b"s" * 900, b"l" * 200
TABLES = (
    "CREATE TABLE floor_slot (id integer PRIMARY KEY, taken integer NOT NULL)",
    "CREATE TABLE floor_row (number integer, sealed {bytes})",
    "INSERT INTO floor_slot VALUES (1, 0)",
)
COUNT = "UPDATE floor_slot SET taken = taken + 1 WHERE id = 1 RETURNING taken"


def sqlite(folder: Path, seconds: float, at_once: int) -> float:
    """Transactions a second: one connection for each thread, WAL, synchronous=FULL, in turn behind a mutex."""
    file, turn, own = folder / "floor.sqlite", threading.Lock(), threading.local()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, isolation_level=None, timeout=10, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    made = connect()
    for table in TABLES:
        made.execute(table.format(bytes="blob"))

    def act() -> None:
        if not hasattr(own, "connection"):
            own.connection = connect()
        with turn:
            own.connection.execute("BEGIN IMMEDIATE")
            number = own.connection.execute(COUNT).fetchone()[0]
            for octets in (SEALED, LETTER):
                own.connection.execute("INSERT INTO floor_row VALUES (?, ?)", (number, octets))
            own.connection.execute("COMMIT")

    return _rate(act, seconds, at_once)


def postgresql(address: str, seconds: float, at_once: int) -> float:
    """Transactions a second: one connection for each thread, who wait for the row's lock."""
    own = threading.local()
    with psycopg.connect(address, autocommit=True) as made:
        for table in ("DROP TABLE IF EXISTS floor_slot, floor_row", *TABLES):
            made.execute(table.format(bytes="bytea"))

    def act() -> None:
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(address)
        connection: psycopg.Connection[Any] = own.connection
        number = connection.execute(COUNT).fetchone()
        for octets in (SEALED, LETTER):
            connection.execute("INSERT INTO floor_row VALUES (%s, %s)", (number and number[0], octets))
        connection.commit()

    return _rate(act, seconds, at_once)


def _rate(act: Callable[[], None], seconds: float, at_once: int) -> float:
    ends, began = time.perf_counter() + seconds, time.perf_counter()

    def repeat(_thread: int) -> int:
        done = 0
        while time.perf_counter() < ends:
            act()
            done += 1
        return done

    with ThreadPoolExecutor(at_once) as threads:
        done = sum(threads.map(repeat, range(at_once)))
    return done / (time.perf_counter() - began)
