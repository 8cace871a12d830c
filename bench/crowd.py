"""People who keep a place: the form, the button, the page of their place. In a process of its own, on raw sockets.

`python -m bench.crowd PORT SLUG PEOPLE AT_ONCE` prints {"people": …, "seconds": …, "slowest": …, "answers": {…}}.
With AT_ONCE equal to PEOPLE everybody first opens the form and then presses in the same moment; the seconds are
those from the press on.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from .flood import PATIENCE_SECONDS, request, whole

NONCE = re.compile(rb'name="nonce"[^>]*?value="([^"]+)"|value="([^"]+)"[^>]*?name="nonce"')


@dataclass(frozen=True)
class Crowd:
    """What one run found. `answers`: how often each pair of statuses (button, own page) came."""

    people: int
    seconds: float
    slowest: float
    answers: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.people / self.seconds


def run(port: int, slug: str, people: int, at_once: int) -> Crowd:
    """In a process of its own; waits until it ends. Raises AssertionError when somebody was turned away."""
    command = [sys.executable, "-m", "bench.crowd", str(port), slug, str(people), str(at_once)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    found = Crowd(**json.loads(ended.stdout))
    assert set(found.answers) == {"303 200"}, f"not everybody was answered well: {found.answers}"
    return found


class _Form(HTMLParser):
    """The fields of the POST form, with what a browser would send if nothing were typed."""

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
        elif self._inside and tag == "input" and (found.get("type") not in ("radio", "checkbox") or "checked" in found):
            self.fields[name] = value
        elif self._inside and tag in ("select", "textarea"):
            self._choosing = name
            self.fields.setdefault(name, "")
        elif self._inside and tag == "option" and "selected" in found:
            self.fields[self._choosing] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Visit:
    """What everybody does, with one connection for each thread."""

    def __init__(self, port: int, slug: str) -> None:
        self.port, self.path, self._own = port, f"/en/events/{slug}/place", threading.local()
        self.fields = _Form(self._ask(request(port, self.path, ())).decode(errors="replace")).fields

    def _ask(self, words: bytes) -> bytes:
        sock: socket.socket | None = getattr(self._own, "sock", None)
        if sock is None:
            self._own.sock = sock = socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(words)
        return whole(sock)

    def open(self, _person: int) -> str:
        """The nonce of a form of one's own."""
        found = NONCE.search(self._ask(request(self.port, self.path, ())))
        assert found, "the form has no nonce"
        return (found[1] or found[2]).decode()

    def press(self, person: int, nonce: str) -> tuple[str, float]:
        """Send the form and follow to the own page: both statuses, and the seconds until the button was answered."""
        typed = {
            "nonce": nonce,
            "name": f"Person {person}",
            "contact_kind": "email",
            "email": f"p{person}@post.example",
        }
        body = urlencode(self.fields | typed).encode()
        host = f"127.0.0.1:{self.port}"
        rows = (
            f"POST {self.path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Sec-Fetch-Site: same-origin",
            "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", "", "",
        )  # fmt: skip
        began = time.perf_counter()
        answer = self._ask("\r\n".join(rows).encode() + body)
        seconds, status = time.perf_counter() - began, answer[9:12].decode()
        place = re.search(rb"\r\n[Ll]ocation: ([^\r]+)", answer)
        if place is None:
            return f"{status} -", seconds
        own_page = self._ask(request(self.port, place[1].decode(), ()))
        return f"{status} {own_page[9:12].decode()}", seconds


def gather(port: int, slug: str, people: int, at_once: int) -> Crowd:
    """So many people, so many of them at the same time."""
    visit = Visit(port, slug)
    with ThreadPoolExecutor(at_once) as threads:
        if at_once == people:
            nonces, gate = list(threads.map(visit.open, range(people))), threading.Barrier(people)
            began = time.perf_counter()
            said = list(
                threads.map(lambda person: (gate.wait(), visit.press(person, nonces[person]))[1], range(people))
            )
        else:
            began = time.perf_counter()
            said = list(threads.map(lambda person: visit.press(person, visit.open(person)), range(people)))
    answers = Counter(status for status, _seconds in said)
    return Crowd(people, time.perf_counter() - began, max(seconds for _status, seconds in said), dict(answers))


if __name__ == "__main__":
    port, slug, people, at_once = sys.argv[1:]
    sys.stdout.write(json.dumps(gather(int(port), slug, int(people), int(at_once)).__dict__) + "\n")
