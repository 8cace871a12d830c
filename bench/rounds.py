"""Everything that is measured on one database, repeated and interleaved: [(row, figures of each run), …]."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import flood, measures, watch
from .house import House, wait_until_lit
from .measures import BROWSER, CONNECTIONS, Size

PEOPLE_OF_A_DATE = 150

Say = Callable[[str], None]


@dataclass
class Row:
    """One line of the table. `runs`: each with its value, what it cost the processor, and others' share meanwhile."""

    name: str
    unit: str
    database: str
    runs: list[dict[str, float]] = field(default_factory=list)

    def add(self, value: float, meanwhile: watch.Meanwhile | None = None, per: float = 0) -> None:
        run = {"value": value}
        if meanwhile:
            run |= {"others": round(meanwhile.others, 3)}
            if per:
                run |= {"cpu_ms": round(1000 * meanwhile.spent / per, 4)}
        self.runs.append(run)

    @property
    def quiet(self) -> list[dict[str, float]]:
        return [run for run in self.runs if run.get("others", 0) < watch.CROWDED]

    def median(self, what: str = "value") -> float | None:
        """Of the quiet runs; of all, where somebody else had the machine all the time."""
        found = [run[what] for run in (self.quiet or self.runs) if what in run]
        return statistics.median(found) if found else None

    def told(self) -> dict[str, Any]:
        told = {"name": self.name, "unit": self.unit, "database": self.database, "value": self.median()}
        return told | {"cpu_ms": self.median("cpu_ms"), "quiet_runs": len(self.quiet), "runs": self.runs}


class Book:
    """The rows, each made when it is first written to."""

    def __init__(self, database: str) -> None:
        self.database, self.rows = database, dict[str, Row]()

    def row(self, name: str, unit: str) -> Row:
        return self.rows.setdefault(name, Row(name, unit, self.database))


def on(kind: str, size: Size, say: Say) -> list[Row]:
    """All rows of one database."""
    book, house = Book(kind), House(kind)
    try:
        say(f"{kind}: a world of {size.events} events")
        house.flask("db", "upgrade")
        house.flask("seed", "--world", "large", "--events", str(size.events), "--registrations", str(size.people))
        with _sink() as mail_port:
            _ask_for_pages(house, size, book, mail_port, say)
            _keep_places(house, size, book, say)
            _start_cold(house, size, book, mail_port, say)
        _send_letters(house, size, book, say)
        _count_statements(house, size, book, say)
    finally:
        house.close()
    return list(book.rows.values())


