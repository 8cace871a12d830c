"""A mail server that misbehaves as it is told, over a real socket."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

STEPS = ("HELLO", "EHLO", "MAIL", "RCPT", "DATA", "END", "RSET")
GOOD = {
    "HELLO": "220 ready",
    "EHLO": "250 ready",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go",
    "END": "250 ok",
}
STALL, DROP, DRIP = "stall", "drop", "drip"
"""Say nothing; hang up; answer well, but one byte in each tenth of a second and never to the end."""


class FaultyServer:
    """Answers well but where `faults` says otherwise: {"RCPT": "550 no such box"}, {"END": DROP}, {"MAIL": STALL}.

    `taken` are the letters that were received whole, also those for which no answer came. A fault may be for
    one recipient only: {"RCPT rosa@post.example": "550 no"}.
    """

    def __init__(self, faults: dict[str, str] | None = None) -> None:
        self.faults = faults or {}
        self.taken: list[tuple[str, bytes]] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Hang up on everybody, and listen no more."""
        for each in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                talk, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(talk)
            threading.Thread(target=self._serve, args=(talk,), daemon=True).start()

    def _serve(self, talk: socket.socket) -> None:
        try:
            self._converse(talk)
        except (OSError, ConnectionError):
            pass
        finally:
            talk.close()

    def _converse(self, talk: socket.socket) -> None:
        lines = talk.makefile("rb")
        recipient = ""
        self._answer(talk, "HELLO")
        while line := lines.readline():
            word = line[:4].decode().upper()
            if word == "QUIT":
                talk.sendall(b"221 bye\r\n")
                return
            if word == "RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
            if self._answer(talk, word, recipient) == "354":
                letter = b"".join(iter(lines.readline, b".\r\n"))
                self.taken.append((recipient, letter))
                self._answer(talk, "END", recipient)

    def _answer(self, talk: socket.socket, step: str, recipient: str = "") -> str:
        fault = self.faults.get(f"{step} {recipient}", self.faults.get(step))
        if fault == DROP:
            raise ConnectionError
        if fault == STALL:
            time.sleep(600)
        answer = GOOD.get(step, "250 ok") if fault in (None, DRIP) else str(fault)
        if fault == DRIP:
            for _ in range(6000):
                talk.sendall(b"2")
                time.sleep(0.1)
        talk.sendall(answer.encode() + b"\r\n")
        if answer.startswith("421"):
            raise ConnectionError
        return answer[:3]
