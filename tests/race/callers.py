"""Browsers without a browser: raw sockets in processes of their own, many requests in flight at every moment.

This module knows nothing of the house, so that its processes start fast and share nothing with what they try.
A client with an event loop would wait for itself and hide the race.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from multiprocessing.synchronize import Barrier
from urllib.parse import urlencode

PROCESSES, SOCKETS = 4, 64
IMPATIENT = 10
"""Every tenth person presses twice, on two connections (and two machines, where there are two)."""
PATIENCE_SECONDS, LONGEST_OPENING_SECONDS = 60, 600
MOST_TRIES = 600


@dataclass(frozen=True)
class Said:
    """What a server said to one press of the button."""

    nonce: str
    status: int
    location: str
    seconds: float = field(compare=False)
    tries: int = field(default=1, compare=False)


Press = Callable[[str, list[int], int, dict[str, str]], list[Said]]


class FormReader(HTMLParser):
    """The fields of the page's POST form, with what a browser would send if nothing were typed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside, self._choosing = False, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, value = found.get("name") or "", found.get("value") or ""
        if tag == "form":
            self._inside = found.get("method") == "post"
        elif not self._inside:
            return
        elif tag == "input" and (found.get("type") not in ("radio", "checkbox") or "checked" in found):
            self.fields[name] = value
        elif tag in ("select", "textarea"):
            self._choosing = name
            self.fields.setdefault(name, "")
        elif tag == "option" and "selected" in found:
            self.fields[self._choosing] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Line:
    """One connection to one machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")

    def send(self, request: bytes) -> None:
        """Put the request on its way, without waiting for the answer."""
        self._socket.sendall(request)

    def receive(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer."""
        first = self._stream.readline().split()
        if not first:
            raise ConnectionError(f"port {self.port} hung up without an answer")
        headers = {}
        while (row := self._stream.readline().decode("latin-1").rstrip()) != "":
            name, _colon, value = row.partition(":")
            headers[name.lower()] = value.strip()
        return int(first[1]), headers, self._stream.read(int(headers.get("content-length", "0")))


def get(path: str, port: int) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def post(path: str, port: int, fields: dict[str, str]) -> bytes:
    """A form as a browser sends it from the same site."""
    body = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def storm(path: str, ports: list[int], people: int, *, stubborn: bool = False) -> list[Said]:
    """Everybody opens the form; when all have it before them, all press the button. Every answer that came.

    With `stubborn`, people press once; who is left without an answer presses again until one comes.
    """
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(PROCESSES)
    press = _press_until_answered if stubborn else _press
    with ProcessPoolExecutor(PROCESSES, context, initializer=_arrive, initargs=(gate,)) as pool:
        calls = [pool.submit(_call, path, ports, range(first, people, PROCESSES), press) for first in range(PROCESSES)]
        return [said for call in calls for said in call.result()]


_gate: Barrier
_own = threading.local()


def _arrive(gate: Barrier) -> None:
    global _gate
    _gate = gate


def _call(path: str, ports: list[int], people: range, press: Press) -> list[Said]:
    with ThreadPoolExecutor(SOCKETS) as threads:
        forms = list(threads.map(lambda person: _open(path, ports, person), people))
    # Threads, and with them connections, are new after the gate: servers hang up on those that were silent for long.
    with ThreadPoolExecutor(SOCKETS) as threads:
        _gate.wait(LONGEST_OPENING_SECONDS)
        return [said for answers in threads.map(lambda form: press(path, ports, *form), forms) for said in answers]


def _open(path: str, ports: list[int], person: int) -> tuple[int, dict[str, str]]:
    """The form with its nonce, filled in."""
    line = _line(ports[person % len(ports)])
    line.send(get(path, line.port))
    status, _headers, page = line.receive()
    if status != 200:
        raise AssertionError(f"the form's page answered {status}")
    fields = FormReader(page.decode()).fields
    return person, fields | {"name": f"Person {person}", "contact_kind": "email", "email": f"p{person}@post.example"}


def _press(path: str, ports: list[int], person: int, fields: dict[str, str]) -> list[Said]:
    """Send the form; the impatient send it a second time before the first answer has come."""
    lines = [_line(ports[person % len(ports)])]
    if person % IMPATIENT == 0:
        lines.append(Line(ports[(person + 1) % len(ports)]))
    pressed = time.perf_counter()
    for line in lines:
        line.send(post(path, line.port, fields))
    return [_hear(line, fields, pressed) for line in lines]


def _press_until_answered(path: str, ports: list[int], person: int, fields: dict[str, str]) -> list[Said]:
    port, pressed = ports[person % len(ports)], time.perf_counter()
    for tries in range(1, MOST_TRIES):
        try:
            line = _line(port)
            line.send(post(path, port, fields))
            return [replace(_hear(line, fields, pressed), tries=tries)]
        except OSError:
            _own.__dict__.clear()
            time.sleep(0.1)
    raise AssertionError(f"no answer after {MOST_TRIES} tries")


def _hear(line: Line, fields: dict[str, str], pressed: float) -> Said:
    status, headers, _page = line.receive()
    return Said(fields["nonce"], status, headers.get("location", ""), time.perf_counter() - pressed)


def _line(port: int) -> Line:
    """This thread's connection to a machine."""
    lines: dict[int, Line] = _own.__dict__.setdefault("lines", {})
    if port not in lines:
        lines[port] = Line(port)
    return lines[port]