class _sink:
    """A mail server for the worker that runs beside."""

    def __enter__(self) -> int:
        words = [sys.executable, "-m", "bench.sink"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.kill()


def _ours(house: House) -> tuple[int, ...]:
    return (os.getpid(), house.postmaster)


def _ask_for_pages(house: House, size: Size, book: Book, mail_port: int, say: Say) -> None:
    """List, event page, feed and 304, each beside a hello of the same size, in turn."""
    slug = house.inside("soon")
    settings = {"SCHEDULER_MAIL_SERVER": "127.0.0.1", "SCHEDULER_MAIL_PORT": str(mail_port)}
    with house.running("serve", **settings) as serve:
        wait_until_lit(house.port)
        for _round in range(size.rounds):
            for name, path, headers in _asked(house, slug):
                say(f"{house.kind}: {name}")
                whole = measures.one(house.port, path, headers)
                row = book.row(name, "answers/s")
                _flood(house, serve, house.port, path, headers, size, row)
                with measures.hello(len(whole.partition(b"\r\n\r\n")[2])) as (process, port):
                    row = book.row(f"hello like the {name}", "answers/s")
                    _flood(house, process, port, "/", (), size, row)
        book.row("memory of web and worker after load", "MB").add(watch.memory(serve) / 1e6)
        book.row("first visit", "kB").add(measures.first_visit(house.port) / 1000)


def _asked(house: House, slug: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for name, (path, headers) in measures.addresses(slug).items():
        yield name, path, headers
    known = f"If-None-Match: {measures.tag(house.port, '/calendar.ics')}"
    yield "304", "/calendar.ics", (*BROWSER, known)


def _flood(
    house: House, server: int, port: int, path: str, headers: tuple[str, ...], size: Size, row: Row
) -> flood.Flood:
    with watch.watched(_ours(house), (server,)) as meanwhile:
        found = flood.run(port, CONNECTIONS, size.seconds, path, headers)
    row.add(found.rate, meanwhile, found.asked)
    return found


def _keep_places(house: House, size: Size, book: Book, say: Say) -> None:
    """The whole way of people, 8 and 32 at once, in turn with the floor; then more people than places."""
    with house.running("web") as web:
        wait_until_lit(house.port)
        measures.registrations(house, house.inside("post", "first-crowd", "10000"), size, 8)
        house.look_around()
        for number in range(size.rounds):
            for at_once in (8, 32):
                say(f"{house.kind}: {at_once} people at once")
                slug = house.inside("post", f"crowd-{number}-{at_once}", "10000")
                with watch.watched(_ours(house), (web, house.postmaster)) as meanwhile:
                    found = measures.registrations(house, slug, size, at_once)
                book.row(f"registrations, {at_once} at once", "people/s").add(found.rate, meanwhile, found.people)
                with watch.watched(_ours(house), ()) as meanwhile:
                    bare = measures.bare_transactions(house, size, at_once)
                book.row(f"bare transactions, {at_once} at once", "per s").add(bare, meanwhile)
            _sell_out(house, size, book, number, say)


def _sell_out(house: House, size: Size, book: Book, number: int, say: Say) -> None:
    say(f"{house.kind}: {size.crowd} people for {size.seats} places")
    slug = house.inside("post", f"few-{number}", str(size.seats))
    with watch.watched(_ours(house), ()) as meanwhile:
        found = measures.crowd.run(house.port, slug, size.crowd, size.crowd)
    book.row(f"{size.crowd} people for {size.seats} places: slowest answer", "s").add(found.slowest, meanwhile)
    here = f"occurrence_id = (SELECT o.id FROM occurrence o JOIN event e ON e.id = o.event_id WHERE e.slug = '{slug}')"
    taken = house.scalar(f"SELECT seats_taken FROM slot WHERE {here}")
    confirmed = house.scalar(f"SELECT count(*) FROM registration WHERE state = 'confirmed' AND {here}")
    assert taken == confirmed, f"{taken} seats counted, {confirmed} people with a place"
    book.row(f"{size.crowd} people for {size.seats} places: places given", "places").add(taken)


def _start_cold(house: House, size: Size, book: Book, mail_port: int, say: Say) -> None:
    for _round in range(size.rounds):
        say(f"{house.kind}: cold start")
        with watch.watched(_ours(house), ()) as meanwhile:
            seconds, _octets = measures.cold_start(house, mail_port)
        book.row("cold start to the first page", "s").add(seconds, meanwhile)


def _send_letters(house: House, size: Size, book: Book, say: Say) -> None:
    """To the people of a few dates, as reminders go. One worker, then two, in turn."""
    dates = str(max(2, size.letters // PEOPLE_OF_A_DATE))
    crowded = House(house.kind)
    try:
        crowded.flask("db", "upgrade")
        crowded.flask("seed", "--world", "large", "--events", dates, "--registrations", str(size.letters))
        for workers in (1, 2) * size.rounds:
            say(f"{house.kind}: letters, {workers} at work")
            with watch.watched(_ours(crowded), ()) as meanwhile:
                count, seconds, spent = measures.letters(crowded, size, workers)
            meanwhile.spent = spent
            row = book.row(f"letters, {workers} worker{'s' if workers > 1 else ''}", "letters/s")
            row.add((count - 1) / seconds, meanwhile, count)
    finally:
        crowded.close()


def _count_statements(house: House, size: Size, book: Book, say: Say) -> None:
    """At the events that there are, and in a world with many more."""
    _write_down(house.inside("statements"), size.events, book)
    say(f"{house.kind}: a world of {size.many_events} events")
    large = House(house.kind)
    try:
        large.flask("db", "upgrade")
        large.flask("seed", "--world", "large", "--events", str(size.many_events), "--registrations", "0")
        _write_down(large.inside("statements"), size.many_events, book)
    finally:
        large.close()


def _write_down(found: dict[str, float], events: int, book: Book) -> None:
    book.row(f"statements for the list, cold, {events} events", "").add(found["cold"])
    book.row(f"statements for the list, warm, {events} events", "").add(found["warm"])
    book.row(f"the list drawn anew, {events} events", "ms").add(1000 * found["seconds"])
