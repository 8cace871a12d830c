"""A client that asks for one address as fast as it is answered. It runs in a process of its own, on raw sockets.

`python -m bench.flood PORT CONNECTIONS SECONDS REQUEST…` prints {"asked": …, "seconds": …, "octets": …, "status": …}.
The first answer of each connection is read with care; after that, answers of the same length are counted.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

ROOM = 1 << 18
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Flood:
    """What one run found."""

    asked: int
    seconds: float
    octets: int
    status: int

    @property
    def rate(self) -> float:
        return self.asked / self.seconds


def run(port: int, connections: int, seconds: float, path: str, headers: tuple[str, ...] = ()) -> Flood:
    """In a process of its own; waits until it ends."""
    command = [sys.executable, "-m", "bench.flood", str(port), str(connections), str(seconds), path, *headers]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return Flood(**json.loads(ended.stdout))


def request(port: int, path: str, headers: tuple[str, ...]) -> bytes:
    rows = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers]
    return "\r\n".join([*rows, "", ""]).encode()


def whole(sock: socket.socket) -> bytes:
    """One answer, read by its Content-Length."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(sock)
    head, _end, body = answer.partition(b"\r\n\r\n")
    named = dict(row.lower().split(b": ", 1) for row in head.split(b"\r\n")[1:])
    length = 0 if head[9:12] == b"304" else int(named.get(b"content-length", b"0"))
    while len(body) < length:
        piece = _some(sock)
        answer, body = answer + piece, body + piece
    return answer


def _some(sock: socket.socket) -> bytes:
    piece = sock.recv(ROOM)
    if not piece:
        raise ConnectionError("the server hung up")
    return piece


def flood(port: int, connections: int, seconds: float, asked: bytes) -> Flood:
    """Each connection asks again as soon as it is answered."""
    sockets: dict[int, socket.socket] = {}
    poll, left, first = select.epoll(), {}, b""
    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(asked)
        first = whole(sock)
        sock.setblocking(False)  # with patience, each call would ask the system twice
        sockets[sock.fileno()] = sock
        left[sock.fileno()] = len(first)
    octets, count, room = len(first), 0, bytearray(ROOM)
    began = time.perf_counter()
    ends = began + seconds
    talk = {number: (sock.recv_into, sock.send) for number, sock in sockets.items()}
    for number, sock in sockets.items():
        poll.register(number, select.EPOLLIN)
        sock.send(asked)
    while time.perf_counter() < ends:
        for number, _event in poll.poll(PATIENCE_SECONDS):
            receive, send = talk[number]
            came = receive(room)
            if came != left[number]:
                left[number] -= came
                if left[number] < 0 or not came:
                    raise AssertionError("an answer had another length than the first one")
                continue
            left[number], count = octets, count + 1
            send(asked)
    return Flood(count, time.perf_counter() - began, octets, int(first[9:12]))


def main(words: list[str]) -> None:
    port, connections, seconds, path, *headers = words
    found = flood(int(port), int(connections), float(seconds), request(int(port), path, tuple(headers)))
    sys.stdout.write(json.dumps(found.__dict__) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
