"""A real SMTP server on loopback that keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import socket
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from scheduler.core import clock
from scheduler.core.extensions import db, mail, transaction
from scheduler.models.message import EMAIL, SENT, WAITING, Message


def free_port() -> int:
    """A port of loopback where nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Delivery:
    """One envelope: who it was from and for, and the octets after DATA."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def letter(self) -> EmailMessage:
        """The octets, parsed."""
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Sink:
    """Takes every letter. Override `answer` to refuse: return "451 later", say."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.answer = "250 OK"
        self.host, self.port = "127.0.0.1", free_port()
        self._controller = Controller(self, hostname=self.host, port=self.port)
        self._controller.start()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd when a letter is complete."""
        content: Any = envelope.original_content or envelope.content
        if self.answer.startswith("250"):
            self.deliveries.append(Delivery(envelope.mail_from or "", list(envelope.rcpt_tos), bytes(content)))
        return self.answer

    @property
    def letters(self) -> list[EmailMessage]:
        """What arrived, parsed, in the order of coming."""
        return [delivery.letter for delivery in self.deliveries]

    def to(self, address: str) -> list[EmailMessage]:
        """What arrived for one address."""
        return [delivery.letter for delivery in self.deliveries if delivery.recipients == [address]]

    def receive_for(self, app: Flask) -> None:
        """Let the app send its mail here."""
        app.config.update(MAIL_SERVER=self.host, MAIL_PORT=self.port, MAIL_USE_TLS=False, MAIL_USE_SSL=False)
        app.config["MAIL_SUPPRESS_SEND"] = False
        mail.init_app(app)

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()


def all_sent() -> None:
    """As if every letter so far had gone out."""
    with transaction():
        waiting = sa.update(Message).where(Message.channel == EMAIL, Message.state == WAITING)
        db.session.execute(waiting.values(state=SENT, sent_at=clock.now()))
