"""One SMTP connection: verified, used for several letters, and never silent for longer than it may be.

smtplib's own timeout only counts silence: a server that sends one byte a second would hold a worker for hours.
So every read and write here gets what is left of the letter's time.
"""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
import time
from types import TracebackType
from typing import Any

from flask import current_app

from .queue import BROKEN_OFF, NO_SERVER

CONNECT_SECONDS, COMMAND_SECONDS, LETTER_SECONDS, GOODBYE_SECONDS = 10, 20, 27, 2
MOST_OCTETS_AT_ONCE = 16 * 1024
SERVER_IS_CLOSING = 421
NOT_SIGNED_IN = (530, 534, 535, 538)
"""RFC 4954: what a server says to somebody who should have signed in, at whatever command."""


class Undelivered(Exception):
    """The letter was not taken. `for_good`: no use to try again; `no_server`: no use to try the next one now."""

    def __init__(self, failure: str, *, for_good: bool = False, no_server: bool = False) -> None:
        super().__init__(failure)
        self.failure, self.for_good, self.no_server = failure, for_good, no_server


class _Deadline:
    """The time that one letter may take, from the first connection to the last answer."""

    ends = 0.0

    def start(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds

    def left(self, most: float) -> float:
        """What a single wait may take. Raises TimeoutError when the time is over."""
        seconds = min(most, self.ends - time.monotonic())
        if seconds <= 0:
            raise TimeoutError("out of time")
        return seconds


class _Reader(io.RawIOBase):
    """What the server says, read against the deadline."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left(COMMAND_SECONDS))
        return self._sock.recv_into(buffer)


class _Dialogue(smtplib.SMTP):
    """smtplib's dialogue, held to a deadline."""

    def __init__(self, host: str, port: int, own_name: str, implicit_tls: bool, deadline: _Deadline) -> None:
        self._implicit_tls, self._deadline = implicit_tls, deadline
        super().__init__(host, port, local_hostname=own_name, timeout=CONNECT_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._reach(host, port, timeout)
        if not self._implicit_tls:
            return plain
        plain.settimeout(self._deadline.left(COMMAND_SECONDS))
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)

    def _reach(self, host: str, port: int, timeout: float) -> socket.socket:
        problem: OSError = ConnectionError("no address")
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                found = socket.create_connection((str(address[0]), port), self._deadline.left(timeout))
                # Or each letter's last octets wait 40 ms for an answer that waits for them.
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return found
            except OSError as error:
                problem = error
        raise problem

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            assert self.sock is not None
            self.file = io.BufferedReader(_Reader(self.sock, self._deadline))
        return super().getreply()

    def send(self, s: Any) -> None:
        rest = memoryview(s.encode("ascii") if isinstance(s, str) else s)
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        try:
            while rest:
                self.sock.settimeout(self._deadline.left(COMMAND_SECONDS))
                rest = rest[self.sock.send(rest[:MOST_OCTETS_AT_ONCE]) :]
        except OSError:
            self.close()
            raise smtplib.SMTPServerDisconnected("not connected") from None


class Connection:
    """Opened at the first letter, as Flask-Mail is configured; use it in a `with` block."""

    def __init__(self) -> None:
        self._settings = current_app.extensions["mail"]
        self._deadline = _Deadline()
        self._dialogue: _Dialogue | None = None
        self._taken = 0

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dialogue is not None:
            try:
                self._deadline.start(GOODBYE_SECONDS)
                self._dialogue.quit()
            except (smtplib.SMTPException, OSError):
                pass
            self._hang_up()

    def send(self, sender: str, recipient: str, octets: bytes) -> None:
        """Return when the server has taken the letter. Raises Undelivered."""
        self._deadline.start(LETTER_SECONDS)
        if self._settings.max_emails and self._taken >= self._settings.max_emails:
            self._hang_up()
        if self._dialogue is not None and self._was_closed(self._dialogue):
            self._hang_up()
        dialogue = self._open(sender.rpartition("@")[2])
        try:
            self._hand_over(dialogue, sender, recipient, octets)
        except smtplib.SMTPDataError as refused:
            raise self._refusal(refused.smtp_code, _octets(refused.smtp_error)) from None
        except (smtplib.SMTPException, OSError):
            self._hang_up()
            raise Undelivered(BROKEN_OFF) from None
        self._taken += 1

    def _was_closed(self, dialogue: _Dialogue) -> bool:
        """True if the server ended a connection that had served: the letter deserves a fresh one then."""
        try:
            return dialogue.rset()[0] != 250
        except (smtplib.SMTPException, OSError):
            return True

    def _open(self, own_name: str) -> _Dialogue:
        if self._dialogue is not None:
            return self._dialogue
        mail = self._settings
        if not mail.server:
            raise Undelivered(NO_SERVER, no_server=True)
        try:
            dialogue = _Dialogue(mail.server, mail.port or 0, own_name, bool(mail.use_ssl), self._deadline)
            self._dialogue = dialogue
            dialogue.ehlo_or_helo_if_needed()
            if mail.use_tls:
                dialogue.starttls(context=ssl.create_default_context())
                dialogue.ehlo_or_helo_if_needed()
            if mail.username:
                dialogue.login(mail.username, mail.password or "")
        except (smtplib.SMTPException, OSError):
            self._hang_up()
            raise Undelivered(NO_SERVER, no_server=True) from None
        return dialogue

    def _hand_over(self, dialogue: _Dialogue, sender: str, recipient: str, octets: bytes) -> None:
        options = [f"size={len(octets)}"] if dialogue.has_extn("size") else []
        code, _ = dialogue.mail(sender, options)
        if code != 250:
            # Our own address, or all of us, is refused: that says nothing about this letter.
            self._hang_up()
            gone = code >= 500 or code == SERVER_IS_CLOSING
            raise Undelivered(NO_SERVER if gone else str(code), no_server=gone)
        code, words = dialogue.rcpt(recipient)
        if code not in (250, 251):
            raise self._refusal(code, words)
        code, words = dialogue.data(octets)
        if code != 250:
            raise self._refusal(code, words)

    def _refusal(self, code: int, words: bytes = b"") -> Undelivered:
        """4xx: later; 5xx: never, unless it is us that it refuses; 421: the server is going away."""
        if code in NOT_SIGNED_IN or (code >= 500 and b"relay" in words.lower()):
            self._hang_up()
            return Undelivered(NO_SERVER, no_server=True)
        if code == SERVER_IS_CLOSING or not 400 <= code < 600:
            self._hang_up()
        return Undelivered(str(code) if 400 <= code < 600 else BROKEN_OFF, for_good=500 <= code < 600)

    def _hang_up(self) -> None:
        if self._dialogue is not None:
            self._dialogue.close()
        self._dialogue, self._taken = None, 0


def _octets(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
